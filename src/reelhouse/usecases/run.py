"""Answers for people, for machines and as Parquet."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.text import Text

from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.storage import open_store, resolve
from reelhouse.usecases import UseCase
from reelhouse.usecases.span import Span

if TYPE_CHECKING:
    from reelhouse.usecases.lake_frames import LakeFrames


def open_lake(
    root: str,
    master: str | None = None,
    remote: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> "LakeFrames":
    """A lake for the use cases, in a Spark session. Raises ReelhouseError without Spark or Java.

    `tell` gets a line for people while jars for Spark are fetched.
    """
    from reelhouse.spark.session import spark_session

    session = spark_session(master, remote, delta=True, uris=[root], tell=tell)
    from reelhouse.usecases.lake_frames import LakeFrames

    return LakeFrames(session, root)


def answer(case: UseCase, lake: "LakeFrames", span: Span, top: int | None) -> pa.Table:
    """The rows of an answer, as an Arrow table."""
    from reelhouse.spark.partitions import sized

    with sized(lake.session, open_table(open_store(lake.root).uri(layout.table("events")))):
        found: pa.Table = case.answer(lake, span, top).toArrow()
    return found


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
