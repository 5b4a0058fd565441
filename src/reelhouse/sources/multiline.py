"""CSV whose quoted cells may hold newlines: lines joined into the text of one record each."""

import re
from collections import deque
from collections.abc import Iterable, Iterator

from reelhouse.sources.lines import clean

_within = rb'[^"]*(?:""[^"]*)*'
# from a place between cells: whole cells, and then one whose closing quote is not there
_cells_then_open = re.compile(rb'(?:(?:"' + _within + rb'"|[^",]*),)*"' + _within + rb"\Z")
# from a place within quotes: to the quote that closes them
_to_close = re.compile(_within + rb'"(?!")')


def joined(lines: Iterable[bytes], limit: int) -> Iterator[tuple[bytes, int]]:
    """Yield the text of each record, clean, and how many bytes it had as it was sent.

    The lines are as they were sent, with their ends. A blank line outside of quotes is yielded as
    one. Where a quote is never closed, within `limit` bytes or to the end of the source, the line
    that opens it is a record of its own, and reading goes on with the next line.
    """
    source, again = iter(lines), deque[bytes]()

    def following() -> bytes | None:
        return again.popleft() if again else next(source, None)

    while (line := following()) is not None:
        held, size = [line], len(line)
        is_open = opens(clean(line))
        while is_open:
            line = following()
            if line is None or size + len(line.removesuffix(b"\n")) > limit:
                again.extendleft(reversed(held[1:] + ([] if line is None else [line])))
                held, size = held[:1], len(held[0])
                break
            held.append(line)
            size += len(line)
            is_open = _still_open(line)
        yield clean(b"".join(held)), size


def opens(line: bytes) -> bool:
    """Whether a row ends within a quoted cell."""
    return b'"' in line and _cells_then_open.match(line) is not None


def _still_open(line: bytes) -> bool:
    """Whether a row that was within a quoted cell before this line is so after it."""
    close = _to_close.match(line)
    if close is None:
        return True
    after = line[close.end() :]
    return after.startswith(b",") and opens(after[1:])
