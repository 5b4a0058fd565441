"""The ledger: an append-only Delta table of what happened to each batch.

A batch is `claimed` by a run, its lease `renewed` while the run lives, and it ends `committed` or
`released`. An entry is never changed. What is true of a batch follows from its entries.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError

from reelhouse.engines.base import Source, SourceCount
from reelhouse.lake.commit import append, open_or_create, open_table, pause
from reelhouse.lake.layout import LEDGER
from reelhouse.lake.parquet import write_partitioned
from reelhouse.storage import open_store

LEASE = timedelta(minutes=10)
FILES_BEFORE_COMPACTION = 100
TARGET_BYTES = 64 * 1024 * 1024
ID_BYTES = 16

_MOMENT = pa.timestamp("us", "UTC")
SCHEMA = pa.schema(
    [
        ("entry", pa.string()),
        ("dataset", pa.string()),
        ("kind", pa.string()),
        ("batch_id", pa.string()),
        ("attempt", pa.int32()),
        ("contract_version", pa.string()),
        ("engine", pa.string()),
        ("owner", pa.string()),
        ("at", _MOMENT),
        ("lease_until", _MOMENT),
        ("ingested_at", _MOMENT),
        ("records", pa.int64()),
        ("valid", pa.int64()),
        ("quarantined", pa.int64()),
        ("files", pa.int64()),
        ("seconds", pa.float64()),
        ("sources_count", pa.int64()),
        ("reason", pa.string()),
        # the ids of all sources, 16 bytes each, one after the other: found without opening lists
        ("source_ids", pa.binary()),
        (
            "sources",
            pa.list_(
                pa.field(
                    "element",
                    pa.struct(
                        [
                            ("uri", pa.string()),
                            ("version", pa.string()),
                            ("size", pa.int64()),
                            ("modified", _MOMENT),
                            ("header", pa.string()),
                            ("records", pa.int64()),
                            ("valid", pa.int64()),
                            ("quarantined", pa.int64()),
                        ]
                    ),
                )
            ),
        ),
    ]
)
FLAT = [name for name in SCHEMA.names if name not in ("source_ids", "sources")]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """A batch as a claim has it."""

    dataset: str
    batch_id: str
    attempt: int
    contract_version: str
    engine: str
    ingested_at: datetime
    sources: list[Source] = field(default_factory=list)
    kind: str = "ingest"


@dataclass(frozen=True)
class State:
    """The ledger at one version: its entries without their sources, newest last."""

    entries: list[dict[str, Any]]

    def ended(self) -> dict[str, dict[str, Any]]:
        """By batch, the entry with which it ended."""
        ends: dict[str, dict[str, Any]] = {}
        for entry in self.entries:
            if entry["entry"] in ("committed", "released"):
                ends.setdefault(entry["batch_id"], entry)
        return ends

    def open(self, dataset: str | None = None) -> list[dict[str, Any]]:
        """The latest claim of each batch that has not ended, with its lease as renewed."""
        ended, claims = self.ended(), dict[str, dict[str, Any]]()
        for entry in self.entries:
            batch_id = entry["batch_id"]
            if batch_id in ended or (dataset and entry["dataset"] != dataset):
                continue
            if entry["entry"] == "claimed":
                known = claims.get(batch_id)
                if known is None or entry["attempt"] > known["attempt"]:
                    claims[batch_id] = dict(entry)
        for entry in self.entries:
            claim = claims.get(entry["batch_id"])
            if entry["entry"] == "renewed" and claim and claim["attempt"] == entry["attempt"]:
                claim["lease_until"] = max(claim["lease_until"], entry["lease_until"])
        return list(claims.values())

    def released(self) -> set[str]:
        """The batches that were given up."""
        return {each for each, end in self.ended().items() if end["entry"] == "released"}

    def committed(self, dataset: str | None = None) -> list[dict[str, Any]]:
        """The entries of the batches that are in the lake."""
        return [
            end
            for end in self.ended().values()
            if end["entry"] == "committed" and dataset in (None, end["dataset"])
        ]


class Ledger:
    """The ledger of a lake."""

    def __init__(self, lake_root: str, lease: timedelta = LEASE) -> None:
        self.store = open_store(lake_root)
        self.uri = self.store.uri(LEDGER)
        self.lease = lease
        self.owner = this_process()

    # --- reading

    def table(self) -> DeltaTable | None:
        """The ledger's table, or None if nothing was claimed yet."""
        return open_table(self.uri)

    def state(self) -> State:
        """All entries, without their sources."""
        table = self.table()
        return State([]) if table is None else self._state(table)

    def _state(self, table: DeltaTable) -> State:
        parts = [part for _, part in self._read(table, FLAT)]
        entries = pa.concat_tables(parts).to_pylist() if parts else []
        return State(sorted(entries, key=lambda entry: entry["at"]))

    def _read(self, table: DeltaTable, columns: list[str]) -> Iterator[tuple[str, pa.Table]]:
        for uri in table.file_uris():
            path = f"{LEDGER}/{uri.rstrip('/').rpartition('/')[2]}"
            local = self.store.local(path)
            file = local if local is not None else pa.BufferReader(self.store.read(path))
            yield path, pq.ParquetFile(file).read(columns=columns)

    def known(self, table: DeltaTable, state: State, sources: Iterable[Source]) -> set[bytes]:
        """The ids of those sources that a batch has, unless it was released."""
        wanted = {source.source_id for source in sources}
        if not wanted:
            return set()
        first = np.sort(
            np.array([int.from_bytes(each[:8], "little") for each in wanted], np.uint64)
        )
        released, found = state.released(), set[bytes]()
        for _, part in self._read(table, ["batch_id", "source_ids"]):
            for batch_id, ids in zip(part["batch_id"], part["source_ids"], strict=True):
                buffer = ids.as_buffer()
                if buffer is None or not buffer.size:
                    continue
                words = np.frombuffer(buffer, np.uint64)[::2]
                places = np.minimum(np.searchsorted(first, words), len(first) - 1)
                hits = np.flatnonzero(first[places] == words)
                if len(hits) and batch_id.as_py() not in released:
                    raw = buffer.to_pybytes()
                    found |= {raw[hit * ID_BYTES : (hit + 1) * ID_BYTES] for hit in hits.tolist()}
        return found & wanted

    def sources(self, batch_id: str, entry: str = "claimed") -> list[dict[str, Any]]:
        """The sources in the first entry of that kind of a batch."""
        table = open_table(self.uri)
        for path, part in self._read(table, ["batch_id", "entry", "attempt"]) if table else ():
            for place, row in enumerate(part.to_pylist()):
                if row["batch_id"] == batch_id and row["entry"] == entry:
                    local = self.store.local(path)
                    file = local if local is not None else pa.BufferReader(self.store.read(path))
                    found = pq.ParquetFile(file).read(columns=["sources"])["sources"][place]
                    return list(found.as_py() or [])
        return []

    # --- writing

    def claim(
        self, dataset: str, choose: Callable[[DeltaTable, State], Batch | None]
    ) -> Batch | None:
        """Claim what `choose` chooses from the ledger as it is, or nothing if it returns None.

        Of two runs that claim for a dataset at once, one fails, and chooses again.
        """
        counter = f"claim:{dataset}"
        attempt = 0
        while True:
            table = open_or_create(self.uri, SCHEMA, ())
            number = (table.transaction_version(counter) or 0) + 1
            batch = choose(table, self._state(table))
            if batch is None:
                return None
            try:
                self._append(table, [self._claimed(batch)], Transaction(counter, number))
                return batch
            except CommitFailedError:
                attempt = min(attempt + 1, 6)
                pause(attempt)

    def _claimed(self, batch: Batch) -> dict[str, Any]:
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

    def _entry(self, kind: str, batch: Batch) -> dict[str, Any]:
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
        self._write({**entry, "lease_until": entry["at"] + self.lease})

    def release(self, batch: Batch, reason: str) -> None:
        """Give a batch up: its sources may be claimed again."""
        self._write({**self._entry("released", batch), "reason": reason})

    def committed(
        self, batch: Batch, counts: list[SourceCount], files: int, seconds: float
    ) -> None:
        """Close a batch that is in the lake."""
        self._write(
            {
                **self._entry("committed", batch),
                "records": sum(each.records for each in counts),
                "valid": sum(each.valid for each in counts),
                "quarantined": sum(each.quarantined for each in counts),
                "files": files,
                "seconds": seconds,
                "sources_count": len(counts),
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
            }
        )

    def _write(self, entry: dict[str, Any]) -> None:
        for attempt in range(60):
            try:
                table = open_or_create(self.uri, SCHEMA, ())
                self._append(table, [entry], None)
                return
            except CommitFailedError:
                pause(min(attempt, 6))
        raise CommitFailedError(f"{self.uri}: could not append an entry")

    def _append(
        self, table: DeltaTable, entries: list[dict[str, Any]], transaction: Transaction | None
    ) -> None:
        rows = pa.Table.from_pylist(entries, schema=SCHEMA)
        written = write_partitioned(rows, self.store, LEDGER, "", ())
        append(table, written, SCHEMA, (), transaction)

    def compact(self) -> None:
        """Merge the ledger's small files, once there are many; a conflict is left for next time."""
        table = open_table(self.uri)
        if table is None or len(table.file_uris()) < FILES_BEFORE_COMPACTION:
            return
        try:
            table.optimize.compact(target_size=TARGET_BYTES)
            table = DeltaTable(self.uri)
            table.create_checkpoint()
            table.vacuum(retention_hours=24, dry_run=False, enforce_retention_duration=False)
        except (CommitFailedError, DeltaError) as error:
            log.info("the ledger is compacted another time: %s", error)

    @contextmanager
    def heartbeat(self, batch: Batch) -> Iterator[None]:
        """Renew the lease of a batch for as long as the block runs."""
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(self.lease.total_seconds() / 3):
                try:
                    self.renew(batch)
                except Exception as error:
                    log.warning("the lease of batch %s was not renewed: %s", batch.batch_id, error)

        thread = threading.Thread(target=beat, daemon=True, name="lease")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def taken_over(claim: dict[str, Any], sources: list[dict[str, Any]], engine: str) -> Batch:
    """The next attempt at a batch whose owner is gone."""
    return Batch(
        claim["dataset"],
        claim["batch_id"],
        claim["attempt"] + 1,
        claim["contract_version"],
        engine,
        claim["ingested_at"],
        [Source(each["uri"], each["version"], each["size"], each["modified"]) for each in sources],
        claim["kind"],
    )


def owner_is_gone(claim: dict[str, Any], now: datetime | None = None) -> bool:
    """Whether a claim's lease has run out, or its process on this host is dead."""
    lease_until: datetime = claim["lease_until"]
    if lease_until < (now or datetime.now(UTC)):
        return True
    host, _, process = str(claim["owner"]).rpartition("/")
    number, _, started = process.partition(":")
    return host == _host() and _started(int(number)) != started


def this_process() -> str:
    """The name of this process, that no other has: host and boot, number, and start time."""
    return f"{_host()}/{os.getpid()}:{_started(os.getpid())}"


@lru_cache(maxsize=1)
def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = f"{uuid.getnode():x}"
    # a container shares its host's boot, and has a process table of its own
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{socket.gethostname()}/{boot}/{space}"


def _started(process: int) -> str | None:
    """When a process of this host started, or None if there is none."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        return _alive(process)
    except OSError:
        return None
    state, start = text.rpartition(")")[2].split()[0], text.rpartition(")")[2].split()[19]
    return None if state in "ZX" else start


def _alive(process: int) -> str | None:
    """Without /proc: whether there is such a process at all."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "running"
