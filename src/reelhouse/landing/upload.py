"""Put local files into landing, each under its dataset: whole, once, and never one over another."""

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from reelhouse.contract.model import Contract
from reelhouse.errors import ReelhouseError
from reelhouse.landing.discovery import UNFINISHED, is_passed_over
from reelhouse.landing.file_dataset import dataset_for
from reelhouse.storage import (
    BucketStore,
    LocalStore,
    StorageError,
    Store,
    is_broken_off,
    open_store,
    umask,
)

PART_BYTES = 8 * 1024 * 1024
"""A file up to this size is sent in one request; a larger one in parts, of this size or more."""

MOST_PARTS = 9_000
"""S3 takes 10,000 parts at most."""

AT_ONCE = 16
LARGE_AT_ONCE = 2
PARTS_AT_ONCE = 6

UPLOAD_ATTEMPTS = 4
"""How often a file is sent whose last answer is lost; obstore gets over all else by itself."""

CHECKSUM = "reelhouse-sha256"
"""The metadata of an object that holds the SHA-256 of its bytes, in hexadecimal."""

Outcome = Literal["sent", "replaced", "there already", "failed"]


class NotLanded(ReelhouseError):
    """A file that was not put into landing."""


class Stopped(Exception):
    """The command was interrupted while a file was sent."""


@dataclass(frozen=True)
class Item:
    """A local file, and where it goes: `<landing>/<dataset>/<name of the file>`."""

    file: Path
    dataset: str
    size: int

    @property
    def path(self) -> str:
        """The path in landing."""
        return f"{self.dataset}/{self.file.name}"


@dataclass(frozen=True)
class Landed:
    """What became of a file; all but `file`, `outcome` and `error` may be unknown if it failed."""

    file: Path
    outcome: Outcome
    item: Item | None = None
    error: str | None = None


@dataclass
class UploadPlan:
    """What is to be landed, and what can't be."""

    items: list[Item] = field(default_factory=list)
    refused: list[Landed] = field(default_factory=list)


# --- what goes where


def plan_upload(
    files: Iterable[Path], contracts: Mapping[str, Contract], dataset: str | None
) -> UploadPlan:
    """Find the dataset of each file, and of each file below a folder.

    `dataset` is that of all files, if it is given. What can't be landed is among `refused`; a file
    that is named twice is taken once, and two files that would get the same name are not.
    """
    found = UploadPlan()
    takers: dict[str, Path] = {}
    for file in dict.fromkeys(_below(files, found.refused)):
        try:
            check_name(file)
            size = _size(file)
            item = Item(file, dataset or dataset_for(file, contracts), size)
            other = takers.setdefault(item.path, file)
            if not _same_file(other, file):
                raise NotLanded(
                    f"{file}: {other} would have the same name in landing, {item.path}; rename one"
                )
        except ReelhouseError as error:
            found.refused.append(Landed(file, "failed", error=str(error)))
            continue
        if other == file:
            found.items.append(item)
    return found


def _below(files: Iterable[Path], refused: list[Landed]) -> Iterator[Path]:
    """The files, and those below folders but for what is hidden or unfinished."""
    for file in files:
        if not file.is_dir():
            yield file
            continue

        def tell(error: StorageError, folder: Path = file) -> None:
            refused.append(Landed(folder, "failed", error=str(error)))

        entries = open_store(str(file)).list("", tell)
        paths = sorted(each.path for each in entries if not is_passed_over(each.path))
        yield from (file / path for path in paths)


def check_name(file: Path) -> None:
    """Raise NotLanded for a file whose name landing can't have, or would never be discovered."""
    name = file.name
    if is_passed_over(name):
        raise NotLanded(
            f"{file}: what begins with . or _, or ends in {', '.join(UNFINISHED)}, is never taken "
            "from landing; rename it"
        )
    if not name.isprintable() and any(ord(each) < 32 or ord(each) == 127 for each in name):
        raise NotLanded(f"{str(file)!r}: its name has a control character; rename it")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise NotLanded(f"{str(file)!a}: its name is not UTF-8; rename it") from None


