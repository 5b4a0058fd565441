r"""The guard: one regular expression that accepts a line only when it is surely valid.

It is compiled from the contract for the two engines that judge natively: RE2 in DuckDB, and
java.util.regex in Spark. It spells out the whole line: which keys stand in it and in which order,
and what each value may look like. So nothing that parsers disagree about (a key that stands twice,
a trailing comma, NaN, a number in quotes, `1.0` for an integer) gets past it, and the engine's own
parser may be as lenient as it likes. It need not be complete: what it leaves is judged by the
reference validator. A few rules are better said as expressions on typed values; `residual` lists
them.

It is closed: it asks which rules a field has, and of a field with a type or a rule that is not in
the tables here it accepts nothing but that an optional value is missing.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Literal, TypeVar

import orjson

from reelhouse.contract.formats import FORMATS
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.option_values import MAX_LENGTH
from reelhouse.contract.patterns import portable
from reelhouse.contract.rules import asked

T = TypeVar("T")

NativeDialect = Literal["re2", "java"]

MAX_ORDERS = 4
"""How many orders of keys, that contradict each other, a guard accepts."""

MOST_USUAL = 40
"""How many of the orders that were seen are looked at."""

MAX_GUARD_SIZE: dict[NativeDialect, int] = {"re2": 48_000, "java": 100_000}
"""How long a guard may be, in characters. RE2 falls from 80 MB/s to 5 where its automaton outgrows
its memory, and then refuses to compile; java.util.regex calls itself for each part, on a bounded
stack. Measured with contracts of 8 to 1,000 fields."""

_HEX = "[0-9a-fA-F]"
_ESCAPED = (
    r'\\(?:["\\/bfnrt]|u(?:00(?:0[1-9a-fA-F]|[1-9a-fA-F]H)|0[1-9a-fA-F]HH|[1-9a-cA-CeEfF]HHH'
    r"|[dD](?:[0-7]HH|[89abAB]HH\\u[dD][c-fC-F]HH)))"
).replace("H", _HEX)
"""Escapes of JSON, but for NUL and lone surrogates."""

_NO_SURROGATE = r"\x{D800}-\x{DFFF}"
"""Halves of surrogate pairs. Where a class leaves them out, RE2 matches UTF-8 and nothing else:
without, it takes some byte sequences for characters that are none. So a line that passes is UTF-8.
"""

_TEXT = rf'[^",\x00\r\n\x{{FEFF}}{_NO_SURROGATE}]'
"""A character of a plain CSV cell; a byte-order mark is not: at a line's start it is dropped."""

_NOT_PLAIN = frozenset('",\0\r\n\ufeff')
"""The characters that are none of those."""

_NOT_PLAIN_JSON = r"\\\x00-\x1f"
"""Beside the quote, what stands as an escape in JSON text."""

_DAY = r"(?:19|20)[0-9][0-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_EPOCH_DIGITS = {1_000_000: 10, 1_000: 13, 1: 16}
"""Digits after the first of an epoch time that is surely before the year 10000, by its unit."""


@dataclass(frozen=True)
class Residual:
    """A rule that the guard leaves to an expression.

    The text matches `regex` ("regex"), or it has from `least` to `most` characters ("length"), or
    the list so many items ("items").
    """

    field: str
    kind: Literal["regex", "length", "items"]
    regex: str = ""
    least: int = 0
    most: int = MAX_LENGTH


_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")

_SPELLED = {(type_, rule) for type_ in (Type.INTEGER, Type.NUMBER) for rule in _BOUNDS}
"""The rules that the guard spells out, for each type."""

_LEFT: dict[tuple[Type, str], Callable[[Field, NativeDialect], Residual]] = {
    (Type.STRING, "pattern"): lambda field, dialect: Residual(
        field.name, "regex", portable(field.option("pattern"), dialect)
    ),
    (Type.STRING, "format"): lambda field, dialect: Residual(
        field.name, "regex", portable(FORMATS[field.option("format")], dialect)
    ),
    (Type.STRING, "minLength"): lambda field, _: Residual(
        field.name, "length", least=field.option("minLength")
    ),
    (Type.STRING, "maxLength"): lambda field, _: Residual(
        field.name, "length", most=field.option("maxLength")
    ),
    (Type.ARRAY, "minItems"): lambda field, _: Residual(
        field.name, "items", least=field.option("minItems")
    ),
    (Type.ARRAY, "maxItems"): lambda field, _: Residual(
        field.name, "items", most=field.option("maxItems")
    ),
}
"""The rules that it leaves, for each type."""

