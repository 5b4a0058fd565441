"""`reelhouse ingest` and `status`: what they do, and what they say."""

import json
import shutil
from pathlib import Path

from tests.cli.conftest import COUNTS, EVENTS, VIDEOS, Run
from tests.cli.test_machines import NOTICES


def counts(document: dict[str, object]) -> dict[str, tuple[int, int, int]]:
    batches = document["batches"]
    assert isinstance(batches, list)
    return {b["dataset"]: (b["records"], b["valid"], b["quarantined"]) for b in batches}


def test_ingest_takes_what_is_new_once(landing: Path, reelhouse: Run) -> None:
    first = reelhouse("ingest")
    assert first.code == 0
    assert first.err == ""
    for dataset, (records, valid, quarantined) in COUNTS.items():
        row = next(line for line in first.out.splitlines() if line.startswith(dataset))
        assert row.split()[:6] == [dataset, "duckdb", "1", *map(str, (records, valid, quarantined))]
    assert "reelhouse quarantine list" in first.out
    again = reelhouse("ingest")
    assert (again.code, again.out) == (0, f"Nothing new in {landing}\n")


def test_ingest_tells_machines_what_was_agreed(landing: Path, reelhouse: Run) -> None:
    done = reelhouse("ingest", "events", "--json")
    (batch,) = done.document.pop("batches")
    assert isinstance(batch.pop("seconds"), float)
    assert len(batch.pop("batch_id")) == 32
    (source,) = batch["sources"]
    books = {name: source.pop(name) for name in ("bytes", "header_bytes", "blank_bytes")}
    assert books["bytes"] in (None, len(EVENTS))
    assert source.pop("why_no_record") is None
    assert batch == {
        "dataset": "events",
        "engine": "duckdb",
        "contract_version": "1.0.0",
        "records": 5,
        "valid": 3,
        "quarantined": 2,
        "sources": [
            {"uri": str(landing / "events/a.jsonl"), "records": 5, "valid": 3, "quarantined": 2}
        ],
    }
    assert set(json.loads(done.out)) == {"batches", "conflicts", *NOTICES}
    assert reelhouse("ingest", "events", "--json").document["batches"] == []


def test_sources_without_a_record_are_told_and_are_no_failure(
    landing: Path, reelhouse: Run
) -> None:
    header = VIDEOS.partition("\n")[0]
    for number in range(7):
        (landing / f"videos/{number}.csv").write_text(f"{header}\n\n")
    said = [f"{landing}/videos/{number}.csv (only a header)" for number in range(5)]
    line = f"7 sources hold no record: {', '.join(said)}, and 2 more"
    dry = reelhouse("ingest", "videos", "--dry-run")
    assert (dry.code, line in dry.out.splitlines()) == (0, True)
    done = reelhouse("ingest", "videos")
    assert (done.code, line in done.out.splitlines(), done.err) == (0, True, "")
    (landing / "videos/one.csv").write_text(f"{header}\n")
    (batch,) = reelhouse("ingest", "videos", "--json").document["batches"]
    (source,) = batch["sources"]
    assert (source["records"], source["why_no_record"]) == (0, "only a header")
    (of_videos,) = [
        each
        for each in reelhouse("status", "--json").document["datasets"]
        if each["dataset"] == "videos"
    ]
    assert (of_videos["sources"], of_videos["sources_without_records"]) == (9, 8)
    assert "8 sources held no record: videos 8\n" in reelhouse("status").out


def test_a_dry_run_commits_nothing(landing: Path, reelhouse: Run) -> None:
    dry = reelhouse("ingest", "--dry-run", "--json")
    assert counts(dry.document) == COUNTS
    assert not (landing.parent / "lake" / "events").exists()
    assert "not committed" in reelhouse("ingest", "--dry-run").out
    assert counts(reelhouse("ingest", "--json").document) == COUNTS


def test_only_the_datasets_that_are_named_are_taken(landing: Path, reelhouse: Run) -> None:
    done = reelhouse("ingest", "users", "videos", "users", "--json")
    assert counts(done.document) == {name: COUNTS[name] for name in ("users", "videos")}


def test_only_the_sources_that_are_named_are_taken(landing: Path, reelhouse: Run) -> None:
    (landing / "events/b.jsonl").write_text(EVENTS)
    (landing.parent / "elsewhere.csv").write_text(VIDEOS)
    done = reelhouse("ingest", "--source", "data/landing/events/b.jsonl", "--json")
    (batch,) = done.document["batches"]
    assert [source["uri"] for source in batch["sources"]] == [str(landing / "events/b.jsonl")]
    outside = reelhouse("ingest", "videos", "--source", "data/elsewhere.csv", "--json")
    assert counts(outside.document) == {"videos": COUNTS["videos"]}
    both = reelhouse(
        "ingest",
        *("--source", "data/landing/users/a.csv"),
        *("--source", landing / "videos/a.csv"),
        "--json",
    )
    assert counts(both.document) == {name: COUNTS[name] for name in ("users", "videos")}


