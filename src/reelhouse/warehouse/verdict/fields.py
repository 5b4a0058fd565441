"""What a value of a field means in SQL: its typed value, and the rules that it breaks.

The same rules as in `reelhouse.contract.values` and `rules`, over a value as it was sent: a cell of
CSV, or a value of JSON with its backslashes masked. Nothing here may fail, whatever was sent.
"""

from collections.abc import Callable
from typing import Literal

from reelhouse.contract.formats import FORMATS
from reelhouse.contract.model import Field, Type
from reelhouse.contract.patterns import portable
from reelhouse.contract.rules import asked
from reelhouse.contract.values import FIRST_MICROSECOND, LAST_MICROSECOND
from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.canonical import literal, text
from reelhouse.warehouse.tables import Column, ColumnType
from reelhouse.warehouse.verdict.json_text import BACKSLASH, INTEGER, NUMBER, TEXT

Sent = Literal["json", "cell"]
"""How a value was sent."""

COLUMN_TYPES: dict[Type, ColumnType] = {
    Type.STRING: "text",
    Type.INTEGER: "integer",
    Type.NUMBER: "number",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamp",
    Type.ARRAY: "text",
}

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_ZONE = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
_TIMESTAMP = f"{_DATE}[Tt ]{_CLOCK}(?:[.][0-9]{{1,6}}0*)?{_ZONE}"


def columns(field: Field) -> list[Column]:
    """The columns of a field where records have types: a number's text stands beside it."""
    found = [Column(field.name, COLUMN_TYPES[field.type], field.description)]
    if field.type is Type.NUMBER:
        found.append(Column(number_text(field.name), "text", "the number as it was sent"))
    return found


def number_text(name: str) -> str:
    """The name of the column that has a number's text."""
    return f"{name}__text"


def typed(field: Field, value: str, sent: Sent) -> str:
    """The typed value of one that was sent, or null where it has none."""
    if field.epoch_unit is not None:
        return _epoch(value, field.epoch_unit)
    return _TYPED[field.type](value, sent)


def broken(field: Field, value: str, given: str, sent: Sent) -> list[tuple[str, str]]:
    """The rules that a value can break, with the condition for each; `given` is its typed value."""
    found = [("type", f"{given} is null")]
    if field.type is Type.STRING and sent == "json":
        found = [("type", f"not starts_with({value}, '\"')"), ("characters", f"{given} is null")]
    elif field.type is Type.STRING:
        found = [("characters", f"rh_has({value}, {text(chr(0))})")]
    for rule, _ in asked(field):
        if rule.name not in _BROKEN:
            raise ReelhouseError(f"{field.name}: the warehouse does not know the rule {rule.name}")
        found.append((rule.name, _BROKEN[rule.name](field, given)))
    return found


# --- types


def _string(value: str, sent: Sent) -> str:
    if sent == "cell":
        return value
    plain = f"substr({value}, 2, length({value}) - 2)"
    unmasked = f"replace({value}, {text(BACKSLASH)}, {text(chr(92))})"
    return (
        f"case when not starts_with({value}, '\"') then null "
        f"when not rh_has({value}, {text(BACKSLASH)}) then {plain} "
        f"when rh_matches({value}, {text(TEXT)}) then rh_unescape_json({unmasked}) end"
    )


def _integer(value: str, sent: Sent) -> str:
    return (
        f"case when rh_matches({value}, {text(INTEGER)}) and length({value}) <= 20 "
        f"then rh_try_integer({value}) end"
    )


def _number(value: str, sent: Sent) -> str:
    return f"case when rh_matches({value}, {text(NUMBER)}) then rh_try_number({value}) end"


def _boolean(value: str, sent: Sent) -> str:
    if sent == "json":
        return f"case when {value} = 'true' then true when {value} = 'false' then false end"
    true, false = text("1|[Tt][Rr][Uu][Ee]"), text("0|[Ff][Aa][Ll][Ss][Ee]")
    return (
        f"case when rh_matches({value}, {true}) then true "
        f"when rh_matches({value}, {false}) then false end"
    )


