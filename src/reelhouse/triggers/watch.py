"""Take what lands into the lake as it lands, for as long as the process runs."""

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path

from reelhouse.batch import OnProgress, Source
from reelhouse.errors import (
    EngineEnded,
    StdoutClosed,
    concerns_all,
    is_interruption,
    message_of,
    shows_tracebacks,
)
from reelhouse.flows.ingest import MAX_SOURCES, BatchResult, Ingestion
from reelhouse.lake.ledger import Ledger
from reelhouse.lake.owner import owner_is_gone
from reelhouse.landing.discovery import discover, is_passed_over, source_of
from reelhouse.landing.notices import Notices
from reelhouse.storage import Entry, StorageError, open_store
from reelhouse.triggers.folder_events import Events, FolderEvents, NoEvents, Stop, tells_of_changes
from reelhouse.triggers.redelivery import may_pass
from reelhouse.triggers.wait_list import LONGEST_PAUSE, Waiting, pause_after

LOOK_SECONDS = 10.0
"""How often all of landing is looked through, where nothing tells of changes."""

SELDOM_LOOK_SECONDS = 60.0
"""How often, where changes are told: some may be missed."""

REST = 2
"""After a look, so many times the time that it took is waited at least."""

STRAY_SECONDS = 2.0
"""How soon after a change outside of the datasets' folders it is looked for strays."""

STRAY_REST = 20
"""After a look for strays, so many times the time that it took is waited at least."""

SAID_AGAIN_SECONDS = 3600.0
"""After how long the same complaint is made again."""


class _Ended(Exception):
    """The watcher is to end, and a batch was about to begin."""


