"""The ledger: an append-only Delta table of what happened to each batch.

A batch is `claimed` by a run, its lease `renewed` while the run lives, and it ends `committed` or
`released`. An entry is never changed. What is true of a batch follows from its entries.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError

from reelhouse import faults
from reelhouse.batch import Batch, Source, SourceCount
from reelhouse.errors import in_words
from reelhouse.faults import Step
from reelhouse.lake.claims import Claim, Committed, Entry, Kind
from reelhouse.lake.commit import (
    CONFIGURATION,
    append,
    latest,
    open_or_create,
    pause,
    properties,
    retried,
)
from reelhouse.lake.entries import BrokenOff, table_errors
from reelhouse.lake.format import FORMAT, PROPERTY
from reelhouse.lake.layout import LEDGER
from reelhouse.lake.owner import leave, owner_is_gone, this_process
from reelhouse.lake.parquet import write_partitioned
from reelhouse.storage import open_store

LEASE = timedelta(minutes=10)

ID_BYTES = 16

_MOMENT = pa.timestamp("us", "UTC")
BOOK = pa.struct(
    [
        ("bytes", pa.int64()),
        ("header_bytes", pa.int64()),
        ("blank_bytes", pa.int64()),
        ("packed", pa.bool_()),
    ]
)
"""How many bytes of a source were read, and how many of them held no record."""

_SOURCE: dict[str, pa.DataType] = {
    "uri": pa.string(),
    "version": pa.string(),
    "size": pa.int64(),
    "modified": _MOMENT,
    "header": pa.string(),
    "records": pa.int64(),
    "valid": pa.int64(),
    "quarantined": pa.int64(),
}
SOURCE = pa.struct(list(_SOURCE.items()))
"""A source of a claim, or of a batch that has ended: then it has counts."""

_COLUMNS: dict[str, pa.DataType] = {
    "entry": pa.string(),
    "dataset": pa.string(),
    "kind": pa.string(),
    "batch_id": pa.string(),
    "attempt": pa.int32(),
    "contract_version": pa.string(),
    "engine": pa.string(),
    "owner": pa.string(),
    "at": _MOMENT,
    "lease_until": _MOMENT,
    "ingested_at": _MOMENT,
    "records": pa.int64(),
    "valid": pa.int64(),
    "quarantined": pa.int64(),
    "files": pa.int64(),
    "seconds": pa.float64(),
    "sources_count": pa.int64(),
    "reason": pa.string(),
    # the ids of all sources, 16 bytes each, one after the other: found without opening lists
    "source_ids": pa.binary(),
    "sources": pa.list_(pa.field("element", SOURCE)),
    "bytes": pa.int64(),
    "header_bytes": pa.int64(),
    "blank_bytes": pa.int64(),
    "sources_without_records": pa.int64(),
    # of each source: in a table that is there, the structs of `sources` can't get new members
    "books": pa.list_(pa.field("element", BOOK)),
}
SCHEMA = pa.schema(_COLUMNS)
LISTS = ["sources", "books"]
READ = pa.schema([each for each in SCHEMA if each.name not in LISTS])
"""What every run reads of the ledger: all but the long lists."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """The ledger at one version: its entries, in any order, without their lists of sources."""

    entries: pa.Table = field(default_factory=READ.empty_table)

    def _batches(self, *kinds: str) -> "pa.Array[Any]":
        found = pc.is_in(self.entries["entry"], value_set=pa.array(kinds))
        return self.entries["batch_id"].filter(found).combine_chunks().unique()

    def ended(self) -> set[str]:
        """The batches that are in the lake, or were given up."""
        return _texts(self._batches("committed", "released"))

    def released(self) -> set[str]:
        """The batches that were given up."""
        return _texts(self._batches("released"))

    def known(self, dataset: str, sources: Iterable[Source]) -> set[bytes]:
        """The ids of those sources that a batch of the dataset has, unless it was released."""
        wanted = pa.array(list({source.source_id for source in sources}), pa.binary(ID_BYTES))
        released = pa.array(list(self.released()), pa.string())
        found: set[bytes] = set()
        if len(wanted):
            for rows in self.entries.select(["dataset", "batch_id", "source_ids"]).to_batches():
                found |= _ids_in(rows, wanted, dataset, released)
        return found

    def open(self, dataset: str | None = None) -> list[Claim]:
        """The latest claim of each batch that has not ended, with its lease as renewed."""
        ended = pc.is_in(self.entries["batch_id"], value_set=self._batches("committed", "released"))
        rest = self.entries.filter(pc.invert(ended))
        claims: dict[str, Claim] = {}
        for claim in sorted(_claims(rest, "claimed"), key=lambda each: (each.attempt, each.at)):
            if dataset in (None, claim.dataset):
                claims[claim.batch_id] = claim
        for renewed in _claims(rest, "renewed"):
            known = claims.get(renewed.batch_id)
            if known and known.attempt == renewed.attempt:
                lease_until = max(known.lease_until, renewed.lease_until)
                claims[known.batch_id] = replace(known, lease_until=lease_until)
        return list(claims.values())

    def committed(self, dataset: str | None = None) -> list[Committed]:
        """The entry with which each batch ended that is in the lake, oldest first."""
        chosen = pc.equal(self.entries["entry"], pa.scalar("committed"))
        if dataset is not None:
            chosen = pc.and_(chosen, pc.equal(self.entries["dataset"], pa.scalar(dataset)))
        rows = self.entries.select(_names(Committed)).filter(chosen).sort_by("at").to_pylist()
        # a run that was asleep may close a batch again that another has closed
        once = {row["batch_id"]: row for row in reversed(rows)}
        return [Committed(**row) for row in reversed(once.values())]


class Ledger:
    """The ledger of a lake.

    Whatever reads or writes it raises NewerFormat where a newer version has written it.
    """

    def __init__(self, lake_root: str, lease: timedelta = LEASE) -> None:
        self.store = open_store(lake_root)
        self.uri = self.store.uri(LEDGER)
        self.lease = lease
        self.owner = this_process()
        self._parts: dict[str, pa.Table] = {}

    # --- reading

    def state(self) -> State:
        """All entries as they are now, without their lists of sources."""
        with latest(self.uri) as table:
            return State() if table is None else self._state(table)

    def _state(self, table: DeltaTable) -> State:
        parts = list(self._read(table).values())
        return State(pa.concat_tables(parts)) if parts else State()

    def _read(self, table: DeltaTable) -> dict[str, pa.Table]:
        """By path, what the ledger's files hold; a file that was read before is remembered."""
        paths = [f"{LEDGER}/{uri.rpartition('/')[2]}" for uri in table.file_uris()]
        self._parts = {path: self._parts.get(path) or self._part(path) for path in paths}
        return self._parts

    def _part(self, path: str) -> pa.Table:
        """What a file holds; what it lacks, as an older version has written it, is null."""
        found = self._file(path).read(columns=READ.names)
        columns = [
            found[column.name].cast(column.type)
            if column.name in found.column_names
            else pa.nulls(found.num_rows, column.type)
            for column in READ
        ]
        return pa.table(columns, schema=READ)

    def _file(self, path: str) -> pq.ParquetFile:
        local = self.store.local(path)
        return pq.ParquetFile(
            local if local is not None else pa.BufferReader(self.store.read(path))
        )

    def sources(self, batch_id: str) -> list[Source]:
        """The sources of a batch, as it was claimed first."""
        return [
            Source(row["uri"], row["version"], row["size"], row["modified"])
            for row in self._sources(batch_id, "claimed")
        ]

    def counts(self, batch_id: str) -> list[SourceCount]:
        """What became of each source of a batch that is in the lake."""
        names = _names(SourceCount)
        return [
            SourceCount(**{name: row[name] for name in names if row.get(name) is not None})
            for row in self._sources(batch_id, "committed")
        ]

    def _sources(self, batch_id: str, entry: Kind) -> list[dict[str, Any]]:
        """The sources in the first entry of that kind of a batch, and their books if it has any."""
        with latest(self.uri) as table:
            for path, part in self._read(table).items() if table else ():
                same = pc.and_(
                    pc.equal(part["batch_id"], pa.scalar(batch_id)),
                    pc.equal(part["entry"], pa.scalar(entry)),
                )
                places = pc.indices_nonzero(same)
                if len(places):
                    (found,) = self._file(path).read(columns=LISTS).take(places[:1]).to_pylist()
                    sources = found["sources"] or []
                    books = found.get("books") or [{}] * len(sources)
                    return [source | book for source, book in zip(sources, books, strict=True)]
        return []

    # --- writing

    def claim(self, dataset: str, choose: Callable[[State], Batch | None]) -> Batch | None:
        """Claim what `choose` chooses from the ledger as it is, or nothing if it returns None.

        Of two runs that claim for a dataset at once, one fails, and chooses again.
        """
        counter = f"claim:{dataset}"
        for attempt in count(1):
            with latest(self.uri) as found, suppress(CommitFailedError, BrokenOff):
                # those come where a column was added, or the format written, perhaps by this call
                table = self._table(found)
                number = (table.transaction_version(counter) or 0) + 1
                batch = choose(self._state(table))
                if batch is None or self._claimed(table, batch, Transaction(counter, number)):
                    return batch
            pause(min(attempt, 6))
        raise AssertionError

    def _claimed(self, table: DeltaTable, batch: Batch, transaction: Transaction) -> bool:
        """Claim a batch; returns whether it has gone through.

        If that can't be known, this process is not at the batch, whatever the ledger says.
        """
        entry = self.claimed_entry(batch)
        try:
            try:
                self._append(table, [entry], transaction)
                return True
            except (CommitFailedError, BrokenOff):
                return self._has(entry)
        except BaseException:
            leave(batch)
            raise

    def _has(self, entry: Entry) -> bool:
        """Whether an entry is in the ledger: the answer to a bucket's write may have been lost."""
        entries = self.state().entries
        same = pc.and_(
            pc.equal(entries["batch_id"], pa.scalar(entry["batch_id"])),
            pc.equal(entries["attempt"], pa.scalar(entry["attempt"])),
        )
        found = entries.filter(same).select(["entry", "owner", "at"]).to_pylist()
        return {"entry": entry["entry"], "owner": entry["owner"], "at": entry["at"]} in found

    def take_over(
        self,
        dataset: str,
        engine: str,
        *kinds: str,
        look: Callable[[Claim], None] = lambda claim: None,
    ) -> Batch | None:
        """Claim a batch of these kinds whose owner is gone, if there is one.

        `look` is given its last claim before, and may raise what keeps it from being claimed.
        """

        def choose(state: State) -> Batch | None:
            left = [
                claim
                for claim in state.open(dataset)
                if claim.kind in kinds and owner_is_gone(claim)
            ]
            # an owner that ended may have closed its batch after this state was read
            still = {claim.batch_id for claim in self.state().open(dataset)} if left else set()
            for claim in left:
                if claim.batch_id in still:
                    look(claim)
                    return taken_over(claim, self.sources(claim.batch_id), engine)
            return None

        if not self.state().open(dataset):
            return None
        batch = self.claim(dataset, choose)
        if batch is not None:
            log.warning("batch %s was left open; taking it over", batch.batch_id)
            faults.after(Step.CLAIMED)
        return batch

    def claimed_entry(self, batch: Batch) -> Entry:
        """The entry with which this run claims a batch."""
        entry = self._entry("claimed", batch)
        entry["lease_until"] = entry["at"] + self.lease
        entry["source_ids"] = b"".join(source.source_id for source in batch.sources)
        entry["sources"] = [
            {
                "uri": each.uri,
                "version": each.version,
                "size": each.size,
                "modified": each.modified,
            }
            for each in batch.sources
        ]
        return entry

    def _entry(self, kind: Kind, batch: Batch) -> Entry:
        return {
            "entry": kind,
            "dataset": batch.dataset,
            "kind": batch.kind,
            "batch_id": batch.batch_id,
            "attempt": batch.attempt,
            "contract_version": batch.contract_version,
            "engine": batch.engine,
            "owner": self.owner,
            "at": datetime.now(UTC),
            "ingested_at": batch.ingested_at,
        }

    def renew(self, batch: Batch) -> None:
        """Prolong the lease of a batch that this run has."""
        entry = self._entry("renewed", batch)
        self.append([{**entry, "lease_until": entry["at"] + self.lease}])

    def release(self, batch: Batch, reason: str) -> None:
        """Give a batch up: its sources may be claimed again."""
        self.append([{**self._entry("released", batch), "reason": reason}])

    def committed(
        self, batch: Batch, counts: Sequence[SourceCount], files: int, seconds: float
    ) -> None:
        """Close a batch that is in the lake."""
        self.append([self.committed_entry(batch, counts, files, seconds)])

    def committed_entry(
        self, batch: Batch, counts: Sequence[SourceCount], files: int, seconds: float
    ) -> Entry:
        """The entry that closes a batch."""
        return {
            **self._entry("committed", batch),
            "records": sum(each.records for each in counts),
            "valid": sum(each.valid for each in counts),
            "quarantined": sum(each.quarantined for each in counts),
            "files": files,
            "seconds": seconds,
            "sources_count": len(counts),
            "sources_without_records": sum(not each.records for each in counts),
            "bytes": total(each.bytes for each in counts),
            "header_bytes": sum(each.header_bytes for each in counts),
            "blank_bytes": sum(each.blank_bytes for each in counts),
            "sources": [
                {
                    "uri": each.uri,
                    "header": each.header,
                    "records": each.records,
                    "valid": each.valid,
                    "quarantined": each.quarantined,
                }
                for each in counts
            ],
            "books": [each.books for each in counts],
        }

    def append(self, entries: Sequence[Entry]) -> None:
        """Append entries as they are. Raises TooManyWriters if there is no end to conflicts.

        Where a bucket's answer was lost, an entry may be there twice, which says the same.
        """
        retried(
            self.uri,
            lambda found: self._append(self._table(found), entries, None),
        )

    def _table(self, found: DeltaTable | None) -> DeltaTable:
        """The table, made if it is not there; one of an older version is brought up to this one.

        Raises CommitFailedError if another run changes it at the same time: `deltalake` refuses
        to change the properties of a table of which they were changed since it was read.
        """
        mine = {PROPERTY: str(FORMAT)}
        table = open_or_create(self.uri, SCHEMA, (), found, {**CONFIGURATION, **mine})
        if PROPERTY not in properties(table):
            with table_errors(self.uri):
                table.alter.set_table_properties(mine, raise_if_not_exists=False)
                table.update_incremental()
        return table

    def _append(
        self, table: DeltaTable, entries: Sequence[Entry], transaction: Transaction | None
    ) -> None:
        rows = pa.Table.from_pylist(entries, schema=SCHEMA)
        written = write_partitioned(rows, self.store, LEDGER, "", ())
        with table_errors(self.uri):
            append(table, written, transaction)

    @contextmanager
    def heartbeat(self, batch: Batch) -> Iterator[None]:
        """Renew the lease of a batch for as long as the block runs.

        If it fails, this process is at the batch no more, whatever its lease says.
        """
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(self.lease.total_seconds() / 3):
                try:
                    self.renew(batch)
                except Exception as error:
                    why = in_words(error) or error
                    log.warning("the lease of batch %s was not renewed: %s", batch.batch_id, why)

        thread = threading.Thread(target=beat, daemon=True, name="lease")
        thread.start()
        try:
            yield
        except BaseException:
            leave(batch)
            raise
        finally:
            stop.set()
            thread.join()


