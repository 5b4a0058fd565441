"""The quick check of the reference validator: typed values of an object that is surely valid.

The function is written as Python source from the contract and compiled once, as `dataclasses` and
`attrs` do it: nothing is called for most values, and it is twice as fast as a chain of closures.
"""

from collections.abc import Callable
from typing import Any

from reelhouse.contract.model import INT64, Contract, Field, Type
from reelhouse.contract.rules import asked
from reelhouse.contract.values import (
    FIRST_MICROSECOND,
    LAST_MICROSECOND,
    InvalidValue,
    json_converter,
)

Accept = Callable[[dict[str, Any]], list[Any] | None]
"""From an object that orjson parsed to a row, or None where it is not surely valid."""


def compile_accept(contract: Contract) -> Accept:
    """Compile the quick check of a contract.

    The object's keys must have been counted by the caller: an object that orjson made does not
    know of a key that stood twice.
    """
    names: dict[str, Any] = {"names": frozenset(contract.field_names)}
    required = sum(field.required for field in contract.fields)
    source = ["def accept(value):", " get = value.get", f" known = {required}"]
    typed = []
    for number, field in enumerate(contract.fields):
        value = f"v{number}"
        condition, expression = _field(field, value, names)
        typed.append(expression if field.required else _unless_none(value, expression))
        source.append(f" {value} = get({field.name!r})")
        if field.required:
            source.append(f" if not ({condition}): return None")
        else:
            source += [
                f" if {value} is not None:",
                f"  if not ({condition}): return None",
                "  known += 1",
            ]
    source += [
        " if known != len(value) and not names >= value.keys(): return None",
        f" return [{', '.join(typed)}, None]",
    ]
    exec(compile("\n".join(source), f"<contract {contract.dataset}>", "exec"), names)
    accept: Accept = names["accept"]
    return accept


def _unless_none(value: str, expression: str) -> str:
    return value if expression == value else f"None if {value} is None else {expression}"


def _field(field: Field, value: str, names: dict[str, Any]) -> tuple[str, str]:
    """The condition under which a value is surely valid, and its typed value, as Python source."""

    def let(name: str, given: Any) -> str:
        names[name] = given
        return name

    condition, typed = _type(field, value, let, names)
    return " and ".join([condition, *_rules(field, value, typed, let)]), typed


Let = Callable[[str, Any], str]
"""Gives an object a name in the source."""


def _type(field: Field, value: str, let: Let, names: dict[str, Any]) -> tuple[str, str]:
    """The same without the rules; a type that is not in TYPES is left to its converter."""
    if field.item is not None:
        item = f"{value}i"
        condition, typed = _field(field.item, item, names)
        if typed == item:
            return f"type({value}) is list and all([{condition} for {item} in {value}])", value
        items = f"[{typed} if {condition} else None for {item} in {value}]"
        return f"type({value}) is list and None not in ({value}t := {items})", f"{value}t"
    if field.epoch_unit is not None:
        first = -(-FIRST_MICROSECOND // field.epoch_unit)
        last = LAST_MICROSECOND // field.epoch_unit
        condition = f"type({value}) is int and {first} <= {value} <= {last}"
        return condition, f"{value} * {field.epoch_unit}"
    if field.type in LISTED and field.valid_values is not None:
        allowed = let(f"{value}_allowed", frozenset(field.valid_values))
        return f"type({value}) is {LISTED[field.type]} and {value} in {allowed}", value
    if field.type in TYPES:
        condition, typed = TYPES[field.type]
        return condition.format(value), typed.format(value)
    convert = let(f"{value}_convert", _or_none(json_converter(field)))
    return f"({value}t := {convert}({value})) is not None", f"{value}t"


TYPES: dict[Type, tuple[str, str]] = {
    Type.STRING: ("type({0}) is str and '\\0' not in {0}", "{0}"),
    Type.INTEGER: (f"type({{0}}) is int and {INT64[0]} <= {{0}} <= {INT64[-1]}", "{0}"),
    Type.NUMBER: ("type({0}) is float and {0} - {0} == 0.0", "{0} + 0.0"),  # of -0.0: 0.0
    Type.BOOLEAN: ("type({0}) is bool", "{0}"),
}
"""When a value that orjson made is surely of a type, and what it is then."""

LISTED = {Type.STRING: "str", Type.INTEGER: "int"}
"""The types whose valid values are looked up as they were sent, with Python's names of these."""

SIGNS = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
"""The rules that are comparisons of an integer or a number."""


def _rules(field: Field, value: str, typed: str, let: Let) -> list[str]:
    """The conditions under which a value of the type keeps its rules: most are calls of a check."""
    conditions = []
    for number, (rule, check) in enumerate(asked(field)):
        spelled = rule.fast == "guard"
        if spelled and rule.name in SIGNS and field.type in (Type.INTEGER, Type.NUMBER):
            conditions.append(f"{value} {SIGNS[rule.name]} {field.option(rule.name)!r}")
        elif not (spelled and rule.name == "validValues" and field.type in LISTED):
            conditions.append(f"{let(f'{value}_check{number}', check)}({typed}) is None")
    return conditions


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def converted(value: Any) -> Any:
        try:
            return convert(value) if type(value) is str else None
        except InvalidValue:
            return None

    return converted
