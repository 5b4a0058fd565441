"""Adds the made-up rules and the made-up type to this process."""

import re
from typing import Any, cast

import pyarrow as pa

from reelhouse.contract import model, odcs_fields, rules, values
from reelhouse.contract.model import Type
from reelhouse.contract.rules import Rule, show
from reelhouse.text import quote


def _new_type(name: str) -> Type:
    """A member that an enumeration gets when it is complete: elsewhere it is one line in `Type`."""
    made: Any = str.__new__(Type, name)
    made._name_, made._value_ = name.upper(), name
    Type._member_names_.append(name.upper())
    Type._member_map_[name.upper()] = Type._value2member_map_[name] = made
    type.__setattr__(Type, name.upper(), made)
    return Type(name)


def _cents(value: Any) -> int:
    match = type(value) is str and re.fullmatch(r"([0-9]{1,9})\.([0-9]{2}) EUR", value)
    if not match:
        raise values.InvalidValue(f"{values.found(value)} is no money such as 12.50 EUR")
    return int(match[1] + match[2])


MONEY = _new_type("money")
model.ARROW_TYPES[MONEY] = pa.int64()
values.CONVERTERS[MONEY] = (_cents, _cents)
odcs_fields.ITEM_TYPES = cast(Any, (*odcs_fields.ITEM_TYPES, MONEY))

EVEN = Rule(
    "even",
    frozenset({Type.INTEGER, MONEY}),
    "the value is even",
    lambda field: (
        (lambda value: f"{show(value)} is odd" if value % 2 else None)
        if field.option("even")
        else None
    ),
)
FILLED = Rule(
    "filled",
    frozenset(Type),
    "the value is neither zero, nor false, nor empty, nor the word none",
    lambda field: (
        (lambda value: None if value and value != "none" else f"{quote(str(value))} is no value")
        if field.option("filled")
        else None
    ),
)
rules.RULES += (EVEN, FILLED)
