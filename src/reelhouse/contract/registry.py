"""Which contracts there are: those shipped, and those of a user's folder."""

from importlib.resources import files
from pathlib import Path

from reelhouse.contract.model import Contract
from reelhouse.contract.odcs import ContractError, dataset_of_file, load
from reelhouse.errors import ReelhouseError

SHIPPED = Path(str(files("reelhouse") / "contracts"))


def contract_files(folder: Path | None = None) -> list[Path]:
    """The files of all contracts; one in the user's folder replaces a shipped one of its dataset.

    Raises ReelhouseError if the folder is not there, and for two files of one dataset.
    """
    found = _by_dataset(SHIPPED)
    if folder is not None:
        if not folder.is_dir():
            raise ReelhouseError(
                f"the folder of contracts {folder} is not there; make it, or name another"
            )
        found |= _by_dataset(folder)
    return list(found.values())


def _by_dataset(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        dataset = dataset_of_file(path.name)
        if dataset is None:
            continue
        if dataset in found:
            raise ReelhouseError(
                f"{found[dataset]} and {path.name} are both contracts of {dataset}: keep one"
            )
        found[dataset] = path
    return found


def load_all(folder: Path | None = None) -> dict[str, Contract]:
    """All contracts by dataset, the user's folder included.

    Raises ContractError with all problems of all contracts, and ReelhouseError for a folder that
    is not there.
    """
    found: dict[str, Contract] = {}
    problems = []
    for path in contract_files(folder):
        try:
            contract = load(path)
        except ContractError as error:
            problems += error.problems
        else:
            found[contract.dataset] = contract
    if problems:
        raise ContractError(problems)
    return found
