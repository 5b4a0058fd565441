"""A warehouse in a file of DuckDB's."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from reelhouse.batch import Source
from reelhouse.contract.model import Contract
from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.connections import Answer
from reelhouse.warehouse.load.duckdb import load_sources, new_sources
from reelhouse.warehouse.targets import Target

HELD = "Could not set lock on file"


class DuckDBWarehouse:
    """A database file, which one process at a time can write.

    `memory_mb` is how much memory DuckDB may take for its own, before it uses the disk. Raises
    ReelhouseError if the file is no database, or is held by another process.
    """

    target: Target = "duckdb"

    def __init__(
        self, database: str, memory_mb: int | None = None, read_only: bool = False
    ) -> None:
        self.database = database
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            # the order in which raw lines lie means nothing, and to keep it takes memory
            "preserve_insertion_order": "false",
        }
        if memory_mb:
            settings["memory_limit"] = f"{memory_mb}MB"
        folder = Path(database).parent
        if read_only and not Path(database).exists():
            raise ReelhouseError(
                f"there is no warehouse {database}: make it by reelhouse warehouse run, or name "
                "another by --database"
            )
        try:
            os.makedirs(folder, exist_ok=True)
            self.connection = duckdb.connect(database, read_only=read_only, config=settings)
        except OSError as error:
            raise ReelhouseError(f"{folder} can't hold a warehouse: {error.strerror}") from error
        except duckdb.Error as error:
            raise _told(database, error) from error

    def run(self, statements: Sequence[str]) -> None:
        """Run statements, each by itself, or within the transaction that was begun."""
        with self._told():
            for statement in statements:
                self.connection.execute(statement)

    def begin(self) -> None:
        """Begin a transaction."""
        self.run(["BEGIN TRANSACTION"])

    def commit(self) -> None:
        """End it, and keep what it did."""
        self.run(["COMMIT"])

    def rollback(self) -> None:
        """End it, if there is one, as if it had not been."""
        with suppress(duckdb.Error):
            self.connection.execute("ROLLBACK")

    def query(self, sql: str) -> Answer:
        """The rows of a query."""
        with self._told():
            found = self.connection.execute(sql)
            columns = tuple(each[0] for each in found.description or ())
            return Answer(columns, found.fetchall())

    def new_sources(self, dataset: str, sources: Sequence[Source]) -> list[Source]:
        """Those of the sources that were not loaded yet, in this version."""
        with self._told():
            return new_sources(self.connection, dataset, sources)

    def load(
        self,
        contract: Contract,
        sources: Sequence[Source],
        max_line_bytes: int,
        progress: Callable[[int], None],
    ) -> None:
        """Load sources that are new into a raw table: all of them, or none."""
        self.begin()
        try:
            with self._told():
                load_sources(self.connection, contract, sources, max_line_bytes, progress)
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise _told(self.database, error) from error


def _told(database: str, error: duckdb.Error) -> ReelhouseError:
    said = str(error).strip().split("\n")[0]
    if HELD in said:
        return ReelhouseError(
            f"another process works with the warehouse {database}: wait until it has ended; DuckDB "
            "lets one at a time write"
        )
    return ReelhouseError(f"the warehouse {database}: {said}")
