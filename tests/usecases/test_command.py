"""`reelhouse analyze`: what it is told wrongly, and what it writes."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from reelhouse.cli.main import run
from reelhouse.engines import ANSWERING
from reelhouse.usecases import NAMES

EVENT = '{"user_id":1,"video_id":2,"event":"like","timestamp":1767225600}'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), "there is no use case 'nothing'; there are event-types"),
        (("--parquet", "x.parquet"), "--parquet is for one use case: name it"),
        (("event-types", "--from", "then"), "--from is 'then'; it must be a day such as"),
        (("event-types", "--lake", "no-such-lake"), "there is no lake at"),
        (
            ("--engine", "spark-rdd"),
            "--engine is 'spark-rdd'; what answers is one of duckdb, spark",
        ),
        (("--engine", "duckdb", "--master", "local"), "--master is for the Spark engines: add"),
    ],
)
def test_wrong_use_is_told(
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["analyze", *arguments, "--json"]) in (1, 2)
    out, err = capsys.readouterr()
    assert said in err
    assert [] in json.loads(out).values()


@pytest.mark.parametrize("name", NAMES)
def test_each_use_case_can_be_given_to_spark_submit(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job = str(Path(__file__).parents[2] / "deploy/jobs/analyze.py")
    monkeypatch.setattr(sys, "argv", [job, name, "--lake", "no-such-lake", "--json"])
    with pytest.raises(SystemExit, match="1"):
        runpy.run_path(job, run_name="__main__")
    out, err = capsys.readouterr()
    assert json.loads(out) == {"use_case": name, "rows": []}
    assert "there is no lake at" in err


@pytest.mark.parametrize("engine", ANSWERING)
def test_rows_become_a_parquet_file(
    engine: str,
    spark: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/landing/events").mkdir(parents=True)
    (tmp_path / "data/landing/events/a.jsonl").write_text(EVENT)
    (tmp_path / "data/landing/users").mkdir()
    assert run(["ingest", "events"]) == 0
    parts = spark.conf.get("spark.sql.shuffle.partitions")
    assert (
        run(["analyze", "top-users", "--parquet", "answers/top users.parquet", "--engine", engine])
        == 0
    )
    assert "1 rows in answers/top users.parquet" in capsys.readouterr().out
    rows = pq.read_table(tmp_path / "answers/top users.parquet").to_pylist()
    assert [(row["user_id"], row["events"], row["videos"]) for row in rows] == [(1, 1, 1)]
    assert spark.conf.get("spark.sql.shuffle.partitions") == parts
