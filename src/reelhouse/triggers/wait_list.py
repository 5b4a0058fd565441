"""The new files of landing that wait to be taken: until they are still, or may be tried again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reelhouse.batch import Source

MOST = 50_000
"""So many files wait at most; the rest is found again when these are taken."""

LONGEST_HOLD = 10.0
"""How long, in seconds, a file that could be taken is held back so that others come along."""

LONGEST_PAUSE = 60.0
"""After how many seconds at most it is tried again to reach a lake or a landing."""

LONGEST_SOURCE_PAUSE = 900.0
"""After how many seconds at most a source is tried again that could not be read."""


def pause_after(failures: int, longest: float = LONGEST_PAUSE) -> float:
    """How long to wait, in seconds, after so many failures in a row: 2, 4, 8 … `longest`."""
    return min(2.0 ** min(failures, 10), longest)


@dataclass
class _File:
    dataset: str
    source: Source
    since: float
    """When it was first seen as it is."""
    changes: int = 0
    failures: int = 0
    not_before: float = 0.0


class Waiting:
    """New files, by URI. All times are of one clock that never goes back, in seconds.

    A file that has not changed for `still` seconds can be taken. It is held back, though not for
    long, while others are still growing or coming in: so a burst becomes one batch.
    """

    def __init__(self, still: float) -> None:
        self.still = still
        self._files: dict[str, _File] = {}

    def __len__(self) -> int:
        return len(self._files)

    @property
    def full(self) -> bool:
        """Whether no more files are noted."""
        return len(self._files) >= MOST

    def see(self, dataset: str, source: Source, now: float) -> None:
        """Note a file as it is seen."""
        file = self._files.get(source.uri)
        if file is not None and file.source.version == source.version:
            return
        if file is not None:
            self._files[source.uri] = _File(dataset, source, now, file.changes + 1)
        elif not self.full:
            self._files[source.uri] = _File(dataset, source, now)

    def forget(self, uris: Iterable[str]) -> None:
        """Drop files that are taken, or gone."""
        for uri in uris:
            self._files.pop(uri, None)

    def failed(
        self, uris: Iterable[str], now: float, longest: float = LONGEST_SOURCE_PAUSE
    ) -> None:
        """Let files wait that could not be taken: more seconds each time, up to `longest`."""
        for uri in uris:
            if file := self._files.get(uri):
                file.failures += 1
                file.not_before = now + pause_after(file.failures, longest)

    def ready(
        self, now: float, look: Callable[[Source], Source | None]
    ) -> dict[str, dict[str, Source]]:
        """By dataset and URI, the files that can be taken now; empty as long as it pays to wait.

        `look` looks at a file once more: it is taken only if it is what it was.
        """
        if not self._files or now < self.due():
            return {}
        found: dict[str, dict[str, Source]] = {}
        for file in [each for each in self._files.values() if self._ripe(each) <= now]:
            source = look(file.source)
            if source is None:
                self.forget([file.source.uri])
            elif source.version != file.source.version:
                self.see(file.dataset, source, now)
            else:
                found.setdefault(file.dataset, {})[source.uri] = source
        return found

    def due(self) -> float:
        """When files can be taken next, if none changes or comes along; infinity if none waits."""
        files = self._files.values()
        first = min(map(self._ripe, files), default=float("inf"))
        awaited = [self._ripe(each) for each in files if each.changes < 3 and not each.failures]
        return max([first, *(each for each in awaited if each <= first + LONGEST_HOLD)])

    def _ripe(self, file: _File) -> float:
        return max(file.since + self.still, file.not_before)
