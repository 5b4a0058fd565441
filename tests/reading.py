"""A lake's tables as tests read them: by DuckDB or by Spark, whichever is given."""

from typing import Any

import duckdb

from reelhouse.lake import layout
from reelhouse.lake.read import in_duckdb, in_spark


def read(engine: Any, lake_root: str, dataset: str) -> Any:
    """A dataset's valid records."""
    return read_table(engine, lake_root, layout.table(dataset))


def read_quarantine(engine: Any, lake_root: str, dataset: str) -> Any:
    """A dataset's invalid records; those that a replay found valid are among them."""
    return read_table(engine, lake_root, layout.quarantine(dataset))


def read_table(engine: Any, lake_root: str, path: str) -> Any:
    """One of the lake's tables, by its path in the lake."""
    is_duckdb = isinstance(engine, duckdb.DuckDBPyConnection)
    return (in_duckdb if is_duckdb else in_spark)(engine, lake_root, path)
