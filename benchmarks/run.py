"""Measure Reelhouse against its peers: `python -m benchmarks.run --help`."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import compare, functions, machine, report, startup, usecases, warehouse
from benchmarks.contenders import ENGINES, Contender, choose, is_installed
from benchmarks.data import HERE, existing, generate

RESULTS = HERE / "results.json"
README = HERE / "README.md"

Progress = Callable[[str], None]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000, help="events to compare on")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many rounds")
    parser.add_argument("--only", metavar="A,B", help="only these contenders")
    parser.add_argument("--landing", type=Path, help="compare on this landing, generate nothing")
    parser.add_argument("--scaling", action="store_true", help="also seconds and memory by size")
    parser.add_argument("--ledger", action="store_true", help="also one file with a big ledger")
    parser.add_argument("--use-cases", action="store_true", help="also the use cases")
    parser.add_argument("--asked", type=int, default=20_000_000, help="events that they ask")
    parser.add_argument("--functions", action="store_true", help="also Cloud Function and Lambda")
    parser.add_argument("--startup", action="store_true", help="also commands that do little")
    parser.add_argument("--warehouse", action="store_true", help="also the warehouse in DuckDB")
    parser.add_argument("--built", type=int, default=10_000_000, help="events that it has")
    parser.add_argument("--no-compare", action="store_true", help="leave the comparison out")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="results")
    parser.add_argument("--write-readme", action="store_true", help=f"tables into {README.name}")
    given = parser.parse_args()
    if min(given.rounds, given.events, given.asked, given.built // 100) < 1:
        parser.error("--rounds, --events and --asked must be at least 1, --built 100")
    return given


def available(only: str | None, progress: Progress) -> list[Contender]:
    chosen = choose(only)
    for contender in chosen:
        if not is_installed(contender):
            progress(f"{contender.label} is left out: {contender.needs} is not installed")
    return [contender for contender in chosen if is_installed(contender)]


def measure(given: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """The parts asked for. A part that is not keeps its results of an earlier run."""
    results = json.loads(given.json.read_text()) if given.json.exists() else {}
    here = machine.describe()
    contenders = available(given.only, progress)
    if not given.no_compare:
        if given.landing is None:
            progress(f"generating {given.events:,} events")
        landing = existing(given.landing) if given.landing else generate(given.events)
        measured = compare.compare(contenders, landing, given.rounds, progress)
        results["compare"] = {"machine": here, **measured}
    if given.scaling:
        engines = [engine for engine in ENGINES if engine in contenders]
        results["scaling"] = {"machine": here, **compare.scaling(engines, progress)}
    if given.ledger:
        results["ledger"] = {"machine": here, **compare.ledger(given.rounds, progress)}
    if given.use_cases:
        results["use_cases"] = {"machine": here, **usecases.measure(given.asked, progress)}
    if given.functions:
        results["functions"] = {"machine": here, **functions.measure(progress)}
    if given.startup:
        results["startup"] = {"machine": here, **startup.measure(progress)}
    if given.warehouse:
        results["warehouse"] = {"machine": here, **warehouse.measure(given.built, progress)}
    return results


def main() -> None:
    given = arguments()
    console = Console(width=max(report.LEAST_WIDTH, Console().width))
    log = Console(stderr=True, highlight=False)
    with log.status("starting") as status:

        def progress(message: str) -> None:
            log.print(message, markup=False)
            status.update(message)

        results = measure(given, progress)
    given.json.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    report.show(results, console)
    for name, message in results.get("compare", {}).get("failures", {}).items():
        log.print(f"\n{name} failed:\n{message}", markup=False)
    if given.write_readme:
        report.write_readme(results, README)


if __name__ == "__main__":
    main()