_LISTED = {Type.STRING: str, Type.INTEGER: int, Type.NUMBER: float}
"""The types whose valid values the guard lists, and what makes a typed value of one."""


def residual(contract: Contract, dialect: NativeDialect) -> list[Residual]:
    """The rules of the fields that the guard does not check."""
    return [rule for field in contract.fields for rule in _left(field, dialect)]


def _left(field: Field, dialect: NativeDialect) -> list[Residual]:
    if field.valid_values is not None:
        return []  # those that break a rule are not listed
    return [
        _LEFT[field.type, rule.name](field, dialect)
        for rule, _ in asked(field)
        if rule.fast == "residual" and (field.type, rule.name) in _LEFT
    ]


def _knows_rules(field: Field) -> bool:
    """Whether the fast paths know all that the contract asks of a value of the field."""
    known = {"guard": _SPELLED, "residual": _LEFT.keys()}
    return all(
        (field.type, rule.name) in known.get(rule.fast or "", ()) for rule, _ in asked(field)
    )


def by_field(contract: Contract, native: Callable[[Field], T]) -> dict[str, T] | None:
    """What an engine makes of each field, by name, or None where it does not know the type of one.

    `native` raises KeyError for a type that it does not know.
    """
    try:
        return {field.name: native(field) for field in contract.fields}
    except KeyError:
        return None


# --- what values look like


