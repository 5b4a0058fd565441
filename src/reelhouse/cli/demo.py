"""`reelhouse demo`: a small site's data, ingested with each engine that this machine can run."""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.text import Text

from reelhouse import engines
from reelhouse.cli import console, progress
from reelhouse.contract.model import Contract
from reelhouse.contract.registry import load_all
from reelhouse.demo.generate import Generated, generate
from reelhouse.engines.base import Engine
from reelhouse.errors import ReelhouseError
from reelhouse.flows.counts import lake_counts
from reelhouse.flows.ingest import Ingestion, Run
from reelhouse.flows.quarantine import Quarantine
from reelhouse.landing.discovery import discover
from reelhouse.report import why_no_packages
from reelhouse.spark.session import spark_session, why_no_spark
from reelhouse.warehouse.beside import last_reconciled
from reelhouse.warehouse.connections.duckdb import DuckDBWarehouse
from reelhouse.warehouse.runner import Runner

TOP = 6
"""How many reasons are shown."""

MARK = ".reelhouse-demo"
"""The file by which the demo knows a folder of its own again, that it may empty."""

WARM_UP_EVENTS = 2_000
"""What each engine is given before it is measured, so that the work is told from the warm-up."""

Contracts = Mapping[str, Contract]


def run(
    out: Path,
    events: int,
    names: list[str],
    document: dict[str, Any],
    as_json: bool,
    report: bool = True,
) -> None:
    """Run the demo, and print what it did.

    `document` gets the figures of each engine, whether all counted the same, the number of broken
    records, why they were refused, and where the report is. Raises ReelhouseError if this machine
    can run none of the engines named.
    """
    _empty(out)
    say: Callable[[str], None] = console.tell if as_json else console.say
    landing, contracts = out / "landing", load_all(None)
    made = generate(landing, events=events)
    size, broken = sum(path.stat().st_size for path in made.files), sum(made.broken.values())
    document["broken"] = broken
    say(
        f"{made.videos:,} videos, {made.users:,} users and {made.events:,} events "
        f"({size / 1e6:.1f} MB), of which {broken:,} are broken"
    )
    generate(out / "warm-up" / "landing", events=WARM_UP_EVENTS)
    for name in names:
        missing = None if name == "duckdb" else why_no_spark()
        if missing:
            say(f"{name} is left out. {missing}")
            continue
        console.tell(f"Ingesting with {name}")
        document["engines"].append(_measure(name, out, contracts, size, report))
    shutil.rmtree(out / "warm-up")
    figures = document["engines"]
    if not figures:
        raise ReelhouseError("this machine can run none of these engines: see reelhouse doctor")
    counts = {tuple(each[name] for name in ("records", "valid", "quarantined")) for each in figures}
    expected = _expected(made)
    document["same"] = counts == {expected}
    lake = out / f"lake-{figures[0]['engine']}"
    document["reasons"] = Quarantine(str(lake)).reasons(contracts)
    if not as_json:
        _show(document, expected, out, lake)
    _warehouse(lake, out, contracts, document, as_json)
    if report:
        _report(lake, out, document, say)


def _warehouse(
    lake: Path, out: Path, contracts: Contracts, document: dict[str, Any], as_json: bool
) -> None:
    """Build the warehouse of the same sources, and say what became of their records in it."""
    console.tell("Building the warehouse")
    began = time.monotonic()
    with closing(DuckDBWarehouse(str(out / "warehouse.duckdb"))) as connection:
        runner = Runner(contracts, connection)
        with progress.steps("warehouse") as runner.progress:
            runner.init()
            for dataset in contracts:
                runner.load_here(dataset, discover(str(out / "landing"), dataset))
            built = runner.build()
            checks = runner.check()
            reconciled = runner.reconcile(lake_counts(str(lake)))
    seconds = time.monotonic() - began
    names = ("records", "in_core", "in_errors", "duplicates")
    rows: dict[str, dict[str, int]] = {}
    for source in built.sources:
        row = rows.setdefault(source.dataset, dict.fromkeys(names, 0))
        for name in names:
            row[name] += getattr(source, name)
    document["warehouse"] = {
        "seconds": round(seconds, 2),
        "datasets": [{"dataset": dataset, **row} for dataset, row in rows.items()],
        "checks_passed": all(check.passed for check in checks),
        "sources_as_in_lake": reconciled.compared if reconciled.check.passed else None,
    }
    if as_json:
        return
    console.say("")
    console.table(
        ("dataset", "records", "in core", "in errors", "duplicates"),
        [(Text(dataset, "cyan"), *row.values()) for dataset, row in rows.items()],
        title=f"The warehouse, {seconds:.1f} s: raw = core + errors + duplicates",
    )
    passed = document["warehouse"]["checks_passed"] and reconciled.check.passed
    words = f"Its {len(checks)} checks passed, and it counts as the lake does for each source."
    console.say(
        Text(words, "green")
        if passed
        else Text("ITS CHECKS FAILED: see reelhouse warehouse check", "bold red")
    )
    console.say(f"{'warehouse':<11} {_here(out / 'warehouse.duckdb')}")


