"""What `deltalake` does not do for a table: create it once, and say in words what went wrong."""

import json
import os
import re
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.schema import Schema

from reelhouse.errors import ReelhouseError, plain, short
from reelhouse.storage import BucketStore, Denied, NotFound, StorageError, Store
from reelhouse.storage.failures import GIVEN_UP, NO_BUCKET, why_unreachable

CONFLICT_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6)
"""How long to wait after each refusal of S3 to create a file while others write it."""

DAMAGE = re.compile("(Json|Schema|Arrow|Parquet|kernel) error|Invalid Checkpoint|No table metadata")
"""What delta-rs says of a log that it can't make sense of."""


def entry_path(table: str, version: int) -> str:
    """Where the entry lies that makes a version of a table."""
    return f"{table}/_delta_log/{version:020}.json".lstrip("/")


def first_entry(
    uri: str, schema: pa.Schema, partition_by: Sequence[str], configuration: Mapping[str, str]
) -> bytes:
    """The entry that makes a table, as Delta Lake writes it.

    `DeltaTable.create` writes it also behind those of a run that was quicker, and so takes back
    all that they say of the columns.
    """
    with tempfile.TemporaryDirectory(prefix="reelhouse-") as folder:
        DeltaTable.create(
            folder,
            schema=Schema.from_arrow(schema),
            partition_by=list(partition_by),
            configuration=dict(configuration),
            raise_if_key_not_exists=False,  # for those of our own
        )
        text = Path(folder, entry_path("", 0)).read_text(encoding="utf-8")
    actions = [json.loads(line) for line in text.splitlines()]
    for action in actions:
        action.get("commitInfo", {}).get("operationParameters", {}).update(location=uri)
    return "\n".join(json.dumps(action) for action in actions).encode()


def create(store: Store, path: str, data: bytes) -> bool:
    """Write a file, whole, unless it is there; returns whether it was written.

    False also where it was written by this very call, and the store's answer was lost.
    """
    local = store.local(path)
    if local is not None:
        return _create_here(local, data)
    import obstore
    from obstore.exceptions import AlreadyExistsError

    assert isinstance(store, BucketStore), "what is not local is a bucket"
    for seconds in (*CONFLICT_SECONDS, None):
        try:
            obstore.put(store.objects, path, data, mode="create")
        except AlreadyExistsError as error:
            # S3 refuses it also while others write: for obstore that is the same
            if seconds is None or "409 Conflict" not in str(error):
                return False
            time.sleep(seconds)
        except Exception as error:
            raise table_error(store.uri(path), error) from error
        else:
            return True
    raise AssertionError("the last try returns or raises")


def _create_here(path: Path, data: bytes) -> bool:
    hidden = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with hidden.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(hidden, path)  # unlike a rename, it replaces nothing
    except FileExistsError:
        return False
    except OSError as error:
        raise StorageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        with suppress(OSError):
            hidden.unlink()
    return True


class BrokenOff(StorageError):
    """An answer of a bucket ended in the middle: whether a commit went through is not known."""


def table_error(place: str, error: Exception) -> StorageError:
    """What `deltalake`, or obstore, says of a bucket: an error that names the place, in a line."""
    text = plain(error).partition(": Debug source:")[0].rstrip(": ")
    text = text.removeprefix("Kernel error -> ")
    if "request or response body error" in text:
        return BrokenOff(f"{place}: {text}")
    unreachable = why_unreachable(place, text)
    away = unreachable is not None or GIVEN_UP.search(text) is not None
    if NO_BUCKET.search(text):
        return NotFound(unreachable or f"{place}: there is no such bucket", away)
    if re.search(r"status code: 40[13]|necessary privileges|valid authentication", text):
        return Denied(unreachable or f"{place}: the store denies access: {text}", away)
    return StorageError(unreachable or f"{place}: {text}", away)


def unopened(uri: str, error: BaseException) -> StorageError:
    """Why a table can't be opened, as an error that names it and the mend."""
    if "://" in uri and isinstance(error, (DeltaError, OSError)):
        found = table_error(uri, error)
        if not DAMAGE.search(str(found)):
            return found
    if "://" not in uri and os.path.exists(uri) and not os.path.isdir(uri):
        return StorageError(f"{uri} is a file, and should be a table's folder: move it away")
    text, mend = short(error), "put its files back as they were, from a copy"
    if "Unsupported" in text:
        mend = "another program has changed it: go back to what it was, or use another lake"
    reason = re.sub(r"^Kernel error(:| ->) ", "", text)
    return StorageError(f"{uri}: the table can't be opened: {reason} ({mend})")


@contextmanager
def table_errors(uri: str) -> Iterator[None]:
    """Raise `table_error` for what goes wrong with a table in a bucket.

    A commit that another writer was quicker than, and a table that is not there, stay what they
    are; of a local table, the message names the file.
    """
    try:
        yield
    except (CommitFailedError, TableNotFoundError, ReelhouseError):
        raise
    except (DeltaError, OSError) as error:
        if "://" not in uri:
            raise
        raise table_error(uri, error) from error
