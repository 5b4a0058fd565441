"""What people see: results on stdout, messages on stderr.

On a terminal, text is wrapped at words and examples are cut to the width. Elsewhere each thing
stands on one line, whatever its length, so that other programs can take it apart.
"""

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from reelhouse.errors import StdoutClosed
from reelhouse.text import escape

GAP = "  "
NARROWEST = 24
"""The last column is wrapped where it still has so many characters."""

LONGEST_NOTE = 400
"""Examples are cut after so many characters, where there is no terminal."""


class Out(Console):
    """Stdout."""

    def on_broken_pipe(self) -> None:
        """Tell it to `main`."""
        raise StdoutClosed


out = Out(highlight=False)
err = Console(stderr=True, highlight=False)


def say(text: str | Text) -> None:
    """Print a line on stdout; a terminal may fold it, but no line end is put into it."""
    out.print(text, soft_wrap=True, markup=False)


def tell(text: str) -> None:
    """Say what is going on, on stderr, if a person is looking."""
    if err.is_terminal:
        err.print(text, style="dim", soft_wrap=True, markup=False)


# --- for machines


@contextmanager
def document(wanted: bool, **start: Any) -> Iterator[dict[str, Any]]:
    """What `--json` prints: one document, also when the command fails half way.

    Begins as `start`; the command puts into it what it has done or found.
    """
    found = dict(start)
    try:
        yield found
    finally:
        if wanted:
            print_json(found)


def print_json(found: Mapping[str, Any]) -> None:
    """Print one JSON document, and nothing else, on stdout."""
    text, encoding = json.dumps(found, ensure_ascii=False, default=str), sys.stdout.encoding
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        data = json.dumps(found, default=str).encode(encoding)
    rest = memoryview(data + b"\n")
    try:
        sys.stdout.flush()
        while rest:  # without a buffer, as with PYTHONUNBUFFERED, less than all may be written
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise StdoutClosed from None


# --- for people


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    title: str = "",
    notes: Sequence[str] = (),
    cut_notes: bool = True,
) -> None:
    """Print a table: numbers stand to the right, and a note may stand beneath each row.

    The last column is wrapped at words on a terminal. Text from data is shown as it is.
    """
    cells = [
        [value if isinstance(value, Text) else Text(shown(value)) for value in row] for row in rows
    ]
    widths = [
        max([cell_len(name), *(row[place].cell_len for row in cells)])
        for place, name in enumerate(columns)
    ]
    numbers = [
        bool(rows) and all(_is_number(row[place]) for row in rows) for place in range(len(columns))
    ]
    room = out.width if out.is_terminal else None
    if room is not None:
        widths[-1] = min(
            widths[-1], max(NARROWEST, room - sum(widths[:-1]) - len(GAP) * (len(widths) - 1))
        )
    if title:
        say(Text(title, "bold"))
    say(_line([Text(name, "bold") for name in columns], widths, numbers))
    dash = "─" if out.encoding.lower().startswith("utf") else "-"
    say(Text(dash * (sum(widths) + len(GAP) * (len(widths) - 1)), "dim"))
    for place, row in enumerate(cells):
        for line in _wrapped(row, widths[-1], wrap=room is not None and not numbers[-1]):
            say(_line(line, widths, numbers))
        if place < len(notes) and notes[place]:
            _say_note(notes[place], widths[0] + len(GAP), room if cut_notes else None, cut_notes)


def _is_number(value: Any) -> bool:
    if isinstance(value, Text):
        return value.justify == "right"
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrapped(row: list[Text], width: int, wrap: bool) -> Iterator[list[Text]]:
    """The lines of a row: one, unless its last cell has to be wrapped."""
    if not wrap:
        yield row
        return
    first, *rest = textwrap.wrap(
        row[-1].plain, width, break_long_words=False, break_on_hyphens=False
    ) or [""]
    yield [*row[:-1], Text(first, row[-1].style)]
    for each in rest:
        yield [*(Text() for _ in row[:-1]), Text(each, row[-1].style)]


def _line(cells: Sequence[Text], widths: Sequence[int], numbers: Sequence[bool]) -> Text:
    line = Text()
    for cell, width, right in zip(cells, widths, numbers, strict=True):
        space = " " * max(0, width - cell.cell_len)
        line.append(space if right else "").append_text(cell).append("" if right else space)
        line.append(GAP)
    line.rstrip()
    return line


def _say_note(note: str, indent: int, room: int | None, cut: bool) -> None:
    text = Text(" " * indent + escape(note), "dim")
    if cut:
        text.truncate(room or indent + LONGEST_NOTE, overflow="ellipsis")
    say(text)


def shown(value: Any) -> str:
    """A value for people."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if isinstance(value, float) else escape(str(value))


def moment(text: str | None) -> str:
    """A moment (ISO 8601, UTC) for people, to the minute."""
    return text[:16].replace("T", " ") if text else ""


def reasons(found: Sequence[Mapping[str, Any]], title: str) -> None:
    """Print why records were refused: each rule with an example, and the record beneath it."""
    table(
        ("records", "dataset", "field", "rule", "for example"),
        [
            (
                each["records"],
                each["dataset"],
                each["field"],
                Text(each["rule"], "cyan"),
                Text(escape(each["message"]), "yellow"),
            )
            for each in found
        ],
        title=title,
        notes=[each["example"] for each in found],
    )
