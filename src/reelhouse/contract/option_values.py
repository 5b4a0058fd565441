"""The values that a contract gives rules of `logicalTypeOptions`: what is wrong, and the mend.

Each function takes the value, as it stands in YAML, and the type of the field.
"""

import math
from collections.abc import Callable
from typing import Any

from reelhouse.contract import patterns
from reelhouse.contract.formats import FORMATS
from reelhouse.contract.model import INT64, Type

Wrong = Callable[[Any, Type], tuple[str, str] | None]
"""From a value and a type to what is wrong with it and the mend, or to None where nothing is."""

MAX_LENGTH = 2**31 - 1
"""No text and no list is longer."""


def wrong_switch(value: Any, type_: Type) -> tuple[str, str] | None:
    """Of a rule that is asked for or is not: it can only be true."""
    return None if value is True else ("it is not true", "true, or leave it out")


def wrong_pattern(value: Any, type_: Type) -> tuple[str, str] | None:
    """Of a regular expression."""
    reason = patterns.check(value) if isinstance(value, str) else "it is no text"
    mend = "use what RE2, Java and Python share; see docs/semantics.md"
    return (reason, mend) if reason else None


def wrong_format(value: Any, type_: Type) -> tuple[str, str] | None:
    """Of the name of a format."""
    known = isinstance(value, str) and value in FORMATS
    return None if known else ("no such format", f"one of {', '.join(FORMATS)}")


def wrong_length(value: Any, type_: Type) -> tuple[str, str] | None:
    """Of a number of characters or of items."""
    right = is_integer(value) and 0 <= value <= MAX_LENGTH
    return None if right else ("it is no length", f"an integer from 0 to {MAX_LENGTH}")


def wrong_number(value: Any, type_: Type) -> tuple[str, str] | None:
    """Of a bound or a valid value, which is to be of the field's own type."""
    if type_ is Type.INTEGER:
        if not is_integer(value):
            return "it is no integer", "digits, without quotes"
        return None if value in INT64 else ("it does not fit into 64 bits", "a smaller one")
    if not is_integer(value) and not (isinstance(value, float) and math.isfinite(value)):
        return "it is no number", "such as 90, -0.5 or 1.0e+3, without quotes"
    return None if _is_double(value) else ("a double can't hold it exactly", "a rounder number")


def is_integer(value: Any) -> bool:
    """Whether a value of YAML is an integer: neither true nor false."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_double(value: int | float) -> bool:
    try:
        return float(value) == value
    except OverflowError:
        return False
