"""Differential fuzzing: every engine against the reference validator, on nasty sources.

    python -m tests.conformance.fuzz --records 100000 --seed 1 [--engine duckdb] [--batch 20000]

Compares verdicts, typed values, reasons, raw texts and counts of each source, record by record. The
same seed makes the same sources. Exits with 1, and shows the records, if an engine differs.
"""

import argparse
import gzip
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from reelhouse.contract.model import Contract
from reelhouse.contract.odcs import SUFFIX, load
from reelhouse.contract.registry import load_all
from reelhouse.engines import ENGINES, reference
from reelhouse.engines import engine as make_engine
from tests.conformance.harness import Judged, canonical, judge
from tests.conformance.nasty import Nasty

CONTRACTS = Path(__file__).parent / "contracts"
MAX_LINE_BYTES = 2_000
SHOWN = 5
EACH = "each.txt"


def contracts() -> list[Contract]:
    """The shipped contracts, as the data set `cases`, and those made to have every rule."""
    found = [load(path) for path in sorted(CONTRACTS.glob(f"*{SUFFIX}"))]
    return [*load_all(None).values(), *found]


def sources(contract: Contract, records: int, seed: int) -> dict[str, bytes]:
    """Some sources of a batch: of different sizes, one packed, one with each odd value once."""
    nasty = Nasty(contract, seed)
    shares = {"a b%20.txt": 0.5, "é/x=1/one.txt": 0.3, "packed.txt.gz": 0.15, "small.txt": 0.05}
    found = {}
    for name, share in shares.items():
        data = nasty.source(max(1, int(records * share)))
        if name.endswith(".gz"):
            data = gzip.compress(data, 1, mtime=0)
            data = data[:-9] if seed % 7 == 0 else data
        found[name] = data
    found[EACH] = nasty.each_value()
    return found


def differences(expected: dict[str, Judged], got: dict[str, Judged]) -> list[str]:
    """What differs, in words, a few records of each source."""
    found = []
    for name, wanted in expected.items():
        a, b = wanted.sorted(), got[name].sorted()
        if a == b:
            continue
        found.append(f"{name}: {a.records} records {a.counted}, got {b.records} {b.counted}")
        for what, one, other in (
            ("valid", set(map(canonical, a.valid)), set(map(canonical, b.valid))),
            ("invalid", set(map(repr, a.invalid)), set(map(repr, b.invalid))),
        ):
            found += [f"  {what}, missing: {each}" for each in sorted(one - other)[:SHOWN]]
            found += [f"  {what}, too much: {each}" for each in sorted(other - one)[:SHOWN]]
    return found


def _keep(landed: dict[str, bytes]) -> str:
    folder = mkdtemp(prefix="reelhouse-fuzz-")
    for name, data in landed.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def main() -> None:
    """Run the fuzzer from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.fuzz", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=20_000)
    parser.add_argument("--engine", action="append", choices=ENGINES)
    given = parser.parse_args()
    names = given.engine or ENGINES
    runs: dict[str, Any] = {
        name: make_engine(name, None if name == "duckdb" else "local[2]").run for name in names
    }
    judged = turn = 0
    started = time.monotonic()
    while judged < given.records:
        for contract in contracts():
            seed = given.seed * 1_000_003 + turn
            landed = sources(contract, given.batch, seed)
            expected = judge(reference.run, contract, landed, MAX_LINE_BYTES)
            for name, run in runs.items():
                found = differences(expected, judge(run, contract, landed, MAX_LINE_BYTES))
                if found:
                    print(f"{name} differs on {contract.dataset}, seed {seed}:", *found, sep="\n")
                    print(f"The sources are in {_keep(landed)}")
                    raise SystemExit(1)
            judged += sum(each.records for each in expected.values())
            valid = sum(each.counted[0] for each in expected.values())
            turn += 1
            print(
                f"{judged:,} records, {time.monotonic() - started:.0f} s: {contract.dataset}, "
                f"{valid:,} valid of the last {sum(e.records for e in expected.values()):,}",
                flush=True,
            )
            if judged >= given.records:
                break
    print(f"{judged:,} records: {', '.join(names)} give the verdicts of the reference validator")


if __name__ == "__main__":
    main()
