"""The quick check of the reference validator: typed values of an object that is surely valid.

The function is written as Python source from the contract and compiled once, as `dataclasses` and
`attrs` do it: nothing is called for most values, and it is twice as fast as a chain of closures.
"""

from collections.abc import Callable
from typing import Any

from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.rules import checks
from reelhouse.contract.values import (
    FIRST_MICROSECOND,
    INT64,
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

    typed = value
    if field.type is Type.ARRAY:
        assert field.item is not None
        item, item_typed = _field(field.item, f"{value}i", names)
        condition = f"type({value}) is list and all([{item} for {value}i in {value}])"
        if item_typed != f"{value}i":
            typed = f"[{item_typed} for {value}i in {value}]"
    elif field.epoch_unit is not None:
        first, last = (
            -(-FIRST_MICROSECOND // field.epoch_unit),
            LAST_MICROSECOND // field.epoch_unit,
        )
        typed = f"{value} * {field.epoch_unit}"
        return f"type({value}) is int and {first} <= {value} <= {last}", typed
    elif field.valid_values is not None and field.type is not Type.NUMBER:
        kind = "str" if field.type is Type.STRING else "int"
        allowed = let(f"{value}_allowed", frozenset(field.valid_values))
        condition = f"type({value}) is {kind} and {value} in {allowed}"
    elif field.type is Type.STRING:
        condition = f"type({value}) is str and '\\0' not in {value}"
    elif field.type is Type.INTEGER:
        condition = f"type({value}) is int and {INT64[0]} <= {value} <= {INT64[-1]}"
    elif field.type is Type.NUMBER:
        condition = f"type({value}) is float and {value} - {value} == 0.0"
        typed = f"{value} + 0.0"  # of -0.0 this makes 0.0
    elif field.type is Type.BOOLEAN:
        return f"type({value}) is bool", typed
    else:
        convert = let(f"{value}_convert", _or_none(json_converter(field)))
        return f"({value}t := {convert}({value})) is not None", f"{value}t"
    return " and ".join([condition, *_rules(field, value, let)]), typed


def _rules(field: Field, value: str, let: Callable[[str, Any], str]) -> list[str]:
    compares = {
        "minimum": (">=", field.minimum),
        "maximum": ("<=", field.maximum),
        "exclusiveMinimum": (">", field.exclusive_minimum),
        "exclusiveMaximum": ("<", field.exclusive_maximum),
    }
    conditions = []
    for number, (rule, check) in enumerate(checks(field)):
        if rule in compares:
            sign, limit = compares[rule]
            assert limit is not None
            conditions.append(f"{value} {sign} {limit!r}")
        elif rule != "validValues" or field.type is Type.NUMBER:
            conditions.append(f"{let(f'{value}_check{number}', check)}({value}) is None")
    return conditions


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def converted(value: Any) -> Any:
        try:
            return convert(value) if type(value) is str else None
        except InvalidValue:
            return None

    return converted
