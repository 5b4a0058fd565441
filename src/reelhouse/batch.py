"""A batch: the sources that one run takes together, and what was written for them."""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from reelhouse.errors import ReelhouseError


class HasSize(Protocol):
    """Something of so many bytes."""

    @property
    def size(self) -> int:
        """How many."""
        ...


S = TypeVar("S", bound=HasSize)

OnProgress = Callable[[str, int, int], None]
"""Told what is going on, the bytes done, and the bytes in all (0 if that is not known)."""


class SourceError(ReelhouseError):
    """A source that can't be read: it vanished, or the storage refuses it."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"{uri} can't be read: {reason}")
        self.uri, self.reason = uri, reason


@dataclass(frozen=True)
class Source:
    """One landed file, known by its URI and its version; `size` is in bytes."""

    uri: str
    version: str
    size: int
    modified: datetime

    @property
    def source_id(self) -> bytes:
        """The source's name in the ledger: 16 bytes."""
        return hashlib.sha256(f"{self.uri}\0{self.version}".encode()).digest()[:16]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch as a claim has it."""

    dataset: str
    batch_id: str
    attempt: int
    contract_version: str
    engine: str
    ingested_at: datetime
    sources: list[Source] = field(default_factory=list)
    kind: str = "ingest"


@dataclass(frozen=True)
class ParquetFile:
    """One file that an engine wrote, as the commit needs it.

    `path` is relative to the table's root. `statistics` are Delta's minValues, maxValues and
    nullCount, with values that are ready for JSON.
    """

    path: str
    size: int
    rows: int
    partition_values: dict[str, str | None]
    statistics: dict[str, Any]


@dataclass(frozen=True)
class SourceCount:
    """What became of a source's records, and which of its bytes held none.

    `header` is its CSV header as sent, for a replay. `bytes` are those that were read of it, as
    they are when it is unpacked, which `packed` says that it had to be; None if that is not known.
    Of them, `header_bytes` and `blank_bytes` are headers and blank lines, with their line ends.
    """

    uri: str
    records: int
    valid: int
    quarantined: int
    header: str | None = None
    bytes: int | None = None
    header_bytes: int = 0
    blank_bytes: int = 0
    packed: bool = False

    @property
    def books(self) -> dict[str, object]:
        """The part of it that is about bytes."""
        return {name: getattr(self, name) for name in BOOKS}

    @property
    def unexplained(self) -> int:
        """How many bytes are neither of a header nor of a blank line."""
        return (self.bytes or 0) - self.header_bytes - self.blank_bytes

    @property
    def why_no_record(self) -> str | None:
        """Why the source holds no record, in words; None if it holds one."""
        if self.records:
            return None
        if self.bytes is None:
            return "only a header" if self.header else "why is not known"
        if not self.bytes:
            return "it is empty"
        if self.unexplained:
            return "only empty lists or envelopes"
        return "only a header" if self.header_bytes else "only blank lines"

    def __add__(self, other: "SourceCount") -> "SourceCount":
        """What two parts of one source have in all."""
        known = [part.bytes for part in (self, other) if part.bytes is not None]
        return SourceCount(
            self.uri,
            self.records + other.records,
            self.valid + other.valid,
            self.quarantined + other.quarantined,
            self.header or other.header,
            sum(known) if known else None,
            self.header_bytes + other.header_bytes,
            self.blank_bytes + other.blank_bytes,
            self.packed or other.packed,
        )


BOOKS = ("bytes", "header_bytes", "blank_bytes", "packed")
"""The members of a count that are about bytes."""


@dataclass(frozen=True)
class Written:
    """All that was written for one attempt at a batch."""

    valid_files: list[ParquetFile]
    quarantine_files: list[ParquetFile]
    counts: list[SourceCount]


def portions(items: Iterable[S], size: float, count: float = math.inf) -> Iterator[list[S]]:
    """Cut items into lists of so many bytes, and so many items, at most; or of one larger item."""
    some: list[S] = []
    total = 0
    for item in items:
        if some and (len(some) == count or total + item.size > size):
            yield some
            some, total = [], 0
        some.append(item)
        total += item.size
    if some:
        yield some
