"""What a store is: its files, what it can do, and its errors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from reelhouse.errors import ReelhouseError

CHUNK_BYTES = 8 * 1024 * 1024


class StorageError(ReelhouseError):
    """A file that can't be read or written; it concerns all where its whole store is away."""

    def __init__(self, message: str, concerns_all: bool = False) -> None:
        super().__init__(message)
        self.concerns_all = concerns_all


class NotFound(StorageError):
    """A file that is not there."""


class Denied(StorageError):
    """A file, or a bucket, that the store does not let us have."""


@dataclass(frozen=True)
class Entry:
    """A file: `path` is relative to the store's root, `version` changes when the file does.

    `generation` is a bucket's own name of this version, where the store tells it.
    """

    path: str
    size: int
    version: str
    modified: datetime
    generation: str | None = None


Refused = Callable[[StorageError], None]


def raised(error: StorageError) -> None:
    """Raise an error: what a listing does unless it is told otherwise."""
    raise error


class Store(Protocol):
    """A folder or a bucket. All paths are relative to `root`, with `/` between their parts."""

    root: str

    def uri(self, path: str) -> str:
        """The full URI of a path."""
        ...

    def list(self, prefix: str = "", refused: Refused = raised) -> Iterator[Entry]:
        """All files below a folder, at any depth; `refused` is told of what can't be listed."""
        ...

    def top(self) -> tuple[Sequence[str], Sequence[str]]:
        """The names right below the root, in order: of folders, and of files."""
        ...

    def head(self, path: str) -> Entry | None:
        """A file's entry, or None."""
        ...

    def read(self, path: str) -> bytes:
        """A whole file."""
        ...

    def stream(
        self, path: str, start: int = 0, end: int | None = None, chunk: int = CHUNK_BYTES
    ) -> Iterator[bytes]:
        """The bytes of a file from start to end, in chunks that are not empty."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Write a file at once: it is there whole, or not at all."""
        ...

    def put_file(self, path: str, local: Path) -> None:
        """Copy a local file here."""
        ...

    def delete(self, path: str) -> None:
        """Delete a file; one that is gone already is no error."""
        ...

    def delete_folder(self, path: str) -> None:
        """Delete all files below a folder; what is gone already is no error."""
        ...

    def local(self, path: str) -> Path | None:
        """The file's path in this machine's file system, or None in a bucket."""
        ...
