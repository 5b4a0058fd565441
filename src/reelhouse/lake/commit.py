"""The one way in which files become part of a Delta table."""

import json
import logging
import random
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import CommitFailedError, TableNotFoundError
from deltalake.schema import Schema
from deltalake.transaction import AddAction

from reelhouse.batch import ParquetFile
from reelhouse.errors import ReelhouseError, in_words, is_reported
from reelhouse.lake.conflicts import ContractConflict, compare
from reelhouse.lake.entries import (
    BrokenOff,
    create,
    entry_path,
    first_entry,
    table_errors,
    unopened,
)
from reelhouse.lake.format import PROPERTY, check_format
from reelhouse.storage import StorageError, options, refusal, resolve

log = logging.getLogger(__name__)

T = TypeVar("T")

BURNT = 0
"""The version of a batch's application transaction in a table that will never take it.

In a table that has the batch, it is the number of the attempt whose files were committed.
"""

CHECKPOINT_EVERY = 10
"""After how many commits a checkpoint is written: whoever opens a table reads all those since."""

CONFIGURATION = {
    # well above any lease: after this, the log forgets which batches a table has
    "delta.setTransactionRetentionDuration": "interval 30 days",
    "delta.checkpointInterval": str(CHECKPOINT_EVERY),
}
COMMIT_ATTEMPTS = 60
READS = 4
"""How often a table is opened where a bucket's answer breaks off."""


class TooManyWriters(ReelhouseError):
    """A commit that met another writer each time that it was tried."""


class BatchGivenUp(ReelhouseError):
    """The batch was released by another run, and must not be committed any more."""


def open_table(uri: str) -> DeltaTable | None:
    """The table, or None if there is none yet.

    Raises ReelhouseError for a path it can't have, NewerFormat, and StorageError for what a bucket
    refuses.
    """
    if "://" not in uri and re.search("%[0-9A-Fa-f]{2}", uri):
        raise ReelhouseError(
            f"{uri}: Delta Lake reads a percent sign and two digits in a path as one character; "
            "put the lake into a folder of another name"
        )
    for _ in range(READS - 1):
        with suppress(BrokenOff):
            return _opened(uri)
    return _opened(uri)


def _opened(uri: str) -> DeltaTable | None:
    try:
        table = DeltaTable(uri, storage_options=options(uri))
    except TableNotFoundError:
        return None
    except BaseException as error:
        if not is_reported(error) or ("://" not in uri and refusal(error)):
            raise  # what the operating system refuses is said by `refusals_told`
        raise unopened(uri, error) from error
    check_format(uri, properties(table).get(PROPERTY))
    return table


def properties(table: DeltaTable) -> Mapping[str, str]:
    """The properties of a table, as its log has them."""
    found: Mapping[str, str] = table.metadata().configuration
    return found


@contextmanager
def latest(uri: str, fresh: bool = True) -> Iterator[DeltaTable | None]:
    """The table as it is now, or None if there is none yet; in the block it is nobody else's.

    A process opens a table once, and from then on reads only what was committed since: of a bucket
    that is 4 requests, and not 20; without `fresh` it is none, and the table may be an older
    version. Raises what `open_table` does.
    """
    kept = _kept.pop(uri, None)
    if kept is None or (fresh and not kept.brought_up()):
        table = open_table(uri)
        kept = _Kept(uri, table) if table is not None else None
    yield kept.table if kept else None
    if kept and kept.mark:  # not after an error: then it is opened anew
        _kept[uri] = kept
        while len(_kept) > KEPT:
            _kept.popitem(last=False)


class _Kept:
    """A table that was opened, and by what it is told from another that is at its place later."""

    def __init__(self, uri: str, table: DeltaTable) -> None:
        self.table = table
        self.store, path = resolve(uri)
        self.entry = entry_path(path, table.version())
        self.mark = self._mark()

    def _mark(self) -> str | None:
        """The version of the file that holds the entry that was the last when it was opened."""
        try:
            found = self.store.head(self.entry)
        except StorageError:
            return None
        return found.version if found else None

    def brought_up(self) -> bool:
        """Bring it up to date, unless its log was cut, or the table is another by now."""
        if self._mark() != self.mark:
            return False
        try:
            self.table.update_incremental()
            check_format(self.entry, properties(self.table).get(PROPERTY))
        except Exception:  # of many kinds: opening it anew tells what is wrong
            return False
        return True


KEPT = 32
_kept: OrderedDict[str, _Kept] = OrderedDict()
"""By URI, the tables that were used last, while nobody uses them."""


