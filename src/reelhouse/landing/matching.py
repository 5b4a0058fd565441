"""Which dataset a file is for: its folder or its name says so, and its content must agree."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reelhouse.contract.csv_rows import read_header
from reelhouse.contract.jsonl import records
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract
from reelhouse.contract.rules import Violation
from reelhouse.contract.validator import clean, is_blank
from reelhouse.engines.reading import BrokenSource, unpacked
from reelhouse.errors import ReelhouseError
from reelhouse.storage import resolve

HEAD_BYTES = 64 * 1024
"""How much of a file is looked at: the lines that begin in it, but at least one whole line."""

HEAD_LINES = 50


class NoDataset(ReelhouseError):
    """A file whose dataset can't be told."""

    def __init__(self, file: Path, why: str, dataset: str = "DATASET") -> None:
        super().__init__(f"{file}: {why}; to land it all the same: --dataset {dataset}")


def dataset_for(file: Path, contracts: Mapping[str, Contract]) -> str:
    """The dataset that a local file is for.

    The folder it lies in counts first, then its name (`events-0001.jsonl`, `users_2.csv.gz`), then
    the folders above, as they are given; each only if the content fits the dataset's contract.
    Where none of them names a dataset, the content decides if it fits one contract alone.

    Raises NoDataset, and StorageError for a file that can't be read.
    """
    try:
        lines = _first_lines(file)
    except BrokenSource as broken:
        raise NoDataset(file, str(broken)) from None
    named = list(dict.fromkeys(_named(file, contracts)))
    if not lines:
        if named:  # there is nothing that contradicts
            return named[0]
        raise NoDataset(file, "it is empty, and neither its folder nor its name is a dataset")
    misfits = {name: misfit(contract, lines) for name, contract in contracts.items()}
    fitting = [name for name, why in misfits.items() if why is None]
    for name in named:
        if name in fitting:
            return name
    if named:
        why = f"its place or its name says {named[0]}, but {misfits[named[0]]}"
        why += f", and it fits {' and '.join(fitting)}" if fitting else ""
        raise NoDataset(file, why, named[0])
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise NoDataset(file, f"it fits the contracts of {' and '.join(fitting)}")
    raise NoDataset(file, f"it fits none of the contracts ({', '.join(contracts)})")


def _named(file: Path, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """The datasets that a file's folders and its name name, the closest first."""
    folder, *above = [file.absolute().parent.name, *reversed(file.parent.parts)]
    if folder in contracts:
        yield folder
    stem = file.name.casefold()
    for name in sorted(contracts, key=len, reverse=True):
        if re.match(rf"{re.escape(name.casefold())}(?![^\W\d_])", stem):
            yield name
            break
    yield from (each for each in above if each in contracts)


def _first_lines(file: Path) -> list[bytes]:
    """The first lines of a file that are not blank, unpacked and whole, without their LF."""
    store, path = resolve(str(file.absolute()))
    head, whole = bytearray(), True
    for chunk in unpacked(store.stream(path, 0, None, HEAD_BYTES), file.name):
        head += chunk
        if b"\n" in chunk or len(head) > MAX_LINE_BYTES:
            whole = False
            break
    lines = bytes(head).split(b"\n")
    if not whole and len(lines) > 1:
        lines.pop()
    return [line for line in lines if not is_blank(line)][:HEAD_LINES]


def misfit(contract: Contract, lines: list[bytes]) -> str | None:
    """Why a file that begins with these lines is none of the contract's, or None if it fits."""
    if contract.format == "csv":
        try:
            columns = read_header(clean(lines[0]).decode(), contract)
        except UnicodeDecodeError:
            return "the header is not UTF-8"
        return columns.message if isinstance(columns, Violation) else None
    required = [field.name for field in contract.fields if field.required]
    for found in _objects(lines, contract.envelope_key):
        if found.issuperset(required) and not found.isdisjoint(contract.field_names):
            return None
    names = ", ".join(required or contract.field_names)
    return f"none of its first lines is JSON that has {names}"


def _objects(lines: list[bytes], envelope_key: str | None) -> Iterator[set[str]]:
    """The keys of each JSON record in the lines."""
    for line in lines:
        text = clean(line).decode(errors="replace")
        for _, value, violation in records(text, envelope_key):
            if violation is None:
                yield set(value)
