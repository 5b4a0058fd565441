"""What a source is, decided by its first bytes before any of it is judged."""

import codecs
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

import orjson

from reelhouse.contract.model import Contract
from reelhouse.contract.rules import Violation
from reelhouse.sources.documents import More, are_documents
from reelhouse.sources.lines import BOM, clean, is_blank
from reelhouse.sources.multiline import joined
from reelhouse.sources.packing import FIRST_BYTES, BrokenSource, Packing, packing_of, unpacked
from reelhouse.storage import resolve

HEAD_BYTES = 64 * 1024
"""How much of a source is read to tell what it is, unpacked, unless that does not tell."""

NO_HEADER = "the source is empty: it has no header"

DECIDING_BYTES = 16 * 1024 * 1024
"""How much is read at the most to tell documents from lines. Where all of that is JSON, and its
first value has not ended, the source holds documents."""


@dataclass(frozen=True)
class Nature:
    """What a source is.

    `documents` says that it holds JSON documents over many lines; else it holds lines. `has_mark`
    says that it begins with a byte-order mark. `header` is the header of CSV, clean. `start` is the
    unpacked byte at which the first record may begin, and `blank_bytes` how many of those before it
    are blank lines. `content` has the packed bytes of a small source, which need not be read again.
    """

    packing: Packing | None = None
    documents: bool = False
    has_mark: bool = False
    header: bytes | None = None
    start: int = 0
    blank_bytes: int = 0
    content: bytes | None = None


@dataclass(frozen=True)
class Refusal:
    """A source that can't be what its contract says: the one entry that stands for all of it."""

    raw: bytes
    violation: Violation
    packed: bool


def examine(uri: str, contract: Contract, max_line_bytes: int) -> Nature | Refusal:
    """Tell what a source of a contract is, or why it can't be one. Raises StorageError."""
    store, path = resolve(uri)
    packed = _Beginning(store.stream(path, 0, None, HEAD_BYTES))
    packed.read(FIRST_BYTES)
    packing = packing_of(packed.data)
    begun = _Beginning(unpacked(packed, packing))
    begun.read(HEAD_BYTES)
    why = no_text(bytes(begun.data[:HEAD_BYTES]), packing, contract)
    if why is not None:
        return Refusal(b"", Violation("", "source", why), packing is not None)
    is_small = packed.is_whole and len(packed.data) <= HEAD_BYTES
    content = bytes(packed.data) if is_small else None
    nature = Nature(packing, has_mark=begun.data.startswith(BOM), content=content)
    if contract.format == "jsonl":
        return replace(nature, documents=_are_documents(begun, contract))
    return _with_header(begun, contract, max_line_bytes, nature)


