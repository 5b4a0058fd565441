"""Parquet files of the lake: partitioned, sorted, compressed with zstd, with Delta's statistics."""

import datetime as dt
import math
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reelhouse import faults
from reelhouse.engines.base import ParquetFile
from reelhouse.storage import Store

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
MAX_TEXT = 32
"""Text longer than this has no minimum and maximum in the statistics."""


def write_partitioned(
    table: pa.Table,
    store: Store,
    table_path: str,
    folder: str,
    partitions: Sequence[str],
    sort: Sequence[str] = (),
) -> list[ParquetFile]:
    """Write a table's rows into `<table_path>/<folder>/`, one file for each partition.

    The partition columns' values are in the folders' names, and not in the files. Rows are ordered
    by the columns of `sort`. Raises StorageError.
    """
    if not table.num_rows:
        return []
    keys = [*partitions, *sort]
    if keys:
        table = table.take(pc.sort_indices(table, [(name, "ascending") for name in keys]))
    written = []
    for values, part in _parts(table, partitions):
        steps = [f"{name}={_folder_name(value)}" for name, value in values.items()]
        path = "/".join(filter(None, [folder, *steps, f"part-{uuid.uuid4()}.parquet"]))
        sink = pa.BufferOutputStream()
        pq.write_table(part.drop_columns(list(partitions)), sink, compression="zstd")
        data = sink.getvalue()
        store.write(f"{table_path}/{path}", data)
        faults.after("file")
        metadata = pq.read_metadata(pa.BufferReader(data))
        written.append(_described(path, len(data), metadata, values))
    return written


def describe(path: str, local: Path, values: dict[str, str | None]) -> ParquetFile:
    """The description of a file that was written to the local path, for the commit."""
    return _described(path, local.stat().st_size, pq.read_metadata(local), values)


def _parts(
    table: pa.Table, partitions: Sequence[str]
) -> list[tuple[dict[str, str | None], pa.Table]]:
    """Slices of a sorted table that share their partition's values."""
    if not partitions:
        return [({}, table)]
    changes = np.zeros(table.num_rows, bool)
    changes[0] = True
    for name in partitions:
        codes = table[name].combine_chunks().dictionary_encode("encode").indices.to_numpy()
        changes[1:] |= codes[1:] != codes[:-1]
    starts = np.flatnonzero(changes)
    stops = np.append(starts[1:], table.num_rows)
    parts = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        part = table.slice(start, stop - start)
        values = {name: _text(part[name][0].as_py()) for name in partitions}
        parts.append((values, part))
    return parts


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _folder_name(value: str | None) -> str:
    return HIVE_NULL if value is None else quote(value, safe="")


def _described(
    path: str, size: int, metadata: pq.FileMetaData, values: dict[str, str | None]
) -> ParquetFile:
    return ParquetFile(path, size, metadata.num_rows, values, _statistics(metadata))


def _statistics(metadata: pq.FileMetaData) -> dict[str, Any]:
    """Delta's statistics of the columns that are not nested, from all row groups."""
    low: dict[str, Any] = {}
    high: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for place in range(metadata.num_columns):
        name = metadata.schema.column(place).path
        if "." in name:
            continue
        groups = [
            metadata.row_group(number).column(place).statistics
            for number in range(metadata.num_row_groups)
        ]
        if any(group is None for group in groups):
            continue
        if all(group.has_null_count for group in groups):
            nulls[name] = sum(group.null_count for group in groups)
        bounded = [group for group in groups if group.has_min_max]
        filled = [group for group in groups if group.num_values]
        if bounded and len(bounded) >= len(filled):
            least = _bound(min(group.min for group in bounded))
            most = _bound(max(group.max for group in bounded))
            if least is not None and most is not None:
                low[name], high[name] = least, most
    return {"minValues": low, "maxValues": high, "nullCount": nulls}


def _bound(value: Any) -> Any:
    """A minimum or maximum in Delta's JSON, or None where it is left out."""
    if isinstance(value, dt.datetime):
        text = value.astimezone(dt.UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z") if value.microsecond % 1000 == 0 else None
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else None
    return value if isinstance(value, int | float) else None
