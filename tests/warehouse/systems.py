"""The three systems as tests see them: alike, and empty at the beginning of a test."""

import os
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from reelhouse.warehouse.compiler import compile_sql
from reelhouse.warehouse.connections import Answer
from reelhouse.warehouse.connections.duckdb import DuckDBWarehouse
from reelhouse.warehouse.ddl import schemas_sql, tables_sql
from reelhouse.warehouse.macros import MACROS
from reelhouse.warehouse.tables import Table
from reelhouse.warehouse.targets import Target, name_sql, table_sql, text_sql
from tests import emulators

AT_ONCE = 100
"""How many rows an insertion has."""

EPOCH = datetime(1970, 1, 1)


class System:
    """A system: what is asked of it is canonical SQL."""

    def __init__(self, target: Target, connection: Any) -> None:
        self.target: Target = target
        self.connection = connection

    def sent(self, statement: str) -> str:
        """A statement as the system is sent it."""
        if self.target == "snowflake":
            return emulators.for_fakesnow(statement)
        return emulators.with_literals(statement) if self.target == "bigquery" else statement

    def run_compiled(self, statements: Sequence[str]) -> None:
        """Run statements in the system's own SQL."""
        self.connection.run([self.sent(each) for each in statements])

    def run(self, canonical: str, name: str = "") -> None:
        """Compile and run."""
        self.run_compiled(_compiled(canonical, self.target, name))

    def query(self, canonical: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        (sql,) = _compiled(canonical, self.target)
        answer: Answer = self.connection.query(self.sent(sql))
        return answer.rows

    def make(self, tables: Sequence[Table]) -> None:
        """Make tables anew."""
        for statement in schemas_sql(self.target):
            self.connection.run([statement])
        for table in tables:
            self.connection.run(
                [f"DROP TABLE IF EXISTS {table_sql(table.schema, table.name, self.target)}"]
            )
        self.connection.run([self.sent(each) for each in tables_sql(tables, self.target)])

    def drop(self, table: Table) -> None:
        """Drop a table, if it is there."""
        self.connection.run(
            [f"DROP TABLE IF EXISTS {table_sql(table.schema, table.name, self.target)}"]
        )

    def insert(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Put rows into a table, such as raw.events."""
        schema, name = table.split(".")
        into = f"{name_sql(schema, self.target)}.{name_sql(name, self.target)}"
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            names = ", ".join(name_sql(each, self.target) for each in some[0])
            values = ", ".join(
                f"({', '.join(self._literal(value) for value in row.values())})" for row in some
            )
            self.connection.run([f"INSERT INTO {into} ({names}) VALUES {values}"])

    def _literal(self, value: Any) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, str):
            return text_sql(value, self.target)
        if isinstance(value, datetime):
            micros = (value - EPOCH) // timedelta(microseconds=1)
            return MACROS["rh_timestamp"].templates[self.target].format(micros)
        return f"DATE '{value.isoformat()}'" if isinstance(value, date) else repr(value)


@lru_cache(maxsize=2000)
def _compiled(text: str, target: Target, name: str = "") -> tuple[str, ...]:
    return tuple(compile_sql(text, target, name))


def duckdb_system() -> Iterator[System]:
    connection = DuckDBWarehouse(":memory:")
    yield System("duckdb", connection)
    connection.close()


def bigquery_system(folder: Path) -> Iterator[System]:
    from reelhouse.warehouse.connections.bigquery import EMULATOR, BigQueryWarehouse

    server = emulators.bigquery(folder / "bigquery.log")
    os.environ[EMULATOR] = f"http://127.0.0.1:{server.port}"
    try:
        connection = BigQueryWarehouse(emulators.PROJECT)
        yield System("bigquery", connection)
        connection.close()
    finally:
        del os.environ[EMULATOR]
        server.stop()


def snowflake_system(folder: Path) -> Iterator[System]:
    import snowflake.connector

    from reelhouse.warehouse.connections.snowflake import SnowflakeWarehouse

    server = emulators.snowflake(folder / "snowflake.log")
    options: dict[str, Any] = {
        "user": "reelhouse",
        "password": "none",
        "account": "fakesnow",
        "host": "127.0.0.1",
        "port": server.port,
        "protocol": "http",
        "login_timeout": 20,
        "network_timeout": 10,
    }
    try:
        with snowflake.connector.connect(**options) as first:
            first.cursor().execute("CREATE DATABASE IF NOT EXISTS REELHOUSE")
        connection = SnowflakeWarehouse("REELHOUSE", **options)
        yield System("snowflake", connection)
        connection.close()
    finally:
        server.stop()
