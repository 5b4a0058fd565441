"""Local paths, gs:// and s3://: one place that reads, writes and lists.

Local files are the operating system's own, so that any name is taken as it is; buckets go through
`obstore`, with the cloud's default credentials and endpoints from the environment.
"""

import errno
import json
import logging
import os
import re
import shutil
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

from reelhouse.errors import ReelhouseError
from reelhouse.storage.failures import GIVEN_UP, why_unreachable
from reelhouse.storage.names import names_below, past_unfit, unfit

log = logging.getLogger(__name__)

CHUNK_BYTES = 8 * 1024 * 1024
ATTEMPTS = 10
"""How often a request to a bucket is made whose answer breaks off."""
SLOW_SECONDS = 10.0
"""After how long it is said that a bucket is waited for."""
DENIALS = ("401", "403")
SCHEMES = ("gs://", "s3://", "memory://")


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


def open_store(root: str) -> Store:
    """The store of a folder (`./data/lake`, `/data`) or of a bucket (`gs://bucket/lake`).

    Raises StorageError for a scheme that is not known.
    """
    if root.startswith(SCHEMES):
        return _bucket(root)
    if "://" in root and not root.startswith("file://"):
        scheme = root.partition("://")[0]
        raise StorageError(
            f"{root}: no storage is known for {scheme}://; use a path, gs:// or s3://"
        )
    return LocalStore(root.removeprefix("file://"))


@lru_cache(maxsize=64)
def _bucket(root: str) -> "BucketStore":
    return BucketStore(root)


def resolve(uri: str) -> tuple[Store, str]:
    """The store and the path of a file that is named by its full URI."""
    if uri.startswith(SCHEMES):
        scheme, _, rest = uri.partition("://")
        bucket, _, path = rest.partition("/")
        return open_store(f"{scheme}://{bucket}"), path
    return open_store("/"), uri.removeprefix("file://").lstrip("/")


# --- credentials and endpoints


def use_endpoints(s3: str | None, gcs: str | None) -> None:
    """Reach S3 and GCS at other addresses than the clouds' own.

    They are put into the environment, under the names that other tools read too, so that processes
    started from here have them.
    """
    if s3:
        os.environ["AWS_ENDPOINT_URL_S3"] = s3
    if gcs:
        os.environ["GOOGLE_BASE_URL"] = gcs


def s3_endpoint() -> str | None:
    """The address of S3, if it is not AWS's own: AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def gcs_endpoint() -> tuple[str | None, bool]:
    """The address of GCS, if it is not Google's own, and whether requests are signed.

    GOOGLE_BASE_URL is an address like Google's; STORAGE_EMULATOR_HOST, that Google's own clients
    read, is that of an emulator, which takes no credentials.
    """
    emulator = os.environ.get("STORAGE_EMULATOR_HOST")
    if emulator:
        return emulator if "://" in emulator else f"http://{emulator}", False
    return os.environ.get("GOOGLE_BASE_URL") or None, True


def options(root: str) -> dict[str, str]:
    """What obstore and deltalake, which share a library, are told of a bucket.

    Credentials are not among it: they find the cloud's default ones. Empty for a local path.
    """
    found: dict[str, str] = {}
    if root.startswith("s3://"):
        found["aws_conditional_put"] = "etag"
        endpoint = s3_endpoint()
        if endpoint:
            found["aws_endpoint"] = endpoint
    elif root.startswith("gs://"):
        endpoint, signed = gcs_endpoint()
        if endpoint and signed:
            found["google_base_url"] = endpoint.rstrip("/")
        elif endpoint:
            found["google_service_account_key"] = _no_account(endpoint.rstrip("/"))
    else:
        return {}
    if endpoint and endpoint.startswith("http://"):
        found["allow_http"] = "true"
    return found


def _no_account(endpoint: str) -> str:
    """A service account's key by which requests are not signed: google_skip_signature is not heeded
    where a request may write.
    """
    key = {"gcs_base_url": endpoint, "disable_oauth": True}
    return json.dumps(key | dict.fromkeys(("client_email", "private_key", "private_key_id"), ""))


def _credentials() -> Any:
    """For S3, what obstore does not find by itself: profiles and single sign-on, through boto3."""
    if any(os.environ.get(name) for name in AWS_CREDENTIALS):
        return None
    try:
        import boto3  # type: ignore[import-untyped]
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        return None
    session = boto3.Session()
    return Boto3CredentialProvider(session) if session.get_credentials() else None


AWS_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Where obstore finds credentials of S3 in the environment."""


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

    def __enter__(self) -> tuple[Any, Path]:
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


REFUSALS = re.compile(
    "no space left on device|disk quota exceeded|read-only file system|permission denied|"
    "input/output error|too many open files|file too large",
    re.IGNORECASE,
)
"""What an operating system says when it refuses a file, wherever it stands in a message."""


