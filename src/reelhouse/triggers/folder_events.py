"""How a watcher learns that something has changed, and that it is to end."""

import os
import select
from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

GROUPED_MS = 1_000
"""How long changes are put together, in milliseconds, if they keep coming."""

STEP_MS = 100
TICK_MS = 500
"""After how many milliseconds a wait looks whether its time is over."""

WITHOUT_EVENTS = ("nfs", "nfs4", "cifs", "smb2", "smb3", "9p", "afs", "ceph", "glusterfs", "vboxsf")
"""File systems whose files can be changed by other machines, of which this one is not told."""


class Stop:
    """A wish to end, that a signal's handler may express; it ends every wait."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._set = False

    def set(self) -> None:
        """Wish it."""
        if not self._set:
            self._set = True
            os.write(self._write, b"x")

    def is_set(self) -> bool:
        """Whether it was wished."""
        return self._set

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it is wished."""
        # more than a day at a time is more than some systems take
        select.select([self._read], [], [], max(0.0, min(seconds, 86_400.0)))


class Events(Protocol):
    """What tells of changes in landing."""

    told: bool
    """Whether it tells of changes at all; if not, one has to look."""

    def wait(self, seconds: float) -> set[str]:
        """Wait so long, or until something changes or is to end: the paths that have changed."""
        ...

    def renew(self) -> None:
        """Begin again if what was watched is not there any more, or another."""
        ...


class NoEvents:
    """A bucket, or a folder of a network: nothing tells of changes."""

    told = False

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def wait(self, seconds: float) -> set[str]:
        """Wait so long: nothing is ever told."""
        self._stop.wait(seconds)
        return set()

    def renew(self) -> None:
        """Nothing is watched."""


class FolderEvents:
    """A folder of this machine, of whose changes the operating system tells.

    Raises OSError where it can't, as when it has no more watches to give.
    """

    told = True

    def __init__(self, folder: Path, stop: Stop) -> None:
        self._folder, self._stop = folder, stop
        self._changes: Generator[set[tuple[Any, str]], None, None] | None = None
        self._identity: tuple[int, int] | None = None
        self._begin()

    def _begin(self) -> None:
        from watchfiles import watch

        self._identity = _identity(self._folder)
        self._changes = watch(
            self._folder,
            watch_filter=None,
            debounce=GROUPED_MS,
            step=STEP_MS,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        next(self._changes, None)  # now it watches

    def wait(self, seconds: float) -> set[str]:
        """Wait so long, or until something changes or is to end: the paths that have changed."""
        if self._changes is None:
            self._stop.wait(seconds)
            return set()
        ticks = max(1, round(seconds * 1000 / TICK_MS)) if seconds < 86_400 else 2**31
        for _ in range(ticks):
            found = next(self._changes, None)
            if found is None:  # it is to end
                break
            if found:
                return {path for _, path in found}
        return set()

    def renew(self) -> None:
        """Watch the folder that has this name now, if it is not the one that is watched."""
        if _identity(self._folder) == self._identity:
            return
        if self._changes is not None:
            self._changes.close()
            self._changes = None
        if self._folder.is_dir():
            self._begin()


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def tells_of_changes(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether this machine is told of all changes in a folder: not if it is of a network.

    `mounts` is Linux's list of what is mounted where; a system without one is taken to be told.
    """
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return True
    place, kind = Path("/"), ""
    for line in lines:
        before, _, after = line.partition(" - ")
        mounted = Path(_unescaped(before.split(" ")[4]))
        if folder.resolve().is_relative_to(mounted) and len(mounted.parts) >= len(place.parts):
            place, kind = mounted, after.split(" ")[0]
    return kind not in WITHOUT_EVENTS and not kind.startswith("fuse.")


def _unescaped(text: str) -> str:
    """A path as mountinfo writes it: blanks and backslashes are in octal."""
    for octal, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(octal, character)
    return text
