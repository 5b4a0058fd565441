"""The engines: each judges the records of a batch, and writes Parquet where it is told."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reelhouse.engines.base import Engine


def engine(name: str, master: str | None = None, remote: str | None = None) -> "Engine":
    """The engine of that name: duckdb, spark or spark-rdd. The Spark ones start a session.

    Raises ReelhouseError if Spark or Java is missing.
    """
    if name == "duckdb":
        from reelhouse.engines.duckdb import DuckDB

        return DuckDB()
    from reelhouse.engines.session import spark_session

    session = spark_session(master, remote)
    if name == "spark":
        from reelhouse.engines.spark_dataset import SparkDataset

        return SparkDataset(session)
    from reelhouse.engines.spark_rdd import SparkRDD

    return SparkRDD(session)
