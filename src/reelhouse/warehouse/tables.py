"""Tables of the warehouse, as all three targets have them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Schema = Literal["raw", "staging", "errors", "core"]
"""Where a table is: raw lines, what a build works with, what was refused, and the star."""

ColumnType = Literal["text", "integer", "number", "boolean", "date", "timestamp"]
"""What a column holds; integers have 64 bits, timestamps are instants in microseconds."""


@dataclass(frozen=True)
class Column:
    """One column: its name, its type, what it means, and whether it always has a value."""

    name: str
    type: ColumnType
    meaning: str = ""
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table, which DDL makes once.

    `partition_by` names a column of dates or timestamps by whose days (or months, where
    `partition_unit` says so) BigQuery parts the table. `cluster_by` are the columns that stand
    close together on BigQuery (four at most) and Snowflake. `reason` says which queries these are
    for. `rows` are literals of SQL in the columns' order that the table has from the beginning.
    """

    schema: Schema
    name: str
    meaning: str
    columns: tuple[Column, ...]
    partition_by: str | None = None
    partition_unit: Literal["day", "month"] = "day"
    cluster_by: tuple[str, ...] = ()
    reason: str = ""
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class Model:
    """One step of a build: statements in canonical SQL that fill one table or several.

    What it reads and writes is found in its text. `name` is unique among the models.
    """

    name: str
    text: str


def column_names(columns: Iterable[Column]) -> tuple[str, ...]:
    """The names of some columns."""
    return tuple(column.name for column in columns)
