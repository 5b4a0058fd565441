"""Fuzzing: the verdict in SQL against the reference validator, on nasty sources.

    python -m tests.warehouse.fuzz --records 1000000 --seed 1 [--contract events]

The verdict is sound: what it takes for valid is valid, with the same typed values. Exits with 1,
and shows it, if that does not hold, or if more than the share MOST_REFUSED of valid records is
refused.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import cycle

from reelhouse.contract.model import Contract
from reelhouse.engines import reference
from tests.conformance.fuzz import contracts, sources
from tests.conformance.harness import Judged, canonical, judge
from tests.warehouse.judging import judge_in_duckdb

MOST_REFUSED = 0.01
"""The share of valid records that may be refused because SQL can't decide."""

AT_ONCE = 4_000
SHOWN = 5

Refused = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class Comparison:
    """What the SQL said of some records, beside the reference: differences are kept as text."""

    records: int = 0
    valid: int = 0
    wrongly_accepted: list[str] = field(default_factory=list)
    soundly_refused: list[str] = field(default_factory=list)
    other_reasons: int = 0
    unaccounted: list[str] = field(default_factory=list)

    def add(self, name: str, contract: Contract, got: Judged, want: Judged) -> None:
        """Compare what became of one source."""
        derived = {partition.name for partition in contract.derived}
        ours, theirs = rows(got, ()), rows(want, derived)
        self.records += want.records
        self.valid += len(want.valid)
        self.wrongly_accepted += [f"{name}: {row}" for row in (ours - theirs).elements()]
        self.soundly_refused += [f"{name}: {row}" for row in (theirs - ours).elements()]
        self.other_reasons += sum((_refused(want) - _refused(got)).values())
        if want.records and not got.records:
            self.unaccounted.append(name)


def rows(judged: Judged, without: Iterable[str]) -> Counter[str]:
    """The valid rows as text, without some columns."""
    gone = {*without, "_extra"}
    return Counter(
        canonical({name: value for name, value in row.items() if name not in gone})
        for row in judged.valid
    )


def _refused(judged: Judged) -> Counter[Refused]:
    return Counter(
        (raw, tuple((name, rule) for name, rule, _ in violations))
        for raw, violations in judged.invalid
    )


def compare(contract: Contract, given: Mapping[str, bytes], found: Comparison) -> None:
    """Judge sources by both, and add what was found."""
    got, want = judge_in_duckdb(contract, given), judge(reference.run, contract, given)
    for name in given:
        found.add(f"{contract.dataset} {name}", contract, got[name], want[name])


def fuzz(records: int, seed: int, chosen: list[Contract]) -> Comparison:
    """Compare at least so many records, of the contracts in turn."""
    found = Comparison()
    for number, contract in enumerate(cycle(chosen)):
        if found.records >= records:
            return found
        compare(contract, sources(contract, AT_ONCE, seed + number), found)
    return found


def main(arguments: list[str]) -> int:
    """Fuzz, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.warehouse.fuzz")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--contract", action="append", default=[])
    given = parser.parse_args(arguments)
    chosen = [each for each in contracts() if not given.contract or each.dataset in given.contract]
    found = fuzz(given.records, given.seed, chosen)
    print(
        f"seed {given.seed}: {found.records:,} records, {found.valid:,} valid; wrongly accepted: "
        f"{len(found.wrongly_accepted)}; soundly refused: {len(found.soundly_refused)} "
        f"({len(found.soundly_refused) / max(1, found.valid):.2%}); refused for other reasons: "
        f"{found.other_reasons}"
    )
    for what in (found.wrongly_accepted, found.soundly_refused, found.unaccounted):
        print(*what[:SHOWN], sep="\n")
    many = len(found.soundly_refused) > MOST_REFUSED * found.valid
    return 1 if found.wrongly_accepted or found.unaccounted or many else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
