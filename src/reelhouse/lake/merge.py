"""Merge a table's small files with Delta's own optimize, and prove that no record was changed.

`deltalake` lets two compactions of one table commit both, each of which removes the same files and
adds its own: all records would be there twice. It does refuse a commit that was prepared before a
change of the table's properties. So a merge begins by writing its name into them: of two that are
under way, only the one that began last can commit. Whoever begins gives way to one that is at work.

A merge is proved right after its commit, or by the next one if the process dies in between. Until
then the properties say that it is open, and nothing is deleted.
"""

import json
import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties
from deltalake.exceptions import CommitFailedError

from reelhouse import faults
from reelhouse.batch import OnProgress, portions
from reelhouse.errors import ReelhouseError
from reelhouse.faults import Step
from reelhouse.lake.commit import COMMIT_ATTEMPTS, append, open_table, pause
from reelhouse.lake.entries import BrokenOff, entry_path, table_errors
from reelhouse.lake.owner import process_is_gone, this_process
from reelhouse.lake.parquet import HIVE_NULL, MAX_TEXT
from reelhouse.lake.proof import DataFile, Digest, digest, files_of, schema_of
from reelhouse.lake.undo import undo
from reelhouse.storage import NotFound, Store

TARGET_BYTES = 128 * 1024 * 1024
"""How large a merged file gets, about. An engine's own files are below it: see SEGMENT_BYTES."""

MERGE_LEASE = timedelta(hours=1)
"""How long a merge whose process can't be seen from here is taken to be at work."""

ROUNDS = 4
"""Merged files are smaller than the sum of their parts, so that some may be merged once more."""

LONGEST_FOLDER_NAME = 200
"""A partition value that is longer, as the name of a folder, is left alone."""

KEY = "reelhouse.compaction"
"""The table's property that names a merge, and the application transaction that says it is over."""

log = logging.getLogger(__name__)


class RecordsChanged(ReelhouseError):
    """A compaction gave other records than there were. It was undone."""


class GivesWay(Exception):
    """Another compaction of the table is at work."""


@dataclass(frozen=True)
class Merge:
    """A merge that was begun, as the table's properties have it.

    `since` is the first version that can be its commit.
    """

    since: int
    until: datetime
    owner: str
    id: str

    def to_text(self) -> str:
        """For the property."""
        return json.dumps({**vars(self), "until": self.until.isoformat()})

    def is_gone(self) -> bool:
        """Whether it will never go on, as far as that can be known."""
        return process_is_gone(self.owner, self.until)


def begun(table: DeltaTable) -> Merge | None:
    """The last merge that was begun on a table, unless it is over."""
    text = table.metadata().configuration.get(KEY)
    if text is None:
        return None
    found = json.loads(text)
    merge = Merge(**{**found, "until": datetime.fromisoformat(found["until"])})
    return None if (table.transaction_version(KEY) or 0) >= merge.since else merge


# --- what is to be merged


@dataclass(frozen=True)
class Part:
    """The files of one partition, in groups: each group is to become one file."""

    values: Mapping[str, str | None]
    groups: Sequence[Sequence[DataFile]]


@dataclass(frozen=True)
class MergePlan:
    """What can be merged. `whole` says that no partition has to be left alone."""

    parts: Sequence[Part] = ()
    whole: bool = True

    @property
    def merged(self) -> list[DataFile]:
        """The files that others are to take the place of."""
        return [file for part in self.parts for group in part.groups for file in group]

    @property
    def added(self) -> int:
        """How many files take their place."""
        return sum(len(part.groups) for part in self.parts)


def plan_merge(files: Sequence[DataFile], target: int = TARGET_BYTES) -> MergePlan:
    """What Delta's optimize would merge, of a table's files with the newest first.

    It takes files that follow each other as long as they fit into the target. It can't be let at
    partitions that it would mix up, for their folders would have the same name, nor at those whose
    folders' names would be too long, nor at files that it can't find, for their names have a tilde.
    """
    partitions: dict[tuple[str | None, ...], list[DataFile]] = {}
    for file in files:
        partitions.setdefault(tuple(file.partition_values.values()), []).append(file)
    folders = [tuple(HIVE_NULL if value is None else value for value in key) for key in partitions]
    times, parts, whole = Counter(folders), [], True
    for key, folder in zip(partitions, folders, strict=True):
        longest = max((len(quote(value, safe="")) for value in folder), default=0)
        misread = any("~" in file.path for file in partitions[key])
        if times[folder] > 1 or longest > LONGEST_FOLDER_NAME or misread:
            whole = False
        elif groups := [g for g in portions(partitions[key], target) if len(g) > 1]:
            parts.append(Part(partitions[key][0].partition_values, groups))
    return MergePlan(parts, whole)


# --- merging


