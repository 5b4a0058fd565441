"""Reading a source, or a piece of one, as bytes."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from reelhouse.sources.nature import Nature
from reelhouse.sources.packing import UNPACKED_BYTES, BrokenSource, unpacked
from reelhouse.storage import StorageError, Store, resolve

TAIL_BYTES = 256 * 1024
"""How much is read at a time where the end of one line is looked for, and of a sample."""


@dataclass(frozen=True)
class Piece:
    """A part of a source that is read by itself: the lines that begin from `start` to `end`.

    `start` and `end` count unpacked bytes; an `end` of None is the end of the source. `aligned`
    says that a line begins at `start`. What is packed, and documents, are one piece.
    """

    uri: str
    nature: Nature
    start: int = 0
    end: int | None = None
    aligned: bool = True


def whole(uri: str, nature: Nature) -> Piece:
    """All records of a source, as one piece."""
    return Piece(uri, nature, nature.start)


class Stream:
    """The unpacked bytes of a piece, as chunks of at most so many bytes, counted in `bytes`.

    Raises BrokenSource as `unpacked` does, and StorageError.
    """

    def __init__(self, piece: Piece, chunk: int = UNPACKED_BYTES) -> None:
        self.bytes = 0
        self._chunks = _chunks(piece, chunk)

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.bytes += len(chunk)
            yield chunk

    def drain(self) -> None:
        """Read on to the end, for the count alone: where a source broke, as far as it goes."""
        with suppress(BrokenSource):
            for _ in self:
                pass


def _chunks(piece: Piece, chunk: int) -> Iterator[bytes]:
    store, path = resolve(piece.uri)
    nature = piece.nature
    if nature.packing or nature.content is not None:
        content = nature.content
        packed = store.stream(path, chunk=chunk) if content is None else iter([content])
        return _without_first(unpacked(packed, nature.packing), piece.start)
    if piece.aligned and piece.end is None:
        return store.stream(path, piece.start, chunk=chunk)
    return _ranged(store, path, piece)


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


def split(uri: str, nature: Nature, source_size: int, size: int) -> list[Piece]:
    """Cut a source of so many bytes into pieces of about `size` bytes."""
    start = nature.start
    if nature.packing or nature.documents or source_size - start <= size * 3 // 2:
        return [whole(uri, nature)]
    starts = range(start, source_size, size)
    return [
        Piece(uri, nature, first, min(first + size, source_size), first == start)
        for first in starts
    ]


def sample(sources: Mapping[str, Nature], count: int = 8) -> Iterator[bytes]:
    """Some lines of some of the sources: those at the beginning, a few hundred kilobytes of each.

    What can't be read here is passed over.
    """
    chosen = list(sources.items())
    for uri, nature in chosen[:: max(1, len(chosen) // count)]:
        store, path = resolve(uri)
        try:
            chunk = next(unpacked(store.stream(path, 0, TAIL_BYTES), nature.packing), b"")
        except (BrokenSource, StorageError):
            continue
        yield from chunk.split(b"\n")
