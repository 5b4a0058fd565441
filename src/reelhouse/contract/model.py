"""A contract as the rest of Reelhouse sees it: checked, typed, and free of YAML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import pyarrow as pa

RESERVED_NAMES = ("_extra", "_source", "_ingested_at", "_batch_id")
"""Columns that the lake adds to a contract's own."""

IDENTIFIER = re.compile(r"\A[A-Za-z][A-Za-z0-9_]{0,62}\Z")
"""What a dataset or a field may be called: it becomes a folder, a column and a word of SQL."""


INT64 = range(-(2**63), 2**63)
"""What an integer may be."""


class Type(StrEnum):
    """The logical types of ODCS that a field can have. `integer` has 64 bits."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    ARRAY = "array"


ARROW_TYPES: dict[Type, pa.DataType] = {
    Type.STRING: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: pa.timestamp("us", "UTC"),
}


ATTRIBUTES = {
    "pattern": "pattern",
    "format": "format",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "minItems": "min_items",
    "maxItems": "max_items",
}
"""The rules of `logicalTypeOptions` that have an attribute of a field."""


@dataclass(frozen=True)
class Field:
    """One field of a dataset, with its rules; a rule that is None (or empty) is not set.

    `epoch_unit` is the number of microseconds in a unit of a timestamp that is sent as an integer
    (1,000,000 for seconds), or None for a timestamp sent as ISO 8601 text. `minimum` and the other
    bounds belong to integers and numbers. `item` is the field of each member of a list, and
    `separator` is what stands between them in a CSV cell. `references` is the dataset, and
    the field of it, that a value names a record by; it has no say in the verdict. `options` has
    what the contract gives to rules of `logicalTypeOptions` that have no attribute: pairs of a
    rule's name and a value.
    """

    name: str
    type: Type
    required: bool = False
    primary_key: bool = False
    description: str = ""
    pattern: str | None = None
    format: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    exclusive_minimum: int | float | None = None
    exclusive_maximum: int | float | None = None
    valid_values: tuple[str, ...] | tuple[int, ...] | tuple[float, ...] | None = None
    min_items: int | None = None
    max_items: int | None = None
    item: "Field | None" = None
    separator: str | None = None
    epoch_unit: int | None = None
    references: tuple[str, str] | None = None
    options: tuple[tuple[str, Any], ...] = ()

    def option(self, rule: str) -> Any:
        """What the contract gives a rule of `logicalTypeOptions`, or None where that is not set."""
        if rule in ATTRIBUTES:
            return getattr(self, ATTRIBUTES[rule])
        return dict(self.options).get(rule)

    @property
    def arrow_type(self) -> pa.DataType:
        """The type of the field's column in the lake."""
        if self.item is not None:
            return pa.list_(pa.field("element", self.item.arrow_type))
        return ARROW_TYPES[self.type]


@dataclass(frozen=True)
class Partition:
    """One partition column: a field's own value, or the date or the month of a field.

    `transform` is None for the value itself (a string field), "date" for the UTC date of a
    timestamp (a date column), "month" for its month as text such as "2026-11".
    """

    name: str
    field: str
    transform: Literal["date", "month"] | None = None

    @property
    def arrow_type(self) -> pa.DataType:
        """The type of the partition column in the lake."""
        return pa.date32() if self.transform == "date" else pa.string()


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The contract of one dataset.

    `format` is what its sources are: "csv" (RFC 4180 with a header) or "jsonl". `multiline` says
    that a quoted CSV cell may hold a newline. `envelope_key` is the key whose list holds a JSONL
    line's events, if there is one. `documents` says that sources of JSON hold documents over many
    lines, whatever they look like. `sort` names the fields by which rows are ordered in a file of
    the lake. `path` is the file it was read from, and `lines` the line of each property in it, for
    messages.
    """

    dataset: str
    version: str
    format: Literal["csv", "jsonl"]
    fields: tuple[Field, ...]
    partitions: tuple[Partition, ...] = ()
    sort: tuple[str, ...] = ()
    multiline: bool = False
    envelope_key: str | None = None
    documents: bool = False
    description: str = ""
    path: str = field(default="", compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def place(self, name: str) -> str:
        """Where a field or a partition stands: the contract's file, and the line if it is known."""
        return f"{self.path}:{self.lines[name]}" if name in self.lines else self.path

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of the fields, in the contract's order."""
        return tuple(each.name for each in self.fields)

    @property
    def source_format(self) -> str:
        """The format of the sources as the contract says it: csv, jsonl or json."""
        return "json" if self.documents else self.format

    @property
    def derived(self) -> tuple[Partition, ...]:
        """The partition columns that are computed, and so are columns beside the fields."""
        return tuple(each for each in self.partitions if each.transform is not None)

    def lake_schema(self) -> pa.Schema:
        """The lake's columns: fields, derived partition columns, and those that Reelhouse adds."""
        return pa.schema(
            [
                *(pa.field(each.name, each.arrow_type) for each in self.fields),
                *(pa.field(each.name, each.arrow_type) for each in self.derived),
                pa.field("_extra", pa.string()),
                pa.field("_source", pa.string()),
                pa.field("_ingested_at", pa.timestamp("us", "UTC")),
                pa.field("_batch_id", pa.string()),
            ]
        )


QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("raw", pa.string()),
        pa.field(
            "violations",
            pa.list_(
                pa.field(
                    "element",
                    pa.struct(
                        [
                            pa.field("field", pa.string()),
                            pa.field("rule", pa.string()),
                            pa.field("message", pa.string()),
                        ]
                    ),
                )
            ),
        ),
        pa.field("_source", pa.string()),
        pa.field("_ingested_at", pa.timestamp("us", "UTC")),
        pa.field("_batch_id", pa.string()),
        pa.field("contract_version", pa.string()),
    ]
)
"""The quarantine's columns, the same for every dataset. `violations` has at least one member."""