def _date(value: str, sent: Sent) -> str:
    day = _string(value, sent)
    return (
        f"case when rh_matches({day}, {text(_DATE)}) and not starts_with({day}, '0000') "
        f"then rh_try_date({day}) end"
    )


def _timestamp(value: str, sent: Sent) -> str:
    sent_text = _string(value, sent)
    day = f"rh_days(rh_try_date(substr({sent_text}, 1, 10)))"
    clock = " + ".join(
        f"rh_try_integer(substr({sent_text}, {place}, 2)) * {seconds}000000"
        for place, seconds in ((12, 3600), (15, 60), (18, 1))
    )
    fraction = f"coalesce(rh_extract({sent_text}, '[.]([0-9]{{1,6}})', 1), '')"
    micros = f"rh_try_integer(substr({fraction} || '000000', 1, 6))"
    zone = f"rh_extract({sent_text}, '([+-][0-9]{{2}}:[0-9]{{2}})$', 1)"
    offset = (
        f"coalesce(case when starts_with({zone}, '-') then -1 else 1 end"
        f" * (rh_try_integer(substr({zone}, 2, 2)) * 3600000000"
        f" + rh_try_integer(substr({zone}, 5, 2)) * 60000000), 0)"
    )
    instant = f"({day} * 86400000000 + {clock} + {micros} - {offset})"
    return (
        f"case when rh_matches({sent_text}, {text(_TIMESTAMP)}) "
        f"and not starts_with({sent_text}, '0000') "
        f"then case when {instant} between {FIRST_MICROSECOND} and {LAST_MICROSECOND} "
        f"then rh_timestamp({instant}) end end"
    )


def _epoch(value: str, unit: int) -> str:
    first, last = -(-FIRST_MICROSECOND // unit), LAST_MICROSECOND // unit
    integer = f"rh_try_integer({value})"
    return (
        f"case when rh_matches({value}, {text(INTEGER)}) and length({value}) <= 20 "
        f"then case when {integer} between {first} and {last} "
        f"then rh_timestamp({integer} * {unit}) end end"
    )


_TYPED: dict[Type, Callable[[str, Sent], str]] = {
    Type.STRING: _string,
    Type.INTEGER: _integer,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.DATE: _date,
    Type.TIMESTAMP: _timestamp,
}


# --- rules


def _search(pattern: str, given: str) -> str:
    return f"not rh_contains({given}, {text(portable(pattern, 'sql'))})"


def _compare(attribute: str, sign: str) -> Callable[[Field, str], str]:
    return lambda field, given: f"{given} {sign} {literal(getattr(field, attribute))}"


def _one_of(field: Field, given: str) -> str:
    assert field.valid_values is not None
    listed = ", ".join(literal(each) for each in field.valid_values)
    return f"{given} not in ({listed})" if listed else "true"


_BROKEN: dict[str, Callable[[Field, str], str]] = {
    "validValues": _one_of,
    "pattern": lambda field, given: _search(field.pattern or "", given),
    "format": lambda field, given: _search(FORMATS[field.format or ""], given),
    "minLength": lambda field, given: f"length({given}) < {field.min_length}",
    "maxLength": lambda field, given: f"length({given}) > {field.max_length}",
    "minimum": _compare("minimum", "<"),
    "maximum": _compare("maximum", ">"),
    "exclusiveMinimum": _compare("exclusive_minimum", "<="),
    "exclusiveMaximum": _compare("exclusive_maximum", ">="),
    "minItems": lambda field, given: f"rh_count({given}, ',') < {field.min_items}",
    "maxItems": lambda field, given: f"rh_count({given}, ',') > {field.max_items}",
}
"""The condition by which a typed value breaks a rule; that of a list is its canonical text."""
