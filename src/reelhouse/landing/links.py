"""Links below the datasets' folders of a local landing: those that make one file two sources.

A link to a file is a source like any other, and so is each file in a folder that is linked; only a
link that leads to a folder around it is not followed.
"""

import errno
import os
import stat
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reelhouse.landing.discovery import is_passed_over
from reelhouse.storage import is_folder, leads_back

Identity = tuple[int, int]
"""A file or folder as the system knows it, whatever its names are: its device and its number."""

NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""What the system says of a link that leads to nothing, or to itself."""


@dataclass(frozen=True)
class Linked:
    """Two names of one file, or of one folder: those of folders end with `/`.

    Both are relative to landing; `same_as` is the one that is no link, where there is such.
    """

    path: str
    same_as: str


@dataclass
class Links:
    """The links of a landing: `broken` are those that lead to no file."""

    linked: list[Linked] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def links(landing: Path, datasets: Iterable[str]) -> Links:
    """The links below the folders of these datasets; what can't be looked at is left out.

    Only links are looked at one by one, and files that share a number: the rest costs no more than
    to list the folders.
    """
    return _Walk(landing).walk(datasets)


class _Walk:
    def __init__(self, landing: Path) -> None:
        self.landing, self.links = landing, Links()
        self._folders: dict[Identity, str] = {}
        self._files: defaultdict[int, list[str]] = defaultdict(list)

    def walk(self, datasets: Iterable[str]) -> Links:
        """Look into the folders first, and into those that are linked last."""
        folders = deque(sorted(datasets))
        linked: deque[str] = deque()
        while folders or linked:
            folder = folders.popleft() if folders else linked.popleft()
            for entry in self._entries(folder):
                path = f"{folder}/{entry.name}"
                if not is_folder(entry):
                    self._file(path, entry)
                elif not is_passed_over(f"{entry.name}/"):
                    if not entry.is_symlink():
                        folders.append(path)
                    elif not leads_back(entry.path):
                        linked.append(path)
        self._same_files()
        self.links.linked.sort(key=lambda pair: (pair.same_as, pair.path))
        self.links.broken.sort()
        return self.links

    def _entries(self, folder: str) -> "Iterator[os.DirEntry[str]]":
        """What is in a folder, unless it is one that has been looked into by another name."""
        try:
            identity = _identity(os.stat(self.landing / folder))
            if identity in self._folders:
                first = self._folders[identity]
                self.links.linked.append(Linked(f"{folder}/", f"{first}/"))
                return
            self._folders[identity] = folder
            with os.scandir(self.landing / folder) as entries:
                yield from sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return

    def _file(self, path: str, entry: "os.DirEntry[str]") -> None:
        if is_passed_over(entry.name):
            return
        if not entry.is_symlink():
            self._files[entry.inode()].append(path)
            return
        try:
            status = entry.stat()
        except OSError as error:
            if error.errno in NOWHERE:
                self.links.broken.append(path)
        else:
            self._files[status.st_ino].append(path)

    def _same_files(self) -> None:
        """Tell of the files that have several names; that numbers are equal is not enough."""
        for paths in self._files.values():
            if len(paths) == 1:
                continue
            names: defaultdict[Identity, list[str]] = defaultdict(list)
            for path in paths:
                try:
                    status = os.stat(self.landing / path)
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    names[_identity(status)].append(path)
            for same in names.values():
                first, *others = sorted(same, key=self._is_link)
                self.links.linked += [Linked(path, first) for path in others]

    def _is_link(self, path: str) -> tuple[bool, str]:
        return os.path.islink(self.landing / path), path


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
