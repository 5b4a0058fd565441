"""Packed sources: gzip, bzip2 and zstd, known by their first bytes, whatever their name."""

import bz2
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Protocol

from reelhouse.contract.rules import Violation
from reelhouse.errors import ReelhouseError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACKED_BYTES = 8 * 1024 * 1024
"""How much is unpacked at a time, at most."""

PACKED_STEP = 64 * 1024
"""How much packed data is looked at at a time: where it is corrupt, no more than this is lost."""

FIRST_BYTES = 10
"""How many bytes of a source it takes to know how it is packed."""

GZIP_HEADER = 16 + zlib.MAX_WBITS
BZIP2_BLOCK, BZIP2_END = b"1AY&SY", b"\x17rE8P\x90"


class BrokenSource(ReelhouseError):
    """A source that can't be read to its end, by its own fault.

    `rest` is what was read of the line or the record in which it broke.
    """

    def __init__(self, message: str, rest: bytes = b"") -> None:
        super().__init__(message)
        self.rest = rest

    @property
    def violation(self) -> Violation:
        """The entry that stands in quarantine for what could not be read."""
        return Violation("", "source", str(self))


class Packing(StrEnum):
    """How a source is packed."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    ZSTD = "zstd"


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gunzip:
    """zlib, with the interface of the other two."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(GZIP_HEADER)
        self._is_full = False

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    @property
    def needs_input(self) -> bool:
        return not (self._is_full or self._zlib.unconsumed_tail)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        unpacked = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self._is_full = len(unpacked) == max_length  # zlib may hold more, with no input left
        return unpacked


UNPACKERS: dict[Packing, Callable[[], _Unpacker]] = {
    Packing.GZIP: _Gunzip,
    Packing.BZIP2: bz2.BZ2Decompressor,
    Packing.ZSTD: zstd.ZstdDecompressor,
}


def packing_of(first: bytes | bytearray) -> Packing | None:
    """How a source is packed that begins with these bytes (FIRST_BYTES are enough), if it is.

    No text that is UTF-8 begins like one of them, but for bzip2's twelve printable characters.
    """
    if first.startswith(b"\x1f\x8b"):
        return Packing.GZIP
    if first[:3] == b"BZh" and first[3:4].isdigit() and first[4:10] in (BZIP2_BLOCK, BZIP2_END):
        return Packing.BZIP2
    is_skippable = first[1:4] == b"\x2a\x4d\x18" and first[0] & 0xF0 == 0x50
    if first.startswith(b"\x28\xb5\x2f\xfd") or is_skippable:
        return Packing.ZSTD
    return None


def unpacked(chunks: Iterable[bytes], packing: Packing | None) -> Iterator[bytes]:
    """The bytes of a source as they were before it was packed, in pieces of bounded size.

    Several packed files may stand one after the other, with zeros between them and at the end.
    Raises BrokenSource where packed data is corrupt or cut off, after all before it was given.
    """
    if packing is None:
        yield from chunks
        return
    unpacker, begun = UNPACKERS[packing](), False
    ready, size = list[bytes](), 0
    for data in _steps(chunks):
        if not begun:
            data = data.lstrip(b"\0")
        while data or not unpacker.needs_input:
            begun = True
            try:
                ready.append(unpacker.decompress(data, UNPACKED_BYTES))
            except (zlib.error, OSError, zstd.ZstdError) as error:
                yield b"".join(ready)
                raise BrokenSource(f"the {packing} data is corrupt: {error}") from None
            size += len(ready[-1])
            if size >= UNPACKED_BYTES:
                yield b"".join(ready)
                ready, size = [], 0
            data = b""
            if unpacker.eof:
                data, begun = unpacker.unused_data.lstrip(b"\0"), False
                unpacker = UNPACKERS[packing]()
    yield b"".join(ready)
    if begun:
        raise BrokenSource(f"the {packing} data is cut off before its end")


def _steps(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in steps of one size, so that as much is lost however they were read."""
    held = b""
    for chunk in chunks:
        chunk = held + chunk if held else chunk
        whole = len(chunk) - len(chunk) % PACKED_STEP
        for start in range(0, whole, PACKED_STEP):
            yield chunk[start : start + PACKED_STEP]
        held = chunk[whole:]
    if held:
        yield held
