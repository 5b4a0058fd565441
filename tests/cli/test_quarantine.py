"""`reelhouse quarantine`."""

import csv
import json
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Run


def records(reelhouse: Run, *arguments: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reelhouse("quarantine", "show", *arguments, "--json").document[
        "records"
    ]
    return found


def test_list_counts_each_reason_and_shows_an_example(lake: Path, reelhouse: Run) -> None:
    found = reelhouse("quarantine", "list", "events", "--json").document["reasons"]
    assert [(each["field"], each["rule"], each["records"]) for each in found] == [
        ("event", "validValues", 1),
        ("user_id", "type", 1),
    ]
    shown = reelhouse("quarantine", "list").out
    assert '"nobody" is not of the format email\n' in shown
    assert "2,Bo,,nobody,xx,1,\n" in shown


def test_list_of_a_clean_lake(landing: Path, reelhouse: Run) -> None:
    for path in landing.rglob("*.*"):
        path.unlink()
    (landing / "videos/none.csv").write_text("id,name,url,creation_timestamp,creator_id,private\n")
    assert reelhouse("ingest").code == 0
    assert reelhouse("quarantine", "list").out == "No record is in quarantine\n"


def test_show_prints_records_as_they_were_sent(lake: Path, landing: Path, reelhouse: Run) -> None:
    assert reelhouse("quarantine", "show", "users").out.splitlines() == [
        "2,Bo,,nobody,xx,1,",
        "    lname: the value is missing (required)",
        '    email: "nobody" is not of the format email (format)',
        '    country: "xx" does not match the pattern ^[A-Z]{2}$ (pattern)',
        f"    {landing}/users/a.csv",
        "1 record",
    ]


def test_show_takes_filters(lake: Path, landing: Path, reelhouse: Run) -> None:
    (batch,) = {each["_batch_id"] for each in records(reelhouse, "events")}
    wrong_id = '{"user_id":"3","video_id":7,"event":"viewed","timestamp":1767225604}'
    by_rule = records(reelhouse, "events", "--rule", "type")
    assert [each["raw"] for each in by_rule] == [wrong_id]
    assert records(reelhouse, "events", "--field", "user_id") == by_rule
    assert records(reelhouse, "events", "--field", "user_id", "--rule", "required") == []
    for source in (f"{landing}/events/a.jsonl", "data/landing/events/a.jsonl"):
        assert len(records(reelhouse, "events", "--source", source)) == 2
    assert records(reelhouse, "events", "--source", "elsewhere") == []
    assert len(records(reelhouse, "events", "--batch", batch)) == 2
    assert records(reelhouse, "events", "--batch", "0") == []
    assert len(records(reelhouse, "events", "--limit", 1)) == 1
    assert (
        "1 of 2 records; for more: --limit N"
        in reelhouse("quarantine", "show", "events", "--limit", 1).out
    )


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_an_export_reads_back_equal(
    lake: Path, landing: Path, reelhouse: Run, tmp_path: Path, suffix: str
) -> None:
    nasty = ['"a,b"",c', "{\"a\": 'b'}", "é\u2028 \U0001f600", "a\\nb", " ", "\t[,", "\x01", "-0"]
    (landing / "events/b.jsonl").write_text("\n".join(nasty) + "\n", newline="")
    assert reelhouse("ingest").code == 0
    expected = records(reelhouse, "events", "--limit", 100)
    assert len(expected) == 10
    path = tmp_path / "new folder" / f"out.{suffix}"
    done = reelhouse("quarantine", "export", "events", path, "--json")
    assert done.document == {"dataset": "events", "file": str(path), "records": 10}

    if suffix == "csv":
        with path.open(newline="") as file:
            found = [
                row | {"violations": json.loads(row["violations"])} for row in csv.DictReader(file)
            ]
    elif suffix == "jsonl":
        found = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
    else:
        found = pq.ParquetFile(path).read().to_pylist()
    for each in [*expected, *found]:
        each["_ingested_at"] = datetime.fromisoformat(str(each["_ingested_at"]))
    assert sorted(found, key=lambda each: each["raw"]) == sorted(
        expected, key=lambda each: each["raw"]
    )


def test_an_export_takes_filters(lake: Path, reelhouse: Run) -> None:
    done = reelhouse("quarantine", "export", "events", "some.jsonl", "--rule", "type")
    assert done.out == "1 record written to some.jsonl\n"
    (found,) = Path("some.jsonl").read_text().splitlines()
    assert json.loads(found)["violations"][0]["rule"] == "type"


@pytest.mark.parametrize(
    ("file", "code", "said"),
    [
        ("out.xlsx", 2, "out.xlsx: name a file that ends in .parquet, .csv, .jsonl, .json"),
        ("out", 2, "out: name a file that ends in"),
        ("gs://bucket/out.csv", 2, "gs://bucket/out.csv: an export is a file of this machine"),
        ("data.csv/out.csv", 1, "data.csv"),
        ("/proc/out.csv", 1, "/proc/out.csv"),
        ("folder.csv", 1, "folder.csv: Is a directory"),
    ],
)
def test_an_export_that_cant_be_written(
    lake: Path, reelhouse: Run, file: str, code: int, said: str
) -> None:
    Path("data.csv").touch()
    Path("folder.csv").mkdir()
    done = reelhouse("quarantine", "export", "events", file, "--json")
    assert done.code == code
    assert done.document == {"dataset": "events", "file": file, "records": 0}
    assert said in done.err
    assert "Traceback" not in done.err


def test_replay_shows_first_and_then_does(lake: Path, reelhouse: Run, tmp_path: Path) -> None:
    shipped = (files("reelhouse") / "contracts" / "events.odcs.yaml").read_text()
    (tmp_path / "mine").mkdir()
    mended = shipped.replace("- share", "- share\n                - loved").replace(
        "version: 1.0.0", "version: 1.1.0"
    )
    (tmp_path / "mine/events.odcs.yaml").write_text(mended)
    replay = ("quarantine", "replay", "events", "--contracts", "mine")
    would = reelhouse(*replay)
    assert would.out.splitlines()[0] == (
        "Of 2 invalid records of events, 1 would go into the lake under contract 1.1.0; "
        "1 stays in quarantine."
    )
    assert would.out.splitlines()[-1].endswith("reelhouse quarantine replay events --apply")
    assert len(records(reelhouse, "events")) == 2
    done = reelhouse(*replay, "--apply", "--json").document
    assert (done["applied"], done["records"], done["valid"], done["still_invalid"]) == (
        True,
        2,
        1,
        1,
    )
    assert done["reasons"] == [{"field": "user_id", "rule": "type", "records": 1}]
    assert len(done["batch_id"]) == 32
    assert [each["violations"][0]["rule"] for each in records(reelhouse, "events")] == ["type"]
    again = reelhouse(*replay, "--apply", "--json").document
    assert (again["applied"], again["valid"], again["still_invalid"]) == (False, 0, 1)
