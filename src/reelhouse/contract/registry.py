"""Which contracts there are: those shipped, and those of a user's folder."""

from pathlib import Path

from reelhouse.contract.model import Contract
from reelhouse.contract.odcs import ContractError, dataset_of_file, load
from reelhouse.errors import ReelhouseError

SHIPPED = Path(__file__).parents[1] / "contracts"


def contract_files(folder: Path | None = None) -> list[Path]:
    """The files of all contracts; one in the user's folder replaces a shipped one of its dataset.

    Raises ReelhouseError if the folder is not there, and for two files of one dataset.
    """
    return [_only(dataset, paths) for dataset, paths in _all_files(folder).items()]


def _all_files(folder: Path | None) -> dict[str, list[Path]]:
    found = _by_dataset(SHIPPED)
    if folder is not None:
        if not folder.is_dir():
            raise ReelhouseError(
                f"the folder of contracts {folder} is not there; make it, or name another"
            )
        found |= _by_dataset(folder)
    return found


def _by_dataset(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        dataset = dataset_of_file(path.name)
        if dataset is not None:
            found.setdefault(dataset, []).append(path)
    return found


def _only(dataset: str, paths: list[Path]) -> Path:
    if len(paths) > 1:
        raise ReelhouseError(
            f"{paths[0]} and {paths[1].name} are both contracts of {dataset}: keep one"
        )
    return paths[0]


class Contracts(dict[str, Contract]):
    """The contracts that load, by dataset.

    `broken` are those that do not, by the dataset that the file's name says; to ask for one of
    them raises what is wrong with it. `names` are the datasets of both, in the order of the files.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken: dict[str, ReelhouseError] = {}
        self.names: list[str] = []

    def __missing__(self, dataset: str) -> Contract:
        raise self.broken.get(dataset) or KeyError(dataset)

    def check(self) -> None:
        """Raise what is wrong with those that are broken: a ContractError with all problems."""
        problems = []
        for error in self.broken.values():
            if not isinstance(error, ContractError):
                raise error
            problems += error.problems
        if problems:
            raise ContractError(problems)


def load_all(folder: Path | None = None) -> Contracts:
    """All contracts by dataset, the user's folder included.

    Raises ContractError with all problems of all contracts, and ReelhouseError for a folder that
    is not there, and for two files of one dataset.
    """
    found = load_each(folder)
    found.check()
    return found


def load_each(folder: Path | None = None) -> Contracts:
    """All contracts, those that do not load apart.

    Raises ReelhouseError for a folder that is not there.
    """
    found = Contracts()
    for dataset, paths in _all_files(folder).items():
        found.names.append(dataset)
        try:
            path = _only(dataset, paths)
            found[dataset] = load(path, checked=path.parent == SHIPPED)
        except ReelhouseError as error:
            found.broken[dataset] = error
    return found
