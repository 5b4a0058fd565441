"""Answers for people, for machines and as Parquet."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from rich.text import Text

from reelhouse.engines import uninterrupted
from reelhouse.storage import resolve
from reelhouse.usecases import UseCase

if TYPE_CHECKING:
    from reelhouse.usecases.lake_frames import LakeFrames
    from reelhouse.usecases.lake_tables import LakeTables

Lake: TypeAlias = "LakeFrames | LakeTables"
"""A lake as one of the engines sees it."""


def open_lake(
    root: str,
    engine: str,
    master: str | None = None,
    remote: str | None = None,
    memory_mb: int | None = None,
    *,
    lenient: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Lake:
    """A lake for the use cases. Raises ReelhouseError without Spark or Java, if Spark is to answer.

    `master` and `remote` are for Spark, `memory_mb` for DuckDB. With `lenient`, a lake without
    videos or users can be asked too. `tell` gets a line for people while Spark starts.
    """
    if engine == "duckdb":
        with uninterrupted():
            from reelhouse.usecases.lake_tables import LakeTables
        return LakeTables(root, memory_mb, lenient=lenient)
    from reelhouse.spark.session import spark_session

    tell("Starting Spark")
    session = spark_session(master, remote, delta=True, uris=[root], tell=tell)
    from reelhouse.usecases.lake_frames import LakeFrames

    return LakeFrames(session, root, lenient=lenient)


def to_json(case: UseCase, rows: pa.Table) -> dict[str, Any]:
    """The document of an answer: times as ISO 8601 in UTC, days as such."""
    return {
        "use_case": case.name,
        "rows": [{name: _plain(value) for name, value in row.items()} for row in rows.to_pylist()],
    }


def shown(rows: pa.Table, count: int) -> list[list[Any]]:
    """The first rows, for a table on the console."""
    return [
        [_cell(name, value) for name, value in row.items()]
        for row in rows.slice(0, count).to_pylist()
    ]


def write_parquet(rows: pa.Table, uri: str) -> None:
    """Write rows as one Parquet file, whole or not at all. Raises StorageError."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd")
    store, path = resolve(uri)
    store.write(path, sink.getvalue().to_pybytes())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _cell(name: str, value: Any) -> Any:
    if name.endswith("_id") and value is not None:
        return Text(str(value), justify="right")
    if isinstance(value, float):
        return Text(f"{value:,.3f}", justify="right")
    return _plain(value)