@dataclass
class Merging:
    """The merging of one table's files. `path` is the table's in the lake."""

    store: Store
    path: str
    target: int = TARGET_BYTES
    tell: OnProgress = lambda what, done, total: None
    proved: Digest = field(default_factory=Digest)
    mine: Merge | None = None

    def run(self) -> None:
        """Merge what can be merged, and prove it.

        Raises GivesWay, RecordsChanged, StorageError, and the errors of `deltalake`.
        """
        for _ in range(ROUNDS):
            table = self._free()
            found = plan_merge(list(files_of(table).values()), self.target)
            if not found.parts:
                return
            if not self._begin(table, table.version() + 1):
                continue
            try:
                with table_errors(self.store.uri(self.path)):
                    self._optimize(found)
            except (CommitFailedError, BrokenOff) as error:
                self._refused(error)
            except Exception:
                self._settle_quietly()  # if it was committed all the same
                raise
            else:
                faults.after(Step.COMPACTED)
                self.settle()

    def _free(self) -> DeltaTable:
        """The table, with no merge open: that of a process that is gone is taken over and settled.

        Raises GivesWay and RecordsChanged.
        """
        while True:
            table = self._open()
            found = begun(table)
            if found is None:
                return table
            if found != self.mine:
                if not found.is_gone():
                    raise GivesWay
                self._begin(table, found.since)  # should it wake up, its commit is refused
            self.settle()

    def _open(self) -> DeltaTable:
        table = open_table(self.store.uri(self.path))
        assert table is not None, "it was there a moment ago"
        return table

    def _begin(self, table: DeltaTable, since: int) -> bool:
        """Write a merge into the table's properties.

        Returns False if a change of the table's columns was quicker. Raises GivesWay.
        """
        until = datetime.now(UTC) + MERGE_LEASE
        self.mine = Merge(since, until, this_process(), uuid.uuid4().hex)
        property_ = {KEY: self.mine.to_text()}
        try:
            with table_errors(self.store.uri(self.path)):
                table.alter.set_table_properties(property_, raise_if_not_exists=False)
        except (CommitFailedError, BrokenOff) as error:  # it may have gone through all the same
            log.info("%s: %s", self.path, error)
        found = begun(self._open())
        if found is not None and found != self.mine and not found.is_gone():
            raise GivesWay
        faults.after(Step.BEGUN)
        return found == self.mine

    def _optimize(self, found: MergePlan) -> None:
        size = sum(file.size for file in found.merged)
        self.tell(f"{self.path}: merging {len(found.merged):,} files", 0, size)
        whole: list[Any] = [None]
        # without a value means, to a filter, equal to the empty text
        each = [[(name, "=", value or "") for name, value in p.values.items()] for p in found.parts]
        for filters in whole if found.whole else each:
            table = self._open()
            if begun(table) != self.mine:  # in the very version from which it is prepared
                raise GivesWay
            table.optimize.compact(
                partition_filters=filters,
                target_size=self.target,
                writer_properties=WriterProperties(
                    compression="ZSTD", compression_level=3, statistics_truncate_length=MAX_TEXT
                ),
                commit_properties=CommitProperties(custom_metadata={KEY: True}),
            )

    def _refused(self, error: Exception) -> None:
        """After a commit was refused, for another merge or a change of the columns, or is unknown.

        Raises GivesWay and RecordsChanged.
        """
        ours = begun(self._open()) == self.mine
        self._settle_quietly()
        if not ours:
            raise GivesWay from error
        log.info("%s: merging again: %s", self.path, error)

    def _settle_quietly(self) -> None:
        try:
            self.settle()
        except RecordsChanged:
            raise
        except Exception as error:
            log.info("%s: %s", self.path, error)

    # --- proving

    def settle(self) -> None:
        """Prove what this merge has committed, and say that it is over.

        What can't be proved is undone. Raises RecordsChanged.
        """
        changed: list[RecordsChanged] = []
        for attempt in range(COMMIT_ATTEMPTS):
            table = self._open()
            merge = begun(table)
            if merge is None or merge != self.mine:  # if another has taken it over, it settles it
                break
            for version in range(merge.since, table.version() + 1):
                try:
                    if self._is_merge(version):
                        self._prove(version)
                except RecordsChanged as error:
                    changed.append(error)
            faults.after(Step.PROVEN)
            try:
                with table_errors(self.store.uri(self.path)):
                    append(self._open(), [], Transaction(KEY, merge.since))
                break
            except (CommitFailedError, BrokenOff):
                pause(attempt)
        if changed:
            raise changed[0]

    def _is_merge(self, version: int) -> bool:
        """Whether a version of the table was made by a merge."""
        try:
            entry = self.store.read(entry_path(self.path, version))
        except NotFound:
            return False
        return any(
            KEY in action.get("commitInfo", {}) for action in map(json.loads, entry.splitlines())
        )

    def _prove(self, version: int) -> None:
        """Compare the records of the files that a version removed with those that it added."""
        table = self._open()
        table.load_as_version(version - 1)
        before, schema = files_of(table), schema_of(table)
        table.load_as_version(version)
        after = files_of(table)
        removed = [file for path, file in before.items() if path not in after]
        added = [file for path, file in after.items() if path not in before]
        size, done = sum(file.size for file in (*removed, *added)), 0

        def tell(more: int) -> None:
            nonlocal done
            done += more
            self.tell(f"{self.path}: proving that the records are the same", done, size)

        tell(0)
        there = digest(self.store, self.path, removed, schema, tell)
        try:
            here: Digest | None = digest(self.store, self.path, added, schema, tell)
        except (NotFound, pa.ArrowInvalid) as error:
            log.warning("%s: %s", self.path, error)
            here = None
        if there == here:
            self.proved += there
            return
        why = (
            f"version {version} of {self.store.uri(self.path)}, a compaction, gave other records: "
            f"{there.rows} went in, {here.rows if here else 'an unknown number'} came out"
        )
        undo(self.store, self.path, removed, added, why)
        raise RecordsChanged(f"{why}; it was undone, and the table is as it was before")
