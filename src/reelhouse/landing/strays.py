"""Strays: what lies in landing and belongs to no dataset, so that no run ever takes it."""

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from reelhouse.contract.passed_over import PassedOver
from reelhouse.landing.discovery import is_passed_over
from reelhouse.storage import StorageError, Store
from reelhouse.storage.names import unfit

MOST_FILES = 1_000
"""So many files of a folder are counted."""

MOST_LISTED = 10_000
"""So many files of a folder are looked at, with those that are hidden."""

MOST_FOLDERS = 50
"""So many folders are looked into; each takes a request to a bucket."""

MOST_NAMES = 20
"""So many files of landing itself are named one by one."""

REST_FOLDERS, REST_FILES = "*/", "*"
"""What is said for the path of those that are not named."""

NEAR = 0.75
"""How like a dataset's name another name must be to be taken for it: 1 is equal."""


@dataclass(frozen=True)
class Stray:
    """A folder of landing that no contract names, or a file in landing itself.

    `path` is relative to landing, and that of a folder ends with `/`. What is too much to be named
    is put together: `*` are further files, `*/` are further folders, each counted as one file.
    `more`: there may be more files than were counted. `hint` is what may have been meant.
    """

    path: str
    files: int
    more: bool = False
    hint: str | None = None


def strays(
    store: Store,
    datasets: Collection[str],
    apart: Sequence[str] = (),
    contracts: Sequence[PassedOver] = (),
) -> list[Stray]:
    """What of landing belongs to none of these datasets: folders by name, files, and the rest.

    `apart` are the URIs of folders that may lie in landing and are not landed, such as the lake;
    `contracts` are those that were not read, for the hints. What is hidden or unfinished is no
    stray, nor is another name of a dataset's own folder.

    A bucket is asked for the names at its top, and for the first files of each folder that is not
    known. Raises StorageError where the names can't be had.
    """
    return _Look(store, datasets, apart, contracts).strays()


class _Look:
    def __init__(
        self,
        store: Store,
        datasets: Collection[str],
        apart: Sequence[str],
        contracts: Sequence[PassedOver],
    ) -> None:
        self.store, self.datasets, self.contracts = store, datasets, contracts
        root = store.root.rstrip("/") + "/"
        below = [uri.rstrip("/") for uri in apart if uri.startswith(root)]
        self.apart = [uri.removeprefix(root) for uri in below]
        self._own = {self._identity(name) for name in datasets} - {None}
        self._is_misplaced = False
        """Whether landing has no folder of a dataset, so that it may be another that was meant."""

    def strays(self) -> list[Stray]:
        folders, files = self.store.top()
        self._is_misplaced = not any(name in self.datasets for name in folders)
        unknown = [name for name in folders if not self._is_known(name)]
        loose = [name for name in files if not is_passed_over(name)]
        misplaced = self._hint_of_landing()
        named = [
            *(self._folder(name) for name in unknown[:MOST_FOLDERS]),
            *(Stray(name, 1, hint=self._hint_of_file(name)) for name in loose[:MOST_NAMES]),
            Stray(REST_FOLDERS, max(0, len(unknown) - MOST_FOLDERS), more=True, hint=misplaced),
            Stray(REST_FILES, max(0, len(loose) - MOST_NAMES), hint=misplaced),
        ]
        return [stray for stray in named if stray.files]

    def _is_known(self, folder: str) -> bool:
        return (
            folder in self.datasets
            or folder in self.apart
            or is_passed_over(f"{folder}/")
            or self._identity(folder) in self._own
        )

    def _identity(self, folder: str) -> tuple[int, int] | None:
        """A folder as this machine knows it, whatever its name is; None for one of a bucket."""
        local = self.store.local(folder)
        try:
            status = os.stat(local) if local else None
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if status else None

    def _folder(self, name: str) -> Stray:
        why = unfit(name) if self.store.local("") is None else None
        if why:
            return Stray(f"{name}/", 1, more=True, hint=f"{why}; rename it")
        refused: list[StorageError] = []
        listed = islice(self.store.list(f"{name}/", refused.append), MOST_LISTED)
        files = (entry.path for entry in listed if self._is_stray(name, entry.path))
        paths = list(islice(files, MOST_FILES + 1))
        hint = self._hint_of_folder(name, paths)
        if refused:
            return Stray(f"{name}/", len(paths) + len(refused), True, hint or str(refused[0]))
        return Stray(f"{name}/", min(len(paths), MOST_FILES), len(paths) > MOST_FILES, hint)

    def _is_stray(self, folder: str, path: str) -> bool:
        return not is_passed_over(path.removeprefix(f"{folder}/")) and not any(
            path.startswith(f"{other}/") for other in self.apart
        )

    # --- what may have been meant

    def _hint_of_folder(self, name: str, paths: Sequence[str]) -> str | None:
        for contract in self.contracts:
            if contract.dataset == name.casefold():
                return f"its contract {contract.path} is not read"
        if hint := hint_of(f"{name}/", self.datasets):
            return hint
        inner = {path.removeprefix(f"{name}/").partition("/")[0] for path in paths}
        if self._is_misplaced and not inner.isdisjoint(self.datasets):
            return f"did you mean --landing {self.store.uri(name)}?"
        return self._hint_of_landing()

    def _hint_of_file(self, name: str) -> str | None:
        return hint_of(name, self.datasets) or self._hint_of_landing()

    def _hint_of_landing(self) -> str | None:
        """For a landing that is itself a dataset's folder."""
        above, _, own = self.store.root.rpartition("/")
        if self._is_misplaced and own in self.datasets and above and not above.endswith(":/"):
            return f"did you mean --landing {above}?"
        return None


def hint_of(path: str, datasets: Collection[str]) -> str | None:
    """Which dataset is perhaps meant by a path below landing: `did you mean cities?`"""
    name, slash, _ = path.partition("/")
    meant = _near(name if slash else name.partition(".")[0], datasets)
    return f"did you mean {meant}{'' if slash else '/'}?" if meant else None


def _near(name: str, datasets: Collection[str]) -> str | None:
    """The dataset that a name may stand for, if there is one.

    Case, punctuation and plural do not count, a slip or two do not matter, and more may follow.
    """
    if name.casefold() in datasets:
        return name.casefold()
    plain = {_plain(dataset): dataset for dataset in datasets}
    for match in get_close_matches(_plain(name), plain, 1, NEAR):
        return plain[match]
    begins = [known for known in plain if len(known) > 2 and _plain(name).startswith(known)]
    return plain[max(begins, key=len)] if begins else None


def _plain(name: str) -> str:
    """A name without what is easily mistaken: "Cities" and "city" are the same."""
    letters = re.sub(r"[\W_]", "", name.casefold())
    singular = re.sub("(ies|y)$", "i", letters)
    return singular if singular != letters else letters.removesuffix("s")
