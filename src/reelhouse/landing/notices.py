"""What no run takes, and no run would say: strays, links, contracts that were not read.

None of it is an error. It is told by each command that looks at landing, lest a file lie there for
ever under a name that nobody reads.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from reelhouse.contract.passed_over import PassedOver, passed_over
from reelhouse.landing.links import Linked, Links, links
from reelhouse.landing.strays import REST_FILES, REST_FOLDERS, Stray, strays
from reelhouse.storage import StorageError, Store, open_store
from reelhouse.text import escape

MOST_TOLD = 5
"""So many of a kind are told to people; machines get all."""


@dataclass(frozen=True)
class Notices:
    """What is to be told of a landing and of a folder of contracts.

    `broken_links` are relative to landing. `unseen` says why landing could not be looked through,
    and `landing` is its URI.
    """

    strays: Sequence[Stray] = ()
    linked: Sequence[Linked] = ()
    broken_links: Sequence[str] = ()
    contracts_passed_over: Sequence[PassedOver] = ()
    unseen: str | None = None
    landing: str = ""

    def __bool__(self) -> bool:
        return bool(self.strays or self.linked or self.broken_links or self.contracts_passed_over)

    @property
    def stray_files(self) -> str:
        """How many files are strays: "4 files", "1,000 or more files"; empty without any."""
        number = sum(stray.files for stray in self.strays)
        if any(stray.more for stray in self.strays):
            return f"{number:,} or more files"
        return f"{number:,} file{'' if number == 1 else 's'}" if number else ""

    def lines(self, landing: str = "landing") -> list[str]:
        """What people are told: a line each, without its end. `landing` is how it is called."""
        return [escape(line) for line in self._lines(landing)]

    def _lines(self, landing: str) -> Iterator[str]:
        if self.unseen:
            yield f"{landing} can't be looked through for files of no dataset: {self.unseen}"
        if self.strays:
            belong = "belongs" if self.stray_files == "1 file" else "belong"
            yield f"{self.stray_files} in {landing} {belong} to no dataset: {self._named()}"
        groups = [
            (same_as, [pair.path for pair in pairs])
            for same_as, pairs in groupby(self.linked, lambda pair: pair.same_as)
        ]
        yield from _few([_same(*group) for group in groups], "more files have several names")
        yield from _few(
            [f"{path} is a link that leads to no file" for path in self.broken_links],
            "more links lead to no file",
        )
        yield from _few(
            [str(contract) for contract in self.contracts_passed_over],
            "more contracts are not read",
        )

    def _named(self) -> str:
        """The strays, those with the same hint together."""
        names, rest = [], (REST_FOLDERS, REST_FILES)
        shown = [stray for stray in self.strays if stray.path not in rest][:MOST_TOLD]
        for hint, group in groupby(shown, lambda stray: stray.hint):
            names.append(", ".join(stray.path for stray in group) + (f" ({hint})" if hint else ""))
        left = sum(stray.files if stray.path in rest else 1 for stray in self.strays) - len(shown)
        named = ", ".join(names) + (f" and {left:,} more" if left else "")
        if any(stray.hint is None for stray in self.strays):
            named += "; sources lie in <landing>/<dataset>/"
        return named

    def to_json(self) -> dict[str, Any]:
        """What each document of `--json` has, under the same names."""
        return {
            "strays": [asdict(stray) for stray in self.strays],
            "linked": [asdict(pair) for pair in self.linked],
            "broken_links": list(self.broken_links),
            "contracts_passed_over": [
                {"path": contract.path, "mend": contract.mend}
                for contract in self.contracts_passed_over
            ],
        }

    def beyond(self, earlier: "Notices") -> "Notices":
        """What was not there in earlier notices."""
        paths = {stray.path for stray in earlier.strays}
        linked, broken = set(earlier.linked), set(earlier.broken_links)
        contracts = set(earlier.contracts_passed_over)
        return Notices(
            [stray for stray in self.strays if stray.path not in paths],
            [pair for pair in self.linked if pair not in linked],
            [path for path in self.broken_links if path not in broken],
            [contract for contract in self.contracts_passed_over if contract not in contracts],
            self.unseen,
            self.landing,
        )


def _few(lines: Sequence[str], rest: str) -> list[str]:
    left = len(lines) - MOST_TOLD
    return [*lines[:MOST_TOLD], *([f"{left:,} {rest}"] if left > 0 else [])]


def _same(same_as: str, paths: Sequence[str]) -> str:
    kind, counts = "file", "it counts"
    if same_as.endswith("/"):
        kind, counts = "folder", "each of its files counts"
    count = {1: "two", 2: "three"}.get(len(paths), f"{len(paths) + 1:,}")
    named = ", ".join(_few(paths, "more"))
    return f"{named} and {same_as} are one {kind}: {counts} as {count} sources"


NO_NOTICES = Notices()


def look(store: Store, datasets: Collection[str], lake: str, contracts: Path | None) -> Notices:
    """Look through a landing and a folder of contracts, for what belongs to none of the datasets.

    The lake and the contracts may lie in landing. What can't be listed is told, and no failure.
    """
    unread = passed_over(contracts)
    apart = [open_store(place).root for place in (lake, str(contracts or "")) if place]
    local = store.local("")
    linking = links(local, datasets) if local else Links()
    notices = Notices((), linking.linked, linking.broken, unread, landing=store.root)
    try:
        return replace(notices, strays=strays(store, datasets, apart, unread))
    except StorageError as error:
        return replace(notices, unseen=str(error))
