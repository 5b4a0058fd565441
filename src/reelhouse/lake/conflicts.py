"""Where a contract does not fit the table that its records would go into."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import pyarrow as pa
from deltalake.schema import ArrayType, Field, MapType, Schema, StructType

from reelhouse.errors import ReelhouseError

WORDS = {
    "long": "integer",
    "double": "number",
    # no contract asks for these: a table has them that another program has made
    "integer": "integer of 32 bits",
    "short": "integer of 16 bits",
    "byte": "integer of 8 bits",
    "float": "number of 32 bits",
    "timestamp_ntz": "timestamp without a time zone",
}
"""What a contract calls a column's type; it calls all others as Delta Lake does."""


class ConflictStatus(TypedDict):
    """Where a contract does not fit its table; `field` is empty if it is about partitioning."""

    dataset: str
    field: str
    message: str


@dataclass(frozen=True)
class Conflict:
    """What a table can't follow: `field` is empty where it is about the partitioning.

    `place` is where the field stands, such as a contract's file and line, if that is known.
    """

    field: str
    message: str
    mend: str
    dataset: str = ""
    place: str = ""

    def __str__(self) -> str:
        parts = [part for part in (self.place, self.field, self.message) if part]
        return f"{': '.join(parts)} ({self.mend})"

    def to_json(self) -> ConflictStatus:
        """What `--json` tells of it."""
        return {"dataset": self.dataset, "field": self.field, "message": str(self)}


class ContractConflict(ReelhouseError):
    """A table that a contract does not fit; the text has each conflict on a line."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__("\n".join(map(str, conflicts)))
        self.conflicts = tuple(conflicts)


def compare(
    schema: pa.Schema,
    partition_by: Sequence[str],
    table: Schema,
    partitioned_by: Sequence[str],
    *,
    uri: str,
    asked: str = "this run asks for",
) -> list[Conflict]:
    """What hinders files of a schema, in these partitions, from going into a table.

    `table` and `partitioned_by` are the table's own. A column may be new, and one that the table
    has may be missing. `uri` names the table in messages, and `asked` who asks for the schema.
    """
    types = {column.name: words(column.type) for column in table.fields}
    spelled = {name.lower(): name for name in types}
    found: list[Conflict] = []
    new: dict[str, str] = {}
    for column in map(Field.from_arrow, schema):
        name, key, wanted = column.name, column.name.lower(), words(column.type)
        present = types.get(name)
        if present is not None:
            if present != wanted:
                found.append(_of_type(name, wanted, present, uri, asked))
        elif key in spelled:
            found.append(_of_case(name, spelled[key], uri, asked))
        elif key in new:
            found.append(_of_two(name, new[key], asked))
        else:
            new[key] = name
    if [name.lower() for name in partitioned_by] != [name.lower() for name in partition_by]:
        found.append(_of_partitions(partition_by, partitioned_by, uri, asked))
    return found


def _of_type(name: str, wanted: str, present: str, uri: str, asked: str) -> Conflict:
    return Conflict(
        name,
        f"the table {uri} has {present}, and {asked} {wanted}: a column can't change its type",
        f"go back to {present}, give the field another name, or use another lake",
    )


def _of_case(name: str, present: str, uri: str, asked: str) -> Conflict:
    return Conflict(
        name,
        f"the table {uri} has the column {present}, and {asked} {name}: a column can't change its "
        "case",
        f"call the field {present}, give it another name, or use another lake",
    )


def _of_two(name: str, other: str, asked: str) -> Conflict:
    return Conflict(
        name,
        f"{asked} {other} and {name}: a table does not tell case apart",
        "give one of them another name",
    )


def _of_partitions(wanted: Sequence[str], present: Sequence[str], uri: str, asked: str) -> Conflict:
    return Conflict(
        "",
        f"the table {uri} is partitioned by {_listed(present)}, and {asked} {_listed(wanted)}: a "
        "table can't change that",
        f"go back to {_listed(present)}, or use another lake",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def words(type_: Any) -> str:
    """The type of a column of Delta Lake's, in the words of a contract."""
    if isinstance(type_, ArrayType):
        return f"list of {words(type_.element_type)}"
    if isinstance(type_, MapType):
        return f"map of {words(type_.key_type)} to {words(type_.value_type)}"
    if isinstance(type_, StructType):
        fields = (f"{field.name} {words(field.type)}" for field in type_.fields)
        return f"object of {', '.join(fields)}"
    name = str(type_.type)
    return WORDS.get(name, name)
