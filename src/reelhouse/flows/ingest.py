"""Discover, claim, judge, commit: the one flow that every engine goes through."""

import logging
import math
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from reelhouse import faults
from reelhouse.batch import (
    Batch,
    OnProgress,
    Source,
    SourceCount,
    SourceError,
    Written,
    portions,
)
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract
from reelhouse.engines.base import Engine
from reelhouse.errors import DatasetFailed, ReelhouseError, RunFailed, apart
from reelhouse.faults import Step
from reelhouse.flows.batch import Batches, GivenUp, batch_id, end_replay, work
from reelhouse.flows.books import check_books, check_conservation
from reelhouse.lake.compact import compact_ledger
from reelhouse.lake.conflicts import Conflict, ContractConflict
from reelhouse.lake.ledger import LEASE, Ledger, State
from reelhouse.lake.manifest import Manifest
from reelhouse.lake.targets import Target, check_fits, holding
from reelhouse.landing.discovery import discover, source_of
from reelhouse.landing.sources import (
    SourceChanged,
    UnfitSources,
    check_readable,
    check_unchanged,
    raise_unfit,
)
from reelhouse.moments import utc
from reelhouse.storage import NotFound, StorageError, open_store, refusals_told, resolve

MAX_SOURCES = 10_000
"""How many sources one batch takes at most."""

MAX_CHANGES = 3
"""How often a run judges a source anew that changes while it is read."""

log = logging.getLogger(__name__)


class LeftOpen(ReelhouseError):
    """A batch that could neither be finished nor be given up."""


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """A batch that is in the lake, or would be: what `reelhouse ingest` tells of it."""

    batch_id: str
    dataset: str
    engine: str
    contract_version: str
    records: int
    valid: int
    quarantined: int
    seconds: float
    sources: list[SourceCount]

    def to_json(self) -> dict[str, object]:
        """The document that `--json` prints."""
        return {
            **{name: value for name, value in vars(self).items() if name != "sources"},
            "seconds": round(self.seconds, 3),
            "sources": [
                {
                    "uri": each.uri,
                    "records": each.records,
                    "valid": each.valid,
                    "quarantined": each.quarantined,
                    "bytes": each.bytes,
                    "header_bytes": each.header_bytes,
                    "blank_bytes": each.blank_bytes,
                    "why_no_record": each.why_no_record,
                }
                for each in self.sources
            ],
        }


@dataclass(kw_only=True)
class Run:
    """What a run did: its batches, and the errors that tell what it could not do."""

    batches: list[BatchResult] = field(default_factory=list)
    errors: list[ReelhouseError] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """What the run could not do, in words for people."""
        return [str(each) for each in self.errors]

    def raise_for_failures(self) -> None:
        """Raise RunFailed with all errors, if there are any."""
        if self.errors:
            raise RunFailed(self.errors)

    @property
    def conflicts(self) -> list[Conflict]:
        """Where contracts do not fit their tables, of those that the run was to take."""
        causes = [each.error for each in self.errors if isinstance(each, DatasetFailed)]
        return [
            conflict
            for cause in causes
            if isinstance(cause, ContractConflict)
            for conflict in cause.conflicts
        ]