def refusal(error: BaseException) -> str | None:
    """What the operating system refused, if that is what an error of a library's own is about."""
    found = REFUSALS.search(str(error))
    return found[0].lower() if found else None


@contextmanager
def refusals_told(place: str) -> Iterator[None]:
    """Turn what a library says about the operating system's refusal into a StorageError.

    Delta Lake, DuckDB and Spark have errors of their own for a full disk. `place` is where it
    happened, unless Reelhouse itself or the library names the file.
    """
    try:
        yield
    except ReelhouseError:
        raise
    except Exception as error:
        refused = refusal(error)
        if refused is None:
            raise
        text = str(error).replace('\\"', '"')
        named = re.search(rf'"(/[^"\n]+)": {refused}|StorageError: (.+?): {refused}', text, re.I)
        raise StorageError(f"{named[1] or named[2] if named else place}: {refused}") from error


def _told(place: str, error: OSError) -> StorageError:
    if isinstance(error, FileNotFoundError):
        return NotFound(f"{place}: there is no such file")
    return StorageError(f"{place}: {(error.strerror or str(error)).lower()}")


class BucketStore:
    """A bucket, or a folder in it."""

    def __init__(self, root: str, patience: timedelta | None = None) -> None:
        """`patience` is how long a store is asked that does not answer: by default, 3 minutes."""
        from obstore.store import GCSStore, MemoryStore, S3Store

        self.root, self._slow = root.rstrip("/"), False
        scheme, _, rest = self.root.partition("://")
        bucket, _, folder = rest.partition("/")
        if scheme == "memory":
            self._store: Any = MemoryStore()
            return
        config: Any = options(root)
        http: Any = {"allow_http": True} if config.pop("allow_http", None) else {}
        place: Any = {"prefix": folder or None, "config": config, "client_options": http}
        if patience:
            http["connect_timeout"] = http["timeout"] = patience
            place["retry_config"] = {"max_retries": 2, "retry_timeout": patience}
        if scheme == "gs":
            self._store = GCSStore(bucket, **place)
        else:
            self._store = S3Store(bucket, credential_provider=_credentials(), **place)

    def uri(self, path: str) -> str:
        return f"{self.root}/{path}"

    def local(self, path: str) -> Path | None:
        return None

    @property
    def objects(self) -> Any:
        """The bucket as obstore has it, for what only a bucket has: metadata, signed requests."""
        return self._store

    def list(self, prefix: str = "", refused: Refused = raised) -> Iterator[Entry]:
        from obstore.exceptions import InvalidPathError

        last = ""
        names: Sequence[str] = ()
        again = ATTEMPTS
        while True:
            try:
                for entry in self._pages(prefix, last):
                    last, again = entry.path, ATTEMPTS
                    yield entry
                return
            except StorageError as error:
                if is_broken_off(error.__cause__) and again > 1:
                    again -= 1
                    continue
                if not isinstance(error.__cause__, InvalidPathError):
                    refused(error)
                    return
                stopped = error
            # one name that obstore can't take stops it: go past that name, and on behind it
            try:
                names = names or self.ask(prefix, partial(self._names, prefix))
                before, unfits, behind = past_unfit(names, last)
                entries = self._heads([*before, *([behind] if behind else [])])
            except StorageError as error:
                refused(error)
                return
            yield from entries
            for name in unfits:
                if not name.endswith("/"):
                    refused(StorageError(f"{self.uri(name)!r}: {unfit(name)}; rename it"))
            if not unfits:
                refused(stopped)
            if not unfits or not behind:
                return
            last = behind

    def top(self) -> tuple[Sequence[str], Sequence[str]]:
        import obstore
        from obstore.exceptions import InvalidPathError

        try:
            level = self.ask("", lambda: obstore.list_with_delimiter(self._store))
        except StorageError as error:
            if not isinstance(error.__cause__, InvalidPathError):
                raise
            # a name right here is one that obstore can't take: look through them all
            names = self.ask("", partial(self._names, ""))
            folders = {name.partition("/")[0] for name in names if "/" in name}
            return sorted(folders), [name for name in names if "/" not in name]
        files = [meta["path"] for meta in level["objects"]]
        return sorted(level["common_prefixes"]), sorted(filter(None, files))

    def _pages(self, prefix: str, last: str) -> Iterator[Entry]:
        """What obstore lists after the name `last`, less the placeholders of folders."""
        import obstore

        chunks = iter(obstore.list(self._store, prefix or None, offset=last or None))
        # a broken listing is at its end when asked again: `list` goes on behind the last name
        while (found := self.ask(prefix, lambda: next(chunks, None), attempts=1)) is not None:
            for meta in found:
                # of `folder/`, an object of 0 bytes that is no file, obstore says `folder`
                entry = self._entry(meta) if meta["size"] else self.head(meta["path"])
                if entry is not None:
                    yield entry

    def _names(self, prefix: str) -> Sequence[str]:
        s3 = self.root.startswith("s3://")
        endpoint, signed = (s3_endpoint(), True) if s3 else gcs_endpoint()
        return names_below(self.root, prefix, endpoint, signed)

    def _heads(self, paths: Sequence[str]) -> Sequence[Entry]:
        """The entries of files that are named, less those that are gone."""
        with ThreadPoolExecutor(16) as pool:
            return [entry for entry in pool.map(self.head, paths) if entry is not None]

    def _entry(self, meta: Any) -> Entry:
        version = (meta["e_tag"] or meta["version"] or "").strip('"')
        return Entry(meta["path"], meta["size"], version, meta["last_modified"], meta["version"])

    def head(self, path: str) -> Entry | None:
        import obstore

        try:
            return self._entry(self.ask(path, lambda: obstore.head(self._store, path)))
        except NotFound:
            return None

    def read(self, path: str) -> bytes:
        import obstore

        return bytes(self.ask(path, lambda: obstore.get(self._store, path).bytes()))

    def stream(
        self, path: str, start: int = 0, end: int | None = None, chunk: int = CHUNK_BYTES
    ) -> Iterator[bytes]:
        import obstore

        entry = self.head(path)
        if entry is None:
            raise NotFound(f"{self.uri(path)}: there is no such file")
        end = entry.size if end is None else min(end, entry.size)
        while start < end:
            stop = min(start + chunk, end)
            get = partial(obstore.get_range, self._store, path, start=start, end=stop)
            yield bytes(self.ask(path, get))
            start = stop

    def write(self, path: str, data: bytes) -> None:
        import obstore

        self.ask(path, lambda: obstore.put(self._store, path, bytes(data)))

    def put_file(self, path: str, local: Path) -> None:
        import obstore

        self.ask(path, lambda: obstore.put(self._store, path, local))

    def delete(self, path: str) -> None:
        import obstore

        with suppress(NotFound):
            self.ask(path, lambda: obstore.delete(self._store, path))

    def delete_folder(self, path: str) -> None:
        import obstore

        paths = [entry.path for entry in self.list(path.rstrip("/") + "/")]
        if not paths:
            return
        try:
            self.ask(path, lambda: obstore.delete(self._store, paths))
        except NotFound:  # on GCS, one that is gone already ends it
            with ThreadPoolExecutor(16) as pool:
                for _ in pool.map(self.delete, paths):
                    pass

    def ask(self, path: str, do: Any, attempts: int = ATTEMPTS) -> Any:
        """Do what can be done twice; errors name the URI. Where it takes long, the log says so."""
        slow = threading.Timer(SLOW_SECONDS, self._tell_slow, (path,))
        slow.daemon = True
        slow.start()
        try:
            while True:
                try:
                    answer = do()
                except Exception as error:
                    attempts -= 1
                    if attempts < 1 or not is_broken_off(error):
                        raise self.error(path, error) from error
                else:
                    self._slow = False
                    return answer
        finally:
            slow.cancel()

    def _tell_slow(self, path: str) -> None:
        """Say, once until it answers again, that the store is waited for."""
        if not self._slow:
            self._slow = True
            log.warning("%s: waiting for the store, for 3 minutes at most", self.uri(path))

    def error(self, path: str, error: Exception) -> StorageError:
        """What obstore has raised, as an error that names the URI."""
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

        said = re.search(r"status code: (\d+)", str(error))  # of a listing, it is only in the text
        status = said[1] if said else ""
        place = self.uri(path)
        unreachable = why_unreachable(self.root, str(error))
        away = unreachable is not None or GIVEN_UP.search(str(error)) is not None
        if isinstance(error, FileNotFoundError) or status == "404":
            message = unreachable or f"{place}: there is no such file, or no such bucket"
            return NotFound(message, away)
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or status in DENIALS:
            return Denied(unreachable or f"{place}: the store denies access: {_first(error)}", away)
        why = unfit(path.strip("/")) if path.strip("/") else None
        return StorageError(
            unreachable or (f"{place!r}: {why}" if why else f"{place}: {_first(error)}"), away
        )


def is_broken_off(error: BaseException | None) -> bool:
    """Whether an answer was lost in a way that obstore does not get over by itself.

    It tries again after all faults but two: an answer that ends in the middle, and one to the last
    request of an upload in parts, after which the store knows no more of that upload.
    """
    return bool(re.search("request or response body error|NoSuchUpload", str(error)))


def _first(error: Exception) -> str:
    """What a library says, without its trace of the inner errors."""
    return str(error).strip().partition("\n")[0].strip() or type(error).__name__