class Watcher:
    """Watches the landing of one lake.

    `flow` makes an Ingestion on a ledger, and `still` is for how many seconds a local file must not
    have changed; an object in a bucket is whole when it is there. `told` gets each batch that is in
    the lake, and `complain` what went wrong, in words; neither ends the watcher. `notices` looks
    for strays and what else no run takes, and `noticed` gets what is new of it.
    """

    def __init__(
        self,
        landing: str,
        datasets: Sequence[str],
        flow: Callable[[Ledger | None], Ingestion],
        stop: Stop,
        *,
        interval: float | None,
        still: float,
        told: Callable[[BatchResult], None],
        complain: Callable[[str], None],
        shown: Callable[[], AbstractContextManager[OnProgress]],
        notices: Callable[[], Notices] = Notices,
        noticed: Callable[[Notices], None] = lambda notices: None,
    ) -> None:
        self.store, self.datasets = open_store(landing), datasets
        self._flow, self._stop, self._shown = flow, stop, shown
        self._told, self._complain = told, complain
        self._said: dict[str, float] = {}
        self._local = self.store.local("")
        self.waiting = Waiting(still if self._local is not None else 0.0)
        self.events = self._events()
        usual = SELDOM_LOOK_SECONDS if self.events.told else LOOK_SECONDS
        self.interval = usual if interval is None else interval
        self._next_look = 0.0
        self._notices, self._noticed = notices, noticed
        self._last_notices = Notices()
        self._next_notices = self._rested = 0.0
        # what it has read of its many files, it need not read again
        self.ledger: Ledger = flow(None).ledger

    def _events(self) -> Events:
        if self._local is None or not tells_of_changes(self._local):
            return NoEvents(self._stop)
        try:
            return FolderEvents(self._local, self._stop)
        except Exception as error:  # of several kinds, such as no more watches
            self._complain(
                f"the system does not tell of changes in {self._local} ({error}); all of it is "
                "looked through instead, from time to time. On Linux the limit is "
                "fs.inotify.max_user_watches"
            )
            return NoEvents(self._stop)

    def run(self) -> None:
        """Watch until it is to end; the batch that has begun is finished. Raises EngineEnded."""
        failures = 0
        while not self._stop.is_set():
            try:
                self._round()
                failures = 0
            except (StdoutClosed, BrokenPipeError, EngineEnded):
                raise
            except _Ended:
                return
            except Exception as error:
                if is_interruption(error):
                    raise
                failures += 1
                pause = pause_after(failures)
                self._fault(error, f"trying again in {pause:.0f} s")
                self._next_look = 0.0
                self._stop.wait(pause)

    def _round(self) -> None:
        """Look, take what can be taken, and wait until there is something to do."""
        if time.monotonic() >= self._next_look:
            self._look()
        if time.monotonic() >= self._next_notices:
            self._notice()
        was_full = self.waiting.full
        for dataset, files in self.waiting.ready(time.monotonic(), self._seen_again).items():
            self._take(dataset, files)
        if was_full and not self.waiting.full:
            self._next_look = 0.0
        until = min(self._next_look, self._next_notices, self.waiting.due())
        if until > time.monotonic():
            self._note(self.events.wait(until - time.monotonic()))

    # --- looking

    def _look(self) -> None:
        """Note all new files, and finish the batches that were left open."""
        began = time.monotonic()
        self.events.renew()
        if self._local is not None and not self._local.is_dir():
            raise StorageError(f"landing, {self.store.root}, is not there")
        state = self.ledger.state()
        for dataset in self.datasets:
            if any(owner_is_gone(claim) for claim in state.open(dataset)):
                self._attempt(dataset, [])
            found = discover(self.store.root, dataset, self._refused)
            while some := list(islice(found, MAX_SOURCES)):
                known = state.known(dataset, some)
                new = (each for each in some if each.source_id not in known)
                self._see(dataset, new)
                if self.waiting.full or self._stop.is_set():
                    break
        took = time.monotonic() - began
        self._next_look = time.monotonic() + max(self.interval, REST * took)

    def _notice(self) -> None:
        """Tell of strays and the like that were not there at the last look."""
        began = time.monotonic()
        notices = self._notices()
        new = notices.beyond(self._last_notices)
        if notices.unseen is None:
            self._last_notices = notices
        for line in new.lines():
            self._once(line, SAID_AGAIN_SECONDS)
        if new:
            self._noticed(new)
        now = time.monotonic()
        self._rested = now + STRAY_REST * (now - began)
        self._next_notices = max(now + self.interval, self._rested)

    def _see(self, dataset: str, sources: Iterable[Source]) -> None:
        now = time.monotonic()
        for source in sources:
            self.waiting.see(dataset, source, now)

    def _seen_again(self, source: Source) -> Source | None:
        if self._local is None:  # an object is whole, and the batch looks at it
            return source
        try:
            entry = self.store.head(source.uri.removeprefix(f"{self.store.root}/"))
        except StorageError:
            return source  # to be told by the batch
        return None if entry is None else source_of(self.store, entry)

    def _note(self, paths: Iterable[str]) -> None:
        """Note the files that have changed, and all in the folders that have come."""
        root = f"{self.store.root}/"
        for path in sorted(paths):
            inside = path.removeprefix(root)
            dataset = inside.partition("/")[0]
            if not path.startswith(root) or is_passed_over(inside):
                continue
            if dataset not in self.datasets:
                soon = max(time.monotonic() + STRAY_SECONDS, self._rested)
                self._next_notices = min(self._next_notices, soon)
                continue
            if Path(path).is_dir():
                entries = list(self.store.list(inside, self._refused))
            else:
                entries = [entry] if (entry := self._head(inside)) else []
            self._see(
                dataset,
                (
                    source_of(self.store, each)
                    for each in entries
                    if not is_passed_over(each.path.removeprefix(f"{dataset}/"))
                ),
            )

    def _head(self, path: str) -> Entry | None:
        try:
            return self.store.head(path)
        except StorageError as error:
            self._refused(error)
            return None

    # --- taking

    def _take(self, dataset: str, files: dict[str, Source]) -> None:
        """Take files that are still; those that could not be taken are tried again later."""
        named = list(files) if self._local is not None else None
        chunks = [None] if named is None else _chunks(named, MAX_SOURCES)
        for chunk in chunks:
            if self._stop.is_set():
                raise _Ended
            asked = list(files) if chunk is None else chunk
            taken, failed = self._attempt(dataset, chunk)
            self.waiting.forget(taken)
            left = [uri for uri in asked if uri not in taken]
            if failed:
                self.waiting.failed(left, time.monotonic(), LONGEST_PAUSE)
            elif left:
                self._sort_out(dataset, left, files)

    def _sort_out(self, dataset: str, left: Sequence[str], files: dict[str, Source]) -> None:
        """Forget what another run has taken, and let wait what could not be read."""
        sources = [files[uri] for uri in left]
        known = self.ledger.state().known(dataset, sources)
        self.waiting.forget(each.uri for each in sources if each.source_id in known)
        self.waiting.failed(left, time.monotonic())

    def _attempt(self, dataset: str, named: Sequence[str] | None) -> tuple[set[str], bool]:
        """Run an ingestion, and tell what it did and what failed.

        Returns the sources that it took, and whether it was broken off by an error.
        """
        flow, failed = self._flow(self.ledger), False
        try:
            with self._shown() as progress:
                flow.progress = self._ending(progress)
                flow.run_one(dataset, named)
        except (StdoutClosed, BrokenPipeError, EngineEnded, _Ended):
            raise
        except Exception as error:
            if concerns_all(error):
                raise
            failed = True
            self._fault(error, f"{dataset} is tried again later")
        finally:
            for batch in flow.outcome.batches:
                self._told(batch)
            for failure in flow.outcome.failures:
                self._once(failure, SAID_AGAIN_SECONDS)
        taken = {source.uri for batch in flow.outcome.batches for source in batch.sources}
        return taken, failed

    def _ending(self, progress: OnProgress) -> OnProgress:
        """Begin no batch when the watcher is to end."""

        def tell(dataset: str, done: int, total: int) -> None:
            if done == 0 and self._stop.is_set():
                raise _Ended
            progress(dataset, done, total)

        return tell

    # --- complaints

    def _refused(self, error: StorageError) -> None:
        self._once(str(error), SAID_AGAIN_SECONDS)

    def _fault(self, error: Exception, next_step: str) -> None:
        if shows_tracebacks():
            traceback.print_exception(error)
        again = LONGEST_PAUSE if may_pass(error) else SAID_AGAIN_SECONDS
        self._once(f"{message_of(error)}; {next_step}", again)

    def _once(self, message: str, again: float) -> None:
        """Complain, unless the same was said in the last so many seconds."""
        now = time.monotonic()
        if now - self._said.get(message, float("-inf")) < again:
            return
        if len(self._said) > 1_000:
            self._said.clear()
        self._said[message] = now
        self._complain(message)


def _chunks(items: list[str], size: int) -> list[list[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
