"""A bucket of GCS or S3, or a folder in it, through obstore."""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from reelhouse.storage.base import (
    CHUNK_BYTES,
    Denied,
    Entry,
    NotFound,
    Refused,
    StorageError,
    raised,
)
from reelhouse.storage.endpoints import credentials, gcs_endpoint, options, s3_endpoint
from reelhouse.storage.failures import GIVEN_UP, is_broken_off, why_unreachable
from reelhouse.storage.names import names_below, past_unfit, unfit

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, GCSConfig, ObjectStore, RetryConfig, S3Config

T = TypeVar("T")

log = logging.getLogger("reelhouse.storage")

REQUEST_ATTEMPTS = 10
"""How often a request to a bucket is made whose answer breaks off."""
SLOW_SECONDS = 10.0
"""After how long it is said that a bucket is waited for."""
DENIALS = ("401", "403")


class BucketStore:
    """A bucket, or a folder in it."""

    def __init__(self, root: str, patience: timedelta | None = None) -> None:
        """`patience` is how long a store is asked that does not answer: by default, 3 minutes."""
        from obstore.store import GCSStore, MemoryStore, S3Store

        self.root, self._slow = root.rstrip("/"), False
        scheme, _, rest = self.root.partition("://")
        bucket, _, folder = rest.partition("/")
        if scheme == "memory":
            self._store: ObjectStore = MemoryStore()
            return
        config = options(root)
        http: ClientConfig = {"allow_http": True} if config.pop("allow_http", None) else {}
        retry: RetryConfig | None = None
        if patience:
            http["connect_timeout"] = http["timeout"] = patience
            retry = {"max_retries": 2, "retry_timeout": patience}
        if scheme == "gs":
            self._store = GCSStore(
                bucket,
                prefix=folder or None,
                config=cast("GCSConfig", config),
                client_options=http,
                retry_config=retry,
            )
        else:
            self._store = S3Store(
                bucket,
                prefix=folder or None,
                config=cast("S3Config", config),
                client_options=http,
                retry_config=retry,
                credential_provider=credentials(),
            )

    def uri(self, path: str) -> str:
        return f"{self.root}/{path}"

    def local(self, path: str) -> Path | None:
        return None

    @property
    def objects(self) -> "ObjectStore":
        """The bucket as obstore has it, for what only a bucket has: metadata, signed requests."""
        return self._store

    def list(self, prefix: str = "", refused: Refused = raised) -> Iterator[Entry]:
        for found in self._walk(prefix):
            if isinstance(found, StorageError):
                refused(found)
            else:
                yield found

    def _walk(self, prefix: str) -> Iterator[Entry | StorageError]:
        """All files below a folder, and among them what can't be listed."""
        from obstore.exceptions import InvalidPathError

        names: Sequence[str] = ()
        last: str | None = ""
        try:
            while last is not None:
                try:
                    for entry in self._after(prefix, last):
                        last = entry.path
                        yield entry
                    return
                except StorageError as error:
                    if not isinstance(error.__cause__, InvalidPathError):
                        raise
                    stopped = error
                # one name that obstore can't take stops it: go past that name, and on behind it
                names = names or self.ask(prefix, partial(self._names, prefix))
                before, unfits, last = past_unfit(names, last)
                yield from self._heads([*before, *filter(None, [last])])
                if not unfits:
                    yield stopped
                for name in unfits:
                    if not name.endswith("/"):
                        yield StorageError(f"{self.uri(name)!r}: {unfit(name)}; rename it")
        except StorageError as error:
            yield error

    def _after(self, prefix: str, last: str) -> Iterator[Entry]:
        """What is listed after the name `last`; a listing that breaks off goes on where it was."""
        left = REQUEST_ATTEMPTS
        while True:
            try:
                for entry in self._pages(prefix, last):
                    last, left = entry.path, REQUEST_ATTEMPTS
                    yield entry
                return
            except StorageError as error:
                left -= 1
                if left < 1 or not is_broken_off(error.__cause__):
                    raise

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
        # a broken listing is at its end when asked again: `_after` goes on behind the last name
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

    def _entry(self, meta: "ObjectMeta") -> Entry:
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

    def ask(self, path: str, do: Callable[[], T], attempts: int = REQUEST_ATTEMPTS) -> T:
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


def _first(error: Exception) -> str:
    """What a library says, without its trace of the inner errors."""
    return str(error).strip().partition("\n")[0].strip() or type(error).__name__
