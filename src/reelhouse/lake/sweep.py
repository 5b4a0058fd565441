"""Keep a table's log short, and delete the files that nobody needs any more.

Delta's vacuum says which files no version within the retention has. Among them are those that an
attempt at a batch has written and not committed yet, and its manifest. A batch that is open in the
ledger may still be finished from them, however old they are: so they are kept.
"""

import json
import re
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from reelhouse import faults
from reelhouse.faults import Step
from reelhouse.lake.commit import COMMIT_ATTEMPTS, open_table, pause
from reelhouse.lake.entries import BrokenOff, table_errors
from reelhouse.lake.ledger import State
from reelhouse.lake.merge import begun
from reelhouse.lake.proof import files_of
from reelhouse.storage import NotFound, Store

RETENTION = "delta.deletedFileRetentionDuration"
RETENTION_HOURS = 168
"""How long Delta's log remembers which files were removed, unless the property says otherwise."""

MOST_HOURS = 720
"""The most that makes sense: Delta's log goes back 30 days, and so do versions that can be read."""

ATTEMPT = re.compile(r"batch=(?P<batch_id>[^/]+)\.[0-9]+/")
DELETERS = 8


def open_batches(state: State) -> set[str]:
    """The batches that may still be committed."""
    return {claim.batch_id for claim in state.open()}


def stale(table: DeltaTable, hours: int, open_now: Set[str], *, orphans: bool = True) -> list[str]:
    """The paths, in the table's folder, of files that are there and that nobody needs.

    `open_now` are the open batches as they were *before* the table was opened: what ended until
    then is in the table. Without `orphans`, only files that the table once had.
    """

    def listed(full: bool) -> set[str]:
        return set(
            table.vacuum(
                retention_hours=hours, dry_run=True, full=full, enforce_retention_duration=False
            )
        )

    found = listed(full=True) - files_of(table).keys()
    if not orphans:
        found &= listed(full=False)
    return sorted(path for path in found if _batch_of(path) not in open_now)


def _batch_of(path: str) -> str | None:
    attempt = ATTEMPT.match(path)
    return attempt["batch_id"] if attempt else None


def clean(
    store: Store, path: str, hours: int, open_now: Set[str], *, is_ledger: bool = False
) -> int:
    """Shorten a table's log, and delete what is stale; returns how many files that were.

    Of the ledger only what its log remembers is deleted, and that is remembered for as long as can
    be: an entry that a sleeping run has written may be committed at any time.
    """
    remember(store, path, MOST_HOURS if is_ledger else hours)
    shorten_log(store, path)
    return sweep(store, path, hours, open_now, orphans=not is_ledger) or 0


def sweep(
    store: Store, path: str, hours: int, open_now: Set[str], *, orphans: bool = True
) -> int | None:
    """Delete what is stale, and return how many files that were.

    Does nothing, and returns None, while a merge is open: its proof needs what it removed.
    """
    table = open_table(store.uri(path))
    if table is None or begun(table) is not None:
        return None
    found = stale(table, hours, open_now, orphans=orphans)

    def delete(each: str) -> None:
        store.delete(f"{path}/{each}")
        faults.after(Step.SWEPT)

    with ThreadPoolExecutor(DELETERS) as pool:
        list(pool.map(delete, found))
    _remove_empty_folders(store, path, found)
    faults.after(Step.VACUUMED)
    return len(found)


def _remove_empty_folders(store: Store, path: str, deleted: list[str]) -> None:
    """Remove the attempts' folders that are empty now; a bucket has none."""
    root = store.local(path)
    if root is None:
        return
    folders = {
        parent
        for each in deleted
        if ATTEMPT.match(each)
        for parent in Path(each).parents
        if parent != Path()
    }
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        with suppress(OSError):  # it is not empty
            (root / folder).rmdir()


def remember(store: Store, path: str, hours: int) -> None:
    """Have the log remember for so long which files were removed, if it does so for less."""
    for attempt in range(COMMIT_ATTEMPTS):
        table = open_table(store.uri(path))
        if table is None or hours <= _remembered(table):
            return
        try:
            with table_errors(store.uri(path)):
                table.alter.set_table_properties({RETENTION: f"interval {hours} hours"})
            return
        except (CommitFailedError, BrokenOff):
            pause(attempt)


def _remembered(table: DeltaTable) -> int:
    text = table.metadata().configuration.get(RETENTION, "")
    found = re.fullmatch(r"interval (\d+) hours", text)
    return int(found[1]) if found else RETENTION_HOURS


def shorten_log(store: Store, path: str) -> None:
    """Write a checkpoint, if there is something new, and delete what is too old in the log."""
    table = open_table(store.uri(path))
    if table is None or table.version() <= _last_checkpoint(store, path):
        return
    table.create_checkpoint()
    faults.after(Step.CHECKPOINTED)
    table.cleanup_metadata()
    faults.after(Step.CLEANED)


def _last_checkpoint(store: Store, path: str) -> int:
    try:
        return int(json.loads(store.read(f"{path}/_delta_log/_last_checkpoint"))["version"])
    except (NotFound, ValueError, KeyError):
        return -1
