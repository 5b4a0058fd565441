"""Contracts and sources that ask for what is made up, with what must become of each record."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

EVEN = {"logicalTypeOptions": {"even": True}}
FILLED = {"logicalTypeOptions": {"filled": True}}
SECONDS = {"property": "epochUnit", "value": "seconds"}
SEPARATOR = {"property": "listSeparator", "value": ";"}


@dataclass(frozen=True)
class Sent:
    """A field as ODCS has it, and values of JSON that are valid and that are not.

    A value that has no text to stand in a CSV cell is sent in JSON only.
    """

    name: str
    property: dict[str, Any]
    valid: Sequence[Any]
    invalid: Sequence[Any]


def _list_of(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"logicalType": "array", "items": item, **more}


RULED = (
    Sent("even", {"logicalType": "integer", **EVEN}, (2, 0, -4), (1, -3, "x")),
    Sent("number", {"logicalType": "number", **FILLED}, (0.5, -2.0, 7), (0.0, -0.0, 0)),
    Sent("text", {"logicalType": "string", **FILLED}, ("a", "é"), ("", "none")),
    Sent("flag", {"logicalType": "boolean", **FILLED}, (True,), (False,)),
    Sent("day", {"logicalType": "date", **FILLED}, ("2026-11-23",), ("1970-01-01", "x")),
    Sent(
        "moment",
        {"logicalType": "timestamp", **FILLED},
        ("2026-11-23T09:30:00Z",),
        ("1970-01-01T00:00:00Z",),
    ),
    Sent(
        "seconds",
        {"logicalType": "timestamp", "customProperties": [SECONDS], **FILLED},
        (1, 1767225600),
        (0,),
    ),
    Sent(
        "listed",
        {"logicalType": "integer", "enum": [{"value": value} for value in (2, 3, 4)], **EVEN},
        (2, 4),
        (3, 6),
    ),
    Sent("evens", _list_of({"logicalType": "integer", **EVEN}), ([2], [2, 4]), ([1], [2, 3])),
    Sent("texts", _list_of({"logicalType": "string", **FILLED}), (["a"],), ([""], ["none", "a"])),
    Sent("some", _list_of({"logicalType": "string"}, **FILLED), (["a", "b"],), ([],)),
)
"""Fields of known types, under made-up rules."""

TYPED = (
    Sent("money", {"logicalType": "money"}, ("12.50 EUR", "0.07 EUR"), ("12.5 EUR", 12, True)),
    Sent("even_money", {"logicalType": "money", **EVEN}, ("12.50 EUR",), ("12.55 EUR", "x")),
    Sent("prices", _list_of({"logicalType": "money"}), (["1.00 EUR", "2.05 EUR"],), (["x"], [1])),
)
"""Fields of the made-up type."""


@dataclass(frozen=True)
class Case:
    """A contract in the short form of the case files, a source, and its valid records' ids."""

    contract: dict[str, Any]
    source: bytes
    valid: list[int]
    invalid: int


def case(kind: str, fields: Sequence[Sent], required: bool) -> Case:
    """Each value once, in a record of its own that has nothing else but an `id`.

    One more record lacks all of the fields.
    """
    records: list[dict[str, Any]] = [{"id": 0}]
    valid = [] if required else [0]
    for field in fields:
        for value in (*field.valid, *field.invalid):
            if kind == "csv" and _cell(value) == "":
                continue
            if value in field.valid:
                valid.append(len(records))
            records.append({"id": len(records), field.name: value})
    source = _jsonl(records) if kind == "jsonl" else _csv(records, fields)
    properties = [_property(kind, field, required) for field in fields]
    key = {"name": "id", "logicalType": "integer", "required": True}
    contract = {"format": kind, "properties": [key, *properties]}
    return Case(contract, source, valid, len(records) - len(valid))


def cases() -> Iterator[tuple[str, Case]]:
    """All cases by name; those that end in `!` tell too little for a second of Spark each."""
    for kind in ("jsonl", "csv"):
        yield f"{kind}, rules, optional", case(kind, RULED, False)
        yield f"{kind}, even, required", case(kind, RULED[:1], True)
        for field in TYPED:
            yield f"{kind}, {field.name}, optional", case(kind, [field], False)
            yield f"{kind}, {field.name}, required", case(kind, [field], True)
        for field in RULED[1:]:
            yield f"{kind}, {field.name}, required!", case(kind, [field], True)


def _property(kind: str, field: Sent, required: bool) -> dict[str, Any]:
    made = {"name": field.name, "required": required, **field.property}
    if kind == "csv" and "items" in made:
        made["customProperties"] = [SEPARATOR]
    return made


def _jsonl(records: list[dict[str, Any]]) -> bytes:
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    return "\n".join(lines).encode()


def _csv(records: list[dict[str, Any]], fields: Sequence[Sent]) -> bytes:
    names = ["id", *(field.name for field in fields)]
    rows = [names, *([_cell(record.get(name)) for name in names] for record in records)]
    return "\n".join(",".join(row) for row in rows).encode()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(map(_cell, value))
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
