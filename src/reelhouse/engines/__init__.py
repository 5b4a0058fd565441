"""The engines: each judges the records of a batch, and writes Parquet where it is told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reelhouse.engines.base import Engine


def engine(
    name: str,
    master: str | None = None,
    remote: str | None = None,
    memory_mb: int | None = None,
    *,
    sources: Sequence[str] = (),
) -> "Engine":
    """The engine of that name: duckdb, spark or spark-rdd. The Spark ones start a session.

    `sources` are places that it will read from, such as landing. `memory_mb` is how much memory
    this process may use; Spark has settings of its own for that.
    Raises ReelhouseError if Spark or Java is missing.
    """
    if name == "duckdb":
        from reelhouse.engines.duckdb import DuckDB

        return DuckDB(memory_mb=memory_mb)
    from reelhouse.engines.session import spark_session

    if name == "spark":
        from reelhouse.engines.spark_dataset import SparkDataset

        return SparkDataset(spark_session(master, remote, uris=sources))
    from reelhouse.engines.spark_rdd import SparkRDD

    return SparkRDD(spark_session(master, remote))  # it reads as it writes, without Hadoop
