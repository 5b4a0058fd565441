"""The three measurements: against peers, against size, and with a big ledger."""

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import measure
from benchmarks.contenders import ENGINES, Contender, Engine, Outcome
from benchmarks.data import WORK, Landing, existing, generate, warm
from reelhouse.batch import Batch, Source, SourceCount
from reelhouse.lake.claims import Entry
from reelhouse.lake.ledger import Ledger

Record = dict[str, Any]
Progress = Callable[[str], None]

MEGABYTE = 1_000_000
SCALING_EVENTS = (500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000)
LEDGER_BATCHES = 10_000
LEDGER_SOURCES = 1_000_000
LEDGER_EVENTS = 10_000
BATCHES_AT_ONCE = 500


def run_once(contender: Contender, landing: Landing, name: str, lake: Path | None = None) -> Record:
    """One run into *lake*, or into a fresh one that is removed afterwards.

    Raises measure.RunFailed.
    """
    out = lake or WORK / "out"
    if lake is None:
        shutil.rmtree(out, ignore_errors=True)
    finished = measure.run(contender.command(landing, out), WORK / "logs" / f"{name}.log")
    outcome = read_outcome(contender, finished)
    if lake is None:
        shutil.rmtree(out, ignore_errors=True)
    return {
        "records": outcome.records,
        "valid": outcome.valid,
        "invalid": outcome.invalid,
        "job_seconds": outcome.job_seconds,
        "process_seconds": round(finished.seconds, 3),
        "peak_mb": round(finished.peak_bytes / MEGABYTE),
    }


def read_outcome(contender: Contender, finished: measure.Run) -> Outcome:
    try:
        return contender.outcome(finished.stdout)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise measure.RunFailed(
            f"{contender.name} printed no result ({error!r}): {finished.stdout[-500:]!r}"
        ) from error


def compare(
    contenders: list[Contender], landing: Landing, rounds: int, progress: Progress
) -> Record:
    """Every contender once a round, in turn; the median of the rounds for each."""
    warm(landing)
    runs: dict[str, list[Record]] = {contender.name: [] for contender in contenders}
    failures: dict[str, str] = {}
    for round_number in range(1, rounds + 1):
        for contender in contenders:
            progress(f"round {round_number} of {rounds}: {contender.label}")
            if contender.name in failures:
                continue
            try:
                runs[contender.name].append(
                    run_once(contender, landing, f"{contender.name}-{round_number}")
                )
            except measure.RunFailed as failure:
                failures[contender.name] = str(failure)
    rows = [
        summarise(contender, runs[contender.name], landing.bytes)
        for contender in contenders
        if contender.name not in failures
    ]
    return {
        "source_mb": round(landing.bytes / MEGABYTE, 1),
        "rounds": rounds,
        "rows": rows,
        "failures": failures,
        "disagreements": disagreements(rows),
        "goals": goals({row["name"]: row for row in rows}),
    }


def summarise(contender: Contender, runs: list[Record], source_bytes: int) -> Record:
    jobs = [run["job_seconds"] for run in runs]
    job, process = median(jobs), median(run["process_seconds"] for run in runs)
    megabytes = source_bytes / MEGABYTE
    return {
        "name": contender.name,
        "label": contender.label,
        "records": runs[0]["records"],
        "valid": runs[0]["valid"],
        "invalid": runs[0]["invalid"],
        "job_seconds": round(job, 3),
        "job_seconds_min": round(min(jobs), 3),
        "job_seconds_max": round(max(jobs), 3),
        "process_seconds": round(process, 3),
        "job_mb_per_second": round(megabytes / job, 1),
        "process_mb_per_second": round(megabytes / process, 1),
        "events_per_second": round(runs[0]["records"] / job),
        "peak_mb": max(run["peak_mb"] for run in runs),
        "runs": runs,
    }


def disagreements(rows: list[Record]) -> list[str]:
    """Who counts otherwise than the first of them."""
    counts = ("records", "valid", "invalid")
    return [
        f"{row['label']}: " + ", ".join(f"{row[count]:,} {count}" for count in counts)
        for row in rows
        if any(row[count] != rows[0][count] for count in counts)
    ]


def goals(rows: dict[str, Record]) -> list[Record]:
    """What Reelhouse sets itself, each on the job and on the whole process."""
    return [
        *ratio_goal(rows, "duckdb", "duckdb-script", least=1.5),
        *ratio_goal(rows, "duckdb", "duckdb-struct", least=None),
        *rate_goal(rows, "duckdb", least=60.0),
        *ratio_goal(rows, "spark", "pyspark-dataset", least=1 / 1.1),
        *ratio_goal(rows, "spark-rdd", "pyspark-rdd", least=1.0),
    ]


