"""What each engine answers is what plain Python counts, on small sites where all goes wrong."""

import csv
import json
import math
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from reelhouse.cli.main import run as cli
from reelhouse.usecases import NAMES, use_case
from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.lake_tables import LakeTables
from reelhouse.usecases.run import Lake, to_json
from reelhouse.usecases.span import Span
from tests.usecases.oracle import ANSWERS, Site

BEGIN = 1_767_139_200  # 2025-12-31, a Wednesday: years and weeks change within days
DAY = 86_400
LANDED = [BEGIN + DAY, BEGIN + 2 * DAY]
"""When the two sources of users landed, and those of videos."""

EVENTS = ("created", "viewed", "like", "dislike", "commented", "add_tags", "remove_tags", "share")
TAGS = ("duck", "Duck", "travel", "ü")
WORLDS = 120
"""Small sites that have nothing in common but the lake: many cases for one query."""


def make(seed: int) -> Site:
    random_ = random.Random(seed)
    site = Site()
    for world in range(WORLDS):
        _world(random_, site, world * 10)
    random_.shuffle(site.events)
    return site


def _world(random_: random.Random, site: Site, first_id: int) -> None:
    def one() -> int:
        return first_id + random_.randrange(3)

    days = random_.choice([1, 1, 5, 20])
    for _ in range(random_.randrange(1, 16)):
        seconds = random_.choice([0, 1, 2, DAY - 1, random_.randrange(DAY)])
        event: dict[str, Any] = {
            "user_id": one(),
            "video_id": one(),
            "event": random_.choice(EVENTS),
            "timestamp": BEGIN + random_.randrange(days) * DAY + seconds,
        }
        if event["event"] in ("created", "add_tags", "remove_tags") and random_.random() < 0.9:
            event["tags"] = random_.sample(TAGS, random_.randrange(4))
        if event["event"] == "commented":
            event["comment"] = random_.choice(["", "a", "b"])
        if random_.random() < 0.1:
            event["latitude" if random_.random() < 0.5 else "longitude"] = 1.5
        # the same thing sent again, or one that differs in one field only
        site.events += [event] * random_.choice([1, 1, 1, 2, 3])
        if random_.random() < 0.1:
            site.events.append({**event, "comment": "c"})
    for landed in LANDED:
        for _ in range(random_.randrange(4)):  # one of the three ids may stay unknown
            user = {
                "id": one(),
                "categories": random_.sample(TAGS, random_.randrange(3)),
                "updated_at": random_.choice([None, BEGIN + random_.randrange(3 * DAY)]),
            }
            site.users.append((landed, user))
        for _ in range(random_.randrange(3)):
            name = random_.choice(["A", "<b>B</b>", "ç"])
            site.videos.append((landed, {"id": one(), "name": name, "creator_id": one()}))


def land(site: Site, landing: Path) -> None:
    for name in ("events", "users", "videos"):
        (landing / name).mkdir(parents=True)
    lines = [json.dumps(event) for event in site.events]
    half = len(lines) // 2
    (landing / "events/a.jsonl").write_text("\n".join(lines[:half]))
    (landing / "events/b.jsonl").write_text("\n".join(lines[half:]))
    for number, landed in enumerate(LANDED):
        _csv(
            landing / f"users/{number}.csv",
            landed,
            [
                "id",
                "fname",
                "lname",
                "email",
                "country",
                "subscription",
                "categories",
                "updated_at",
            ],
            [
                [
                    row["id"],
                    "F",
                    "L",
                    "f@example.com",
                    "AM",
                    0,
                    ";".join(row["categories"]),
                    row["updated_at"],
                ]
                for when, row in site.users
                if when == landed
            ],
        )
        _csv(
            landing / f"videos/{number}.csv",
            landed,
            ["id", "name", "url", "creation_timestamp", "creator_id", "private"],
            [
                [row["id"], row["name"], "https://example.com/", 1, row["creator_id"], 0]
                for when, row in site.videos
                if when == landed
            ],
        )


def _csv(path: Path, landed: int, header: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    os.utime(path, (landed, landed))


SPANS = {
    "all": Span(),
    "from": Span(datetime.fromtimestamp(BEGIN + DAY + 1, UTC)),
    "to": Span(None, datetime.fromtimestamp(BEGIN + 4 * DAY, UTC)),
    "one second": Span(
        datetime.fromtimestamp(BEGIN + 1, UTC), datetime.fromtimestamp(BEGIN + 2, UTC)
    ),
    "nothing": Span(datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)),
}


@pytest.fixture(scope="module", params=[1, 2, 3, 4, 5])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Site, str]:
    """A site, and its lake."""
    folder = tmp_path_factory.mktemp("site")
    site = make(request.param)
    land(site, folder / "landing")
    given = ["--landing", str(folder / "landing"), "--lake", str(folder / "lake")]
    # two batches of events: what was sent twice stands in both
    assert (
        cli(["ingest", "events", "--source", str(folder / "landing/events/a.jsonl"), *given]) == 0
    )
    assert cli(["ingest", *given]) == 0
    return site, str(folder / "lake")


@pytest.fixture(scope="module")
def quick_spark(spark: Any) -> Iterator[Any]:
    """Spark, much quicker where there is little data; the answers are the same."""
    quick = {"spark.sql.codegen.wholeStage": "false", "spark.sql.shuffle.partitions": "2"}
    before = {name: spark.conf.get(name) for name in quick}
    for name, value in quick.items():
        spark.conf.set(name, value)
    yield spark
    for name, value in before.items():
        spark.conf.set(name, value)


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert list(row) == list(wanted)
        for name, value in wanted.items():
            if isinstance(value, float):
                assert math.isclose(row[name], value, rel_tol=1e-9, abs_tol=2e-6), (row, wanted)
            else:
                assert row[name] == value, (row, wanted)


def check(site: Site, lake: Lake, name: str) -> None:
    case = use_case(name)
    for title, span in SPANS.items():
        for top in (None, 3) if title == "all" else (None,):
            given = {} if top is None else {"top": top}
            expected = ANSWERS[name](site, span, **given)
            found = to_json(case, lake.answer(case, span, top))
            assert found["use_case"] == name
            same(found["rows"], expected)
            assert bool(expected) != (title == "nothing")


@pytest.mark.parametrize("name", NAMES)
def test_duckdb_answers_what_plain_python_counts(world: tuple[Site, str], name: str) -> None:
    site, lake = world
    check(site, LakeTables(lake), name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("world", [1], indirect=True)
def test_spark_answers_what_plain_python_counts(
    world: tuple[Site, str], quick_spark: Any, name: str
) -> None:
    site, lake = world
    check(site, LakeFrames(quick_spark, lake), name)


@pytest.mark.parametrize("world", [1], indirect=True)
def test_both_engines_give_columns_of_the_same_types(
    world: tuple[Site, str], quick_spark: Any
) -> None:
    _, lake = world
    tables, frames = LakeTables(lake), LakeFrames(quick_spark, lake)
    for case in map(use_case, NAMES):
        by_duckdb, by_spark = (each.answer(case, SPANS["nothing"], 3) for each in (tables, frames))
        assert _types(by_duckdb) == _types(by_spark), case.name


def _types(table: pa.Table) -> list[tuple[str, str]]:
    return [(each.name, str(each.type)) for each in table.schema]