class _Beginning:
    """The beginning of a stream, of which more is read as it is needed.

    To iterate over it is to begin at its beginning again, and to read on.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.data, self.is_whole = bytearray(), False
        self.broken: BrokenSource | None = None
        self._chunks = iter(chunks)

    def read(self, size: int) -> None:
        """Read until so many bytes are there, or all."""
        while len(self.data) < size and not self.is_whole:
            try:
                chunk = next(self._chunks, None)
            except BrokenSource as broken:
                self.broken, chunk = broken, None
            self.is_whole = chunk is None
            self.data += chunk or b""

    def __iter__(self) -> Iterator[bytes]:
        place = 0
        while place < len(self.data) or not self.is_whole:
            self.read(place + 1)
            yield bytes(self.data[place:])
            place = len(self.data)

    def lines(self, limit: int) -> Iterator[bytes]:
        """The lines, each with its end. One that is longer than the limit is the last, in part.

        How much of it there is does not depend on how much was read.
        """
        place = 0
        while True:
            most = place + limit + HEAD_BYTES
            end = self.data.find(b"\n", place, most) + 1
            if end:
                yield bytes(self.data[place:end])
                place = end
            elif self.is_whole or len(self.data) >= most:
                if place < len(self.data):
                    yield bytes(self.data[place:most])
                return
            else:
                self.read(len(self.data) + HEAD_BYTES)


# --- CSV


def _with_header(
    begun: _Beginning, contract: Contract, max_line_bytes: int, nature: Nature
) -> Nature | Refusal:
    packed = nature.packing is not None
    lines = begun.lines(max_line_bytes)
    rows = joined(lines, max_line_bytes) if contract.multiline else map(_cleaned, lines)
    start = blank_bytes = 0
    for header, size in rows:
        start += size
        if is_blank(header):
            blank_bytes += size
        elif begun.broken and start == len(begun.data) and not begun.data.endswith(b"\n"):
            return Refusal(header, begun.broken.violation, packed)
        else:
            return replace(nature, header=header, start=start, blank_bytes=blank_bytes)
    if begun.broken:
        return Refusal(b"", begun.broken.violation, packed)
    empty = Violation("", "header", NO_HEADER)
    return Refusal(b"", empty, packed)


def _cleaned(line: bytes) -> tuple[bytes, int]:
    return clean(line), len(line)


# --- JSON


def _are_documents(begun: _Beginning, contract: Contract) -> bool:
    place = 0
    for line in begun.lines(DECIDING_BYTES):
        first = clean(line).lstrip(SPACE)
        if first:
            break
        place += len(line)
    else:
        return False
    if contract.documents:
        return True
    if first[:1] not in (b"{", b"["):
        return False
    with suppress(ValueError):
        orjson.loads(first)
        return False
    place += line.index(first[:1])
    while True:
        text = begun.data[place:DECIDING_BYTES].decode(errors="surrogateescape")
        is_whole = begun.is_whole and len(begun.data) <= DECIDING_BYTES
        try:
            return are_documents(text, is_whole, contract.envelope_key)
        except More:
            if len(begun.data) >= DECIDING_BYTES:
                return "\n" in text
        begun.read(4 * len(begun.data))


# --- no text


class Kind(NamedTuple):
    """A kind of file that is no source: how it begins, what it is called, and what to do."""

    begins: bytes
    name: str
    mend: str


UNPACK = "unpack it, and land the files that are in it"
PACK_OTHERWISE = "pack it with gzip, bzip2 or zstd, or not at all"
SAVE = "save its data as CSV or JSONL"

KINDS = (
    Kind(b"PK\x03\x04", "a zip archive (or a workbook)", UNPACK),
    Kind(b"PK\x05\x06", "an empty zip archive", UNPACK),
    Kind(b"PK\x07\x08", "a part of a zip archive", UNPACK),
    Kind(b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    Kind(b"Rar!\x1a\x07", "a rar archive", UNPACK),
    Kind(b"\xfd7zXZ\x00", "packed with xz", PACK_OTHERWISE),
    Kind(b"\x04\x22\x4d\x18", "packed with lz4", PACK_OTHERWISE),
    Kind(b"\xff\x06\x00\x00sNaPpY", "packed with snappy", PACK_OTHERWISE),
    Kind(b"\x1f\x9d", "packed with compress", PACK_OTHERWISE),
    Kind(b"LZIP\x01", "packed with lzip", PACK_OTHERWISE),
    Kind(b"PAR1\x15", "a Parquet file", SAVE),
    Kind(b"PARE\x15", "an encrypted Parquet file", SAVE),
    Kind(b"Obj\x01", "an Avro file", SAVE),
    Kind(b"ORC\x0a", "an ORC file", SAVE),
    Kind(b"ARROW1\x00\x00", "an Arrow file", SAVE),
    Kind(b"SQLite format 3\x00", "an SQLite database", SAVE),
    Kind(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file", SAVE),
    Kind(b"%PDF-", "a PDF file", SAVE),
)
"""Files that are known by their first bytes, and are no text."""

SPACE = b" \t\r"
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1b"))


def no_text(head: bytes, packing: Packing | None, contract: Contract) -> str | None:
    """Why a source whose unpacked beginning this is can't be text of the contract, if it can't.

    The message names what it is, and the mend.
    """
    where = f"inside the {packing} data is " if packing else "the source is "
    if again := packing_of(head):
        return f"the source is packed twice, with {packing} and with {again}: unpack it once"
    for kind in KINDS:
        if head.startswith(kind.begins):
            return f"{where}{kind.name}: {kind.mend}"
    if _is_tar(head):
        return f"{where}a tar archive: {UNPACK}"
    if encoding := _wide(head):
        return f"{where}{encoding}: save it as UTF-8"
    if contract.format == "jsonl" and _is_binary(head):
        return f"{where}no text, but binary data: {SAVE}"
    return None


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32: by its byte-order mark and a NUL, or by the NULs of its first characters.

    Text of CSV or JSON in these has NULs, in its commas, quotes and line ends.
    """
    if b"\0" not in head:
        return None
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    nuls = tuple(byte == 0 for byte in head[:4])
    is_ascii = all(byte == 0 or byte in b"\t\n\r" or 32 <= byte < 127 for byte in head[:4])
    if is_ascii and nuls in ((False, True) * 2, (True, False) * 2):
        return "UTF-16"
    if is_ascii and nuls in ((False, True, True, True), (True, True, True, False)):
        return "UTF-32"
    return None


def _is_binary(head: bytes) -> bool:
    """Whether this is no text: not UTF-8, with control characters, and with no line of JSON."""
    begins = head.lstrip(SPACE + b"\n" + BOM)[:1]
    if begins in (b"{", b"[") or len(head.translate(None, _CONTROL)) == len(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return not any(_is_json(line) for line in head.split(b"\n"))
    return False


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(clean(line)), dict | list)
    except ValueError:
        return False