def _size(file: Path) -> int:
    """The size of a file in bytes. Raises NotLanded if it is none, or not there."""
    try:
        status = file.stat()
    except OSError as error:
        raise _unreadable(file, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise NotLanded(f"{file}: it is no file, but a pipe or a device")
    return status.st_size


def _same_file(one: Path, other: Path) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _unreadable(file: Path, error: OSError) -> NotLanded:
    return NotLanded(f"{file}: {(error.strerror or str(error)).lower()}")


# --- sending


class Upload:
    """Files on their way into one landing.

    With `replace`, a file that is there with other content is overwritten. `progress` is told of
    the bytes done, each time some are, from several threads.
    """

    def __init__(
        self, landing: str, replace: bool, progress: Callable[[int], None] = lambda count: None
    ) -> None:
        self.store: Store = open_store(landing)
        self.replace, self._progress = replace, progress
        self._stopped = threading.Event()
        self._large = threading.Semaphore(LARGE_AT_ONCE)

    def run(self, items: Sequence[Item]) -> Iterator[Landed]:
        """Send the files, several at once, and yield what became of each, as it is done.

        What is half way when the caller goes away, or is interrupted, leaves nothing in landing.
        """
        left = iter(items)
        with ThreadPoolExecutor(AT_ONCE, "upload") as pool:
            running: set[Future[Landed]] = set()
            try:
                while True:
                    while len(running) < 2 * AT_ONCE and (item := next(left, None)) is not None:
                        running.add(pool.submit(self._land, item))
                    if not running:
                        return
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in done)
            finally:
                self._stopped.set()
                pool.shutdown(cancel_futures=True)

    def _land(self, item: Item) -> Landed:
        try:
            return Landed(item.file, self._send(item), item)
        except OSError as error:
            return Landed(item.file, "failed", item, str(_unreadable(item.file, error)))
        except ReelhouseError as error:
            return Landed(item.file, "failed", item, str(error))

    def _send(self, item: Item) -> Outcome:
        there = self.store.head(item.path)
        if there is not None:
            if there.size == item.size and self._is_same(item):
                self._progress(item.size)
                return "there already"
            if not self.replace:
                raise self._other_content(item)
        if isinstance(self.store, BucketStore):
            return self._to_bucket(self.store, item, there is not None)
        assert isinstance(self.store, LocalStore)
        return self._to_folder(self.store, item, there is not None)

    def _to_folder(self, store: LocalStore, item: Item, is_there: bool) -> Outcome:
        with store.whole(item.path) as (file, hidden):
            for chunk in self._read(item):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o666 & ~umask())
            if not self.replace and not _named(hidden, store.root, item.path):
                raise self._other_content(item)
        return "replaced" if is_there else "sent"

    def _other_content(self, item: Item) -> NotLanded:
        return NotLanded(
            f"{item.file}: {self.store.uri(item.path)} is there already, with other content; "
            "rename the file, or overwrite what is there: --replace"
        )

    def _read(self, item: Item, expected: str | None = None) -> Iterator[bytes]:
        """The bytes of a file, in parts. Raises NotLanded if it changes meanwhile."""
        part = max(PART_BYTES, -(-item.size // MOST_PARTS))
        before, sent, digest = _version(item.file), 0, hashlib.sha256()
        with item.file.open("rb", buffering=0) as file:
            while chunk := _full(file, min(part, item.size - sent)):
                if self._stopped.is_set():
                    raise Stopped
                sent += len(chunk)
                if expected is not None:
                    digest.update(chunk)
                yield chunk
                self._progress(len(chunk))
        if (
            _version(item.file) != before
            or sent != item.size
            or (expected is not None and digest.hexdigest() != expected)
        ):
            raise NotLanded(f"{item.file} changed while it was sent; land it again when it is done")

    # --- buckets

    def _to_bucket(self, store: BucketStore, item: Item, is_there: bool) -> Outcome:
        done: Outcome = "replaced" if is_there else "sent"
        if item.size > PART_BYTES:
            with self._large:
                checksum = _sha256(item.file)
                self._put(store, item, lambda: self._read(item, checksum), checksum)
            return done
        data = b"".join(self._read(item))
        checksum = hashlib.sha256(data).hexdigest()
        if self._put(store, item, lambda: data, checksum, create=not is_there):
            return done
        # somebody was quicker, or it was this very request, whose answer was lost
        if self._is_same(item):
            return done
        if not self.replace:
            raise self._other_content(item)
        self._put(store, item, lambda: data, checksum)
        return "replaced"

    def _put(
        self,
        store: BucketStore,
        item: Item,
        data: Callable[[], bytes | Iterator[bytes]],
        checksum: str,
        create: bool = False,
    ) -> bool:
        """Write an object, whole or not at all. Returns False if it must not be there, and is.

        `data` is its bytes, or makes them, each time they are sent.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError

        for attempt in range(1, UPLOAD_ATTEMPTS + 1):
            given = data()
            try:
                obstore.put(
                    store.objects,
                    item.path,
                    given,
                    attributes={CHECKSUM: checksum},
                    mode="create" if create else None,
                    use_multipart=not isinstance(given, bytes),
                    chunk_size=max(PART_BYTES, -(-item.size // MOST_PARTS)),
                    max_concurrency=PARTS_AT_ONCE,
                )
                break
            except AlreadyExistsError:
                return False
            except (ReelhouseError, Stopped):
                raise
            except Exception as error:
                if attempt == UPLOAD_ATTEMPTS or not is_broken_off(error):
                    raise store.error(item.path, error) from error
            there = store.head(item.path)  # perhaps only the last answer was lost
            if there is not None and _attributes(store, item.path)[0].get(CHECKSUM) == checksum:
                break
        return True

    def _is_same(self, item: Item) -> bool:
        """Whether the object of an item, which has its size, has its bytes.

        Its checksum tells, if it was landed by Reelhouse; else its ETag, where that is the MD5 of
        its bytes and agrees; else its bytes.
        """
        if isinstance(self.store, BucketStore):
            attributes, etag = _attributes(self.store, item.path)
            if checksum := attributes.get(CHECKSUM):
                return checksum == _sha256(item.file)
            if len(etag) == 32 and etag == _md5(item.file):
                return True
        there = self.store.stream(item.path)
        with item.file.open("rb", buffering=0) as file:
            for chunk in there:
                if self._stopped.is_set():
                    raise Stopped
                if _full(file, len(chunk)) != chunk:
                    return False
            return not file.read(1)


def _named(hidden: Path, root: str, path: str) -> bool:
    """Give a file its name too, unless another has it; False if so."""
    try:
        os.link(hidden, Path(root, path))
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links: the last one to come wins
        pass
    return True


def _attributes(store: BucketStore, path: str) -> tuple[dict[str, str], str]:
    """An object's metadata, and its ETag."""
    import obstore

    found = store.ask(path, lambda: obstore.get(store.objects, path, options={"head": True}))
    return dict(found.attributes), (found.meta["e_tag"] or "").strip('"')


def _version(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _full(file: Any, size: int) -> bytes:
    """So many bytes of an unbuffered file; less only at its end."""
    data: bytes = file.read(size)
    if len(data) == size or not data:
        return data
    parts = [data]
    while (left := size - sum(map(len, parts))) and (more := file.read(left)):
        parts.append(more)
    return b"".join(parts)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _md5(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
