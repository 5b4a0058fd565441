"""`reelhouse demo`, on all engines."""

import json
import os
import re
from pathlib import Path

import pytest

from reelhouse.cli.main import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def test_all_engines_find_the_same_and_the_demo_shows_it(
    folder: Path, engines: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo", "--events", "3000"]) == 0
    said = capsys.readouterr().out
    rows = [
        line.split() for line in said.splitlines() if re.match(r"(duckdb|spark|spark-rdd)  ", line)
    ]
    assert [row[0] for row in rows] == ["duckdb", "spark", "spark-rdd"]
    (counts,) = {tuple(row[1:4]) for row in rows}
    records, valid, quarantined = (int(each.replace(",", "")) for each in counts)
    assert records == valid + quarantined
    assert f"Each found all {quarantined:,} broken records, and no other." in said
    assert "Why records were refused: the top 6 of" in said
    for name in ("landing", "lake-duckdb", "lake-spark", "lake-spark-rdd"):
        for dataset in ("events", "users", "videos"):
            assert (folder / "data/demo" / name / dataset).is_dir()
    assert "data/demo/lake-duckdb/_quarantine/" in said
    assert not (folder / "data/demo/warm-up").exists()
    assert str(folder) not in said  # paths are short to type
    assert said.splitlines()[-1] == "report      data/demo/report.html: open it in a browser"
    assert "it counts as the lake does for each source." in said
    report = (folder / "data/demo/report.html").read_text()
    assert "a second judge of the same bytes, counts the same for 7 sources." in report
    assert "Yes: every record that came in is accounted for." in report
    assert f"{records:,} records came in: {valid:,} were valid" in report


def test_the_demo_tells_machines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--events", "1000", "--engine", "duckdb", "--out", "out", "--no-report", "--json"]
    assert run(["demo", *flags]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    document = json.loads(captured.out)
    assert set(document) == {"engines", "same", "broken", "reasons", "report", "warehouse"}
    (figures,) = document["engines"]
    assert document["same"] is True
    assert document["report"] is None
    assert figures["engine"] == "duckdb"
    assert figures["quarantined"] == document["broken"]
    datasets = document["warehouse"]["datasets"]
    assert sum(each["in_errors"] for each in datasets) == document["broken"]
    assert all(
        each["records"] == each["in_core"] + each["in_errors"] + each["duplicates"]
        for each in datasets
    )
    assert document["warehouse"]["checks_passed"] is True
    assert document["warehouse"]["sources_as_in_lake"] == 7
    assert set(figures) == {
        *("engine", "records", "valid", "quarantined"),
        *("warm_up_seconds", "seconds", "megabytes_per_second"),
    }


def test_the_demo_empties_no_folder_but_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine").mkdir()
    (folder / "mine/thesis.txt").write_text("years of work")
    flags = ["--events", "100", "--engine", "duckdb", "--no-report", "--out"]
    assert run(["demo", *flags, "mine"]) == 1
    assert "mine has files that are not the demo's" in capsys.readouterr().err
    assert (folder / "mine/thesis.txt").read_text() == "years of work"
    assert run(["demo", *flags, "own"]) == 0
    left = folder / "own/lake-duckdb/left"
    left.touch()
    assert run(["demo", *flags, "own"]) == 0
    assert not left.exists()
    assert os.listdir(folder / "mine") == ["thesis.txt"]


def test_without_java_the_spark_engines_are_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reelhouse.cli.demo.why_no_spark", lambda: "There is no Java.")
    assert run(["demo", "--events", "200"]) == 0
    said = capsys.readouterr().out
    assert "spark is left out. There is no Java." in said
    assert "spark-rdd is left out." in said
    assert said.splitlines()[-1].endswith("report.html: open it in a browser")
    assert run(["demo", "--events", "200", "--engine", "spark"]) == 1
    assert "can run none of these engines: see reelhouse doctor" in capsys.readouterr().err
