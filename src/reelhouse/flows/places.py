"""Whether landing and lake are there, before anything is done with them."""

from reelhouse.errors import ReelhouseError
from reelhouse.lake.commit import latest
from reelhouse.lake.layout import LEDGER
from reelhouse.storage import open_store


def check_landing(landing: str) -> None:
    """Raise ReelhouseError for a landing that is not there; an empty one has nothing new."""
    store = open_store(landing)
    local = store.local("")
    if local is None or local.is_dir():
        return
    what = "is a file, and no folder" if local.exists() else "is not there"
    raise ReelhouseError(
        f"landing, {store.root}, {what}: put sources into <landing>/<dataset>/, or name another "
        "folder with --landing"
    )


def check_lake(lake: str) -> None:
    """Raise ReelhouseError for a lake that can be none."""
    store = open_store(lake)
    local = store.local("")
    above = () if local is None else (local, *local.parents)
    if any(each.exists() and not each.is_dir() for each in above):
        raise ReelhouseError(f"the lake, {store.root}, is a file: name a folder with --lake")


def require_lake(lake: str) -> None:
    """Raise ReelhouseError if there is no lake yet."""
    check_lake(lake)
    store = open_store(lake)
    with latest(store.uri(LEDGER)) as ledger:  # what comes next will read it
        if ledger is None:
            raise ReelhouseError(
                f"there is no lake at {store.root} yet: name another with --lake, or fill this "
                "one: reelhouse ingest"
            )


def is_lake(lake: str) -> bool:
    """Whether there is a lake. Raises ReelhouseError for one that can be none."""
    check_lake(lake)
    with latest(open_store(lake).uri(LEDGER)) as ledger:
        return ledger is not None
