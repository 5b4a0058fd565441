"""`reelhouse compact`: what it says, to people and to machines."""

import shutil
from pathlib import Path

from tests.cli.conftest import COUNTS, EVENTS, Run


def more(landing: Path, reelhouse: Run) -> None:
    """Another source of events, in a batch of its own."""
    (landing / "events/b.jsonl").write_text(EVENTS)
    assert reelhouse("ingest").code == 0


def test_compact_tells_what_became_of_each_table(lake: Path, landing: Path, reelhouse: Run) -> None:
    more(landing, reelhouse)
    done = reelhouse("compact")
    assert (done.code, done.err) == (0, "")
    shown = {tuple(line.split()[:2]): line.split()[2:] for line in done.out.splitlines()}
    _, valid, quarantined = COUNTS["events"]
    assert shown["events", "lake"][:2] == ["2", "1"]
    assert shown["events", "lake"][-2:] == [str(2 * valid), "0"]
    assert shown["events", "quarantine"][-2:] == [str(2 * quarantined), "0"]
    assert "ledger" in done.out
    assert "proved" in done.out
    again = reelhouse("compact")
    assert (again.code, again.err) == (0, "")
    assert "proved" not in again.out


def test_compact_tells_machines_what_was_agreed(lake: Path, landing: Path, reelhouse: Run) -> None:
    more(landing, reelhouse)
    done = reelhouse("compact", "events", "--json")
    assert done.code == 0
    tables = done.document.pop("tables")
    assert done.document.keys() == {"tables"}
    assert [each["path"] for each in tables] == ["events", "_quarantine/events", "_ledger"]
    events = tables[0]
    assert isinstance(events.pop("seconds"), float)
    assert events.pop("bytes_before") > 0
    assert events.pop("bytes_after") > 0
    assert events == {
        "dataset": "events",
        "table": "lake",
        "path": "events",
        "files_before": 2,
        "files_after": 1,
        "rows": 6,
        "deleted_files": 0,
        "gave_way": False,
    }
    assert (tables[2]["dataset"], tables[2]["table"]) == (None, "ledger")


def test_a_dry_run_says_what_would_be_done(lake: Path, landing: Path, reelhouse: Run) -> None:
    more(landing, reelhouse)
    there = {path: path.stat().st_mtime_ns for path in lake.rglob("*")}
    dry = reelhouse("compact", "events", "--dry-run", "--json").document["tables"]
    assert "What would be done" in reelhouse("compact", "--dry-run").out
    assert {path: path.stat().st_mtime_ns for path in lake.rglob("*")} == there
    done = reelhouse("compact", "events", "--json").document["tables"]
    for name in ("path", "files_before", "files_after", "rows", "deleted_files"):
        assert [each[name] for each in dry] == [each[name] for each in done], name


def test_what_fails_is_told_and_the_other_tables_go_on(
    lake: Path, landing: Path, reelhouse: Run
) -> None:
    more(landing, reelhouse)
    next(lake.glob("events/batch=*/*/*.parquet")).unlink()
    done = reelhouse("compact", "--json")
    assert done.code == 1
    assert done.err.startswith("reelhouse: events: the lake can't be read or written: ")
    assert "Traceback" not in done.err
    paths = [each["path"] for each in done.document["tables"]]
    assert "events" not in paths
    assert {"_quarantine/events", "users", "videos", "_ledger"} <= set(paths)


def test_wrong_use_of_compact_is_told(
    lake: Path, clean: Path, reelhouse: Run, process: Run
) -> None:
    for arguments in (("--keep", "0"), ("--keep", "721"), ("--keep", "soon"), ("lines",)):
        done = reelhouse("compact", *arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert done.err
    long = process("compact", "--keep", "1", "--json", REELHOUSE_LEASE_SECONDS="3600")
    assert (long.code, long.document) == (2, {"tables": []})
    assert "--keep is 1 hour" in long.err
    shutil.rmtree(lake)
    none = reelhouse("compact", "--json")
    assert (none.code, none.document) == (1, {"tables": []})
    assert "there is no lake" in none.err
