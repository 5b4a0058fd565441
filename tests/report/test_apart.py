"""A table that can't be read: the report and the answers say so, and have all else."""

import json
from pathlib import Path
from typing import Any

import pytest

from reelhouse.cli.main import run
from reelhouse.engines import ANSWERING
from reelhouse.usecases import NAMES
from tests.cli.conftest import EVENTS, USERS, VIDEOS
from tests.report.test_figures import lake_of, text_of


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return lake_of(tmp_path, events=EVENTS, users=USERS, videos=VIDEOS)


def damage(table: Path) -> None:
    (table / "_delta_log" / f"{1:020}.json").write_bytes(b"\0noise\n")


def failed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[Any, str]:
    """The document of a command that could not do all, and its one complaint."""
    capsys.readouterr()
    assert run([*map(str, arguments), "--json"]) == 1
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    (line,) = [each for each in err.splitlines() if each.startswith("reelhouse: ")]
    return json.loads(out), line


def test_a_quarantine_that_cant_be_read_is_told(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(lake / "_quarantine/users")
    out = tmp_path / "r.html"
    made, line = failed(capsys, "report", "--lake", lake, "--out", out)
    assert line.startswith(f"reelhouse: users: {lake}/_quarantine/users: the table can't be opened")
    figures = made["figures"]
    assert (figures["events"], figures["records"], figures["trust"]) == (3, 10, "no")
    said = text_of(out)
    assert "No: the tables of users could not be read." in said
    assert said.count("could not be read") == 2  # also in the table of what came in


def test_a_table_that_cant_be_read_leaves_the_rest(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(lake / "users")
    capsys.readouterr()
    out = tmp_path / "r.html"
    assert run(["report", "--lake", str(lake), "--out", str(out), "--json"]) == 1
    document, err = capsys.readouterr()
    figures = json.loads(document)["figures"]
    assert (figures["events"], figures["users"], figures["records"]) == (None, None, 10)
    lines = [each for each in err.splitlines() if each.startswith("reelhouse: ")]
    assert [each.split(": ")[1] for each in lines] == ["users", "the site's figures"]
    said = text_of(out)
    assert "What happened on the site could not be read" in said
    assert "There are no events" not in said
    assert "No: the tables of users could not be read." in said


@pytest.mark.parametrize("engine", ANSWERING)
def test_a_question_that_cant_be_answered_stops_no_other(
    engine: str, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(lake / "users")
    asked = ("analyze", "--lake", lake, "--engine", engine)
    made, line = failed(capsys, *asked)
    assert line.startswith(f"reelhouse: tag-affinity: {lake}/users: the table can't be opened")
    assert [each["use_case"] for each in made["use_cases"]] == [
        name for name in NAMES if name != "tag-affinity"
    ]
    alone, line = failed(capsys, *asked, "tag-affinity")
    assert line.startswith("reelhouse: tag-affinity: ")
    assert alone == {"use_case": "tag-affinity", "rows": []}


def test_what_no_question_can_do_without_is_told_once(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(lake / "events")
    made, line = failed(capsys, "analyze", "--lake", lake)
    assert line.startswith(f"reelhouse: {', '.join(NAMES)}: {lake}/events: the table can't be op")
    assert made == {"use_cases": []}
