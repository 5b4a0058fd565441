"""Discover, claim, judge, commit: the one flow that every engine goes through."""

import hashlib
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from deltalake import DeltaTable

from reelhouse import faults
from reelhouse.contract.model import QUARANTINE_SCHEMA, Contract
from reelhouse.contract.validator import MAX_LINE_BYTES
from reelhouse.engines.base import Engine, Source, SourceCount, SourceError, Work, Written
from reelhouse.engines.rows import utc
from reelhouse.errors import ReelhouseError
from reelhouse.lake import layout, manifest
from reelhouse.lake.commit import BatchGivenUp, burn, commit
from reelhouse.lake.ledger import LEASE, Batch, Ledger, State, owner_is_gone, taken_over
from reelhouse.landing.discovery import discover, source_of
from reelhouse.storage import StorageError, open_store, resolve

MAX_SOURCES = 10_000
"""How many sources one batch takes at most."""

MAX_CHANGES = 3
"""How often a run judges a source anew that changes while it is read."""

HEADS_AT_ONCE = 16

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Told the dataset, the bytes done, and the bytes in all."""


class ConservationError(ReelhouseError):
    """An engine's counts do not add up: nothing of the batch was committed."""


class SourceChanged(ReelhouseError):
    """A source that is not what it was when it was claimed."""

    def __init__(self, uri: str, what: str) -> None:
        super().__init__(f"{uri} {what} while it was read; nothing of it was taken")
        self.uri, self.vanished = uri, what == "vanished"


class ContractChanged(ReelhouseError):
    """A batch was claimed under another version of the contract than the one there is now."""


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
                }
                for each in self.sources
            ],
        }