class Ingestion:
    """The flow, for one lake and one engine.

    A batch takes sources of `batch_bytes` in all at most, or a single larger one. `ledger` is the
    lake's, of a process that has read it before; without one, it is opened with `lease_seconds`.
    """

    def __init__(
        self,
        lake: str,
        landing: str,
        contracts: Mapping[str, Contract],
        engine: Engine,
        *,
        max_line_bytes: int = MAX_LINE_BYTES,
        lease_seconds: float = LEASE.total_seconds(),
        batch_bytes: float = math.inf,
        ledger: Ledger | None = None,
        progress: OnProgress = lambda dataset, done, total: None,
    ) -> None:
        self.store = open_store(lake)
        self.lake, self.landing = self.store.root, landing
        self.contracts, self.engine = contracts, engine
        self.max_line_bytes, self.progress = max_line_bytes, progress
        self.batch_bytes = batch_bytes
        self.ledger = ledger or Ledger(lake, timedelta(seconds=lease_seconds))
        self.batches = Batches(self.store, self.ledger)
        self.outcome = Run()
        self._left_out: set[str] = set()
        self._changes: Counter[str] = Counter()
        self._look_again = False

    def run(self, datasets: Iterable[str], named: Sequence[str] | None = None) -> Run:
        """Take what is new of these datasets, or of it the sources named, and say what was done.

        Each by itself: what goes wrong with one, such as a ConservationError, is a DatasetFailed in
        the outcome. What concerns all of them is raised, such as a StorageError where there is no
        room; the batch is then released.
        """
        for dataset in datasets:
            with apart(dataset, self._failed), refusals_told(self.lake):
                self._run(dataset, named)
        with refusals_told(self.lake):
            compact_ledger(self.ledger)
        return self.outcome

    def run_one(self, dataset: str, named: Sequence[str] | None = None) -> Run:
        """As `run`, of one dataset, and whatever goes wrong is raised."""
        with refusals_told(self.lake):
            self._run(dataset, named)
            compact_ledger(self.ledger)
        return self.outcome

    def _run(self, dataset: str, named: Sequence[str] | None) -> None:
        """First drive the batches to their end whose owner is gone, then take what is new."""
        self.contracts[dataset]  # raises where it does not load
        self._end_left_open(dataset)
        self._look_again = True
        while self._look_again:  # after a batch was given up, its sources are new again
            self._look_again = False
            self._take(dataset, self._new(dataset, named))

    def _failed(self, failure: DatasetFailed) -> None:
        """Go on with the other datasets, unless it is the ledger that is wrong."""
        if self.ledger.uri in str(failure):
            raise failure.error
        with refusals_told(self.lake):
            self.ledger.state()
        self.outcome.errors.append(failure)

    def _end_left_open(self, dataset: str) -> None:
        """Drive to their end the batches whose owner is gone."""
        name = self.engine.name
        while (batch := self.batches.take_over(dataset, name, "ingest", "replay")) is not None:
            if batch.kind == "replay":
                end_replay(self.batches, batch, self.contracts[dataset])
            else:
                self._drive(batch)

    # --- discover and claim

    def _take(self, dataset: str, new: list[Source]) -> None:
        if new:  # what is not claimed need not be given up
            check_fits(self.store, self.contracts[dataset], "ingest")
        for some in portions(new, self.batch_bytes, MAX_SOURCES):
            batch = self._claim(dataset, some)
            if batch is not None:
                self._drive(batch)

    def _new(self, dataset: str, named: Sequence[str] | None) -> list[Source]:
        """The sources in landing, or those of them that are named, that no batch has."""
        found = self._found(dataset, named)
        faults.after(Step.DISCOVERED)
        known = self.ledger.state().known(dataset, found)
        return [source for source in found if source.source_id not in known]

    def _claim(self, dataset: str, sources: list[Source]) -> Batch | None:
        """Claim those of the sources that no other run was quicker to claim."""

        def choose(state: State) -> Batch | None:
            known = state.known(dataset, sources)
            new = [source for source in sources if source.source_id not in known]
            return self._batch(dataset, new, state) if new else None

        return self.batches.claim(dataset, choose)

    def _found(self, dataset: str, named: Sequence[str] | None) -> list[Source]:
        if named is None:
            found = discover(self.landing, dataset, self._refused)
            return [each for each in found if each.uri not in self._left_out]
        return list(self._named(uri for uri in dict.fromkeys(named) if uri not in self._left_out))

    def _refused(self, error: StorageError) -> None:
        """Tell once of what could not be listed."""
        if error.concerns_all:
            raise error
        if str(error) not in self.outcome.failures:
            self.outcome.errors.append(error)

    def _named(self, uris: Iterable[str]) -> Iterator[Source]:
        for uri in uris:
            store, path = resolve(uri)
            try:
                entry = store.head(path)
            except StorageError as error:
                self._fail(uri, error)
                continue
            if entry is None:
                self._fail(uri, NotFound(f"{uri}: there is no such file"))
            else:
                yield source_of(store, entry)

    def _batch(self, dataset: str, sources: list[Source], state: State) -> Batch:
        version = self.contracts[dataset].version
        ids = sorted(source.source_id for source in sources)
        identity = b"".join([f"{dataset}\0{version}\0".encode(), *ids])
        return Batch(
            dataset=dataset,
            batch_id=batch_id(identity, state.released()),
            attempt=1,
            contract_version=version,
            engine=self.engine.name,
            ingested_at=utc(datetime.now(UTC)),
            sources=sources,
        )

    # --- judge and commit

    def _drive(self, batch: Batch) -> None:
        """Judge and commit a batch. Where it is given up, this run may take its sources anew."""
        try:
            done = self.batches.drive(batch, self.contracts[batch.dataset], self._judge)
        except GivenUp as end:
            if end.released:
                self._look_again = True
            else:
                self.outcome.errors.append(
                    LeftOpen(
                        f"batch {batch.batch_id} of {batch.dataset} was left open: {end}; "
                        "the next run drives it to its end"
                    )
                )
            if isinstance(end.reason, UnfitSources):
                for source_error in end.reason.each:
                    self._leave_out(source_error)
        else:
            if done is not None:
                self.outcome.batches.append(result(batch, done.counts, done.seconds))

    def _judge(self, batch: Batch, tables: tuple[Target, ...]) -> Manifest:
        """Judge a batch's sources into a folder of its own, and check the counts."""
        written = self._judged(batch, self.lake)
        raise_unfit(batch.sources, check_unchanged)
        faults.after(Step.CHECKED)
        held = holding(tables, written.quarantine_files, written.valid_files)
        return Manifest(batch.attempt, held, tuple(written.counts))

    def _judged(self, batch: Batch, lake: str) -> Written:
        """What the engine wrote, with counts that add up. Raises UnfitSources."""
        contract = self.contracts[batch.dataset]
        self.progress(batch.dataset, 0, sum(source.size for source in batch.sources))

        def progress(done: int, total: int) -> None:
            self.progress(batch.dataset, done, total)

        try:
            written = self.engine.run(work(batch, contract, lake, self.max_line_bytes, progress))
            faults.after(Step.JUDGED)
            check_conservation(batch.sources, written)
            check_books(batch.sources, written.counts, contract.format)
        except SourceError as unreadable:
            raise_unfit(batch.sources, check_readable)  # perhaps it is not the only one
            raise UnfitSources([unreadable]) from unreadable
        except Exception:  # an engine has errors of its own for a source that it can't read
            raise_unfit(batch.sources, check_readable)
            raise
        return written

    def _leave_out(self, unfit: SourceChanged | SourceError) -> None:
        """Take a source no more in this run, unless it was only replaced, and not too often."""
        self._changes[unfit.uri] += 1
        replaced = isinstance(unfit, SourceChanged) and not unfit.vanished
        if not replaced or self._changes[unfit.uri] == MAX_CHANGES:
            self._fail(unfit.uri, unfit)

    def _fail(self, uri: str, error: ReelhouseError) -> None:
        self._left_out.add(uri)
        self.outcome.errors.append(error)

    # --- dry run

    def rehearse(self, datasets: Iterable[str], named: Sequence[str] | None = None) -> Run:
        """Judge what `run` would take, and commit nothing: neither lake nor ledger is touched."""
        for dataset in datasets:
            with (
                apart(dataset, self._failed),
                tempfile.TemporaryDirectory(prefix="reelhouse-") as scratch,
                refusals_told(scratch),
            ):
                check_fits(self.store, self.contracts[dataset], "ingest", fresh=True)
                self._rehearse(dataset, self._new(dataset, named), scratch)
        return self.outcome

    def _rehearse(self, dataset: str, sources: list[Source], scratch: str) -> None:
        while sources:
            batch = self._batch(dataset, sources[:MAX_SOURCES], State())
            started = time.monotonic()
            try:
                written = self._judged(batch, scratch)
            except UnfitSources as unfit:
                for each in unfit.each:
                    self._fail(each.uri, each)
                sources = [source for source in sources if source.uri not in self._left_out]
                continue
            seconds = time.monotonic() - started
            self.outcome.batches.append(result(batch, written.counts, seconds))
            sources = sources[MAX_SOURCES:]


def result(batch: Batch, counts: Sequence[SourceCount], seconds: float) -> BatchResult:
    """What a run tells of a batch."""
    return BatchResult(
        batch_id=batch.batch_id,
        dataset=batch.dataset,
        engine=batch.engine,
        contract_version=batch.contract_version,
        records=sum(each.records for each in counts),
        valid=sum(each.valid for each in counts),
        quarantined=sum(each.quarantined for each in counts),
        seconds=seconds,
        sources=list(counts),
    )