def ratio_goal(
    rows: dict[str, Record], engine: str, peer: str, least: float | None
) -> list[Record]:
    if engine not in rows or peer not in rows:
        return []
    measured = {
        span: round(rows[peer][f"{span}_seconds"] / rows[engine][f"{span}_seconds"], 2)
        for span in ("job", "process")
    }
    aim = "how many times" if least is None else f"at least {least:.2f} ×"
    text = f"{rows[engine]['label']}: {aim} as fast as {rows[peer]['label']}"
    return [judged(text, measured, least, "×")]


def rate_goal(rows: dict[str, Record], engine: str, least: float) -> list[Record]:
    if engine not in rows:
        return []
    measured = {span: rows[engine][f"{span}_mb_per_second"] for span in ("job", "process")}
    text = f"{rows[engine]['label']}: at least {least:g} MB/s of source"
    return [judged(text, measured, least, "MB/s")]


def judged(text: str, measured: dict[str, float], least: float | None, unit: str) -> Record:
    """A goal and whether each figure reaches it; with *least* None, the figures alone."""
    holds = {
        span: None if least is None else value >= round(least, 2)
        for span, value in measured.items()
    }
    return {"goal": text, "unit": unit, "measured": measured, "holds": holds}


def scaling(engines: list[Engine], progress: Progress) -> Record:
    """Each engine once on growing numbers of events: seconds and peak memory."""
    rows = []
    failures = {}
    for events in SCALING_EVENTS:
        progress(f"scaling: generating {events:,} events")
        landing = generate(events)
        warm(landing)
        for engine in engines:
            progress(f"scaling: {engine.label}, {events:,} events")
            try:
                figures = run_once(engine, landing, f"scaling-{engine.name}-{events}")
                megabytes = round(landing.bytes / MEGABYTE, 1)
                rows.append({"events": events, "label": engine.label, "mb": megabytes, **figures})
            except measure.RunFailed as failure:
                failures[f"{engine.name}, {events} events"] = str(failure)
    return {"rows": rows, "failures": failures}


def ledger(rounds: int, progress: Progress) -> Record:
    """One new file in a lake with a big ledger, against the same file in an empty lake."""
    big, built = WORK / "ledger-lake", WORK / "ledger-lake.built"
    if not built.exists():
        progress("ledger: building")
        shutil.rmtree(big, ignore_errors=True)
        build_big_ledger(big, LEDGER_BATCHES, LEDGER_SOURCES)
        built.touch()
    source = generate(LEDGER_EVENTS)
    times: dict[str, list[float]] = {"empty": [], "big": []}
    for round_number in range(1, rounds + 1):
        landing = landing_with_new_file(source, round_number)
        progress(f"ledger: round {round_number} of {rounds}")
        for name, lake in (("empty", None), ("big", big)):
            figures = run_once(ENGINES[0], landing, f"ledger-{name}-{round_number}", lake)
            times[name].append(figures["process_seconds"])
        shutil.rmtree(landing.root)
    empty, full = median(times["empty"]), median(times["big"])
    return {
        "batches": LEDGER_BATCHES,
        "sources": LEDGER_SOURCES,
        "empty_seconds": round(empty, 3),
        "big_seconds": round(full, 3),
        "goals": [judged("under 2 × the time", {"process": round(empty / full, 2)}, 0.5, "×")],
    }


def landing_with_new_file(source: Landing, number: int) -> Landing:
    """A landing with one file that no ledger knows: its modification time is new."""
    root = WORK / f"landing-new-{number}"
    shutil.rmtree(root, ignore_errors=True)
    (root / "events").mkdir(parents=True)
    shutil.copyfile(source.files[0], root / "events" / source.files[0].name)
    return existing(root)


def build_big_ledger(lake: Path, batches: int, sources: int) -> None:
    """A lake whose ledger holds so many committed batches of so many sources in all."""
    ledger = Ledger(str(lake))
    each = sources // batches
    for first in range(0, batches, BATCHES_AT_ONCE):
        numbers = range(first, min(first + BATCHES_AT_ONCE, batches))
        entries = [entry for number in numbers for entry in ended_batch(ledger, number, each)]
        ledger.append(entries)


def ended_batch(ledger: Ledger, number: int, sources: int) -> list[Entry]:
    """The two entries of a batch of events that is in the lake."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    batch = Batch(
        dataset="events",
        batch_id=hashlib.sha256(str(number).encode()).hexdigest()[:32],
        attempt=1,
        contract_version="1.0.0",
        engine="duckdb",
        ingested_at=start,
        sources=[
            Source(
                f"/data/landing/events/{number:06}-{place:06}.jsonl", f"1000-{place}", 1000, start
            )
            for place in range(sources)
        ],
    )
    counts = [SourceCount(source.uri, 10, 9, 1) for source in batch.sources]
    return [ledger.claimed_entry(batch), ledger.committed_entry(batch, counts, 4, 1.0)]
