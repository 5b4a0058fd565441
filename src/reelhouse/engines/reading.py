"""Sources as lines: bytes in chunks, cut at each LF, as Arrow arrays on the same memory.

A line is never copied into a Python object of its own, unless it is longer than the limit: those
go to the reference validator as they are.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from reelhouse.contract.rules import Violation
from reelhouse.contract.validator import is_blank
from reelhouse.engines.base import Source
from reelhouse.errors import ReelhouseError
from reelhouse.storage import StorageError, Store, resolve

CHUNK_BYTES = 8 * 1024 * 1024
BATCH_LINES = 10_000
MAX_HELD_BYTES = 1 << 30
"""The longest line that is held in memory at all: 1 GiB. A source with a longer one is rejected."""

TAIL_BYTES = 256 * 1024
"""How much is read at a time where the end of one line is looked for."""

GZIP = 16 + zlib.MAX_WBITS
GZIP_STEP = 64 * 1024
"""How much gzip data is unpacked at a time: where it is corrupt, no more than this is lost."""


class BrokenSource(ReelhouseError):
    """A source that can't be read to its end, by its own fault.

    `rest` is what was read of the line in which it broke.
    """

    def __init__(self, message: str, rest: bytes = b"") -> None:
        super().__init__(message)
        self.rest = rest

    @property
    def violation(self) -> Violation:
        """The entry that stands in quarantine for what could not be read."""
        return Violation("", "source", str(self))


def unpacked(chunks: Iterable[bytes], uri: str) -> Iterator[bytes]:
    """The bytes of a source: those of a `.gz` are unpacked, in pieces of bounded size.

    Raises BrokenSource where gzip data is corrupt or cut off.
    """
    if not uri.endswith(".gz"):
        yield from chunks
        return
    unpack, begun = zlib.decompressobj(GZIP), False
    ready, size = list[bytes](), 0
    for chunk in chunks:
        for start in range(0, len(chunk), GZIP_STEP):
            packed = chunk[start : start + GZIP_STEP]
            while packed:
                begun = True
                try:
                    ready.append(unpack.decompress(packed, CHUNK_BYTES))
                except zlib.error as error:
                    yield b"".join(ready)
                    raise BrokenSource(f"the gzip data is corrupt: {error}") from None
                size += len(ready[-1])
                if size >= CHUNK_BYTES:
                    yield b"".join(ready)
                    ready, size = [], 0
                packed = unpack.unconsumed_tail
                if unpack.eof:  # gzip files may stand one after the other, with zeros between
                    packed, begun = unpack.unused_data.lstrip(b"\0"), False
                    unpack = zlib.decompressobj(GZIP)
    yield b"".join(ready)
    if begun:
        raise BrokenSource("the gzip data is cut off before its end")


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
        rest = b"".join(held)[: 1 << 20]
        raise BrokenSource(str(broken), rest) from None
    if held:
        yield b"".join(held)


@dataclass
class Lines:
    """Lines of one block, each with its LF: `text` has all but the `long` ones.

    Nobody has looked whether `text` is UTF-8: the guard does that.
    """

    text: pa.StringArray
    long: list[bytes]


def lines_of(block: bytes, max_line_bytes: int) -> Iterator[Lines]:
    """The lines of a block, in order but for the long ones, at most BATCH_LINES at a time."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == 10) + 1
    if not len(ends) or ends[-1] < len(block):
        ends = np.append(ends, len(block))
    offsets = np.concatenate((np.zeros(1, np.int64), ends))
    buffer = pa.py_buffer(block)
    start = 0
    while start < len(ends):
        # Arrow's offsets have 32 bits
        stop = min(start + BATCH_LINES, len(ends))
        while stop > start + 1 and offsets[stop] - offsets[start] > CHUNK_BYTES:
            stop = start + (stop - start) // 2
        yield _batch(buffer, offsets[start : stop + 1], max_line_bytes)
        start = stop