def _texts(values: "pa.Array[Any]") -> set[str]:
    found: list[Any] = values.to_pylist()
    return set(found)


def total(numbers: Iterable[int | None]) -> int | None:
    """The sum of the numbers that are known; None if there are some, and none is."""
    whole = list(numbers)
    known = [number for number in whole if number is not None]
    return sum(known) if known or not whole else None


def _ids_in(
    rows: pa.RecordBatch, wanted: "pa.Array[Any]", dataset: str, released: "pa.Array[Any]"
) -> set[bytes]:
    """Which of the wanted ids are in the rows of a dataset, without those of released batches."""
    column = rows["source_ids"]
    _, offsets, data = column.buffers()
    if data is None or offsets is None:
        return set()
    starts = np.frombuffer(memoryview(offsets), np.int32)[
        column.offset : column.offset + len(column) + 1
    ]
    first, count = int(starts[0]), int(starts[-1] - starts[0]) // ID_BYTES
    ids = pa.Array.from_buffers(wanted.type, count, [None, data.slice(first)])
    places = pc.indices_nonzero(pc.is_in(ids, value_set=wanted))
    if len(places):
        row = np.searchsorted(starts, first + places.to_numpy() * ID_BYTES, side="right") - 1
        # not as an array of numpy: Arrow loads its masked ones to look for their kind
        taken = pa.Array.from_buffers(pa.int64(), len(row), [None, pa.py_buffer(row.data)])
        its = rows.select(["dataset", "batch_id"]).take(taken)
        gone = pc.is_in(its["batch_id"], value_set=released)
        places = places.filter(pc.and_not(pc.equal(its["dataset"], pa.scalar(dataset)), gone))
    known: list[Any] = ids.take(places).to_pylist()
    return set(known)


def _names(record: type[Claim | Committed | SourceCount]) -> list[str]:
    return [each.name for each in fields(record)]


def _claims(entries: pa.Table, kind: Kind) -> list[Claim]:
    chosen = pc.equal(entries["entry"], pa.scalar(kind))
    return [Claim(**row) for row in entries.select(_names(Claim)).filter(chosen).to_pylist()]


def taken_over(claim: Claim, sources: list[Source], engine: str) -> Batch:
    """The next attempt at a batch whose owner is gone."""
    return Batch(
        dataset=claim.dataset,
        batch_id=claim.batch_id,
        attempt=claim.attempt + 1,
        contract_version=claim.contract_version,
        engine=engine,
        ingested_at=claim.ingested_at,
        sources=sources,
        kind=claim.kind,
    )
