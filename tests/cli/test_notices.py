"""What lands and is not taken goes unmentioned by no command that looks at landing."""

import os
from pathlib import Path
from typing import Any

import pytest

from reelhouse.storage import open_store
from tests.cli.conftest import COUNTS, USERS, Run

CITIES = """\
apiVersion: v3.1.0
kind: DataContract
id: t
name: T
version: 1.0.0
status: active
schema:
  - name: cities
    logicalType: object
    customProperties:
      - {property: format, value: csv}
    properties:
      - {name: city, logicalType: string, required: true}
"""
CSV = "city\nBern\n"
HINT = "did you mean cities?"
NOTHING: dict[str, Any] = {
    "strays": [],
    "linked": [],
    "broken_links": [],
    "contracts_passed_over": [],
}

SAID = (
    "reelhouse: 4 files in landing belong to no dataset: Cities/, cites/ (did you mean cities?), "
    "towns/ (its contract c/towns.yaml is not read), c.csv; sources lie in <landing>/<dataset>/\n"
    "reelhouse: the contract c/towns.yaml is not read: rename it to towns.odcs.yaml\n"
)
FOUND = {
    "strays": [
        {"path": "Cities/", "files": 1, "more": False, "hint": HINT},
        {"path": "cites/", "files": 1, "more": False, "hint": HINT},
        {
            "path": "towns/",
            "files": 1,
            "more": False,
            "hint": "its contract c/towns.yaml is not read",
        },
        {"path": "c.csv", "files": 1, "more": False, "hint": None},
    ],
    "linked": [],
    "broken_links": [],
    "contracts_passed_over": [{"path": "c/towns.yaml", "mend": "rename it to towns.odcs.yaml"}],
}
NAMES = {
    "Cities/b.csv": CSV,
    "cites/a.csv": CSV,
    "c.csv": CSV,
    "towns/d.csv": CSV.replace("city", "town"),
}


@pytest.fixture
def astray(place: str, clean: Path) -> list[str]:
    """The flags for a landing of strays, and for a contract that is not read."""
    (clean / "c").mkdir()
    (clean / "c/cities.odcs.yaml").write_text(CITIES)
    (clean / "c/towns.yaml").write_text(CITIES.replace("cities", "towns").replace("city", "town"))
    (clean / "c/README.md").write_text("What is here")
    for name, text in NAMES.items():
        open_store(f"{place}/landing").write(name, text.encode())
    return ["--contracts", "c", "--landing", f"{place}/landing", "--lake", f"{place}/lake"]


def noticed(document: dict[str, object]) -> dict[str, object]:
    return {name: document[name] for name in NOTHING}


@pytest.mark.parametrize("command", ["ingest", "ingest --dry-run", "ingest cities", "status"])
def test_strays_are_told(astray: list[str], reelhouse: Run, command: str) -> None:
    told = reelhouse(*command.split(), *astray)
    assert (told.code, told.err) == (0, SAID)
    if command != "status":
        assert told.out.startswith("Nothing new in the datasets' folders of ")
        assert told.out.endswith("/landing; outside of them: 4 files\n")
    machine = reelhouse(*command.split(), *astray, "--json")
    assert (machine.code, machine.err) == (0, SAID)
    assert noticed(machine.document) == FOUND


def test_doctor_tells_of_strays(astray: list[str], reelhouse: Run) -> None:
    told = reelhouse("doctor", *astray, "--json")
    assert told.code == 0
    assert noticed(told.document) == FOUND
    rows = [each for each in told.document["checks"] if each["name"] == "strays"]
    assert [(each["state"], f"reelhouse: {each['text']}") for each in rows] == [
        ("found", line) for line in SAID.splitlines()
    ]
    assert rows[0]["text"] in reelhouse("doctor", *astray).out


def test_contracts_that_are_not_read_are_told(astray: list[str], reelhouse: Run) -> None:
    for command in ("lint", "list"):
        told = reelhouse("contracts", command, "--contracts", "c", "--json")
        assert told.code == 0
        assert told.err == SAID.splitlines(keepends=True)[1]
        assert told.document["contracts_passed_over"] == FOUND["contracts_passed_over"]
    assert reelhouse("contracts", "lint", "c/cities.odcs.yaml").err == ""


def test_a_contract_that_ends_in_yml_is_read(astray: list[str], reelhouse: Run) -> None:
    os.rename("c/towns.yaml", "c/towns.odcs.yml")
    done = reelhouse("ingest", *astray, "--json")
    assert done.code == 0
    assert [(each["dataset"], each["valid"]) for each in done.document["batches"]] == [("towns", 1)]
    assert done.err == (
        "reelhouse: 3 files in landing belong to no dataset: Cities/, cites/ "
        "(did you mean cities?), c.csv; sources lie in <landing>/<dataset>/\n"
    )
    again = reelhouse("ingest", *astray)
    assert (again.code, again.err) == (0, done.err)
    assert again.out.endswith("outside of them: 3 files\n")


def test_two_contracts_of_one_dataset_are_a_failure(astray: list[str], reelhouse: Run) -> None:
    Path("c/cities.odcs.yml").write_text(CITIES)
    for command in (["ingest"], ["status"]):
        done = reelhouse(*command, *astray)
        assert done.code == 1
        assert (
            "reelhouse: cities: c/cities.odcs.yaml and cities.odcs.yml are both contracts of "
            "cities: keep one\n"
        ) in done.err


def test_where_all_is_well_nothing_is_told(landing: Path, reelhouse: Run) -> None:
    for command in ("ingest", "ingest --dry-run", "status", "doctor"):
        done = reelhouse(*command.split(), "--json")
        assert (done.code, done.err) == (0, "")
        assert noticed(done.document) == NOTHING
    checks = {
        each["name"]: each["text"] for each in reelhouse("doctor", "--json").document["checks"]
    }
    assert checks["strays"] == "each file in landing belongs to a dataset"


def test_a_link_that_makes_one_file_two_sources_is_told(landing: Path, reelhouse: Run) -> None:
    (landing / "users/b.csv").symlink_to("a.csv")
    (landing / "users/gone.csv").symlink_to("nothing")
    said = (
        "reelhouse: users/b.csv and users/a.csv are one file: it counts as two sources\n"
        "reelhouse: users/gone.csv is a link that leads to no file\n"
    )
    done = reelhouse("ingest", "--json")
    assert (done.code, done.err) == (0, said)
    assert done.document["linked"] == [{"path": "users/b.csv", "same_as": "users/a.csv"}]
    assert done.document["broken_links"] == ["users/gone.csv"]
    users = next(each for each in done.document["batches"] if each["dataset"] == "users")
    assert users["records"] == 2 * COUNTS["users"][0]
    assert reelhouse("status").err == said


def test_strays_are_told_beside_what_failed(landing: Path, reelhouse: Run) -> None:
    (landing / "stray.csv").write_text(USERS)
    (landing / "users" / os.fsdecode(b"\xe9.csv")).write_text(USERS)
    done = reelhouse("ingest", "--json")
    assert done.code == 1
    assert [stray["path"] for stray in done.document["strays"]] == ["stray.csv"]
    assert done.err.count("\n") == 2
    assert "1 file in landing belongs to no dataset: stray.csv" in done.err


def test_sources_that_are_named_do_not_speak_for_landing(clean: Path, reelhouse: Run) -> None:
    (clean / "u.csv").write_text(USERS)
    done = reelhouse("ingest", "users", "--source", "u.csv", "--json")
    assert (done.code, done.err) == (0, "")
    assert noticed(done.document) == NOTHING
