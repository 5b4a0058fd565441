"""All use cases, and the report, on a lake in a bucket: as on local files."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from reelhouse.contract.registry import load_all
from reelhouse.demo.generate import generate
from reelhouse.engines import engine
from reelhouse.flows.ingest import Ingestion
from reelhouse.report.make import make_report
from reelhouse.storage import open_store
from reelhouse.usecases import NAMES, use_case
from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.run import answer, to_json
from reelhouse.usecases.span import Span
from tests.commands import done
from tests.servers.bucket import Bucket

TOP = 7
ASK = """
import sys
from reelhouse.cli.main import run
lake, top, out, report, *names = sys.argv[1:]
master = ("--lake", lake, "--master", "local[2]")
sys.exit(
    any([run(["analyze", name, "--top", top, "--json", *master]) for name in names])
    or run(["analyze", "trending", "--parquet", out, *master])
    or run(["report", "--out", report, "--json", *master])
)
"""
"""All that is asked of a lake, in one process and one session."""


def ask(lake: str, out: str, names: Sequence[str]) -> tuple[list[Any], dict[str, Any]]:
    """The answers of these use cases, and the figures of the report."""
    parquet, html = f"{out}/trending.parquet", f"{out}/report.html"
    command = (sys.executable, "-c", ASK, lake, str(TOP), parquet, html, *names)
    printed = done(command, os.environ).out
    *lines, report = printed.splitlines()
    answers, said = lines[: len(names)], lines[len(names) :]
    assert f"rows in {parquet}" in "".join(said)
    return [json.loads(each) for each in answers], json.loads(report)["figures"]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("site")
    generate(folder, events=2000, users=150, videos=40, broken=0.1, seed=3, days=9)
    return str(folder)


def ingested(landing: str, lake: str) -> str:
    contracts = load_all()
    flow = Ingestion(lake, landing, contracts, engine("duckdb"))
    assert flow.run(contracts).failures == []
    return lake


@pytest.fixture(scope="module")
def expected(
    spark: Any, landing: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Any], dict[str, Any]]:
    """What the tests' own session says of the same sources in local files."""
    folder = tmp_path_factory.mktemp("local")
    frames = LakeFrames(spark, ingested(landing, f"{folder}/lake"))
    cases = [use_case(name) for name in NAMES]
    answers = [to_json(case, answer(case, frames, Span(), TOP)) for case in cases]
    made = make_report(spark, frames.root, f"{folder}/report.html", Span())
    return json.loads(json.dumps(answers)), made.figures


def test_answers_and_report_are_those_of_local_files(
    bucket: Bucket, landing: str, expected: tuple[list[Any], dict[str, Any]]
) -> None:
    # how a bucket is read does not depend on the question: all are asked of one kind of store
    names = NAMES if bucket.kind == "gs" else ("event-types", "tag-affinity")
    answers, figures = ask(ingested(landing, f"{bucket.uri}/lake"), bucket.uri, names)
    assert answers == [each for each in expected[0] if each["use_case"] in names]
    assert [each["use_case"] for each in answers] == list(names)
    assert all(each["rows"] for each in answers)
    assert figures | {"last_batch": None} == expected[1] | {"last_batch": None}
    assert figures["trust"] == "yes"
    store = open_store(bucket.uri)
    assert b"<html" in store.read("report.html")[:500]
    assert store.read("trending.parquet").startswith(b"PAR1")


def test_a_bucket_that_is_not_there_is_told(bucket: Bucket) -> None:
    lake = f"{bucket.uri}-gone/lake"
    ended = subprocess.run(
        [sys.executable, "-m", "reelhouse", "analyze", "event-types", "--lake", lake],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert lake.partition("/lake")[0] in ended.stderr
    assert len(ended.stderr.splitlines()) <= 2
