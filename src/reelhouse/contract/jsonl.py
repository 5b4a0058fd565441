"""A JSONL line, carefully: which records it holds, where each stands, and what is wrong with it."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from reelhouse.contract.rules import Violation
from reelhouse.contract.values import DecimalText, IntegerText, JsonObject
from reelhouse.text import escape, quote

MAX_DEPTH = 64
"""How deep lists and objects may be nested in a line."""

_SPACE = " \t\r\n"
_space = re.compile(r"[ \t\r\n]*").match
_open_list = re.compile(r'\{[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:[ \t\r\n]*').match
_brackets = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[{]|[\]}]', re.DOTALL).finditer


def _no_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"no JSON value is written {name}", "", 0)


_decode = json.JSONDecoder(
    object_pairs_hook=JsonObject,
    parse_int=IntegerText,
    parse_float=DecimalText,
    parse_constant=_no_constant,
).raw_decode

_pass_over = json.JSONDecoder().raw_decode

Record = tuple[str, Any, Violation | None]
"""A record's own text, its parsed value, and why it is no record to be judged, if it is none."""


def records(line: str, envelope_key: str | None) -> Iterator[Record]:
    """Yield each record of a line, in order.

    A value that can't be parsed makes one invalid record of all that is left of the line. Lists
    and envelopes are opened when the whole of them is JSON.
    """
    if too_deep(line):
        message = f"the line is nested deeper than {MAX_DEPTH} levels"
        yield line.strip(_SPACE), None, Violation("", "json", message)
        return
    place, end = _skip(line, 0), len(line)
    while place < end:
        try:
            value, after = _decode(line, place)
        except json.JSONDecodeError as error:
            yield line[place:].strip(_SPACE), None, _no_json(error)
            return
        if type(value) is list:
            yield from _elements(line, place, value, envelope_key)
        else:
            yield from _value(line, place, after, value, envelope_key)
        place = _skip(line, after)
        if place < end and line[place] == ",":
            place = _skip(line, place + 1)


def record(text: str, envelope_key: str | None) -> Iterator[Record]:
    """Yield the record that a text is, or those in it if it is an envelope.

    It is not a line: a list is no list of records here, and nothing may stand beside the value.
    """
    if too_deep(text):
        message = f"the line is nested deeper than {MAX_DEPTH} levels"
        yield text.strip(_SPACE), None, Violation("", "json", message)
        return
    try:
        place = _skip(text, 0)
        value, after = _decode(text, place)
        if (end := _skip(text, after)) < len(text):
            raise json.JSONDecodeError("Extra data", text, end)
    except json.JSONDecodeError as error:
        yield text.strip(_SPACE), None, _no_json(error)
        return
    yield from _value(text, place, after, value, envelope_key)


def _no_json(error: json.JSONDecodeError) -> Violation:
    at = f"at character {error.pos + 1} of the line" if error.doc else "in the line"
    return Violation("", "json", f"{in_words(error)} {at}")


def in_words(error: json.JSONDecodeError) -> str:
    """What Python's parser says, as a part of a sentence."""
    return escape(error.msg[0].lower() + error.msg[1:]).removesuffix(" at")


def _value(
    line: str, place: int, after: int, value: Any, envelope_key: str | None
) -> Iterator[Record]:
    text = line[place:after]
    if type(value) is not JsonObject:
        yield text, None, Violation("", "object", "the record is not a JSON object")
    elif value.duplicate is not None:
        yield text, None, _twice(value.duplicate)
    elif envelope_key is not None and type(value.get(envelope_key)) is list:
        if len(value) > 1:
            message = "an envelope may hold nothing beside its list"
            yield text, None, Violation(envelope_key, "envelope", message)
        else:
            opened = _open_list(line, place)
            assert opened is not None
            yield from _elements(line, opened.end(), value[envelope_key], envelope_key)
    else:
        duplicate = _duplicate_in(value.values())
        yield text, value, None if duplicate is None else _twice(duplicate)


def _twice(key: str) -> Violation:
    return Violation("", "duplicateKey", f"the key {quote(key)} stands twice")


def _duplicate_in(values: Iterable[Any]) -> str | None:
    for value in values:
        inner: str | None = None
        if type(value) is JsonObject:
            inner = (
                value.duplicate if value.duplicate is not None else _duplicate_in(value.values())
            )
        elif type(value) is list:
            inner = _duplicate_in(value)
        if inner is not None:
            return inner
    return None


def _elements(
    line: str, place: int, values: list[Any], envelope_key: str | None
) -> Iterator[Record]:
    """The records of a list whose opening bracket stands at `place`."""
    for value in values:
        place = _skip(line, place + 1)  # past the bracket, or the comma
        _, after = _decode(line, place)
        yield from _value(line, place, after, value, envelope_key)
        place = _skip(line, after)


def rejected(line: str, accepted: list[Any], envelope_key: str | None) -> Iterator[Record]:
    """The records of an envelope that were not accepted.

    The line is known to be JSON, an envelope, with no key that stands twice; `accepted` has None
    for each of its records that is to be yielded.
    """
    opened = _open_list(line, _skip(line, 0))
    assert opened is not None
    place = opened.end()
    for row in accepted:
        place = _skip(line, place + 1)
        if row is None:
            value, after = _decode(line, place)
            yield from _value(line, place, after, value, envelope_key)
        else:
            _, after = _pass_over(line, place)
        place = _skip(line, after)


def _skip(line: str, place: int) -> int:
    space = _space(line, place)
    assert space is not None
    return space.end()


def too_deep(line: str) -> bool:
    """Whether lists and objects are nested deeper than MAX_DEPTH in a line, JSON or not."""
    if line.count("[") + line.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for match in _brackets(line):
        if match[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif match[0] in "]}":
            depth -= 1
    return False
