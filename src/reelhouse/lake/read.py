"""Reading the lake: committed batches and nothing else."""

from typing import TYPE_CHECKING, Any

import duckdb

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
        return engine.from_arrow(table.to_pyarrow_dataset())
    return engine.read.format("delta").load(uri.replace("s3://", "s3a://", 1))
