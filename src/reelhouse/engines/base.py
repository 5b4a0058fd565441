"""What an engine is asked to do, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reelhouse.batch import Source, Written
from reelhouse.contract.model import Contract


@dataclass(frozen=True, kw_only=True)
class Work:
    """What an engine is asked to do: judge these sources, and write into one folder of each table.

    `table` and `quarantine` are the tables' paths in the lake, and `folder` the attempt's folder
    in both. `progress` is called with the bytes done and the bytes in all.
    """

    contract: Contract
    sources: list[Source]
    lake_root: str
    table: str
    quarantine: str
    folder: str
    batch_id: str
    ingested_at: datetime
    max_line_bytes: int
    progress: Callable[[int, int], None]


class Engine(Protocol):
    """An engine. It knows nothing of commits."""

    name: str

    def run(self, work: Work) -> Written:
        """Judge and write. Raises SourceError for a source that can't be read."""
        ...
