"""Parquet files of the lake: partitioned, sorted, compressed with zstd, with Delta's statistics."""

import datetime as dt
import hashlib
import math
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reelhouse import faults
from reelhouse.batch import ParquetFile
from reelhouse.faults import Step
from reelhouse.storage import Store

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
SMALL_CODES = 1 << 16
MAX_TEXT = 32
"""Text longer than this is cut in the statistics."""

MAX_FOLDER_NAME = 150
"""A longer partition value has a hash in its folder's name: file systems allow 255 bytes."""

LAST_CHARACTER = "\U0010ffff"


def write_partitioned(
    table: pa.Table,
    store: Store,
    table_path: str,
    folder: str,
    partitions: Sequence[str],
    sort: Sequence[str] = (),
    *,
    rows: "np.ndarray | None" = None,
    threads: int = 1,
) -> list[ParquetFile]:
    """Write a table's rows into `<table_path>/<folder>/`, one file for each partition.

    The partition columns' values are in the folders' names, and not in the files. Rows are ordered
    by the columns of `sort`. `rows` are the numbers of those to be written, by default all.
    Raises StorageError.
    """
    if rows is None:
        rows = np.arange(table.num_rows)
    if not len(rows):
        return []
    table = table.combine_chunks()
    kept = table.drop_columns(list(partitions))
    texts = [path for each in kept.schema for path in _texts(each.type, each.name)]

    def write(part: tuple[dict[str, str | None], np.ndarray]) -> ParquetFile:
        values, numbers = part
        steps = [f"{name}={_folder_name(value)}" for name, value in values.items()]
        path = "/".join(filter(None, [folder, *steps, f"part-{uuid.uuid4()}.parquet"]))
        sink = pa.BufferOutputStream()
        # a dictionary pays for text; without the stored schema, it is read as text again
        pq.write_table(
            kept.take(pa.array(_sorted(table, numbers, sort))),
            sink,
            compression="zstd",
            use_dictionary=cast(Any, texts),
            store_schema=False,
        )
        data = cast(Any, sink.getvalue())  # a buffer, which is written without a copy
        store.write(f"{table_path}/{path}", data)
        faults.after(Step.FILE)
        metadata = pq.read_metadata(pa.BufferReader(data))
        return ParquetFile(path, len(data), metadata.num_rows, values, statistics(metadata))

    with ThreadPoolExecutor(2 * threads) as pool:  # while one waits for the store, another works
        return list(pool.map(write, _parts(table, rows, partitions)))


def _texts(type_: pa.DataType, path: str) -> Iterator[str]:
    """The paths of all columns of text in a column, as Parquet spells them."""
    if pa.types.is_string(type_) or pa.types.is_dictionary(type_):
        yield path
    elif pa.types.is_list(type_):
        yield from _texts(type_.value_type, f"{path}.list.element")
    elif pa.types.is_struct(type_):
        for each in type_:
            yield from _texts(each.type, f"{path}.{each.name}")


def _parts(
    table: pa.Table, rows: np.ndarray, partitions: Sequence[str]
) -> Iterator[tuple[dict[str, str | None], np.ndarray]]:
    """The numbers of the rows that share their partition's values, and these values."""
    codes, size = np.zeros(len(rows), np.int64), 1
    for name in partitions:
        encoded = cast(Any, table[name].chunk(0).dictionary_encode("encode"))
        codes = codes * len(encoded.dictionary) + encoded.indices.to_numpy()[rows]
        size *= len(encoded.dictionary)
        if size > SMALL_CODES:
            known, codes = np.unique(codes, return_inverse=True)
            size = len(known)
    if size <= SMALL_CODES:
        codes = codes.astype(np.uint16)  # numbers of 16 bits are sorted much faster
    ordered = rows[np.argsort(codes, kind="stable")]
    counts = np.bincount(codes)
    for numbers in np.split(ordered, np.cumsum(counts[counts > 0])[:-1]):
        yield {name: _text(table[name][numbers[0]].as_py()) for name in partitions}, numbers


def _sorted(table: pa.Table, rows: np.ndarray, sort: Sequence[str]) -> np.ndarray:
    if not sort:
        return rows
    keys = table.select(list(sort)).take(pa.array(rows))
    order = pc.sort_indices(keys, [(name, "ascending") for name in sort])
    ordered: np.ndarray = rows[order.to_numpy()]
    return ordered


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _folder_name(value: str | None) -> str:
    if value is None:
        return HIVE_NULL
    name = quote(value, safe="").replace("~", "%7E")  # Delta's own paths have no such character
    if len(name) > MAX_FOLDER_NAME:  # readers take the value from the table's log
        name = f"{quote(value[:10], safe='')}-{hashlib.sha256(value.encode()).hexdigest()}"
    return name


def statistics(metadata: pq.FileMetaData) -> dict[str, Any]:
    """Delta's statistics of the columns that are not nested, from all row groups."""
    low: dict[str, Any] = {}
    high: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for place in range(metadata.num_columns):
        name = metadata.schema.column(place).path
        if "." in name:
            continue
        groups: list[Any] = [
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
            least = _json(_least(min(group.min for group in bounded)))
            most = _json(_most(max(group.max for group in bounded)))
            if least is not None and most is not None:
                low[name], high[name] = least, most
    return {"minValues": low, "maxValues": high, "nullCount": nulls}


def _least(value: Any) -> Any:
    """A lower bound that is short enough for the statistics."""
    if isinstance(value, dt.datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value[:MAX_TEXT] if isinstance(value, str) else value


def _most(value: Any) -> Any:
    """An upper bound that is short enough for the statistics."""
    if isinstance(value, dt.datetime):
        beyond = dt.timedelta(microseconds=-value.microsecond % 1000)
        return value + beyond if value <= dt.datetime.max.replace(tzinfo=dt.UTC) - beyond else None
    if isinstance(value, str) and len(value) > MAX_TEXT:
        rest = value[MAX_TEXT:].lstrip(LAST_CHARACTER)
        return value[: len(value) - len(rest)] + LAST_CHARACTER
    return value


def _json(value: Any) -> Any:
    """A bound in Delta's JSON, or None for one that can't be said in it.

    A column that has values and no bounds is poison for readers: deltalake's PyArrow data set takes
    it that no row can pass a comparison with the column.
    """
    if isinstance(value, dt.datetime):
        text = value.astimezone(dt.UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float) else None
