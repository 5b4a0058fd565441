"""What the tests of compaction share: lakes of small files, and what is in them."""

import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from reelhouse.lake.commit import commit, open_table
from reelhouse.lake.compact import Compaction, CompactionResult, TableResult
from reelhouse.lake.parquet import write_partitioned
from reelhouse.storage import open_store

Rows = Counter[str]


def put(
    lake: str, table: pa.Table, batch_id: str, partitions: Sequence[str] = (), path: str = "events"
) -> None:
    """Commit a table's rows as one batch, one file a partition."""
    store, folder = open_store(lake), f"batch={batch_id}.1"
    files = write_partitioned(table, store, path, folder, partitions)
    commit(store.uri(path), table.schema, partitions, files, batch_id)


def table_at(lake: str, path: str = "events") -> DeltaTable:
    table = open_table(open_store(lake).uri(path))
    assert table is not None
    return table


def rows(lake: str, path: str = "events", version: int | None = None) -> Rows:
    """The rows of a table, each with how often it is there."""
    table = table_at(lake, path)
    if version is not None:
        table.load_as_version(version)
    found = table.to_pyarrow_table()
    kept = found.select(sorted(found.column_names))
    return Counter(json.dumps(row, default=repr) for row in kept.to_pylist())


def compact(
    lake: str, keep_hours: int = 168, datasets: Sequence[str] = ("events",)
) -> CompactionResult:
    return Compaction(lake, keep_hours=keep_hours).run(datasets)


def result(outcome: CompactionResult, path: str = "events") -> TableResult:
    """What became of one table, in a run in which nothing failed."""
    assert outcome.failures == []
    (found,) = [each for each in outcome.tables if each.place.path == path]
    return found


def listing(lake: str, path: str = "") -> list[str]:
    return sorted(entry.path for entry in open_store(lake).list(path))


def age(lake: Path, path: str, hours: float) -> None:
    """Make all of a table older by so many hours: its files, and what its log says of removals.

    The log's checkpoints are deleted; it is still whole.
    """
    folder, ago = lake / path, time.time() - hours * 3600
    for entry in folder.rglob("*"):
        if entry.is_file():
            os.utime(entry, (ago, ago))
    for checkpoint in [
        *folder.glob("_delta_log/*.checkpoint*"),
        folder / "_delta_log/_last_checkpoint",
    ]:
        checkpoint.unlink(missing_ok=True)
    for entry in folder.glob("_delta_log/*.json"):
        actions = [json.loads(line) for line in entry.read_text().splitlines()]
        for action in actions:
            if "remove" in action:
                action["remove"]["deletionTimestamp"] -= int(hours * 3_600_000)
        entry.write_text("\n".join(json.dumps(action) for action in actions))
