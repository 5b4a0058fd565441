"""Discover, claim, judge, commit: the one flow that every engine goes through."""

import hashlib
import logging
import math
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from reelhouse import faults
from reelhouse.batch import (
    Batch,
    Source,
    SourceCount,
    SourceError,
    Written,
)
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract
from reelhouse.engines.base import Engine, Work
from reelhouse.errors import DatasetFailed, ReelhouseError, apart
from reelhouse.flows.finish import Ending
from reelhouse.lake import layout
from reelhouse.lake.commit import BatchGivenUp
from reelhouse.lake.compact import compact_ledger
from reelhouse.lake.conflicts import Conflict, ContractConflict
from reelhouse.lake.format import NewerFormat
from reelhouse.lake.ledger import LEASE, Ledger, State
from reelhouse.lake.manifest import Manifest
from reelhouse.lake.targets import Target, check_fits, holding, targets
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

MOST_NAMED = 5
"""How many sources without a record a line for people names."""

MAX_CHANGES = 3
"""How often a run judges a source anew that changes while it is read."""

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Told the dataset, the bytes done, and the bytes in all."""


class ConservationError(ReelhouseError):
    """An engine's counts do not add up: nothing of the batch was committed."""


class ContractChanged(ReelhouseError):
    """A batch was claimed under another version of the contract than the one there is now."""


class LeftOpen(ReelhouseError):
    """A batch that could neither be finished nor be given up."""


@dataclass(frozen=True)
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

    def to_json(self) -> dict[str, Any]:
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


@dataclass
class Outcome:
    """What a run did: its batches, and the errors that tell what it could not do."""

    batches: list[BatchResult] = field(default_factory=list)
    errors: list[ReelhouseError] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """What the run could not do, in words for people."""
        return [str(each) for each in self.errors]

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
        progress: Progress = lambda dataset, done, total: None,
    ) -> None:
        self.store = open_store(lake)
        self.lake, self.landing = self.store.root, landing
        self.contracts, self.engine = contracts, engine
        self.max_line_bytes, self.progress = max_line_bytes, progress
        self.batch_bytes = batch_bytes
        self.ledger = ledger or Ledger(lake, timedelta(seconds=lease_seconds))
        self.ending = Ending(self.store, self.ledger)
        self.outcome = Outcome()
        self._left_out: set[str] = set()
        self._changes: Counter[str] = Counter()
        self._look_again = False

    def run(self, datasets: Iterable[str], named: Sequence[str] | None = None) -> Outcome:
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

    def run_one(self, dataset: str, named: Sequence[str] | None = None) -> Outcome:
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
        while (batch := self.ending.take_over(dataset, name, "ingest", "replay")) is not None:
            if batch.kind == "replay":
                self.ending.end_replay(batch, self._targets(batch))
            else:
                self._drive(batch)

    # --- discover and claim

    def _take(self, dataset: str, new: list[Source]) -> None:
        if new:  # what is not claimed need not be given up
            check_fits(self.store, self.contracts[dataset], "ingest")
        for some in portions(new, MAX_SOURCES, self.batch_bytes):
            batch = self._claim(dataset, some)
            if batch is not None:
                self._drive(batch)

    def _new(self, dataset: str, named: Sequence[str] | None) -> list[Source]:
        """The sources in landing, or those of them that are named, that no batch has."""
        found = self._found(dataset, named)
        faults.after("discovered")
        known = self.ledger.state().known(dataset, found)
        return [source for source in found if source.source_id not in known]

    def _claim(self, dataset: str, sources: list[Source]) -> Batch | None:
        """Claim those of the sources that no other run was quicker to claim."""

        def choose(state: State) -> Batch | None:
            known = state.known(dataset, sources)
            new = [source for source in sources if source.source_id not in known]
            return self._batch(dataset, new, state) if new else None

        batch = self.ledger.claim(dataset, choose)
        if batch is not None:
            faults.after("claimed")
        return batch

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
        identity = hashlib.sha256(f"{dataset}\0{version}\0".encode())
        for source_id in sorted(source.source_id for source in sources):
            identity.update(source_id)
        batch_id, released = identity.hexdigest()[:32], state.released()
        while batch_id in released:  # its name is burnt
            batch_id = hashlib.sha256(batch_id.encode()).hexdigest()[:32]
        return Batch(
            dataset, batch_id, 1, version, self.engine.name, utc(datetime.now(UTC)), sources
        )

    # --- judge and commit

    def _drive(self, batch: Batch) -> None:
        """Judge and commit a batch, or finish what an earlier attempt at it has written.

        Whatever goes wrong, its sources are free again.
        """
        started = time.monotonic()
        try:
            with self.ledger.heartbeat(batch):
                written = self.ending.left_written(batch) or self._judge(batch)
                done = self.ending.finish(batch, written, started)
        except UnfitSources as unfit:
            self._abandon(batch, unfit)
            for each in unfit.each:
                self._leave_out(each)
        except (BatchGivenUp, ContractChanged) as reason:
            self._abandon(batch, reason)
        except NewerFormat:
            raise  # it stays as it is, open
        except BaseException as error:
            self._give_up(batch, f"{type(error).__name__}: {error}")
            raise
        else:
            if done is not None:
                self.outcome.batches.append(result(batch, done.counts, done.seconds))

    def _judge(self, batch: Batch) -> Manifest:
        """Judge a batch's sources into a folder of its own, check the counts, and write it down."""
        if batch.contract_version != self.contracts[batch.dataset].version:
            raise ContractChanged(f"batch {batch.batch_id} is of another version of the contract")
        self.ending.prepare(batch, self._targets(batch))
        written = self._judged(batch, self.lake)
        raise_unfit(batch.sources, check_unchanged)
        faults.after("checked")
        tables = holding(self._targets(batch), written.quarantine_files, written.valid_files)
        manifest = Manifest(batch.attempt, tables, tuple(written.counts))
        self.ending.save(batch, manifest)
        return manifest

    def _judged(self, batch: Batch, lake: str) -> Written:
        """What the engine wrote, with counts that add up. Raises UnfitSources."""
        self.progress(batch.dataset, 0, sum(source.size for source in batch.sources))
        try:
            written = self.engine.run(self._work(batch, lake))
            faults.after("judged")
            check_conservation(batch.sources, written)
            check_books(batch.sources, written.counts, self.contracts[batch.dataset].format)
        except SourceError as unreadable:
            raise_unfit(batch.sources, check_readable)  # perhaps it is not the only one
            raise UnfitSources([unreadable]) from unreadable
        except Exception:  # an engine has errors of its own for a source that it can't read
            raise_unfit(batch.sources, check_readable)
            raise
        return written

    def _work(self, batch: Batch, lake: str) -> Work:
        return Work(
            self.contracts[batch.dataset],
            batch.sources,
            lake,
            layout.table(batch.dataset),
            layout.quarantine(batch.dataset),
            layout.attempt_folder(batch.batch_id, batch.attempt),
            batch.batch_id,
            batch.ingested_at,
            self.max_line_bytes,
            lambda done, total: self.progress(batch.dataset, done, total),
        )

    def _abandon(self, batch: Batch, reason: ReelhouseError) -> None:
        """Give a batch up, and let this run take its sources anew."""
        log.warning("%s", reason)
        if self._give_up(batch, str(reason)):
            self._look_again = True
        else:
            self.outcome.errors.append(
                LeftOpen(
                    f"batch {batch.batch_id} of {batch.dataset} was left open: {reason}; "
                    "the next run drives it to its end"
                )
            )

    def _give_up(self, batch: Batch, reason: str) -> bool:
        return self.ending.give_up(batch, self._targets(batch), reason)

    def _targets(self, batch: Batch) -> tuple[Target, ...]:
        return targets(self.contracts[batch.dataset], batch.kind)

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

    def rehearse(self, datasets: Iterable[str], named: Sequence[str] | None = None) -> Outcome:
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