def _between(low: int, high: int) -> str:
    """A regular expression of the integers from low to high, both at least 0, without signs."""
    if low > high:
        return r"[^\s\S]"
    parts = []
    while low <= high:
        # the largest step that starts at `low`: all numbers that share its leading digits
        size = 1
        while low % (size * 10) == 0 and low + size * 10 - 1 <= high and low > 0:
            size *= 10
        step = size
        first = low // size % 10
        last = first
        while last < 9 and low + 2 * step - 1 <= high:
            low += step
            last += 1
        prefix = str(low // size)[:-1]
        tail = "[0-9]" * (len(str(size)) - 1)
        parts.append(f"{prefix}[{first}-{last}]{tail}")
        low += step
    return f"(?:{'|'.join(parts)})"


class _Writer:
    """Writes the parts of a guard in a dialect."""

    def __init__(self, dialect: NativeDialect) -> None:
        # In Java, possessive quantifiers: without them a long line overflows the stack.
        self.once = "?+" if dialect == "java" else "?"
        self.many = "*+" if dialect == "java" else "*"
        self.space = rf"[ \t]{self.many}"
        self.end = rf"\r{self.many}\n{self.once}"

    def digits(self, most: int) -> str:
        return f"[0-9]{{0,{most}}}" + ("+" if self.many == "*+" else "")

    def integer(self, field: Field) -> str:
        low, high = field.minimum, field.maximum
        if field.exclusive_minimum is not None:
            above = math.floor(field.exclusive_minimum) + 1
            low = above if low is None else max(low, above)
        if field.exclusive_maximum is not None:
            below = math.ceil(field.exclusive_maximum) - 1
            high = below if high is None else min(high, below)
        least = -(10**18) + 1 if low is None else math.ceil(low)
        most = 10**18 - 1 if high is None else math.floor(high)
        return self._signed(least, most)

    def _signed(self, least: int, most: int) -> str:
        parts = []
        if most >= 0:
            parts.append(self._natural(max(least, 0), most))
        if least < 0:
            parts.append("-" + self._natural(max(-most, 1), -least))
        return f"(?:{'|'.join(parts)})" if parts else r"[^\s\S]"

    def _natural(self, low: int, high: int) -> str:
        if high >= 10**18 - 1 and low <= 1:
            return ("(?:0|" if low == 0 else "(?:") + f"[1-9]{self.digits(17)})"
        return _between(low, min(high, 10**18 - 1))

    def number(self, field: Field) -> str:
        """Numbers without an exponent whose whole part alone says that they are in bounds."""
        lows = [v for v in (field.minimum, field.exclusive_minimum) if v is not None]
        highs = [v for v in (field.maximum, field.exclusive_maximum) if v is not None]
        strict = field.exclusive_minimum is not None or field.exclusive_maximum is not None
        least = math.ceil(max(lows)) + strict if lows else -(10**15) + 1
        most = math.floor(min(highs)) - strict if highs else 10**15 - 1
        fraction = rf"(?:\.[0-9][0-9]{{0,14}}){self.once}"
        if self.once == "?+":
            fraction = fraction.replace("{0,14}", "{0,14}+")
        parts = []
        if most > 0:
            parts.append(self._whole(max(least, 0), most - 1))
        if least < 0:
            parts.append("-" + self._whole(max(-most, 0), -least - 1))
        return f"(?:{'|'.join(parts)}){fraction}" if parts else r"[^\s\S]"

    def _whole(self, low: int, high: int) -> str:
        if low == 0 and high >= 10**14:
            return f"(?:0|[1-9]{self.digits(13)})"
        return _between(low, min(high, 10**14))

    def json_list(self, field: Field) -> str | None:
        assert field.item is not None
        item, s = self.json_value(field.item), self.space
        if item is None or _left(field.item, "re2"):
            return None
        return rf"\[{s}(?:{item}{s}(?:,{s}{item}{s}){self.many}){self.once}\]"

    def cell_list(self, field: Field) -> str | None:
        assert field.item is not None
        if field.item.type is not Type.STRING or asked(field.item):
            return None
        separator = re.escape(field.separator or "")
        item = f"{_TEXT[:-1]}{separator}]+"
        return f"{item}(?:{separator}{item}){self.many}"

    def epoch(self, field: Field) -> str | None:
        digits = _EPOCH_DIGITS.get(field.epoch_unit or 0)
        return None if digits is None else f"(?:0|[1-9]{self.digits(digits)})"

    def json_value(self, field: Field) -> str | None:
        """What a value looks like in JSON, or None if the guard can't tell."""
        return self._value(field, _plain_json, 0)

    def cell(self, field: Field) -> str | None:
        """What a cell that is not empty looks like without its quotes, or None."""
        return self._value(field, _plain_cell, 1)

    def _value(
        self, field: Field, plain: Callable[[Any], str | None], place: Literal[0, 1]
    ) -> str | None:
        if field.valid_values is not None and field.type in _LISTED:
            return _one_of(plain(value) for value in _kept(field))
        if field.type not in _LOOKS or not _knows_rules(field):
            return None
        if field.epoch_unit is not None:
            return self.epoch(field)
        return _LOOKS[field.type][place](self, field)


Look = Callable[[_Writer, Field], str | None]

_LOOKS: dict[Type, tuple[Look, Look]] = {
    Type.STRING: (
        lambda writer, _: rf'"(?:[^"\\\x00-\x1f{_NO_SURROGATE}]|{_ESCAPED}){writer.many}"',
        lambda writer, _: f"{_TEXT}+",
    ),
    Type.INTEGER: (_Writer.integer, _Writer.integer),
    Type.NUMBER: (_Writer.number, _Writer.number),
    Type.BOOLEAN: (
        lambda writer, _: "(?:true|false)",
        lambda writer, _: "(?:[01]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])",
    ),
    Type.DATE: (lambda writer, _: f'"{_DAY}"', lambda writer, _: _DAY),
    Type.TIMESTAMP: (
        lambda writer, _: f'"{_DAY}T{_TIME}Z"',
        lambda writer, _: f"{_DAY}T{_TIME}Z",
    ),
    Type.ARRAY: (_Writer.json_list, _Writer.cell_list),
}
"""What a value of a type surely looks like: in JSON, and in a CSV cell without its quotes."""


def _kept(field: Field) -> list[Any]:
    """The valid values of a field that keep all of its rules."""
    checks, typed = [check for _, check in asked(field)], _LISTED[field.type]
    values = field.valid_values or ()
    return [value for value in values if all(check(typed(value)) is None for check in checks)]


def _plain_json(value: Any) -> str | None:
    """A value's JSON text if there is but one way to write it that is worth accepting."""
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if text == f'"{value}"' else None
    return str(value) if isinstance(value, int) else None


def _plain_cell(value: Any) -> str | None:
    """A value's text if it can stand in a plain cell; an empty cell is null."""
    text = str(value) if isinstance(value, str | int) else ""
    return None if not text or set(text) & _NOT_PLAIN else text


def _one_of(texts: Iterable[str | None]) -> str | None:
    found = [re.escape(text) for text in texts if text is not None]
    return f"(?:{'|'.join(found)})" if found else None


# --- JSONL


def json_guard(
    contract: Contract, orders: Iterable[tuple[str, ...]], dialect: NativeDialect
) -> str | None:
    """The guard of a JSONL line whose keys stand in one of the orders, or None: no sure line.

    It accepts an object, and an envelope of objects.
    """
    writer = _Writer(dialect)
    objects = [_object(writer, contract, order) for order in orders]
    found = [each for each in objects if each is not None]
    for count in range(len(found), 0, -1):  # the most usual orders, as many as fit
        guard = _json_line(writer, contract, found[:count])
        if len(guard) <= MAX_GUARD_SIZE[dialect]:
            return guard
    return None


def _json_line(writer: _Writer, contract: Contract, objects: list[str]) -> str:
    s, many, once = writer.space, writer.many, writer.once
    one = objects[0] if len(objects) == 1 else f"(?:{'|'.join(objects)})"
    line = one
    if contract.envelope_key is not None:
        key = re.escape(json.dumps(contract.envelope_key, ensure_ascii=False))
        events = rf"(?:{one}{s}(?:,{s}{one}{s}){many}){once}"
        line = rf"(?:{one}|\{{{s}{key}{s}:{s}\[{s}{events}\]{s}\}})"
    return rf"\A{s}{line}{s}{writer.end}\z"


def _object(writer: _Writer, contract: Contract, order: tuple[str, ...]) -> str | None:
    fields = {field.name: field for field in contract.fields}
    if any(field.required and field.name not in order for field in contract.fields):
        return None
    s, members = writer.space, []
    for name in order:
        field = fields[name]
        value = writer.json_value(field)
        if value is None and field.required:
            return None
        if not field.required:
            value = "null" if value is None else f"(?:{value}|null)"
        members.append((f'"{name}"{s}:{s}{value}', field.required))
    first = next((place for place, (_, required) in enumerate(members) if required), None)
    if first is None:
        return None  # an object that may be empty: no contract worth a fast path has it
    text = rf"\{{{s}"
    for place, (member, required) in enumerate(members):
        part = f"{member}{s},{s}" if place < first else f"{s},{s}{member}"
        if place == first:
            text += member
        else:
            text += part if required else f"(?:{part}){writer.once}"
    return text + rf"{s}\}}"


def key_orders(lines: Iterable[bytes], contract: Contract) -> list[tuple[str, ...]]:
    """The orders in which the contract's keys stand in a sample of lines, the most usual first.

    Orders that do not contradict each other are merged into one.
    """
    names, seen = frozenset(contract.field_names), Counter[tuple[str, ...]]()
    for line in lines:
        try:
            value = orjson.loads(line)
        except ValueError:
            continue
        if not isinstance(value, dict):
            continue
        events = value.get(contract.envelope_key)
        for event in events if isinstance(events, list) else [value]:
            if isinstance(event, dict) and names.issuperset(event):
                seen[tuple(event)] += 1
    merged: list[list[tuple[str, ...]]] = []
    for order, _ in seen.most_common(MOST_USUAL):
        for group in merged:
            if _in_one_order([*group, order]) is not None:
                group.append(order)
                break
        else:
            merged.append([order])
    found = (_in_one_order(group) for group in merged[:MAX_ORDERS])
    return [order for order in found if order]


def _in_one_order(orders: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    """One order that agrees with all of these, or None if they contradict each other."""
    sorter = TopologicalSorter[str]()
    for order in orders:
        for before, name in pairwise(order):
            sorter.add(name, before)
        for name in order:
            sorter.add(name)
    try:
        return tuple(sorter.static_order())
    except CycleError:
        return None


# --- CSV


def csv_guard(contract: Contract, columns: tuple[str, ...], dialect: NativeDialect) -> str | None:
    """The guard of a row under a header, or None: no sure row; under one column a row may be blank.

    Each cell is plain, or in quotes with no quote and no comma inside; so a row that it accepts
    may be split at its commas.
    """
    if len(columns) == 1:
        return None
    writer = _Writer(dialect)
    fields = {field.name: field for field in contract.fields}
    cells = []
    for name in columns:
        field = fields.get(name)
        # an unknown column's text becomes a JSON string as it stands
        value = writer.cell(field) if field else f"{_TEXT[:-1]}{_NOT_PLAIN_JSON}]+"
        if value is None and field and field.required:
            return None
        options = [f'{value}|"{value}"'] if value is not None else []
        if not (field and field.required):
            options.append(f'(?:""){writer.once}')
        cells.append(f"(?:{'|'.join(options)})")
    guard = rf"\A{','.join(cells)}{writer.end}\z"
    return guard if len(guard) <= MAX_GUARD_SIZE[dialect] else None
