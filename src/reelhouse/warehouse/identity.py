"""Who a record is: the SHA-256 of one canonical text, which all systems and Python build alike.

The text is `s1`, then each field in the contract's order with `|` before it. A value that is there
begins with `+`; null is nothing. In texts `~`, `|` and `,` are written `~0`, `~1` and `~2`. A list
is its items, each with a comma after it. Times are microseconds since 1970-01-01 UTC, numbers are
billionths, rounded half away from zero; from nine milliards on they are their text after `#`.
Nulls at the end are left out: so a field that a contract gets at its end changes no identity.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any

from reelhouse.contract.model import Field, Type
from reelhouse.contract.values import EPOCH
from reelhouse.warehouse.canonical import escaped, name

BEGINNING = "s1"
"""The form's own number: another one makes other identities."""

LARGEST = 9e9
"""What is larger is no number of billionths with 64 bits."""


def identity_sql(fields: Iterable[Field], of: str, number_text: str = "{}") -> str:
    """The identity of a row of the table `of`, whose numbers have their text beside them."""
    parts = [_value_sql(field, f"{of}.", number_text) for field in fields]
    return f"rh_sha256_hex(rh_trim_bars('{BEGINNING}' || {' || '.join(parts)}))"


def _value_sql(field: Field, of: str, number_text: str) -> str:
    column = f"{of}{name(field.name)}"
    if field.type is Type.NUMBER:
        sent = f"{of}{name(number_text.format(field.name))}"
        written = f"coalesce('+' || rh_nano({sent}), '#' || {sent})"
    else:
        written = "'+' || " + _WRITTEN[field.type](column)
    return f"'|' || coalesce({written}, '')"


_WRITTEN: dict[Type, Callable[[str], str]] = {
    Type.STRING: escaped,
    Type.ARRAY: lambda column: f"replace({column}, '|', '~1')",
    Type.INTEGER: lambda column: f"rh_integer_text({column})",
    Type.BOOLEAN: lambda column: f"case when {column} then '1' when not {column} then '0' end",
    Type.DATE: lambda column: f"rh_date_text({column})",
    Type.TIMESTAMP: lambda column: f"rh_integer_text(rh_micros({column}))",
}


def identity(fields: Iterable[Field], row: Mapping[str, Any]) -> str:
    """The same of a row of Python's values: dates, times in UTC, numbers or their texts, lists."""
    parts = [f"|{_value(field, row.get(field.name))}" for field in fields]
    return sha256("".join([BEGINNING, *parts]).rstrip("|").encode()).hexdigest()


def _value(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if field.type is Type.NUMBER:
        nano = _nano(value)
        return f"#{value}" if nano is None else f"+{nano}"
    if field.type is Type.ARRAY:
        assert field.item is not None
        return "+" + "".join(f"{_text(field.item.type, item)}," for item in value)
    return "+" + _text(field.type, value)


def _text(type_: Type, value: Any) -> str:
    if type_ is Type.STRING:
        return str(value).replace("~", "~0").replace("|", "~1").replace(",", "~2")
    if type_ is Type.BOOLEAN:
        return "1" if value else "0"
    if type_ is Type.DATE:
        return str(value.isoformat())
    if type_ is Type.TIMESTAMP:
        return str(_micros(value))
    return str(value)


def _micros(value: datetime) -> int:
    return (value - EPOCH.replace(tzinfo=value.tzinfo)) // timedelta(microseconds=1)


def _nano(value: Any) -> int | None:
    if abs(float(value)) >= LARGEST:
        return None
    return int((Decimal(str(value)) * 10**9).to_integral_value(ROUND_HALF_UP))
