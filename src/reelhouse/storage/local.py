"""A folder of this machine, by the operating system's own calls: any name is taken as it is."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO

from reelhouse.errors import ReelhouseError
from reelhouse.storage.base import CHUNK_BYTES, Entry, NotFound, Refused, StorageError, raised


class LocalStore:
    """A folder of this machine."""

    def __init__(self, root: str) -> None:
        self._root = Path(root).expanduser().absolute()
        self._root = Path(os.path.normpath(self._root))
        self.root = str(self._root)

    def uri(self, path: str) -> str:
        return str(self._path(path))

    def local(self, path: str) -> Path | None:
        return self._path(path)

    def _path(self, path: str) -> Path:
        if ".." in path.split("/") or path.startswith("/"):
            raise StorageError(f"{path!r} would leave {self.root}")
        return self._root / path if path else self._root

    def list(self, prefix: str = "", refused: Refused = raised) -> Iterator[Entry]:
        pending = [prefix.strip("/")]
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(self._path(folder)) as found:
                    names = sorted(found, key=lambda each: each.name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                refused(_told(self.uri(folder), error))
                continue
            for each in names:
                path = f"{folder}/{each.name}" if folder else each.name
                if is_folder(each):
                    if not (each.is_symlink() and leads_back(each.path)):
                        pending.append(path)
                    continue
                try:
                    entry = self.head(path)
                except StorageError as error:
                    refused(error)
                    continue
                if entry is not None:
                    yield entry

    def top(self) -> tuple[Sequence[str], Sequence[str]]:
        folders, files = [], []
        try:
            with os.scandir(self._root) as entries:
                for entry in entries:
                    if is_folder(entry):
                        folders.append(entry.name)
                    elif _is_file(entry):
                        files.append(entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return [], []
        except OSError as error:
            raise _told(self.root, error) from error
        return sorted(folders), sorted(files)

    def head(self, path: str) -> Entry | None:
        if not _is_utf8(path):
            raise StorageError(f"{self.uri(path)!a}: its name is not UTF-8; rename it")
        try:
            status = os.stat(self._path(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:  # a link that leads to itself leads to no file
                return None
            raise _told(self.uri(path), error) from error
        if not stat.S_ISREG(status.st_mode):  # a folder, a pipe, a device
            return None
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        return Entry(path, status.st_size, f"{status.st_size}-{status.st_mtime_ns}", modified)

    def read(self, path: str) -> bytes:
        try:
            return self._path(path).read_bytes()
        except OSError as error:
            raise _told(self.uri(path), error) from error

    def stream(
        self, path: str, start: int = 0, end: int | None = None, chunk: int = CHUNK_BYTES
    ) -> Iterator[bytes]:
        left = None if end is None else end - start
        try:
            with self._path(path).open("rb", buffering=0) as file:
                if start:
                    file.seek(start)
                while left is None or left > 0:
                    data = file.read(chunk if left is None else min(chunk, left))
                    if not data:
                        return
                    left = None if left is None else left - len(data)
                    yield data
        except OSError as error:
            raise _told(self.uri(path), error) from error

    def write(self, path: str, data: bytes) -> None:
        with self.whole(path) as (file, _):
            file.write(data)

    def put_file(self, path: str, local: Path) -> None:
        with self.whole(path) as (file, _), local.open("rb") as source:
            shutil.copyfileobj(source, file, CHUNK_BYTES)

    def whole(self, path: str) -> "WholeFile":
        """A file to be written, that gets its name at the end of a `with` that succeeds."""
        return WholeFile(self._path(path))

    def delete(self, path: str) -> None:
        try:
            self._path(path).unlink(missing_ok=True)
        except OSError as error:
            raise _told(self.uri(path), error) from error

    def delete_folder(self, path: str) -> None:
        shutil.rmtree(self._path(path), ignore_errors=True)


def is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself, or to where we may not look
        return False


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def leads_back(link: str) -> bool:
    """Whether a link leads to a folder that one has come through: to follow it would never end.

    These are the folders that hold the link, and those that hold the links on its path.
    """
    target = Path(link).resolve()
    return any(above.resolve().is_relative_to(target) for above in Path(link).parents)


class WholeFile:
    """A file that gets its name when it is whole and on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> tuple[IO[bytes], Path]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self.path.parent, prefix=".", suffix=".tmp")
        except OSError as error:
            raise _told(str(self.path), error) from error
        self.hidden = Path(name)
        self.file = os.fdopen(number, "wb")
        return self.file, self.hidden

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, _: object
    ) -> None:
        try:
            if kind is None:
                self.file.flush()
                os.fsync(self.file.fileno())
                os.chmod(self.hidden, 0o666 & ~umask())
            self.file.close()
            if kind is None:
                self.hidden.replace(self.path)
        except OSError as error:
            raise _told(str(self.path), error) from error
        finally:
            self.hidden.unlink(missing_ok=True)
        if isinstance(value, OSError) and not isinstance(value, ReelhouseError):
            raise _told(str(self.path), value) from value


@lru_cache(maxsize=1)
def umask() -> int:
    """The bits that new files of this process lack."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _told(place: str, error: OSError) -> StorageError:
    if isinstance(error, FileNotFoundError):
        return NotFound(f"{place}: there is no such file")
    return StorageError(f"{place}: {(error.strerror or str(error)).lower()}")
