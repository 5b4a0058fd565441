"""Spark and DuckDB read only the files and the columns that a question needs."""

import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from reelhouse.cli.main import run
from reelhouse.usecases import NAMES, use_case
from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.lake_tables import LakeTables
from reelhouse.usecases.span import Span

FIELDS = {
    *("user_id", "video_id", "event", "timestamp", "comment", "tags", "latitude", "longitude"),
    "event_date",
}
WEEK = Span(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC))


@pytest.fixture(scope="module")
def lake(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> LakeFrames:
    folder = tmp_path_factory.mktemp("site")
    landing, root = str(folder / "landing"), str(folder / "lake")
    lines = [
        f'{{"user_id":1,"video_id":2,"event":"like","timestamp":{1_767_225_600 + day * 86_400}}}'
        for day in range(31)
    ]
    for name, text in {
        "events/a.jsonl": "\n".join(lines),
        "users/a.csv": "id,fname,lname,email,country,subscription,categories\n"
        "1,F,L,f@example.com,AM,0,duck",
        "videos/a.csv": "id,name,url,creation_timestamp,creator_id,private\n"
        "2,Duck,https://example.com/,1,1,0",
    }.items():
        path = Path(landing) / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    assert run(["ingest", "--landing", landing, "--lake", root]) == 0
    return LakeFrames(spark, root)


def days_read(frame: Any) -> set[str]:
    return {
        found[1] for file in frame.inputFiles() if (found := re.search("event_date=([^/]+)", file))
    }


def columns_read(frame: Any, column: str) -> list[set[str]]:
    """Of each scan of a table that has the column, the columns that are read."""
    plan = frame._jdf.queryExecution().executedPlan().toString()
    scans = re.findall(r"FileScan parquet \[(.*?)\] Batched", plan)
    read = [set(re.findall(r"(\w+)#\d+", scan)) for scan in scans]
    return [each for each in read if column in each]


@pytest.mark.parametrize("name", ["event-types", "likes-over-time", "top-users", "most-engaged"])
def test_only_the_days_of_the_span_are_read(lake: LakeFrames, name: str) -> None:
    days = {f"2026-01-{day:02}" for day in range(5, 12)}
    assert days_read(use_case(name).on_spark(lake, WEEK)) == days


@pytest.mark.parametrize("name", ["tag-affinity", "retention"])
def test_what_was_before_is_read_where_it_matters_and_nothing_after(
    lake: LakeFrames, name: str
) -> None:
    days = {f"2026-01-{day:02}" for day in range(1, 12)}
    assert days_read(use_case(name).on_spark(lake, WEEK)) <= days


@pytest.mark.parametrize("name", NAMES)
def test_no_column_is_read_that_the_question_does_not_need(lake: LakeFrames, name: str) -> None:
    scans = columns_read(use_case(name).on_spark(lake, WEEK), "event_date")
    assert scans
    for columns in scans:
        assert columns <= FIELDS
        if name == "retention":
            assert columns == {"user_id", "timestamp", "event_date"}


def test_files_are_skipped_by_their_statistics(lake: LakeFrames) -> None:
    """The partition is a day: within it, the least and the last time of each file count."""
    noon = Span(datetime(2026, 1, 5, 12, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
    assert days_read(use_case("event-types").on_spark(lake, noon)) == set()


@pytest.mark.parametrize("name", NAMES)
def test_duckdb_reads_only_the_days_that_matter(
    lake: LakeFrames, tmp_path: Path, name: str
) -> None:
    """What it does not need may be gone."""
    found = LakeTables(lake.root).answer(use_case(name), WEEK, None)
    root = shutil.copytree(lake.root, tmp_path / "lake")
    assert WEEK.first_day is not None
    assert WEEK.last_day is not None
    from_beginning = name in ("tag-affinity", "retention")
    for file in root.glob("events/**/*.parquet"):
        day = date.fromisoformat(file.parent.name.partition("=")[2])
        if day > WEEK.last_day or (day < WEEK.first_day and not from_beginning):
            file.unlink()
    assert found.num_rows > 0 or name == "retention"
    assert LakeTables(str(root)).answer(use_case(name), WEEK, None) == found