def _report(lake: Path, out: Path, document: dict[str, Any], say: Callable[[str], None]) -> None:
    """Make the report of the first lake, if this machine can."""
    missing = why_no_packages()
    if missing:
        say(f"The report is left out. {missing}")
        return
    from reelhouse.report.make import make_report
    from reelhouse.usecases.lake_tables import LakeTables
    from reelhouse.usecases.span import Span

    console.tell("Making the report")
    path = out / "report.html"
    tables = LakeTables(str(lake), lenient=True)
    warehouse = last_reconciled(str(out / "warehouse.duckdb"))
    made = make_report(tables, os.path.abspath(path), Span(), warehouse=warehouse)
    document["report"] = made.uri
    say(f"{'report':<11} {_here(path)}: open it in a browser")


def _empty(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).exists():
        raise ReelhouseError(
            f"{out} has files that are not the demo's; name another folder: reelhouse demo --out …"
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).touch()


def _expected(made: Generated) -> tuple[int, int, int]:
    """The records, the valid and the broken ones, as the generator counted them."""
    records, broken = made.videos + made.users + made.events, sum(made.broken.values())
    return records, records - broken, broken


def _measure(name: str, out: Path, contracts: Contracts, size: int, report: bool) -> dict[str, Any]:
    """Start an engine, warm it up, and measure what it does with the site's data."""
    started = time.monotonic()
    if name != "duckdb":
        spark_session(tell=console.tell)
    engine = engines.engine(name)
    _ingest(engine, out / "warm-up" / "landing", out / "warm-up" / f"lake-{name}", contracts)
    warm = time.monotonic()
    outcome = _ingest(engine, out / "landing", out / f"lake-{name}", contracts)
    seconds = time.monotonic() - warm
    return {
        "engine": name,
        "records": sum(batch.records for batch in outcome.batches),
        "valid": sum(batch.valid for batch in outcome.batches),
        "quarantined": sum(batch.quarantined for batch in outcome.batches),
        "warm_up_seconds": round(warm - started, 2),
        "seconds": round(seconds, 2),
        "megabytes_per_second": round(size / 1e6 / seconds, 1),
    }


def _ingest(engine: Engine, landing: Path, lake: Path, contracts: Contracts) -> Run:
    flow = Ingestion(str(lake), str(landing), contracts, engine)
    with progress.ingesting(engine.name) as flow.progress:
        outcome = flow.run(contracts)
    if outcome.failures:
        raise ReelhouseError("; ".join(outcome.failures))
    return outcome


def _show(
    document: Mapping[str, Any], expected: tuple[int, int, int], out: Path, lake: Path
) -> None:
    console.say("")
    console.table(
        ("engine", "records", "valid", "quarantined", "warm-up s", "work s", "MB/s"),
        [
            (Text(str(name), "cyan"), *figures)
            for name, *figures in (each.values() for each in document["engines"])
        ],
        title="One contract, every engine, the same verdict",
    )
    records, valid, broken = expected
    if document["same"]:
        console.say(Text(f"Each found all {broken:,} broken records, and no other.", "green"))
    else:
        said = f"THE COUNTS ARE WRONG: of {records:,} records, {valid:,} are valid, {broken:,} not."
        console.say(Text(said, "bold red"))
    console.say(
        Text(
            "Warm-up is the start and a small first run. Both Spark engines use one session.", "dim"
        )
    )
    console.say("")
    found = document["reasons"]
    console.reasons(found[:TOP], f"Why records were refused: the top {TOP} of {len(found)} reasons")
    console.say("")
    console.say(Text("Where it lies: Delta Lake tables, which are Parquet files and a log", "bold"))
    for what, where in (
        ("sources", f"{_here(out / 'landing')}/{{events,users,videos}}/"),
        ("lake", f"{_here(lake)}/{{events,users,videos}}/"),
        ("quarantine", f"{_here(lake)}/_quarantine/{{events,users,videos}}/"),
        ("ledger", f"{_here(lake)}/_ledger/"),
    ):
        console.say(f"{what:<11} {where}")
    console.say(f"Look further: reelhouse quarantine show events --lake {_here(lake)}")


def _here(path: Path) -> str:
    """A path as it is shortest to type."""
    return min(os.path.relpath(path), str(path), key=len)
