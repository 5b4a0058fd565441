r"""The guard: one regular expression that accepts a line only when it is surely valid.

It is compiled from the contract for the two engines that judge natively: RE2 in DuckDB, and
java.util.regex in Spark. It spells out the whole line: which keys stand in it and in which order,
and what each value may look like. So nothing that parsers disagree about (a key that stands twice,
a trailing comma, NaN, a number in quotes, `1.0` for an integer) gets past it, and the engine's own
parser may be as lenient as it likes. It need not be complete: what it leaves is judged by the
reference validator. A few rules are better said as expressions on typed values; `residual` lists
them.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Literal

import orjson

from reelhouse.contract.formats import FORMATS
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.patterns import portable

Dialect = Literal["re2", "java"]

MAX_ORDERS = 4
"""How many orders of keys, that contradict each other, a guard accepts."""

MOST_USUAL = 40
"""How many of the orders that were seen are looked at."""

MAX_SIZE: dict[Dialect, int] = {"re2": 48_000, "java": 100_000}
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
    """A rule that the guard leaves to an expression: `kind` is "regex", "length" or "items"."""

    field: str
    kind: Literal["regex", "length", "items"]
    regex: str = ""
    least: int = 0
    most: int | None = None


def residual(contract: Contract, dialect: Dialect) -> list[Residual]:
    """The rules of the fields that the guard does not check."""
    rules = []
    for field in contract.fields:
        for pattern in (field.pattern, FORMATS[field.format] if field.format else None):
            if pattern is not None:
                rules.append(Residual(field.name, "regex", portable(pattern, dialect)))
        if (field.min_length, field.max_length) != (None, None):
            least, most = field.min_length or 0, field.max_length
            rules.append(Residual(field.name, "length", "", least, most))
        if (field.min_items, field.max_items) != (None, None):
            rules.append(Residual(field.name, "items", "", field.min_items or 0, field.max_items))
    return rules


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

    def __init__(self, dialect: Dialect) -> None:
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

    def epoch(self, unit: int) -> str:
        return f"(?:0|[1-9]{self.digits(_EPOCH_DIGITS[unit])})"

    def json_value(self, field: Field) -> str | None:
        """What a value looks like in JSON, or None if the guard can't tell."""
        if field.valid_values is not None:
            return _one_of(_plain_json(value) for value in field.valid_values)
        match field.type:
            case Type.STRING:
                return rf'"(?:[^"\\\x00-\x1f{_NO_SURROGATE}]|{_ESCAPED}){self.many}"'
            case Type.BOOLEAN:
                return "(?:true|false)"
            case Type.ARRAY:
                assert field.item is not None
                item = self.json_value(field.item)
                if item is None or _has_text_rules(field.item):
                    return None
                s = self.space
                return rf"\[{s}(?:{item}{s}(?:,{s}{item}{s}){self.many}){self.once}\]"
            case Type.DATE:
                return f'"{_DAY}"'
            case Type.TIMESTAMP if field.epoch_unit is None:
                return f'"{_DAY}T{_TIME}Z"'
        return self.plain_value(field)

    def plain_value(self, field: Field) -> str:
        """What a number or an epoch time looks like, in JSON and in CSV alike."""
        if field.epoch_unit is not None:
            return self.epoch(field.epoch_unit)
        return self.integer(field) if field.type is Type.INTEGER else self.number(field)

    def cell(self, field: Field) -> str | None:
        """What a cell that is not empty looks like without its quotes, or None."""
        if field.valid_values is not None:
            return _one_of(_plain_cell(value) for value in field.valid_values)
        match field.type:
            case Type.STRING:
                return f"{_TEXT}+"
            case Type.BOOLEAN:
                return "(?:[01]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])"
            case Type.ARRAY:
                assert field.item is not None
                if field.item != Field(field.item.name, Type.STRING, field.item.required):
                    return None
                separator = re.escape(field.separator or "")
                item = f"{_TEXT[:-1]}{separator}]+"
                return f"{item}(?:{separator}{item}){self.many}"
            case Type.DATE:
                return _DAY
            case Type.TIMESTAMP if field.epoch_unit is None:
                return f"{_DAY}T{_TIME}Z"
        return self.plain_value(field)


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


def _has_text_rules(field: Field) -> bool:
    rules = (field.pattern, field.format, field.min_length, field.max_length)
    return any(rule is not None for rule in rules)


# --- JSONL


def json_guard(
    contract: Contract, orders: Iterable[tuple[str, ...]], dialect: Dialect
) -> str | None:
    """The guard of a JSONL line whose keys stand in one of the orders, or None: no sure line.

    It accepts an object, and an envelope of objects.
    """
    writer = _Writer(dialect)
    objects = [_object(writer, contract, order) for order in orders]
    found = [each for each in objects if each is not None]
    for count in range(len(found), 0, -1):  # the most usual orders, as many as fit
        guard = _json_line(writer, contract, found[:count])
        if len(guard) <= MAX_SIZE[dialect]:
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


def csv_guard(contract: Contract, columns: tuple[str, ...], dialect: Dialect) -> str | None:
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
    return guard if len(guard) <= MAX_SIZE[dialect] else None
