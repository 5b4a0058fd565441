"""Take a compaction back: the one commit that `deltalake` has no call for.

Its `restore` sets a whole table back to an earlier version, and with it what others have appended
since. Here one entry of the log removes what the compaction added, and adds what it removed again.
"""

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reelhouse.errors import ReelhouseError
from reelhouse.lake.commit import COMMIT_ATTEMPTS, open_table, pause
from reelhouse.lake.entries import BrokenOff, create, entry_path
from reelhouse.lake.parquet import statistics
from reelhouse.lake.proof import DataFile, files_of
from reelhouse.storage import Store


def undo(
    store: Store, path: str, removed: Iterable[DataFile], added: Iterable[DataFile], why: str
) -> None:
    """Put the files that a commit removed in the place of those that it added, in one commit.

    Does nothing if that was done already. Raises ReelhouseError if another commit has changed
    these files since.
    """
    removed, added = list(removed), list(added)
    adds = [{"add": _add(store, path, each)} for each in removed]
    removes = [{"remove": _remove(each)} for each in added]
    told = {"commitInfo": {"timestamp": _now(), "operation": "RESTORE", "reelhouse": why}}
    data = "\n".join(json.dumps(each) for each in (told, *removes, *adds)).encode()
    for attempt in range(COMMIT_ATTEMPTS):
        table = open_table(store.uri(path))
        assert table is not None, "it was there a moment ago"
        present = files_of(table).keys()
        back = {each.path in present for each in removed}
        there = {each.path in present for each in added}
        if False not in back and True not in there:
            return
        if True in back or False in there:
            raise ReelhouseError(
                f"{store.uri(path)}: a compaction can't be undone, for another commit has changed "
                f"its files since: restore the table to a version before it ({why})"
            )
        with suppress(BrokenOff):  # then the table tells whether it went through
            if create(store, entry_path(path, table.version() + 1), data):
                return
        pause(attempt)
    raise ReelhouseError(
        f"{store.uri(path)}: {COMMIT_ATTEMPTS} commits in a row met another writer"
    )


def _add(store: Store, path: str, file: DataFile) -> dict[str, Any]:
    """The action that adds a file, with its statistics as its footer has them."""
    at = f"{path}/{file.path}"
    local = store.local(at)
    source = local if local is not None else pa.BufferReader(store.read(at))
    metadata = pq.read_metadata(source)
    described = {"numRecords": metadata.num_rows, **statistics(metadata)}
    return {
        "path": file.named,
        "partitionValues": dict(file.partition_values),
        "size": file.size,
        "modificationTime": _now(),
        "dataChange": False,
        "stats": json.dumps(described),
    }


def _remove(file: DataFile) -> dict[str, Any]:
    return {
        "path": file.named,
        "deletionTimestamp": _now(),
        "dataChange": False,
        "extendedFileMetadata": True,
        "partitionValues": dict(file.partition_values),
        "size": file.size,
    }


def _now() -> int:
    return int(time.time() * 1000)
