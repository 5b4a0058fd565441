"""A CSV source: its header, and the cells of a row, as RFC 4180 has them."""

import re
from difflib import get_close_matches

from reelhouse.contract.model import Contract
from reelhouse.contract.rules import Violation
from reelhouse.text import quote

_cell = re.compile(r'"([^"]*(?:""[^"]*)*)"(?=,|\Z)|([^",]*)(?=,|\Z)').match


def cells(row: str) -> list[str] | Violation:
    """The cells of a row, unquoted, or the violation of a row whose quotes are wrong."""
    if '"' not in row:
        return row.split(",")
    found: list[str] = []
    place = 0
    while True:
        match = _cell(row, place)
        if match is None:
            return _wrong_quotes(row, place, len(found) + 1)
        quoted, plain = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        place = match.end() + 1
        if place > len(row):
            return found


def _wrong_quotes(row: str, place: int, number: int) -> Violation:
    if row[place] != '"':
        message = f"cell {number} holds a quote, so it must stand in quotes, with the quote doubled"
    elif row.replace('""', "").count('"', place) % 2:
        message = f"the quotes of cell {number} are never closed"
    else:
        message = f"cell {number} goes on after its closing quote"
    return Violation("", "quotes", message)


def read_header(line: str, contract: Contract) -> tuple[str, ...] | Violation:
    """The column names of a source's first line, or why the source can't be read by them."""
    columns = cells(line)
    if isinstance(columns, Violation):
        return Violation("", "header", f"the header can't be read: {columns.message}")
    names = set(contract.field_names)
    if names.isdisjoint(columns):
        message = f"the first line is no header: {quote(line)} names no column of the contract"
        other = next((each for each in ";\t|" if not names.isdisjoint(line.split(each))), None)
        if other:
            message += f"; its names are not separated by commas, but by {quote(other)}"
        return Violation("", "header", message)
    twice = sorted({quote(column) for column in columns if columns.count(column) > 1})
    if twice:
        return Violation("", "header", f"the header has {', '.join(twice)} twice")
    required = (field.name for field in contract.fields if field.required)
    missing = [name for name in required if name not in columns]
    if missing:
        return Violation(missing[0], "header", f"the header lacks {_hints(missing, columns)}")
    return tuple(columns)


def _hints(missing: list[str], columns: list[str]) -> str:
    alike = {column.strip().lower(): column for column in columns}
    near = {
        name: alike.get(name.lower(), *get_close_matches(name, columns, 1, 0.8)) for name in missing
    }
    return ", ".join(f"{name} (is it {quote(hit)}?)" if hit else name for name, hit in near.items())
