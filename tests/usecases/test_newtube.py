"""The use cases on three small real files, counted by hand."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reelhouse.cli.main import run

FOLDER = Path(__file__).parents[3] / "shared/data/newtube"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the real files lie beside the repository, in ../shared/data/newtube, and are not there",
)

SOURCES = ("users.csv", "videos.csv", "events.jsonl")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("newtube")
    for name in SOURCES:
        dataset = folder / "landing" / name.partition(".")[0]
        dataset.mkdir(parents=True)
        shutil.copy(FOLDER / name, dataset)
    lake = folder / "lake"
    assert run(["ingest", "--landing", str(folder / "landing"), "--lake", str(lake)]) == 0
    return str(lake)


def rows(lake: str, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[Any]]:
    capsys.readouterr()
    assert run(["analyze", *arguments, "--lake", lake, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["use_case"] == arguments[0]
    return [list(row.values()) for row in found["rows"]]


def test_the_types_of_events(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    last = "2022-01-25T20:36:40Z"
    assert rows(lake, capsys, "event-types") == [
        ["like", 11, "2022-01-20T14:46:40Z", last, 11 / 19],
        ["commented", 4, "2022-01-20T10:42:27Z", last, 4 / 19],
        ["created", 2, "2022-01-20T07:22:27Z", "2022-01-20T07:39:07Z", 2 / 19],
        ["add_tags", 1, "2022-01-23T20:05:47Z", "2022-01-23T20:05:47Z", 1 / 19],
        ["remove_tags", 1, "2022-01-20T14:35:47Z", "2022-01-20T14:35:47Z", 1 / 19],
    ]


def test_a_day_ends_where_the_next_begins(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    day = ("--from", "2022-01-20", "--to", "2022-01-21")
    assert [row[:2] for row in rows(lake, capsys, "event-types", *day)] == [
        ["like", 3],
        ["created", 2],
        ["commented", 1],
        ["remove_tags", 1],
    ]


def test_likes_over_time(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rows(lake, capsys, "likes-over-time") == [
        [100, "2022-01-23", 2, 0, 2, 0, 1.0],
        [100, "2022-01-24", 2, 0, 4, 0, 1.0],
        [101, "2022-01-20", 3, 0, 3, 0, 1.0],
        [101, "2022-01-21", 2, 0, 5, 0, 1.0],
        [101, "2022-01-25", 1, 0, 6, 0, 1.0],
        [110, "2022-01-25", 1, 0, 1, 0, 1.0],
    ]


def test_who_watches_what_he_says_he_likes(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    """User 4 likes animals and ducks: of his four events, one is on the video of the duck."""
    assert rows(lake, capsys, "tag-affinity") == [
        [1, 3, 0],
        [2, 3, 0],
        [6, 3, 0],
        [3, 2, 0],
        [0, 1, 0],
        [4, 1, 3],
        [5, 1, 1],
        [7, 1, 0],
    ]


def test_those_at_the_top(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert [row[:3] for row in rows(lake, capsys, "top-users", "--top", "3")] == [
        [4, 4, 3],
        [1, 3, 2],
        [2, 3, 2],
    ]
    assert rows(lake, capsys, "top-creators") == [
        [7, 10, 6, 1, 8],
        [1, 8, 4, 1, 6],
        [6, 1, 1, 1, 1],
    ]
    assert rows(lake, capsys, "most-engaged", "--top", "1") == [
        [1, "add_tags", 1, 1, 1],
        [1, "commented", 1, 2, 1],
        [1, "created", 1, 1, 1],
        [1, "like", 1, 2, 1],
        [6, "like", 1, 4, 1],
        [7, "commented", 1, 4, 1],
        [7, "created", 1, 3, 1],
        [7, "like", 1, 0, 1],
        [7, "remove_tags", 1, 2, 1],
    ]


def test_what_trends_and_who_comes_back(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    trending = rows(lake, capsys, "trending", "--to", "2022-01-26")
    assert [row[:3] for row in trending] == [
        [101, "Travel on my bicycle", 8],
        [100, "Cute duck is eating potatoes", 6],
        [110, "Home", 1],
    ]
    # one like, 3 h 23 min 20 s before the end
    assert trending[2][3] == round(3 * 0.5 ** (12_200 / 604_800), 6)
    assert rows(lake, capsys, "retention") == [
        ["2022-01-17", 0, 8, 8, 1.0],
        ["2022-01-17", 1, 3, 8, 3 / 8],
    ]
