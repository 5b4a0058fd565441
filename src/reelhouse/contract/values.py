"""From a JSON value or a CSV cell to a typed value, or to the violations that say why not.

Typed values are those of the lake: str, int (64 bits), float (finite, no negative zero), bool, a
date as days since 1970-01-01, a timestamp as microseconds since 1970-01-01 UTC, and a list of
these.
"""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from reelhouse.contract.model import INT64, Field, Type
from reelhouse.contract.rules import Violation, checks
from reelhouse.text import quote

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6})0*)?"
    r"(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))?",
    re.ASCII,
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MICROSECOND = -62_135_596_800_000_000
"""0001-01-01T00:00:00Z"""
LAST_MICROSECOND = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z"""
TRUTH = {"1": True, "0": False, "true": True, "false": False}
_SURROGATE = re.compile("[\ud800-\udfff]")


class IntegerText(str):
    """A JSON number without a fraction or an exponent, as it was sent."""

    __slots__ = ()


class DecimalText(str):
    """A JSON number with a fraction or an exponent, as it was sent."""

    __slots__ = ()


class JsonObject(dict[str, Any]):
    """A JSON object that knows the first key that stood in it twice."""

    __slots__ = ("duplicate",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.duplicate: str | None = None
        if len(self) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self.duplicate = key
                    break
                seen.add(key)


class InvalidValue(ValueError):
    """A value that has no typed value: the rule that it breaks, and the message."""

    def __init__(self, message: str, rule: str = "type") -> None:
        super().__init__(message)
        self.rule = rule


Convert = Callable[[Any], Any]
"""From a value as sent to a typed value. Raises InvalidValue."""


def to_json(value: Any) -> str:
    """JSON text of a value that was parsed here: compact, with numbers as they were sent."""
    if isinstance(value, IntegerText | DecimalText):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_json(key)}:{to_json(value[key])}" for key in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def found(value: Any) -> str:
    """A JSON value for a message."""
    if isinstance(value, IntegerText | DecimalText):
        return quote(value)[1:-1]
    return quote(value if isinstance(value, str) else to_json(value))[
        slice(None) if type(value) is str else slice(1, -1)
    ]


def check_characters(text: str) -> None:
    """Raise InvalidValue if the text holds a NUL or a lone surrogate."""
    if "\0" in text:
        raise InvalidValue(f"{quote(text)} holds a NUL character", "characters")
    if not text.isascii() and _SURROGATE.search(text):
        raise InvalidValue(f"{quote(text)} holds half of a surrogate pair", "characters")


def _text(value: Any) -> str:
    if type(value) is not str:
        raise InvalidValue(f"{found(value)} is not text")
    check_characters(value)
    return value


def _integer(text: str) -> int:
    # int() of a text that is much too long is slow, and refused past 4,300 digits
    if len(text) > 20 or (number := int(text)) not in INT64:
        raise InvalidValue(f"{found(text)} does not fit into 64 bits")
    return number


def _json_integer(value: Any) -> int:
    if type(value) is not IntegerText:
        raise InvalidValue(f"{found(value)} is not an integer")
    return _integer(value)


def _cell_integer(cell: str) -> int:
    if not INTEGER.fullmatch(cell):
        raise InvalidValue(f"{quote(cell)} is not an integer")
    return _integer(cell)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidValue(f"{found(text)} is too large for a number")
    return number + 0.0  # of -0.0 this makes 0.0


def _json_number(value: Any) -> float:
    if not isinstance(value, IntegerText | DecimalText):
        raise InvalidValue(f"{found(value)} is not a number")
    return _number(value)


def _cell_number(cell: str) -> float:
    if not NUMBER.fullmatch(cell):
        raise InvalidValue(f"{quote(cell)} is not a number")
    return _number(cell)


def _json_boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise InvalidValue(f"{found(value)} is not true or false")
    return value


def _cell_boolean(cell: str) -> bool:
    truth = TRUTH.get(cell if cell in "01" else cell.lower() if cell.isascii() else "")
    if truth is None:
        raise InvalidValue(f"{quote(cell)} is not 1, 0, true or false")
    return truth


def _date(value: Any) -> int:
    match = type(value) is str and DATE.fullmatch(value)
    if not match:
        raise InvalidValue(f"{found(value)} is not a date such as 2026-11-23")
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).toordinal() - EPOCH.toordinal()
    except ValueError:
        raise InvalidValue(f"{found(value)} is not a day of the calendar") from None


def _iso_timestamp(value: Any) -> int:
    match = type(value) is str and TIMESTAMP.fullmatch(value)
    if not match:
        raise InvalidValue(f"{found(value)} is not a timestamp such as 2026-11-23T09:30:00Z")
    *clock, fraction, _, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        if minutes and int(minutes) > 59:
            raise ValueError(minutes)
        zone = timezone(-offset if sign == "-" else offset)
        year, month, day, hour, minute, second = map(int, clock)
        microsecond = int((fraction or "0").ljust(6, "0"))
        instant = datetime(year, month, day, hour, minute, second, microsecond, zone)
    except ValueError:
        raise InvalidValue(f"{found(value)} is not a time of the calendar") from None
    return _in_range(value, (instant - EPOCH) // timedelta(microseconds=1))


def _in_range(sent: Any, microseconds: int) -> int:
    if not FIRST_MICROSECOND <= microseconds <= LAST_MICROSECOND:
        raise InvalidValue(f"{found(sent)} is a time outside of the years 1 to 9999")
    return microseconds


def _epoch(unit: int, integer: Convert) -> Convert:
    return lambda value: _in_range(value, integer(value) * unit)


CONVERTERS: dict[Type, tuple[Convert, Convert]] = {
    Type.STRING: (_text, _text),
    Type.INTEGER: (_json_integer, _cell_integer),
    Type.NUMBER: (_json_number, _cell_number),
    Type.BOOLEAN: (_json_boolean, _cell_boolean),
    Type.DATE: (_date, _date),
    Type.TIMESTAMP: (_iso_timestamp, _iso_timestamp),
}
"""What a type means: how a value of JSON, and a CSV cell, become a typed value. A list's items have
types of their own, and a time that is sent as an integer is none of these."""


def json_converter(field: Field) -> Convert:
    """The function from a parsed JSON value, not null, to a typed value."""
    if field.type is Type.ARRAY:
        return _json_list(field)
    if field.epoch_unit is not None:
        return _epoch(field.epoch_unit, _json_integer)
    return CONVERTERS[field.type][0]


def cell_converter(field: Field) -> Convert:
    """The function from a CSV cell, not empty, to a typed value."""
    if field.type is Type.ARRAY:
        return _cell_list(field)
    if field.epoch_unit is not None:
        return _epoch(field.epoch_unit, _cell_integer)
    return CONVERTERS[field.type][1]


def _json_list(field: Field) -> Convert:
    items = _items(field, json_converter)

    def convert(value: Any) -> list[Any]:
        if type(value) is not list:
            raise InvalidValue(f"{found(value)} is not a list")
        return items(value)

    return convert


def _cell_list(field: Field) -> Convert:
    items, separator = _items(field, cell_converter), field.separator
    return lambda cell: items([item or None for item in cell.split(separator)])


def _items(field: Field, converter: Callable[[Field], Convert]) -> Callable[[list[Any]], list[Any]]:
    assert field.item is not None
    judge = judge_value(field.item, converter(field.item))

    def convert(items: list[Any]) -> list[Any]:
        typed = []
        for number, item in enumerate(items, 1):
            if item is None:
                raise InvalidValue(f"item {number} is missing", "items")
            violations: list[Violation] = []
            typed.append(judge(item, violations))
            if violations:
                raise InvalidValue(f"item {number}: {violations[0].message}", "items")
        return typed

    return convert


JudgeValue = Callable[[Any, list[Violation]], Any]
"""Returns the typed value of a value that is there, or appends why it has none."""


def judge_value(field: Field, convert: Convert) -> JudgeValue:
    """Compile what a contract asks of a value of this field."""
    name, compiled = field.name, checks(field)

    def judge(value: Any, violations: list[Violation]) -> Any:
        try:
            typed = convert(value)
        except InvalidValue as invalid:
            violations.append(Violation(name, invalid.rule, str(invalid)))
            return None
        for rule, check in compiled:
            message = check(typed)
            if message is not None:
                violations.append(Violation(name, rule, message))
        return typed

    return judge
