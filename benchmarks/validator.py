"""How many events a second the reference validator judges, from JSONL bytes, on one core.

python -m benchmarks.validator [--events 200000] [--rounds 5] [--landing DIR]
"""

import argparse
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

from rich.console import Console

from benchmarks.data import existing, generate

# The records of one line and how many of them are valid.
Judge = Callable[[bytes], tuple[int, int]]


def count(judge: Judge, lines: Iterable[bytes]) -> tuple[int, int]:
    records = valid = 0
    for line in lines:
        more_records, more_valid = judge(line)
        records += more_records
        valid += more_valid
    return records, valid


def timed(judge: Judge, lines: list[bytes]) -> tuple[float, int, int]:
    started = time.process_time()
    records, valid = count(judge, lines)
    return time.process_time() - started, records, valid


def read_lines(files: list[Path]) -> list[bytes]:
    return [line for path in files for line in path.read_bytes().split(b"\n") if line.strip()]


def main() -> None:
    # To be wired up: a Judge made of the validator that is compiled from the events contract.
    from reelhouse.contract.validator import judge_line

    parser = argparse.ArgumentParser(prog="python -m benchmarks.validator", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--landing", type=Path, help="judge these, generate nothing")
    given = parser.parse_args()
    landing = existing(given.landing) if given.landing else generate(given.events)
    lines = read_lines(landing.files)
    runs = [timed(judge_line, lines) for _ in range(given.rounds)]
    seconds = median(run[0] for run in runs)
    _, records, valid = runs[0]
    Console().print(
        f"{records:,} events ({valid:,} valid) in {seconds:.2f} s of one core: "
        f"{records / seconds:,.0f} events/s, {landing.bytes / 1e6 / seconds:.1f} MB/s "
        f"(median of {given.rounds})"
    )


if __name__ == "__main__":
    main()
