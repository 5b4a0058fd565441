"""Open the warehouse of the settings."""

from importlib import import_module

from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.connections import Connection
from reelhouse.warehouse.connections.duckdb import DuckDBWarehouse
from reelhouse.warehouse.targets import Target

NEEDED = {"bigquery": "google.cloud.bigquery", "snowflake": "snowflake.connector"}


def open_warehouse(
    target: Target,
    *,
    database: str,
    memory_mb: int | None = None,
    project: str | None = None,
    location: str | None = None,
    connection: str | None = None,
    read_only: bool = False,
) -> Connection:
    """The warehouse of a target, open. What is for another target is passed over.

    Raises ReelhouseError if it can't be reached, or if the packages for it are missing.
    """
    if target == "duckdb":
        return DuckDBWarehouse(database, memory_mb, read_only)
    _check_installed(target)
    if target == "bigquery":
        from reelhouse.warehouse.connections.bigquery import BigQueryWarehouse

        return BigQueryWarehouse(project, location)
    from reelhouse.warehouse.connections.snowflake import SnowflakeWarehouse

    return SnowflakeWarehouse(database, connection)


def _check_installed(target: Target) -> None:
    try:
        import_module(NEEDED[target])
    except ImportError as error:
        raise ReelhouseError(
            f"the packages for {target} are missing: pip install 'reelhouse[{target}]'"
        ) from error