def _batch(buffer: pa.Buffer, offsets: np.ndarray, limit: int) -> Lines:
    base, end = int(offsets[0]), int(offsets[-1])
    relative = pa.py_buffer((offsets - base).astype(np.int32))
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


@dataclass(frozen=True)
class Piece:
    """A part of a source that is read by itself: the lines that begin from `start` to `end`.

    `start` and `end` count unpacked bytes; an `end` of None is the end of the source. `aligned`
    says that a line begins at `start`. `.gz` is one piece.
    """

    uri: str
    start: int = 0
    end: int | None = None
    aligned: bool = True


def read_piece(piece: Piece, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The piece as blocks of whole lines, read in chunks of so many bytes.

    Raises BrokenSource as `unpacked` and `blocks` do, and StorageError.
    """
    store, path = resolve(piece.uri)
    if piece.uri.endswith(".gz"):
        packed = store.stream(path, chunk=chunk)
        chunks = _without_first(unpacked(packed, piece.uri), piece.start)
    elif piece.aligned and piece.end is None:
        chunks = store.stream(path, piece.start, chunk=chunk)
    else:
        chunks = _ranged(store, path, piece)
    return blocks(chunks)


def _without_first(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        if len(chunk) > count:
            yield chunk[count:]
        count = max(0, count - len(chunk))


def _ranged(store: Store, path: str, piece: Piece) -> Iterator[bytes]:
    """Read on past the end of a range to the end of its last line, and begin after a first LF."""
    begun = piece.aligned
    last = b""
    for chunk in store.stream(path, piece.start if begun else piece.start - 1, piece.end):
        if not begun:
            after = chunk.find(b"\n") + 1
            if not after:
                continue
            begun, chunk = True, chunk[after:]
        if chunk:
            yield chunk
            last = chunk[-1:]
    if piece.end is None or last in (b"", b"\n"):
        return
    for chunk in store.stream(path, piece.end, None, TAIL_BYTES):
        end = chunk.find(b"\n") + 1
        yield chunk[:end] if end else chunk
        if end:
            return


def split(source: Source, start: int, size: int) -> list[Piece]:
    """Cut a source, from `start` on, into pieces of about `size` bytes."""
    if source.uri.endswith(".gz") or source.size - start <= size * 3 // 2:
        return [Piece(source.uri, start)]
    starts = range(start, source.size, size)
    return [
        Piece(source.uri, first, min(first + size, source.size), first == start) for first in starts
    ]


def first_line(uri: str, limit: int) -> tuple[bytes, int]:
    """The first line of a source that is not blank, without its LF, and where the next begins.

    The line is empty if there is none. Of a line longer than `limit` only a part is returned, that
    is longer than `limit` too. Raises BrokenSource and StorageError.
    """
    store, path = resolve(uri)
    line, place = bytearray(), 0
    for chunk in unpacked(store.stream(path, 0, None, TAIL_BYTES), uri):
        for part in re.findall(rb"[^\n]*\n|[^\n]+", chunk):
            line += part
            if not line.endswith(b"\n"):
                if len(line) > limit:
                    return bytes(line), place + len(line)
                continue
            place += len(line)
            if not is_blank(bytes(line[:-1])):
                return bytes(line[:-1]), place
            line.clear()
    return (
        (bytes(line), place + len(line)) if not is_blank(bytes(line)) else (b"", place + len(line))
    )


def sample(uris: Iterable[str], count: int = 8) -> Iterator[bytes]:
    """Some lines of some of the sources: those at the beginning, a few hundred kilobytes of each.

    What can't be read here is passed over.
    """
    chosen = list(uris)
    for uri in chosen[:: max(1, len(chosen) // count)]:
        store, path = resolve(uri)
        try:
            chunk = next(unpacked(store.stream(path, 0, TAIL_BYTES), uri), b"")
        except (BrokenSource, StorageError):
            continue
        yield from chunk.split(b"\n")