@dataclass
class Outcome:
    """What a run did: its batches, and what it could not do, in words for people."""

    batches: list[BatchResult] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Ingestion:
    """The flow, for one lake and one engine."""

    def __init__(
        self,
        lake: str,
        landing: str,
        contracts: Mapping[str, Contract],
        engine: Engine,
        *,
        max_line_bytes: int = MAX_LINE_BYTES,
        lease_seconds: float = LEASE.total_seconds(),
        progress: Progress = lambda dataset, done, total: None,
    ) -> None:
        self.store = open_store(lake)
        self.lake, self.landing = self.store.root, landing
        self.contracts, self.engine = contracts, engine
        self.max_line_bytes, self.progress = max_line_bytes, progress
        self.ledger = Ledger(lake, timedelta(seconds=lease_seconds))
        self.outcome = Outcome()
        self._left_out: set[str] = set()
        self._changes: Counter[str] = Counter()
        self._look_again = False

    def run(self, datasets: Iterable[str], named: Sequence[str] | None = None) -> Outcome:
        """Take what is new of these datasets, or of it the sources named, and say what was done.

        First the batches are driven to their end whose owner is gone. Raises ConservationError,
        and StorageError if the lake can't be written; the batch is then released.
        """
        for dataset in datasets:
            while (left_open := self._take_over(dataset)) is not None:
                self._drive(left_open)
            self._look_again = True
            while self._look_again:  # after a batch was given up, its sources are new again
                self._look_again = False
                self._take(dataset, self._new(dataset, named))
        self.ledger.compact()
        return self.outcome

    # --- discover and claim

    def _take(self, dataset: str, new: list[Source]) -> None:
        for start in range(0, len(new), MAX_SOURCES):
            batch = self._claim(dataset, new[start : start + MAX_SOURCES])
            if batch is not None:
                self._drive(batch)

    def _new(self, dataset: str, named: Sequence[str] | None) -> list[Source]:
        """The sources in landing, or those of them that are named, that no batch has."""
        found = self._found(dataset, named)
        table = self.ledger.table()
        if table is None:
            return found
        known = self.ledger.known(table, self.ledger.state(), found)
        return [source for source in found if source.source_id not in known]

    def _claim(self, dataset: str, sources: list[Source]) -> Batch | None:
        """Claim those of the sources that no other run was quicker to claim."""

        def choose(table: DeltaTable, state: State) -> Batch | None:
            known = self.ledger.known(table, state, sources)
            new = [source for source in sources if source.source_id not in known]
            return self._batch(dataset, new, state) if new else None

        batch = self.ledger.claim(dataset, choose)
        if batch is not None:
            faults.after("claimed")
        return batch

    def _found(self, dataset: str, named: Sequence[str] | None) -> list[Source]:
        if named is None:
            found = discover(self.landing, dataset)
            return [each for each in found if each.uri not in self._left_out]
        return list(self._named(uri for uri in dict.fromkeys(named) if uri not in self._left_out))

    def _named(self, uris: Iterable[str]) -> Iterator[Source]:
        for uri in uris:
            store, path = resolve(uri)
            entry = store.head(path)
            if entry is None:
                self._fail(uri, f"{uri}: there is no such file")
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

    def _take_over(self, dataset: str) -> Batch | None:
        """Claim a batch whose owner is gone, if there is one."""

        def choose(table: DeltaTable, state: State) -> Batch | None:
            for claim in state.open(dataset):
                if claim["kind"] == "ingest" and owner_is_gone(claim):
                    sources = self.ledger.sources(claim["batch_id"])
                    return taken_over(claim, sources, self.engine.name)
            return None

        if not self.ledger.state().open(dataset):
            return None
        batch = self.ledger.claim(dataset, choose)
        if batch is not None:
            log.warning("batch %s was left open; taking it over", batch.batch_id)
        return batch

    # --- judge and commit

    def _drive(self, batch: Batch) -> None:
        """Judge and commit a batch, or finish what an earlier attempt at it has written.

        Whatever goes wrong, its sources are free again.
        """
        started = time.monotonic()
        try:
            with self.ledger.heartbeat(batch):
                self._finish(batch, self._left_written(batch) or self._judge(batch), started)
        except SourceChanged as changed:
            self._abandon(batch, str(changed))
            self._changes[changed.uri] += 1
            if changed.vanished or self._changes[changed.uri] == MAX_CHANGES:
                self._fail(changed.uri, str(changed))
        except SourceError as unreadable:
            self._abandon(batch, str(unreadable))
            self._fail(unreadable.uri, str(unreadable))
        except (BatchGivenUp, ContractChanged) as reason:
            self._abandon(batch, str(reason))
        except BaseException as error:
            self._give_up(batch, f"{type(error).__name__}: {error}")
            raise

    def _left_written(self, batch: Batch) -> Written | None:
        """What the first of the earlier attempts wrote that came as far as its manifest."""
        for attempt in range(1, batch.attempt):
            written = manifest.load(self.store, batch.dataset, batch.batch_id, attempt)
            if written is not None:
                return written
        return None

    def _judge(self, batch: Batch) -> Written:
        """Judge a batch's sources into a folder of its own, check the counts, and write it down."""
        if batch.contract_version != self.contracts[batch.dataset].version:
            raise ContractChanged(f"batch {batch.batch_id} is of another version of the contract")
        written = self.engine.run(self._work(batch, self.lake))
        faults.after("judged")
        check_conservation(batch.sources, written)
        with ThreadPoolExecutor(HEADS_AT_ONCE) as pool:
            list(pool.map(check_unchanged, batch.sources))
        faults.after("checked")
        manifest.save(self.store, batch.dataset, batch.batch_id, batch.attempt, written)
        faults.after("manifest")
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

    def _finish(self, batch: Batch, written: Written, started: float) -> None:
        """Commit the quarantine, then the lake, each once, and close the batch."""
        contract = self.contracts[batch.dataset]
        commit(
            self.store.uri(layout.quarantine(batch.dataset)),
            QUARANTINE_SCHEMA,
            (),
            written.quarantine_files,
            batch.batch_id,
        )
        faults.after("quarantine")
        commit(
            self.store.uri(layout.table(batch.dataset)),
            contract.lake_schema(),
            [each.name for each in contract.partitions],
            written.valid_files,
            batch.batch_id,
        )
        faults.after("lake")
        seconds = time.monotonic() - started
        files = len(written.valid_files) + len(written.quarantine_files)
        self.ledger.committed(batch, written.counts, files, seconds)
        faults.after("closed")
        self.outcome.batches.append(result(batch, written, seconds))

    def _abandon(self, batch: Batch, reason: str) -> None:
        """Give a batch up, and let this run take its sources anew."""
        log.warning("%s", reason)
        self._give_up(batch, reason)
        self._look_again = True

    def _give_up(self, batch: Batch, reason: str) -> None:
        """Release a batch, so that another run may take its sources, and clear its folders.

        What is in one of the tables already is not given up: the next run finishes that.
        """
        contract = self.contracts[batch.dataset]
        quarantine = self.store.uri(layout.quarantine(batch.dataset))
        table = self.store.uri(layout.table(batch.dataset))
        partitions = [each.name for each in contract.partitions]
        try:
            if burn(quarantine, QUARANTINE_SCHEMA, (), batch.batch_id) and burn(
                table, contract.lake_schema(), partitions, batch.batch_id
            ):
                self.ledger.release(batch, reason)
                self._delete_attempts(batch)
        except Exception as error:  # a full disk: the lease will run out
            log.warning("batch %s could not be released: %s", batch.batch_id, error)

    def _delete_attempts(self, batch: Batch) -> None:
        for attempt in range(1, batch.attempt + 1):
            folder = layout.attempt_folder(batch.batch_id, attempt)
            for table in (layout.table(batch.dataset), layout.quarantine(batch.dataset)):
                try:
                    self.store.delete_folder(f"{table}/{folder}")
                except StorageError as error:
                    log.warning("%s", error)

    def _fail(self, uri: str, message: str) -> None:
        self._left_out.add(uri)
        self.outcome.failures.append(message)

    # --- dry run

    def rehearse(self, datasets: Iterable[str], named: Sequence[str] | None = None) -> Outcome:
        """Judge what `run` would take, and commit nothing: neither lake nor ledger is touched."""
        for dataset in datasets:
            with tempfile.TemporaryDirectory(prefix="reelhouse-") as scratch:
                self._rehearse(dataset, self._new(dataset, named), scratch)
        return self.outcome

    def _rehearse(self, dataset: str, sources: list[Source], scratch: str) -> None:
        while sources:
            batch = self._batch(dataset, sources[:MAX_SOURCES], State())
            started = time.monotonic()
            try:
                written = self.engine.run(self._work(batch, scratch))
            except SourceError as unreadable:
                self._fail(unreadable.uri, str(unreadable))
                sources = [source for source in sources if source.uri != unreadable.uri]
                continue
            check_conservation(batch.sources, written)
            self.outcome.batches.append(result(batch, written, time.monotonic() - started))
            sources = sources[MAX_SOURCES:]


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


def check_unchanged(source: Source) -> None:
    """Raise SourceChanged if a source is not the one that was claimed."""
    store, path = resolve(source.uri)
    entry = store.head(path)
    if entry is None:
        raise SourceChanged(source.uri, "vanished")
    if entry.version != source.version:
        raise SourceChanged(source.uri, "was replaced")


def result(batch: Batch, written: Written, seconds: float) -> BatchResult:
    """What a run tells of a batch."""
    counts = written.counts
    return BatchResult(
        batch.batch_id,
        batch.dataset,
        batch.engine,
        batch.contract_version,
        sum(each.records for each in counts),
        sum(each.valid for each in counts),
        sum(each.quarantined for each in counts),
        seconds,
        counts,
    )
