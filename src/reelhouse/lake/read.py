"""Reading the lake: committed batches and nothing else."""

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from reelhouse.errors import ReelhouseError
from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.storage import open_store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def read(
    engine: "duckdb.DuckDBPyConnection | SparkSession", lake_root: str, dataset: str
) -> "duckdb.DuckDBPyRelation | DataFrame":
    """A dataset's valid records, as a relation of DuckDB's or a DataFrame of Spark's.

    Spark needs the Delta jar, and for a bucket another: `spark_session(delta=True,
    uris=[lake_root])` brings them. Raises ReelhouseError if nothing of the dataset is in the lake.
    """
    return read_table(engine, lake_root, layout.table(dataset))


def read_quarantine(
    engine: "duckdb.DuckDBPyConnection | SparkSession", lake_root: str, dataset: str
) -> "duckdb.DuckDBPyRelation | DataFrame":
    """A dataset's invalid records; those that a replay found valid are among them."""
    return read_table(engine, lake_root, layout.quarantine(dataset))


def read_table(engine: Any, lake_root: str, path: str) -> Any:
    """One of the lake's tables, by its path in the lake."""
    uri = open_store(lake_root).uri(path)
    table = open_table(uri)
    if table is None:
        raise ReelhouseError(f"{uri}: there is no such table yet; ingest something first")
    if isinstance(engine, duckdb.DuckDBPyConnection):
        return engine.from_arrow(data_set(table))
    return engine.read.format("delta").load(uri.replace("s3://", "s3a://", 1))


def data_set(table: DeltaTable) -> ds.Dataset:
    """A table as Arrow reads it, with files that are pruned by their statistics where they can be.

    Files that were written before the contract had a column have no statistics of it. `deltalake`
    then takes it that no row passes any filter on the column, not even that it is null: here these
    files are pruned by their partitions alone.
    """
    found = table.to_pyarrow_dataset()
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
