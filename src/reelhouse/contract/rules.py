"""The rules: what a contract can ask of a value, and what holds for every record.

A rule of RULES that has a `check` compiles a field into a function from a typed value to a message,
or to None where the value keeps the rule. A record gets all its violations, in this order.

RULES is asked anew each time: whoever needs the rules of a field takes them from `asked`.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from reelhouse.contract.formats import FORMATS
from reelhouse.contract.model import Field, Type
from reelhouse.contract.option_values import (
    Wrong,
    wrong_format,
    wrong_length,
    wrong_number,
    wrong_pattern,
    wrong_switch,
)
from reelhouse.contract.patterns import portable
from reelhouse.text import quote

Check = Callable[[Any], str | None]


class Violation(NamedTuple):
    """One broken rule of one record; `field` is empty where the record as a whole is meant."""

    field: str
    rule: str
    message: str


@dataclass(frozen=True)
class Rule:
    """A rule of the vocabulary: its name in ODCS, the types it fits, and how it is checked.

    `fast` says how the fast paths know it: the guard spells it out, or it is left to an expression
    on the typed value (`guard.residual`). A rule that says neither is known to none of them: then
    a value of the field is for the reference validator, on every engine. `wrong` says which values
    a contract may give the rule; a rule that says nothing is asked for by `true`.
    """

    name: str
    types: frozenset[Type]
    meaning: str
    check: Callable[[Field], Check | None] | None = None
    fast: Literal["guard", "residual"] | None = None
    wrong: Wrong = wrong_switch


def show(value: Any) -> str:
    """A typed value for a message."""
    return quote(value) if isinstance(value, str) else str(value)


def _pattern(field: Field) -> Check | None:
    if field.pattern is None:
        return None
    return _search(field.pattern, f"does not match the pattern {field.pattern}")


def _format(field: Field) -> Check | None:
    if field.format is None:
        return None
    return _search(FORMATS[field.format], f"is not of the format {field.format}")


def _search(pattern: str, message: str) -> Check:
    search = re.compile(portable(pattern, "python")).search
    return lambda value: None if search(value) else f"{quote(value)} {message}"


def _valid_values(field: Field) -> Check | None:
    if field.valid_values is None:
        return None
    allowed = frozenset(field.valid_values)
    names = ", ".join(str(value) for value in field.valid_values)
    return lambda value: None if value in allowed else f"{show(value)} is not one of {names}"


def _bound(limit: Any, keeps: Callable[[Any, Any], bool], words: str) -> Check | None:
    if limit is None:
        return None
    return lambda value: None if keeps(value, limit) else f"{show(value)} is {words} {limit}"


def _length(
    limit: int | None, keeps: Callable[[Any, Any], bool], words: str, unit: str
) -> Check | None:
    if limit is None:
        return None
    return lambda value: (
        None if keeps(len(value), limit) else f"has {len(value)} {unit}, {words} {limit}"
    )


_ALL = frozenset(Type)
_TEXT = frozenset({Type.STRING})
_NUMBERS = frozenset({Type.INTEGER, Type.NUMBER})
_LIST = frozenset({Type.ARRAY})

RULES: tuple[Rule, ...] = (
    Rule("required", _ALL, "the value is there: neither missing, nor null, nor an empty cell"),
    Rule("type", _ALL, "the value is of the field's logicalType"),
    Rule("items", _LIST, "each item of a list keeps the rules of the list's items"),
    Rule(
        "validValues",
        _TEXT | _NUMBERS,
        "the value is one of those listed",
        _valid_values,
        "guard",
    ),
    Rule(
        "pattern",
        _TEXT,
        "the regular expression is found in the text",
        _pattern,
        "residual",
        wrong_pattern,
    ),
    Rule(
        "format",
        _TEXT,
        f"the text is one of: {', '.join(FORMATS)}",
        _format,
        "residual",
        wrong_format,
    ),
    Rule(
        "minLength",
        _TEXT,
        "the text has at least so many characters (Unicode code points)",
        lambda field: _length(field.min_length, operator.ge, "fewer than", "characters"),
        "residual",
        wrong_length,
    ),
    Rule(
        "maxLength",
        _TEXT,
        "the text has at most so many characters",
        lambda field: _length(field.max_length, operator.le, "more than", "characters"),
        "residual",
        wrong_length,
    ),
    Rule(
        "minimum",
        _NUMBERS,
        "the value is at least this",
        lambda field: _bound(field.minimum, operator.ge, "less than"),
        "guard",
        wrong_number,
    ),
    Rule(
        "maximum",
        _NUMBERS,
        "the value is at most this",
        lambda field: _bound(field.maximum, operator.le, "more than"),
        "guard",
        wrong_number,
    ),
    Rule(
        "exclusiveMinimum",
        _NUMBERS,
        "the value is more than this",
        lambda field: _bound(field.exclusive_minimum, operator.gt, "not more than"),
        "guard",
        wrong_number,
    ),
    Rule(
        "exclusiveMaximum",
        _NUMBERS,
        "the value is less than this",
        lambda field: _bound(field.exclusive_maximum, operator.lt, "not less than"),
        "guard",
        wrong_number,
    ),
    Rule(
        "minItems",
        _LIST,
        "the list has at least so many items",
        lambda field: _length(field.min_items, operator.ge, "fewer than", "items"),
        "residual",
        wrong_length,
    ),
    Rule(
        "maxItems",
        _LIST,
        "the list has at most so many items",
        lambda field: _length(field.max_items, operator.le, "more than", "items"),
        "residual",
        wrong_length,
    ),
)
"""What a contract can ask of a field."""

RECORD_RULES: dict[str, str] = {
    "encoding": "the line is UTF-8",
    "lineLength": "the line is no longer than the limit of the settings",
    "json": "the line is JSON as RFC 8259 has it, at most 64 levels deep",
    "object": "a JSONL record is an object",
    "duplicateKey": "no key stands twice in an object",
    "envelope": "an envelope holds nothing beside its list",
    "characters": "text holds no NUL and no half of a surrogate pair",
    "quotes": "quotes in a CSV row stand as RFC 4180 has them",
    "columns": "a CSV row has as many cells as the header has columns",
    "header": "a CSV source has a header with each required column once, and no column twice",
    "source": "the source can be unpacked, and none of its lines is past all limits",
}
"""What holds for every record, and at the end for a source, whatever the contract says."""


def asked(field: Field) -> list[tuple[Rule, Check]]:
    """The rules of a field that judge a typed value, each with its compiled check, in order."""
    compiled = ((rule, rule.check(field)) for rule in RULES if rule.check)
    return [(rule, check) for rule, check in compiled if check]


def checks(field: Field) -> list[tuple[str, Check]]:
    """The same with the rules' names."""
    return [(rule.name, check) for rule, check in asked(field)]


def options() -> dict[str, Rule]:
    """The rules of `logicalTypeOptions`, by name."""
    return {rule.name: rule for rule in RULES if rule.check and rule.name != "validValues"}
