"""Three small real files, counted by hand, through `reelhouse ingest` on each engine."""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reelhouse.cli.main import run
from tests.reading import read

FOLDER = Path(__file__).parents[3] / "shared/data/newtube"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the real files lie beside the repository, in ../shared/data/newtube, and are not there",
)

SOURCES = ("users.csv", "videos.csv", "events.jsonl")
COUNTS = {"users": (12, 10, 2), "videos": (4, 3, 1), "events": (19, 19, 0)}
"""Records, valid, quarantined."""

VALID_IDS = {"users": [*range(9), 10], "videos": [100, 101, 110]}

MISSING = "the value is missing"
VIOLATIONS = {
    "9": [
        ("email", "format", '"xxx" is not of the format email'),
        ("country", "pattern", '"xxx" does not match the pattern ^[A-Z]{2}$'),
        ("subscription", "type", '"xx" is not 1, 0, true or false'),
    ],
    "11": [
        ("fname", "required", MISSING),
        ("lname", "required", MISSING),
        ("email", "required", MISSING),
        ("country", "required", MISSING),
        ("subscription", "required", MISSING),
    ],
    "999": [
        ("url", "format", '"sss" is not of the format http-url'),
        ("creation_timestamp", "type", '"d" is not an integer'),
        ("creator_id", "type", '"s" is not an integer'),
        ("private", "required", MISSING),
    ],
}


@pytest.mark.parametrize("engine", ["duckdb", "spark", "spark-rdd"])
def test_the_counts_are_those_that_were_made_by_hand(
    tmp_path: Path,
    engines: Any,
    engine: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engines(engine)  # for Spark, a session that the tests share
    monkeypatch.chdir(tmp_path)
    for name in SOURCES:
        target = tmp_path / "data/landing" / name.partition(".")[0] / name
        target.parent.mkdir(parents=True)
        shutil.copy(FOLDER / name, target)

    def document(*arguments: str) -> Any:
        capsys.readouterr()
        assert run([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert {
        each["dataset"]: (each["records"], each["valid"], each["quarantined"])
        for each in document("ingest", "--engine", engine)["batches"]
    } == COUNTS

    refused = [
        record
        for dataset in COUNTS
        for record in document("quarantine", "show", dataset)["records"]
    ]
    found = {
        record["raw"].partition(",")[0]: [
            (each["field"], each["rule"], each["message"]) for each in record["violations"]
        ]
        for record in refused
    }
    assert found == VIOLATIONS
    assert len(refused) == len(VIOLATIONS)

    for dataset, ids in VALID_IDS.items():
        relation = read(duckdb.connect(), str(tmp_path / "data/lake"), dataset)
        assert sorted(row[0] for row in relation.project("id").fetchall()) == ids


@pytest.mark.parametrize("name", SOURCES)
def test_the_files_can_be_named_where_they_lie(
    tmp_path: Path,
    name: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = name.partition(".")[0]
    assert run(["ingest", dataset, "--source", str(FOLDER / name), "--json"]) == 0
    (batch,) = json.loads(capsys.readouterr().out)["batches"]
    assert (batch["records"], batch["valid"], batch["quarantined"]) == COUNTS[dataset]
