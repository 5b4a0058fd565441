"""Contracts that are not read, because of their name or their place."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from reelhouse.contract import yaml_text
from reelhouse.contract.model import IDENTIFIER
from reelhouse.contract.odcs import SUFFIX, dataset_of_file
from reelhouse.contract.odcs_fields import as_dict, as_list

MOST_FILES = 1_000
"""How many files are looked at: the folder may be one of many other things."""

DEEPEST = 3
"""How many folders deep contracts are looked for."""

HEAD_BYTES = 64 * 1024
"""How much of a file is looked at to see whether it is a contract."""

MAX_BYTES = 1024 * 1024
"""A larger file is not read to see which dataset it is for."""

BACKUPS = ("~", ".bak", ".old", ".orig", ".rej", ".save", ".swp", ".tmp")
"""How the names of copies end that editors and tools leave behind."""

_OF_CONTRACT = re.compile(rb"\bDataContract\b|^schema\s*:", re.MULTILINE)


@dataclass(frozen=True)
class PassedOver:
    """A file that looks like a contract and is not read; `dataset` is what it seems to be for."""

    path: str
    dataset: str
    mend: str

    def __str__(self) -> str:
        return f"the contract {self.path} is not read: {self.mend}"


def passed_over(folder: Path | None) -> list[PassedOver]:
    """The files below the folder of contracts that are not read and were perhaps meant to be.

    Of other names than a contract's those count that have `.odcs` in it, and YAML and JSON that
    look like a contract. Left out are what is hidden, the backups of editors, and what lies in a
    folder in the folder where a contract of its dataset is read: it may be kept there on purpose.
    """
    if folder is None:
        return []
    files = sorted(islice(_files(folder, DEEPEST), MOST_FILES))
    read = {dataset_of_file(path.name): path for path in files if path.parent == folder}
    read.pop(None, None)
    unread = []
    for path in files:
        if path in read.values() or not _is_contract(path):
            continue
        dataset, is_inner = _dataset(path), path.parent != folder
        if dataset not in read:
            name = f"{dataset}{SUFFIX}"
            mend = f"move it to {folder / name}" if is_inner else f"rename it to {name}"
        elif is_inner:
            continue
        else:
            mend = f"{read[dataset].name} is; delete one of them"
        unread.append(PassedOver(str(path), dataset, mend))
    return unread


def _files(folder: Path, deep: int) -> Iterator[Path]:
    """The files of a folder, and then of the folders in it, to a depth."""
    folders = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", "_", "#")) or entry.name.endswith(BACKUPS):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(folder / entry.name)
                elif entry.is_file():
                    yield folder / entry.name
    except OSError:  # what can't be listed is none of ours
        return
    if deep:
        for inner in sorted(folders):
            yield from _files(inner, deep - 1)


def _is_contract(path: Path) -> bool:
    if ".odcs" in path.name.lower():
        return True
    if not path.name.lower().endswith((".yaml", ".yml", ".json")):
        return False
    try:
        with path.open("rb") as file:
            return bool(_OF_CONTRACT.search(file.read(HEAD_BYTES)))
    except OSError:
        return False


def _dataset(path: Path) -> str:
    """The dataset that a contract names, else that its file's name does."""
    if path.stat().st_size > MAX_BYTES:
        return path.name.lower().partition(".")[0]
    tables = as_list(as_dict(yaml_text.read(path).value).get("schema"))
    name = as_dict(tables[0]).get("name") if tables else None
    if isinstance(name, str) and IDENTIFIER.match(name):
        return name.lower()
    return path.name.lower().partition(".")[0]
