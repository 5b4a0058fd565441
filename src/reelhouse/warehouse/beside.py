"""What a warehouse in DuckDB said when it was last reconciled with a lake."""

from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.checks import COMPARED, RECONCILE
from reelhouse.warehouse.compiler import compile_sql
from reelhouse.warehouse.connections.duckdb import DuckDBWarehouse


def last_reconciled(database: str) -> tuple[int, int] | None:
    """How many sources lake and warehouse both have, and how many of them differ.

    None if there is no such database, if it was never reconciled, or if it can't be asked now,
    such as while another process writes it.
    """
    if not Path(database).is_file():
        return None
    try:
        warehouse = DuckDBWarehouse(database, read_only=True)
    except ReelhouseError:
        return None
    try:
        (compared,), (differing,) = (
            warehouse.query(sql).rows[:1] or [(0,)]
            for sql in (
                compile_sql(COMPARED, "duckdb")[0],
                f"SELECT COUNT(*) FROM ({compile_sql(RECONCILE.text, 'duckdb')[0]}) AS d",
            )
        )
    except ReelhouseError:
        return None
    finally:
        warehouse.close()
    found = int(str(compared[0])), int(str(differing[0]))
    return found if found[0] else None