def portions(sources: Iterable[Source], count: int, size: float) -> Iterator[list[Source]]:
    """Cut sources into lists of so many, and so many bytes, at most; or of a single larger one."""
    some: list[Source] = []
    total = 0
    for source in sources:
        if some and (len(some) == count or total + source.size > size):
            yield some
            some, total = [], 0
        some.append(source)
        total += source.size
    if some:
        yield some


def check_conservation(sources: Sequence[Source], written: Written) -> None:
    """Raise ConservationError unless every record of every source is accounted for, once."""
    counts = {each.uri: each for each in written.counts}
    if set(counts) != {source.uri for source in sources} or len(counts) != len(written.counts):
        raise ConservationError("the engine did not count each source once; nothing was committed")
    for each in written.counts:
        if each.records != each.valid + each.quarantined:
            raise ConservationError(
                f"{each.uri}: {each.records} records were read, {each.valid} valid and "
                f"{each.quarantined} quarantined ones were written; nothing was committed"
            )
    for what, files, count in (
        ("valid", written.valid_files, sum(each.valid for each in written.counts)),
        ("quarantined", written.quarantine_files, sum(each.quarantined for each in written.counts)),
    ):
        rows = sum(file.rows for file in files)
        if rows != count:
            raise ConservationError(
                f"{count} {what} records were counted, and the files hold {rows}; "
                "nothing was committed"
            )


def check_books(sources: Sequence[Source], counts: Iterable[SourceCount], format: str) -> None:
    """Raise ConservationError unless every byte of every source is accounted for, where it can be.

    A source that was not unpacked has as many bytes as its store says. Of CSV without a record,
    each byte is of the header or blank.
    """
    sizes = {source.uri: source.size for source in sources}
    for count in counts:
        if count.bytes is None:
            continue
        if wrong := _unaccounted(count, count.bytes, sizes[count.uri], format):
            raise ConservationError(f"{count.uri}: {wrong}; nothing was committed")


def _unaccounted(count: SourceCount, read: int, size: int, format: str) -> str | None:
    if count.unexplained < 0:
        return (
            f"{read} bytes were read, and {count.header_bytes} of headers and "
            f"{count.blank_bytes} of blank lines were counted"
        )
    if read != size and not count.packed:
        return f"{read} bytes were read, and its store says that it has {size}"
    if format == "csv" and count.unexplained and not count.records:
        return f"{count.unexplained} bytes are of no record, of no header, and not blank"
    return None


def no_record_told(counts: Iterable[SourceCount]) -> str | None:
    """Which of these sources hold no record, and why, in a line; None if each holds one."""
    empty = [count for count in counts if not count.records]
    if not empty:
        return None
    named = [f"{count.uri} ({count.why_no_record})" for count in empty[:MOST_NAMED]]
    if len(empty) > MOST_NAMED:
        named.append(f"and {len(empty) - MOST_NAMED:,} more")
    hold = "1 source holds" if len(empty) == 1 else f"{len(empty):,} sources hold"
    return f"{hold} no record: {', '.join(named)}"


def result(batch: Batch, counts: Sequence[SourceCount], seconds: float) -> BatchResult:
    """What a run tells of a batch."""
    return BatchResult(
        batch.batch_id,
        batch.dataset,
        batch.engine,
        batch.contract_version,
        sum(each.records for each in counts),
        sum(each.valid for each in counts),
        sum(each.quarantined for each in counts),
        seconds,
        list(counts),
    )