def test_sources_are_named_without_a_landing(clean: Path, reelhouse: Run) -> None:
    (clean / "v.csv").write_text(VIDEOS)
    done = reelhouse("ingest", "videos", "--source", "v.csv", "--json")
    assert counts(done.document) == {"videos": COUNTS["videos"]}


def test_a_landing_that_is_not_there_is_a_failure(clean: Path, reelhouse: Run) -> None:
    done = reelhouse("ingest", "--json")
    assert done.code == 1
    assert done.document["batches"] == []
    assert str(clean / "data/landing") in done.err
    assert "--landing" in done.err


def test_a_dataset_without_a_folder_has_nothing_new(landing: Path, reelhouse: Run) -> None:
    shutil.rmtree(landing / "users")
    assert counts(reelhouse("ingest", "--json").document) == {
        name: COUNTS[name] for name in ("events", "videos")
    }
    assert reelhouse("ingest", "users").out == f"Nothing new in {landing}\n"


def test_what_was_done_is_told_when_a_source_is_missing(landing: Path, reelhouse: Run) -> None:
    there, gone = landing / "users/a.csv", landing / "users/gone.csv"
    done = reelhouse("ingest", "--source", there, "--source", gone, "--json")
    assert done.code == 1
    assert counts(done.document) == {"users": COUNTS["users"]}
    assert done.err == f"reelhouse: {gone}: there is no such file\n"
    shown = reelhouse("ingest", "--source", gone)
    assert (shown.code, shown.out) == (1, "")


def test_a_table_that_cant_be_made_stops_its_own_dataset_only(landing: Path, process: Run) -> None:
    in_the_way = landing.parent / "lake" / "users"
    in_the_way.parent.mkdir()
    in_the_way.write_text("no folder")
    done = process("ingest", "--json")
    assert done.code == 1
    assert counts(done.document) == {name: COUNTS[name] for name in ("events", "videos")}
    assert done.err == (
        f"reelhouse: users: {in_the_way} is a file, and should be a table's folder: move it away\n"
    )
    in_the_way.unlink()
    rest = process("ingest", "--json")
    assert counts(rest.document) == {"users": COUNTS["users"]}


def test_people_are_told_what_was_done_beside_a_failure(landing: Path, process: Run) -> None:
    in_the_way = landing.parent / "lake" / "users"
    in_the_way.parent.mkdir()
    in_the_way.write_text("no folder")
    done = process("ingest")
    assert done.code == 1
    assert "users" not in done.out
    assert all(name in done.out for name in ("events", "videos"))


def test_a_longer_line_than_allowed_is_an_invalid_record(landing: Path, reelhouse: Run) -> None:
    done = reelhouse("ingest", "events", "--max-line-bytes", "90", "--json")
    assert counts(done.document) == {"events": (3, 0, 3)}
    reasons = reelhouse("quarantine", "list", "--json").document["reasons"]
    assert reasons[0]["rule"] == "lineLength"


def test_status_tells_what_waits_and_what_is_in_the_lake(landing: Path, reelhouse: Run) -> None:
    before = reelhouse("status")
    assert before.code == 0
    assert "3 sources are waiting" in before.out
    assert not (landing.parent / "lake").exists()
    reelhouse("ingest", "events")
    after = reelhouse("status", "--json").document
    assert after["lake"] == str(landing.parent / "lake")
    assert after["open_batches"] == []
    found = {
        each["dataset"]: (each["records"], each["valid"], each["quarantined"], each["waiting"])
        for each in after["datasets"]
    }
    assert found == {"events": (5, 3, 2, 0), "users": (0, 0, 0, 1), "videos": (0, 0, 0, 1)}
    assert "2 sources are waiting" in reelhouse("status").out


def test_status_shows_an_open_batch(lake: Path, landing: Path, process: Run) -> None:
    (landing / "events/b.jsonl").write_text(EVENTS)
    killed = process("ingest", REELHOUSE_DIE_AFTER="judged")
    assert killed.code == -9
    found = process("status", "--json").document
    ((batch_id, dataset, owner_is),) = [
        (each["batch_id"], each["dataset"], each["owner_is"]) for each in found["open_batches"]
    ]
    assert (dataset, owner_is) == ("events", "gone")
    shown = process("status").out
    assert "Open batches" in shown
    assert batch_id in shown
    assert counts(process("ingest", "--json").document) == {"events": COUNTS["events"]}
    assert process("status", "--json").document["open_batches"] == []
