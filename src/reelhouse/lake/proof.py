"""The proof that files hold the same records as others, however these are ordered and cut."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from reelhouse.batch import portions
from reelhouse.storage import NotFound, Store

if TYPE_CHECKING:
    import duckdb

READERS = 8
HELD_BYTES = 64 * 1024 * 1024
"""How much is read ahead from a bucket, if no single file is larger."""

BATCH_BYTES = 32 * 1024 * 1024
BATCH_ROWS = 65_536
"""How much, as Arrow says it, is hashed at once at most, and how many rows."""


@dataclass(frozen=True)
class DataFile:
    """A file that a version of a table has.

    `path` is the file's own, relative to the table, and `named` is how the log spells it; `size` is
    in bytes.
    """

    path: str
    named: str
    size: int
    rows: int
    partition_values: Mapping[str, str | None]


@dataclass(frozen=True)
class Digest:
    """How many records there are, and the sum of their hashes: no order, and each time counts."""

    rows: int = 0
    hashes: int = 0

    def __add__(self, other: "Digest") -> "Digest":
        return Digest(self.rows + other.rows, self.hashes + other.hashes)


def files_of(table: DeltaTable) -> dict[str, DataFile]:
    """The files of a table's version by their paths, newest first."""
    actions = pa.table(table.get_add_actions(flatten=True))
    partitions = table.metadata().partition_columns
    found = {}
    for row in actions.to_pylist():
        path = unquote(row["path"])
        values = {name: _text(row[f"partition.{name}"]) for name in partitions}
        found[path] = DataFile(
            path, row["path"], row["size_bytes"], row["num_records"] or 0, values
        )
    return found


def _text(value: Any) -> str | None:
    """A partition value as Delta writes it; to Delta the empty text is no value."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if value in (None, "") else str(value)


def schema_of(table: DeltaTable) -> pa.Schema:
    """The columns of a table as Arrow has them."""
    return pa.schema(cast(Any, table.schema().to_arrow()))


def digest(
    store: Store,
    table_path: str,
    files: Sequence[DataFile],
    schema: pa.Schema,
    tell: Callable[[int], None] = lambda done: None,
) -> Digest:
    """The digest of all records in these files: of every column, nested and partition ones too.

    `tell` gets how many more bytes of files are done.

    Memory does not grow with the number or the size of the files, only with that of the largest
    one in a bucket. Raises NotFound for a file that is gone, ArrowInvalid for one that is no
    Parquet, and StorageError.
    """
    total = Digest()
    import duckdb

    with duckdb.connect() as connection:
        for batches in _portions(store, table_path, files, schema, tell):
            total += _hashed(connection, pa.Table.from_batches(batches))
    return total


def _hashed(connection: "duckdb.DuckDBPyConnection", rows: pa.Table) -> Digest:
    # DuckDB's hash takes an empty list for none, and a struct of nulls for no struct; its text not
    columns = [_quoted(each.name) for each in rows.schema]
    texts = [
        f"{_quoted(each.name)}::VARCHAR" for each in rows.schema if pa.types.is_nested(each.type)
    ]
    hashes = f"sum(hash({', '.join(columns + texts)}))"
    ((count, hashed),) = connection.from_arrow(rows).aggregate(f"count(*), {hashes}").fetchall()
    return Digest(count, int(hashed or 0))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _portions(
    store: Store,
    table_path: str,
    files: Sequence[DataFile],
    schema: pa.Schema,
    tell: Callable[[int], None],
) -> Iterator[list[pa.RecordBatch]]:
    """The files' rows, in portions that are large enough to be worth a query."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for file, parquet in _opened(store, table_path, files):
        for batch in parquet.iter_batches(batch_size=_batch_rows(parquet.metadata)):
            held.append(_whole(batch, file, schema))
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows >= BATCH_ROWS or size >= BATCH_BYTES:
                yield held
                held, rows, size = [], 0, 0
        tell(file.size)
    if held:
        yield held


def _batch_rows(metadata: pq.FileMetaData) -> int:
    """How many rows of a file are read at once: fewer where they are long."""
    size: int = sum(
        metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups)
    )
    rows: int = metadata.num_rows * BATCH_BYTES // max(1, size)
    return max(1, min(BATCH_ROWS, rows))


def _whole(batch: pa.RecordBatch, file: DataFile, schema: pa.Schema) -> pa.RecordBatch:
    """A batch with all of the table's columns, also those that its file lacks or has not inside.

    Partition columns are text, as in Delta's log.
    """
    columns, fields = list["pa.Array[Any]"](), list["pa.Field[Any]"]()
    for each in schema:
        column: pa.Array[Any]
        if each.name in file.partition_values:
            value = pa.scalar(file.partition_values[each.name], pa.string())
            column = pa.repeat(value, batch.num_rows)
        elif each.name in batch.schema.names:
            column = batch.column(each.name).cast(each.type)
        else:
            column = pa.nulls(batch.num_rows, each.type)
        columns.append(column)
        fields.append(pa.field(each.name, column.type))
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _opened(
    store: Store, table_path: str, files: Sequence[DataFile]
) -> Iterator[tuple[DataFile, pq.ParquetFile]]:
    """Each file, open; those of a bucket are read some at a time."""
    if store.local(table_path) is not None:
        for file in files:
            path = f"{table_path}/{file.path}"
            local = store.local(path)
            assert local is not None
            try:
                with pq.ParquetFile(local) as parquet:
                    yield file, parquet
            except FileNotFoundError as error:
                raise NotFound(f"{store.uri(path)}: there is no such file") from error
        return
    with ThreadPoolExecutor(READERS) as pool:
        for group in portions(files, HELD_BYTES):
            paths = [f"{table_path}/{file.path}" for file in group]
            for file, data in zip(group, pool.map(store.read, paths), strict=True):
                yield file, pq.ParquetFile(pa.BufferReader(data))