def open_or_create(
    uri: str,
    schema: pa.Schema,
    partition_by: Sequence[str],
    table: DeltaTable | None = None,
    configuration: Mapping[str, str] = CONFIGURATION,
) -> DeltaTable:
    """The table, made if it is not there; columns that it lacks are added.

    It is opened, unless it is given, and made with these properties. Raises ContractConflict for a
    table that the schema does not fit.
    """
    table = table or open_table(uri)
    if table is None:
        store, path = resolve(uri)
        # or another run was quicker
        create(store, entry_path(path, 0), first_entry(uri, schema, partition_by, configuration))
        table = open_table(uri)
        if table is None:
            raise ReelhouseError(f"{uri}: the table was made, and is gone again")
    columns, partitioned_by = table.schema(), table.metadata().partition_columns
    if found := compare(schema, partition_by, columns, partitioned_by, uri=uri):
        raise ContractConflict(found)
    return _with_columns(table, columns, schema)


def _with_columns(table: DeltaTable, columns: Schema, schema: pa.Schema) -> DeltaTable:
    present = {column.name for column in columns.fields}
    missing = [each for each in Schema.from_arrow(schema).fields if each.name not in present]
    if missing:
        table.alter.add_columns(missing)
        table.update_incremental()
    return table


def prepare(uri: str, schema: pa.Schema, partition_by: Sequence[str], batch_id: str) -> None:
    """See to it that a table is there and can take a batch's files.

    Raises BatchGivenUp if the batch was burnt, and ReelhouseError as `open_or_create` does.
    """

    def look(found: DeltaTable | None) -> None:
        table = open_or_create(uri, schema, partition_by, found)
        if table.transaction_version(batch_id) == BURNT:
            raise BatchGivenUp(f"the batch {batch_id} was given up by another run")

    retried(uri, look)


def commit(
    uri: str,
    schema: pa.Schema,
    partition_by: Sequence[str],
    files: Sequence[ParquetFile],
    batch_id: str,
    attempt: int = 1,
) -> int:
    """Make an attempt's files part of a table, all or none, once for a batch.

    Returns the number of the attempt whose files the table has: this one, or another that was
    quicker. Raises BatchGivenUp if the batch was burnt.
    """

    def add(found: DeltaTable | None) -> int:
        table = open_or_create(uri, schema, partition_by, found)
        there = table.transaction_version(batch_id)
        if there == BURNT:
            raise BatchGivenUp(f"the batch {batch_id} was given up by another run")
        if there is None:
            append(table, files, Transaction(batch_id, attempt))
            return attempt
        return int(there)

    return retried(uri, add)


def burn(uri: str, schema: pa.Schema, partition_by: Sequence[str], batch_id: str) -> bool:
    """See to it that a batch is never committed to a table, which is made if it is not there.

    Returns False, and does nothing, if it was committed already.
    """

    def refuse(found: DeltaTable | None) -> bool:
        # a table that the contract does not fit is burnt too, so that the batch can be given up
        table = found or open_or_create(uri, schema, partition_by)
        there = table.transaction_version(batch_id)
        if there is None:
            append(table, [], Transaction(batch_id, BURNT))
        return there is None or there == BURNT

    return retried(uri, refuse)


def retried(uri: str, act: Callable[[DeltaTable | None], T]) -> T:
    """Do it again as long as another writer comes in between, or a bucket's answer breaks off.

    `act` is given the table as it is then. It must look first whether it was done, unless twice is
    no harm. Raises TooManyWriters.
    """
    for attempt in range(COMMIT_ATTEMPTS):
        try:
            with table_errors(uri), latest(uri) as table:
                return act(table)
        except (CommitFailedError, BrokenOff):
            pause(attempt)
    raise TooManyWriters(
        f"{uri}: {COMMIT_ATTEMPTS} commits in a row met another writer; run it again"
    )


def append(
    table: DeltaTable, files: Sequence[ParquetFile], transaction: Transaction | None
) -> None:
    """Add files in one transaction on the table's snapshot. Raises CommitFailedError."""
    now = int(time.time() * 1000)
    actions = [
        AddAction(
            each.path,
            each.size,
            each.partition_values,
            now,
            True,
            json.dumps({"numRecords": each.rows, **each.statistics}),
        )
        for each in files
    ]
    arguments: dict[str, Any] = {}
    if partition_by := table.metadata().partition_columns:
        arguments["partition_by"] = partition_by
    table.create_write_transaction(
        list(actions),
        mode="append",
        schema=table.schema(),
        commit_properties=CommitProperties(app_transactions=[transaction] if transaction else None),
        # a checkpoint that fails would look like a commit that failed, and a log needs no look at
        # all of it after each commit
        post_commithook_properties=PostCommitHookProperties(
            create_checkpoint=False, cleanup_expired_logs=False
        ),
        **arguments,
    )
    read = table.version()
    if read and read % CHECKPOINT_EVERY == 0:  # of the version that was read
        try:
            table.create_checkpoint()
            table.cleanup_metadata()
        except Exception as error:  # of many kinds: the next one is written in its place
            log.info("a checkpoint is written another time: %s", in_words(error) or error)


def pause(attempt: int) -> None:
    """Wait a little before trying again, longer each time."""
    time.sleep(random.uniform(0.005, min(0.05 * 2**attempt, 2.0)))
