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
from reelhouse.engines import ANSWERING, engine
from reelhouse.flows.ingest import Ingestion
from reelhouse.report.make import make_report
from reelhouse.storage import open_store
from reelhouse.usecases import NAMES, use_case
from reelhouse.usecases.lake_tables import LakeTables
from reelhouse.usecases.run import to_json
from reelhouse.usecases.span import Span
from tests.commands import done
from tests.servers.bucket import Bucket

TOP = 7
BY_SPARK = ("event-types", "tag-affinity")
"""Spark reads a bucket in the same way whatever is asked."""

ASK = """
import sys
from reelhouse.cli.main import run
lake, top, out, report, engine, *names = sys.argv[1:]
given = ("--lake", lake, "--engine", engine)
sys.exit(
    any([run(["analyze", name, "--top", top, "--json", *given]) for name in names])
    or run(["analyze", "trending", "--parquet", out, *given])
    or (engine == "duckdb" and run(["report", "--out", report, "--json", *given]))
)
"""
"""All that is asked of a lake, in one process."""


def ask(lake: str, out: str, engine: str, names: Sequence[str]) -> list[Any]:
    """The answers of these use cases, and by DuckDB the report's document."""
    parquet, html = f"{out}/trending-{engine}.parquet", f"{out}/report.html"
    command = (sys.executable, "-c", ASK, lake, str(TOP), parquet, html, engine, *names)
    lines = done(command, os.environ).out.splitlines()
    assert f"rows in {parquet}" in "".join(line for line in lines if not line.startswith("{"))
    return [json.loads(line) for line in lines if line.startswith("{")]


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
    landing: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Any], dict[str, Any]]:
    """What is said of the same sources in local files: the answers, and the report's figures."""
    folder = tmp_path_factory.mktemp("local")
    tables = LakeTables(ingested(landing, f"{folder}/lake"))
    cases = [use_case(name) for name in NAMES]
    answers = [to_json(case, tables.answer(case, Span(), TOP)) for case in cases]
    made = make_report(tables, f"{folder}/report.html", Span())
    return json.loads(json.dumps(answers)), made.figures


def test_answers_and_report_are_those_of_local_files(
    bucket: Bucket, landing: str, expected: tuple[list[Any], dict[str, Any]]
) -> None:
    lake = ingested(landing, f"{bucket.uri}/lake")
    *answers, report = ask(lake, bucket.uri, "duckdb", NAMES)
    assert answers == expected[0]
    assert all(each["rows"] for each in answers)
    figures = report["figures"]
    assert figures | {"last_batch": None} == expected[1] | {"last_batch": None}
    assert figures["trust"] == "yes"
    store = open_store(bucket.uri)
    assert b"<html" in store.read("report.html")[:500]
    by_spark = ask(lake, bucket.uri, "spark", BY_SPARK)
    assert by_spark == [each for each in expected[0] if each["use_case"] in BY_SPARK]
    for each in ANSWERING:
        assert store.read(f"trending-{each}.parquet").startswith(b"PAR1")


@pytest.mark.parametrize("engine", ANSWERING)
def test_a_bucket_that_is_not_there_is_told(engine: str, bucket: Bucket) -> None:
    lake = f"{bucket.uri}-gone/lake"
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "reelhouse", "analyze", "event-types"),
            *("--lake", lake, "--engine", engine),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert lake.partition("/lake")[0] in ended.stderr
    assert len(ended.stderr.splitlines()) <= 2
