"""Reading the lake: committed batches and nothing else."""

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from reelhouse.errors import ReelhouseError
from reelhouse.lake.commit import open_table
from reelhouse.storage import open_store

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import DataFrame, SparkSession


def in_duckdb(
    connection: "duckdb.DuckDBPyConnection", lake_root: str, path: str
) -> "duckdb.DuckDBPyRelation":
    """One of the lake's tables, by its path in the lake, as a relation of DuckDB's.

    Raises ReelhouseError if it is not there.
    """
    return connection.from_arrow(in_arrow(lake_root, path))


def in_arrow(lake_root: str, path: str) -> ds.Dataset:
    """One of the lake's tables, as a dataset of Arrow's. Raises ReelhouseError."""
    return data_set(opened(open_store(lake_root).uri(path)))


def in_spark(session: "SparkSession", lake_root: str, path: str) -> "DataFrame":
    """One of the lake's tables, as a DataFrame of Spark's. Raises ReelhouseError.

    Spark needs the Delta jar, and for a bucket another: `spark_session(delta=True,
    uris=[lake_root])` brings them.
    """
    uri = open_store(lake_root).uri(path)
    opened(uri)
    return session.read.format("delta").load(uri.replace("s3://", "s3a://", 1))


def opened(uri: str) -> DeltaTable:
    """A table of the lake. Raises ReelhouseError if it is not there."""
    table = open_table(uri)
    if table is None:
        raise ReelhouseError(f"{uri}: there is no such table yet; ingest something first")
    return table


def data_set(table: DeltaTable) -> ds.Dataset:
    """A table as Arrow reads it, with files that are pruned by their statistics where they can be.

    Files that were written before the contract had a column have no statistics of it. `deltalake`
    then takes it that no row passes any filter on the column, not even that it is null: here these
    files are pruned by their partitions alone.
    """
    found = cast(ds.FileSystemDataset, table.to_pyarrow_dataset())
    actions = pa.table(table.get_add_actions(flatten=True))
    counts = [name for name in actions.column_names if name.startswith("null_count.")]
    rows = actions.select([name for name in actions.column_names if _tells(name)]).to_pylist()
    lacking = {unquote(row["path"]): row for row in rows if None in (row[name] for name in counts)}
    if not lacking:
        return found
    fragments = [
        found.format.make_fragment(
            each.path, each.filesystem, _partition(lacking[each.path], found.schema)
        )
        if each.path in lacking
        else each
        for each in found.get_fragments()
    ]
    return ds.FileSystemDataset(fragments, found.schema, found.format, found.filesystem)


PARTITION = "partition."


def _tells(name: str) -> bool:
    return name == "path" or name.startswith(("null_count.", PARTITION))


def _partition(action: dict[str, Any], schema: pa.Schema) -> pc.Expression:
    """What is true of all rows of a file, by its partition."""
    expression = pc.scalar(True)
    for name, value in action.items():
        if name.startswith(PARTITION):
            column = name.removeprefix(PARTITION)
            same = pc.field(column) == pa.scalar(value, schema.field(column).type)
            expression &= pc.field(column).is_null() if value is None else same
    return expression
