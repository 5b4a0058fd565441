"""The maintenance of a lake: few files, a short log, and no files that nobody needs.

Readers and runs may go on meanwhile. No record changes, and that is proved.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from deltalake import DeltaTable

from reelhouse.batch import OnProgress
from reelhouse.errors import ReelhouseError, RunFailed, WrongUse, apart
from reelhouse.lake import layout
from reelhouse.lake.commit import latest, open_table
from reelhouse.lake.entries import table_errors
from reelhouse.lake.ledger import LEASE, Ledger
from reelhouse.lake.merge import TARGET_BYTES, GivesWay, Merging, begun, plan_merge
from reelhouse.lake.proof import files_of
from reelhouse.lake.sweep import MOST_HOURS, clean, open_batches, stale
from reelhouse.storage import open_store, refusals_told

LEDGER_FILES = 100
"""How many small files of the ledger are merged into one."""

LEDGER_KEEP_HOURS = 24
"""How long a run may read a file of the ledger that was merged into another."""

KEEP_HOURS = 168
"""How long files are kept that only readers of older versions need, unless it is said."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """One of the lake's tables: of a dataset, or the ledger, which is of none."""

    dataset: str | None
    table: str
    path: str


@dataclass(kw_only=True)
class TableResult:
    """What became of one table, or would become of it; sizes are in bytes.

    `rows` counts the records that were moved and proved to be the same. `gave_way` says that
    another compaction was at work on it.
    """

    place: Place
    files_before: int = 0
    files_after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    rows: int = 0
    deleted_files: int = 0
    gave_way: bool = False
    seconds: float = 0.0

    def to_json(self) -> dict[str, object]:
        """The document that `--json` prints."""
        figures = {name: value for name, value in vars(self).items() if name != "place"}
        return {**vars(self.place), **figures, "seconds": round(self.seconds, 3)}


@dataclass(kw_only=True)
class CompactionResult:
    """What a compaction did: its tables, and the errors that tell what it could not do."""

    tables: list[TableResult] = field(default_factory=list)
    errors: list[ReelhouseError] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """What the compaction could not do, in words for people."""
        return [str(each) for each in self.errors]

    def raise_for_failures(self) -> None:
        """Raise RunFailed with all errors, if there are any."""
        if self.errors:
            raise RunFailed(self.errors)


def places(datasets: Iterable[str]) -> Iterator[Place]:
    """The tables of these datasets, and the ledger."""
    for dataset in datasets:
        yield Place(dataset, "lake", layout.table(dataset))
        yield Place(dataset, "quarantine", layout.quarantine(dataset))
        yield Place(dataset, "replays", layout.replays(dataset))
    yield Place(None, "ledger", layout.LEDGER)


class Compaction:
    """The compaction of a lake's tables.

    `keep_hours` is how long files are kept that only readers of older versions need. It must be
    above the lease, and at most MOST_HOURS; raises WrongUse.
    """

    def __init__(
        self,
        lake: str,
        *,
        keep_hours: int = KEEP_HOURS,
        lease_seconds: float = LEASE.total_seconds(),
        target_bytes: int = TARGET_BYTES,
        progress: OnProgress = lambda what, done, total: None,
    ) -> None:
        check_keep(keep_hours, lease_seconds)
        self.store, self.ledger = open_store(lake), Ledger(lake)
        self.keep_hours, self.target_bytes, self.progress = keep_hours, target_bytes, progress
        self.outcome = CompactionResult()

    def run(self, datasets: Iterable[str]) -> CompactionResult:
        """Compact the tables of these datasets and the ledger, each by itself.

        What fails is told in the outcome, and the other tables go on. What is wrong with the
        ledger concerns all, and is raised.
        """
        return self._each(datasets, self._compact)

    def rehearse(self, datasets: Iterable[str]) -> CompactionResult:
        """Say what `run` would do, and do nothing."""
        return self._each(datasets, self._rehearse)

    def _each(
        self, datasets: Iterable[str], act: Callable[[TableResult, DeltaTable], None]
    ) -> CompactionResult:
        with refusals_told(self.ledger.uri):
            self.ledger.state()  # it tells of open batches: what is wrong with it concerns all
        for place in places(datasets):
            uri = self.store.uri(place.path)
            with (
                apart(place.path, self.outcome.errors.append),
                refusals_told(uri),
                table_errors(uri),
            ):
                started = time.monotonic()
                table = open_table(uri)
                if table is None:
                    continue
                result = TableResult(place=place)
                result.files_before, result.bytes_before = size_of(table)
                result.files_after, result.bytes_after = size_of(table)
                act(result, table)
                result.seconds = time.monotonic() - started
                self.outcome.tables.append(result)
        return self.outcome

    def _compact(self, result: TableResult, _: DeltaTable) -> None:
        path, is_ledger = result.place.path, result.place.dataset is None
        open_now = open_batches(self.ledger.state())
        merging = Merging(self.store, path, self.target_bytes, self.progress)
        try:
            merging.run()
        except GivesWay:
            result.gave_way = True
        result.rows = merging.proved.rows
        self.progress(f"{path}: deleting what nobody needs", 0, 0)
        result.deleted_files = clean(
            self.store, path, self.keep_hours, open_now, is_ledger=is_ledger
        )
        table = open_table(self.store.uri(path))
        assert table is not None, "it was there a moment ago"
        result.files_after, result.bytes_after = size_of(table)

    def _rehearse(self, result: TableResult, table: DeltaTable) -> None:
        is_ledger = result.place.dataset is None
        found = plan_merge(list(files_of(table).values()), self.target_bytes)
        result.files_after -= len(found.merged) - found.added
        result.rows = sum(file.rows for file in found.merged)
        open_merge = begun(table)
        result.gave_way = open_merge is not None and not open_merge.is_gone()
        open_now = open_batches(self.ledger.state())
        table.update_incremental()
        result.deleted_files = len(stale(table, self.keep_hours, open_now, orphans=not is_ledger))


def size_of(table: DeltaTable) -> tuple[int, int]:
    """How many files a table has, and their bytes."""
    files = files_of(table).values()
    return len(files), sum(file.size for file in files)


def check_keep(hours: int, lease_seconds: float) -> None:
    """Raise WrongUse for a retention that is too short for the runs, or longer than Delta's log."""
    if not lease_seconds < hours * 3600 <= MOST_HOURS * 3600:
        raise WrongUse(
            f"--keep is {hours} hours; it must be above the lease of a run "
            f"({lease_seconds / 3600:.3g} hours), and at most {MOST_HOURS} hours, for Delta's log "
            "goes back no further"
        )


def compact_ledger(ledger: Ledger) -> None:
    """Merge the ledger's small files, once there are many; if that fails, then next time."""
    with latest(ledger.uri) as table:
        if table is None or len(table.file_uris()) < LEDGER_FILES:
            return
    try:
        Merging(ledger.store, layout.LEDGER).run()
        clean(ledger.store, layout.LEDGER, LEDGER_KEEP_HOURS, set(), is_ledger=True)
    except Exception as error:  # of many kinds: what was ingested is in the lake all the same
        log.info("the ledger is compacted another time: %s", error)
