"""Which contracts there are: those shipped, and those of a user's folder."""

from importlib.resources import files
from pathlib import Path

from reelhouse.contract.model import Contract
from reelhouse.contract.odcs import SUFFIX, ContractError, load
from reelhouse.errors import ReelhouseError

SHIPPED = Path(str(files("reelhouse") / "contracts"))


def contract_files(folder: Path | None = None) -> list[Path]:
    """The files of all contracts; one in the user's folder replaces a shipped one of its name.

    Raises ReelhouseError if the folder is not there.
    """
    found = {path.name: path for path in sorted(SHIPPED.glob(f"*{SUFFIX}"))}
    if folder is not None:
        if not folder.is_dir():
            raise ReelhouseError(
                f"the folder of contracts {folder} is not there; make it, or name another"
            )
        found |= {path.name: path for path in sorted(folder.glob(f"*{SUFFIX}"))}
    return list(found.values())


class Contracts(dict[str, Contract]):
    """The contracts that load, by dataset.

    `broken` are those that do not, by the dataset that the file's name says; to ask for one of
    them raises its ContractError. `names` are the datasets of both, in the order of the files.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken: dict[str, ContractError] = {}
        self.names: list[str] = []

    def __missing__(self, dataset: str) -> Contract:
        raise self.broken.get(dataset) or KeyError(dataset)

    def check(self) -> None:
        """Raise ContractError, with all problems of all contracts, unless each of them loads."""
        problems = [problem for error in self.broken.values() for problem in error.problems]
        if problems:
            raise ContractError(problems)


def load_all(folder: Path | None = None) -> Contracts:
    """All contracts by dataset, the user's folder included.

    Raises ContractError with all problems of all contracts, and ReelhouseError for a folder that
    is not there.
    """
    found = load_each(folder)
    found.check()
    return found


def load_each(folder: Path | None = None) -> Contracts:
    """All contracts, those that do not load apart. Raises ReelhouseError as `load_all` does."""
    found = Contracts()
    for path in contract_files(folder):
        dataset = path.name.removesuffix(SUFFIX)
        found.names.append(dataset)
        try:
            found[dataset] = load(path)
        except ContractError as error:
            found.broken[dataset] = error
    return found
