"""How many events a second the reference validator judges, from JSONL bytes, on one core.

python -m benchmarks.validator [--events 200000] [--rounds 5] [--landing DIR]
"""

import argparse
import time
from pathlib import Path
from statistics import median

from rich.console import Console

from benchmarks.data import existing, generate
from reelhouse.contract.registry import load_all
from reelhouse.contract.validator import Invalid, Row, Validator
from reelhouse.engines.reference import LINES_AT_ONCE, without_collection


def timed(validator: Validator, lines: list[bytes]) -> tuple[float, int, int]:
    """Process seconds, records and valid ones of judging all lines, as the RDD engine does it."""
    judge = validator.judge
    valid: list[Row] = []
    invalid: list[Invalid] = []
    records = kept = 0
    started = time.process_time()
    with without_collection():
        for line in lines:
            judge(line, valid, invalid)
            if len(valid) >= LINES_AT_ONCE:
                records, kept = records + len(valid) + len(invalid), kept + len(valid)
                valid, invalid = [], []
    return time.process_time() - started, records + len(valid) + len(invalid), kept + len(valid)


def read_lines(files: list[Path]) -> list[bytes]:
    return [line for path in files for line in path.read_bytes().split(b"\n") if line.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validator", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--landing", type=Path, help="judge these, generate nothing")
    given = parser.parse_args()
    landing = existing(given.landing) if given.landing else generate(given.events)
    lines = read_lines(landing.files)
    validator = Validator(load_all()["events"])
    runs = [timed(validator, lines) for _ in range(given.rounds)]
    seconds = median(run[0] for run in runs)
    _, records, valid = runs[0]
    Console().print(
        f"{records:,} events ({valid:,} valid) in {seconds:.2f} s of one core: "
        f"{records / seconds:,.0f} events/s, {landing.bytes / 1e6 / seconds:.1f} MB/s "
        f"(median of {given.rounds})"
    )


if __name__ == "__main__":
    main()
