"""The systems, reached: what a runner asks of a warehouse, whichever it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reelhouse.warehouse.targets import Target


@dataclass(frozen=True)
class Answer:
    """The rows that a query gives."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]

    def to_dicts(self) -> list[dict[str, object]]:
        """Each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Connection(Protocol):
    """A warehouse that is open. Whatever goes wrong in it is a ReelhouseError."""

    target: Target

    def run(self, statements: Sequence[str]) -> None:
        """Run statements, each by itself."""

    def begin(self) -> None:
        """Begin a transaction."""

    def commit(self) -> None:
        """End it, and keep what it did."""

    def rollback(self) -> None:
        """End it, if there is one, as if it had not been."""

    def query(self, sql: str) -> Answer:
        """The rows of a query."""

    def close(self) -> None:
        """Close the connection."""
