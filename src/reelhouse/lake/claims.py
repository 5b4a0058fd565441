"""What the ledger says of a batch: how it was claimed, and how it ended; and what is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NotRequired, TypedDict

from reelhouse.batch import Books

Kind = Literal["claimed", "renewed", "committed", "released"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A batch that a run has claimed; `lease_until` is as it was last renewed."""

    dataset: str
    kind: str
    batch_id: str
    attempt: int
    contract_version: str
    engine: str
    owner: str
    at: datetime
    lease_until: datetime
    ingested_at: datetime


@dataclass(frozen=True, kw_only=True)
class Committed:
    """A batch that is in the lake; `at` is when it was closed, `seconds` what its last run took.

    What is None was not counted: by 0.1.0, or of a source whose bytes were not.
    """

    dataset: str
    kind: str
    batch_id: str
    at: datetime
    ingested_at: datetime
    engine: str
    records: int
    valid: int
    quarantined: int
    files: int
    seconds: float
    sources_count: int | None
    bytes: int | None
    header_bytes: int | None
    blank_bytes: int | None
    sources_without_records: int | None


class SourceEntry(TypedDict):
    """A source in an entry: of a claim, with its version, or of a batch that ended, with counts."""

    uri: str
    version: NotRequired[str]
    size: NotRequired[int]
    modified: NotRequired[datetime]
    header: NotRequired[str | None]
    records: NotRequired[int]
    valid: NotRequired[int]
    quarantined: NotRequired[int]


class Entry(TypedDict):
    """An entry as it is written: the ledger's columns. What it has no word on, it leaves out."""

    entry: Kind
    dataset: str
    kind: str
    batch_id: str
    attempt: int
    contract_version: str
    engine: str
    owner: str
    at: datetime
    lease_until: NotRequired[datetime]
    ingested_at: datetime
    records: NotRequired[int]
    valid: NotRequired[int]
    quarantined: NotRequired[int]
    files: NotRequired[int]
    seconds: NotRequired[float]
    sources_count: NotRequired[int]
    reason: NotRequired[str]
    source_ids: NotRequired[bytes]
    sources: NotRequired[Sequence[SourceEntry]]
    bytes: NotRequired[int | None]
    header_bytes: NotRequired[int]
    blank_bytes: NotRequired[int]
    sources_without_records: NotRequired[int]
    books: NotRequired[Sequence[Books]]
