"""Which dataset a file is for: its folder or its name says so, and its content must agree."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from reelhouse.contract.jsonl import record, records
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract
from reelhouse.contract.rules import Violation
from reelhouse.contract.validator import Validator
from reelhouse.errors import ReelhouseError
from reelhouse.sources.documents import records_in
from reelhouse.sources.lines import blocks, lines_in
from reelhouse.sources.nature import NO_HEADER, Nature, Refusal, examine
from reelhouse.sources.packing import BrokenSource
from reelhouse.sources.pieces import Stream, whole

HEAD_BYTES = 64 * 1024
"""How much of a file is read at a time, to look at its first lines."""

HEAD_LINES = 50
"""How many lines, or records of documents, are looked at."""


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
    named = list(dict.fromkeys(_named(file, contracts)))
    misfits = {name: misfit(contract, file) for name, contract in contracts.items()}
    if all(why == EMPTY for why in misfits.values()):
        if named:  # there is nothing that contradicts
            return named[0]
        raise NoDataset(file, "it is empty, and neither its folder nor its name is a dataset")
    fitting = [name for name, why in misfits.items() if why is None]
    if not fitting and len(set(misfits.values())) == 1:  # it is none of any contract
        raise NoDataset(file, str(misfits.popitem()[1]))
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


EMPTY = "it is empty"


def misfit(contract: Contract, file: Path) -> str | None:
    """Why a file is none of the contract's, by its first lines, or None if it fits.

    Raises StorageError for a file that can't be read.
    """
    uri = str(file.absolute())
    nature = examine(uri, contract, MAX_LINE_BYTES)
    if isinstance(nature, Refusal):
        return EMPTY if nature.violation.message == NO_HEADER else nature.violation.message
    if nature.header is not None:
        columns = Validator(contract).columns(nature.header)
        return columns.message if isinstance(columns, Violation) else None
    required = [field.name for field in contract.fields if field.required]
    is_empty = True
    try:
        for keys in _first_objects(uri, nature, contract):
            is_empty = False
            if keys.issuperset(required) and not keys.isdisjoint(contract.field_names):
                return None
    except BrokenSource as broken:
        if is_empty:
            return str(broken)
    names = ", ".join(required or contract.field_names)
    return EMPTY if is_empty else f"none of its first lines is JSON that has {names}"


def _first_objects(uri: str, nature: Nature, contract: Contract) -> Iterator[set[str]]:
    """The keys of the first records of JSON; none where a record is no object that can be read."""
    stream, key = Stream(whole(uri, nature), HEAD_BYTES), contract.envelope_key
    if nature.documents:
        texts = records_in(stream, key, MAX_LINE_BYTES)
    else:
        texts = (line for block in blocks(stream) for line in lines_in(block)[0])
    records_of = record if nature.documents else records
    for text in islice(texts, HEAD_LINES):
        for _, value, violation in records_of(text.decode(errors="replace"), key):
            yield set() if violation else set(value)
