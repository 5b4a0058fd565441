"""`reelhouse demo`: a small site's data, ingested with each engine that this machine can run."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

from reelhouse import console, engines
from reelhouse.contract.registry import load_all
from reelhouse.demo.generate import generate
from reelhouse.engines.session import why_no_spark
from reelhouse.errors import ReelhouseError
from reelhouse.ingest import Ingestion
from reelhouse.quarantine import Quarantine

TOP = 8
"""How many reasons are shown."""

MARK = ".reelhouse-demo"
"""The file by which the demo knows a folder of its own again, that it may empty."""


def run(out: Path, events: int, names: list[str], as_json: bool) -> bool:
    """Run the demo, and print what it did. Returns whether all engines counted the same."""
    _empty(out)
    landing = out / "landing"
    told = console.err if as_json else console.out
    told.print("Making a small site's data")
    made = generate(landing, events=events)
    size = sum(path.stat().st_size for path in made.files)
    told.print(
        f"{made.videos:,} videos, {made.users:,} users and {made.events:,} events "
        f"({size / 1e6:.1f} MB), {sum(made.broken.values()):,} records of them broken"
    )
    contracts = load_all(None)
    figures: list[dict[str, Any]] = []
    for name in names:
        missing = None if name == "duckdb" else why_no_spark()
        if missing:
            told.print(f"{name} is left out. {missing}")
            continue
        told.print(f"Ingesting with {name}")
        figures.append(_measure(name, landing, out / f"lake-{name}", contracts, size))
    if not figures:
        raise ReelhouseError("this machine can run none of these engines: see reelhouse doctor")
    counts = {tuple(each[name] for name in ("records", "valid", "quarantined")) for each in figures}
    broken = sum(made.broken.values())
    same = len(counts) == 1 and next(iter(counts))[2] == broken
    reasons = Quarantine(str(out / f"lake-{figures[0]['engine']}")).reasons(contracts)
    if as_json:
        console.print_json({"engines": figures, "same": same, "broken": broken, "reasons": reasons})
        return same
    _show(figures, same, broken, reasons, out)
    return same


def _empty(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).exists():
        raise ReelhouseError(
            f"{out} has files that are not the demo's; name another folder: reelhouse demo --out …"
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).touch()


def _measure(
    name: str, landing: Path, lake: Path, contracts: dict[str, Any], size: int
) -> dict[str, Any]:
    started = time.monotonic()
    engine = engines.engine(name)
    start_up = time.monotonic() - started
    with console.ingest_progress() as progress:
        flow = Ingestion(str(lake), str(landing), contracts, engine, progress=progress)
        outcome = flow.run(contracts)
    if outcome.failures:
        raise ReelhouseError("; ".join(outcome.failures))
    seconds = sum(batch.seconds for batch in outcome.batches)
    return {
        "engine": name,
        "records": sum(batch.records for batch in outcome.batches),
        "valid": sum(batch.valid for batch in outcome.batches),
        "quarantined": sum(batch.quarantined for batch in outcome.batches),
        "start_up_seconds": round(start_up, 2),
        "seconds": round(seconds, 2),
        "megabytes_per_second": round(size / 1e6 / seconds, 1),
    }


def _show(
    figures: list[dict[str, Any]],
    same: bool,
    broken: int,
    reasons: list[dict[str, Any]],
    out: Path,
) -> None:
    from reelhouse.cli import show_reasons

    console.table(
        "One contract, every engine",
        ("engine", "records", "valid", "quarantined", "start-up s", "seconds", "MB/s"),
        [tuple(each.values()) for each in figures],
    )
    if same:
        console.out.print(
            f"The same verdicts on each, and all {broken:,} broken records were found."
        )
    else:
        console.out.print(f"[bold red]The counts differ[/]: {broken:,} records are broken.")
    show_reasons(
        reasons[:TOP], f"Why records were refused: the top {TOP} of {len(reasons)} reasons"
    )
    lake = out / f"lake-{figures[0]['engine']}"
    here = os.path.relpath(lake)
    console.out.print(f"The sources        {out / 'landing'}")
    console.out.print(
        f"The lake           {lake}/{{events,users,videos}}  (Delta tables of Parquet)"
    )
    console.out.print(f"The quarantine     {lake}/_quarantine")
    console.out.print(f"See more           reelhouse quarantine show events --lake {here}")
