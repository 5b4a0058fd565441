"""Text as lines: what belongs to a line, which lines are blank, and lines as Arrow arrays.

LF ends a line, and so do the carriage returns directly before it, however many; the last line
needs no end. Byte-order marks at a line's beginning are dropped, however many. A line with nothing
but spaces, tabs and carriage returns is blank, and holds no record. `clean` and `is_blank` say so,
and nothing else does: what comes from here is not cleaned again, and cleaning it again would change
nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from reelhouse.sources.packing import UNPACKED_BYTES, BrokenSource

BOM = b"\xef\xbb\xbf"

BATCH_LINES = 10_000
MAX_HELD_BYTES = 1 << 30
"""The longest line that is held in memory at all: 1 GiB. A source with a longer one is rejected."""

REST_BYTES = 1 << 20
"""How much is kept of a line or a record in which a source breaks."""

_marks = re.compile(rb"(?:\xef\xbb\xbf)+").match
_BLANK = b" \t\r"


def clean(line: bytes) -> bytes:
    """A line without its end, and without byte-order marks at its beginning."""
    line = line.removesuffix(b"\n").rstrip(b"\r")
    if line[:3] == BOM and (marks := _marks(line)):
        line = line[marks.end() :]
    return line


def is_blank(line: bytes) -> bool:
    """Whether a line, as `clean` gives it, holds no record."""
    return not line.strip(_BLANK)


def lines_in(block: bytes) -> tuple[list[bytes], int]:
    """The lines of a block, clean, but for the blank ones; and how many bytes those had."""
    raw_lines = block.split(b"\n")
    if not raw_lines[-1]:
        raw_lines.pop()
    is_clean = b"\r" not in block and not (b"\xef" in block and BOM in block)
    lines = raw_lines if is_clean else [clean(line) for line in raw_lines]
    kept = [line for line in lines if line and (line[0] > 32 or not is_blank(line))]
    if len(kept) == len(lines):
        return kept, 0
    blank = sum(len(raw) + 1 for raw, line in zip(raw_lines, lines, strict=True) if is_blank(line))
    has_no_end = not block.endswith(b"\n") and is_blank(lines[-1])
    return kept, blank - has_no_end


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream into blocks of whole lines, each of about a chunk; a long line makes a long one.

    The last block may lack its LF. Raises BrokenSource for a line past MAX_HELD_BYTES, and passes
    one on with the unfinished line.
    """
    held: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            end = chunk.rfind(b"\n") + 1
            if end:
                yield b"".join([*held, memoryview(chunk)[:end]]) if held else chunk[:end]
                held, size = [], 0
                chunk = chunk[end:]
            if chunk:
                held.append(chunk)
                size += len(chunk)
                if size > MAX_HELD_BYTES:
                    raise BrokenSource(f"a line has more than {MAX_HELD_BYTES} bytes")
    except BrokenSource as broken:
        raise BrokenSource(str(broken), b"".join(held)[:REST_BYTES]) from None
    if held:
        yield b"".join(held)


@dataclass
class Lines:
    """Lines of one block as they were sent, each with its end: `text` has all but the `long` ones.

    Nobody has looked whether `text` is UTF-8: the guard does that. What the guard does not take is
    to be cleaned.
    """

    text: pa.StringArray
    long: list[bytes]


def arrow_lines(block: bytes, max_line_bytes: int) -> Iterator[Lines]:
    """The lines of a block, in order but for the long ones, at most BATCH_LINES at a time.

    They are arrays on the block's own memory: no line is copied, unless it is long.
    """
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == 10) + 1
    if not len(ends) or ends[-1] < len(block):
        ends = np.append(ends, len(block))
    offsets = np.concatenate((np.zeros(1, np.int64), ends))
    buffer = pa.py_buffer(block)
    start = 0
    while start < len(ends):
        # Arrow's offsets have 32 bits
        stop = min(start + BATCH_LINES, len(ends))
        while stop > start + 1 and offsets[stop] - offsets[start] > UNPACKED_BYTES:
            stop = start + (stop - start) // 2
        yield _batch(buffer, offsets[start : stop + 1], max_line_bytes)
        start = stop


def _batch(buffer: pa.Buffer, offsets: np.ndarray, limit: int) -> Lines:
    base, end = int(offsets[0]), int(offsets[-1])
    relative = pa.py_buffer((offsets - base).astype(np.int32).data)
    text = pa.StringArray.from_buffers(len(offsets) - 1, relative, buffer.slice(base, end - base))
    is_long = np.diff(offsets) > limit
    if not is_long.any():
        return Lines(text, [])
    long = [
        buffer.slice(first, last - first).to_pybytes()
        for first, last in pairwise(offsets.tolist())
        if last - first > limit
    ]
    return Lines(text.filter(pa.array(~is_long)), long)
