"""A warehouse in Snowflake."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import snowflake.connector
from snowflake.connector.errors import Error

from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.connections import Answer
from reelhouse.warehouse.targets import Target, name_sql


class SnowflakeWarehouse:
    """Four schemas of a database: raw, staging, errors, core.

    `connection` names a connection of Snowflake's own connections.toml, by default the one that is
    the default there; `options` take the place of what that says. Raises ReelhouseError if it can't
    be reached.
    """

    target: Target = "snowflake"

    def __init__(
        self,
        database: str,
        connection: str | None = None,
        **options: str | int | dict[str, str],
    ) -> None:
        given = dict(options)
        if connection is not None:
            given["connection_name"] = connection
        with self._told():
            self.connection = snowflake.connector.connect(**given)
            self._execute(f"USE DATABASE {name_sql(database, 'snowflake')}")

    def run(self, statements: Sequence[str]) -> None:
        """Run statements, each by itself, or within the transaction that was begun."""
        with self._told():
            for statement in statements:
                self._execute(statement)

    def begin(self) -> None:
        """Begin a transaction."""
        self.run(["BEGIN"])

    def commit(self) -> None:
        """End it, and keep what it did."""
        self.run(["COMMIT"])

    def rollback(self) -> None:
        """End it, if there is one, as if it had not been."""
        self.run(["ROLLBACK"])

    def query(self, sql: str) -> Answer:
        """The rows of a query."""
        with self._told(), self.connection.cursor() as cursor:
            cursor.execute(sql)
            columns = tuple(each.name.lower() for each in cursor.description)
            return Answer(columns, [tuple(row) for row in cursor.fetchall()])

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _execute(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Error as error:
            raise ReelhouseError(f"Snowflake: {error.msg or error}") from error
