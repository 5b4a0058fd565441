"""What happened on the site: the use cases' answers, summed by Spark until they are few.

Whatever the size of the lake, what comes back is a row a period, or the first few of a ranking.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.report import periods
from reelhouse.spark.partitions import sized
from reelhouse.storage import open_store
from reelhouse.usecases import use_case
from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.span import Span

DAYS = 90
"""How long the span is if none is asked for: the last days up to the last event."""

TOP = 10
COHORTS = 12
SHARES = 10
"""Into how many equal parts the users are put by the share of their events that match."""

AT_ONCE = 3
"""How many questions Spark is asked at the same time."""

Row = dict[str, Any]


@dataclass
class SiteFacts:
    """All that the report says about the site, of the events of one span.

    `whole` is whether no event is left out. `events` counts each event once, `sent` as often as it
    was sent. `future` counts the events in the whole lake that are dated after now, if the span was
    not asked for. `activity` and `likes` have a row for each step; `likes` by video, and None for
    all. `affinity` has how many users there are by how much matches: place 0 for nothing, place n
    for more than (n - 1)/SHARES and up to n/SHARES. `unread` says that the lake could not be asked,
    and nothing is known.
    """

    span: Span = field(default_factory=Span)
    whole: bool = True
    first_at: datetime | None = None
    last_at: datetime | None = None
    newest_at: datetime | None = None
    in_lake: int = 0
    future: int = 0
    step: str = "day"
    events: int = 0
    sent: int = 0
    users: int = 0
    videos: int = 0
    on_unknown_videos: int = 0
    by_unknown_users: int = 0
    activity: list[Row] = field(default_factory=list)
    event_types: list[Row] = field(default_factory=list)
    likes: dict[int | None, list[Row]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    trending: list[Row] = field(default_factory=list)
    creators: list[Row] = field(default_factory=list)
    affinity: list[int] = field(default_factory=lambda: [0] * (SHARES + 1))
    matching: int = 0
    other: int = 0
    retention: list[Row] = field(default_factory=list)
    unread: bool = False


class ReportFrames(LakeFrames):
    """A lake at one moment: each table is opened once. One that is not there has no rows."""

    def __init__(self, session: SparkSession, root: str) -> None:
        super().__init__(session, root)
        self._opened: dict[str, DataFrame] = {}
        for dataset in ("events", "videos", "users"):
            if self.has(dataset):
                self._table(layout.table(dataset))

    def has(self, dataset: str) -> bool:
        """Whether the lake has a table of the dataset."""
        return open_table(open_store(self.root).uri(layout.table(dataset))) is not None

    def videos(self) -> DataFrame:
        """Each video as it was sent last, if there are any."""
        if layout.table("videos") in self._opened:
            return super().videos()
        return self.session.createDataFrame([], "video_id long, name string, creator_id long")

    def categories(self) -> DataFrame:
        """When a user's categories changed, if there are any users."""
        if layout.table("users") in self._opened:
            return super().categories()
        return self.session.createDataFrame(
            [], "user_id long, timestamp timestamp, place int, categories array<string>"
        )

    def users(self) -> DataFrame:
        """The users that are known: `user_id`."""
        if layout.table("users") in self._opened:
            return (
                self._table(layout.table("users")).select(F.col("id").alias("user_id")).distinct()
            )
        return self.session.createDataFrame([], "user_id long")

    def _table(self, path: str) -> DataFrame:
        if path not in self._opened:
            self._opened[path] = super()._table(path)
        return self._opened[path]


def ask(
    session: SparkSession,
    root: str,
    asked: Span,
    now: datetime,
    tell: Callable[[str], None] = lambda text: None,
) -> SiteFacts:
    """The facts of a span. Raises ReelhouseError, and what Spark raises."""
    found = SiteFacts(span=asked)
    events = open_table(open_store(root).uri(layout.table("events")))
    if events is None:
        return found
    with sized(session, events):
        _ask(ReportFrames(session, root), asked, now, tell, found)
    return found


def _ask(
    lake: "ReportFrames",
    asked: Span,
    now: datetime,
    tell: Callable[[str], None],
    found: SiteFacts,
) -> None:
    _choose_span(lake, asked, now, found)
    if not found.sent:
        return
    tell("Asking Spark")
    _answer_all(lake, found)
    ids = [each for each in found.likes if each is not None]
    found.names = {
        row["video_id"]: row["name"]
        for row in lake.videos().where(F.col("video_id").isin(ids)).collect()
    }


def _choose_span(lake: LakeFrames, asked: Span, now: datetime, found: SiteFacts) -> None:
    """Settle the span: what was asked for, else the last DAYS up to the last event before now."""
    at, limit = F.col("timestamp"), F.lit(now)
    (row,) = (
        lake.activity(Span())
        .agg(
            F.count("*").alias("rows"),
            F.min("timestamp").alias("first"),
            F.max("timestamp").alias("last"),
            F.max(F.when(at <= limit, at)).alias("past"),
            F.count_if(at > limit).alias("future"),
        )
        .select("rows", "future", *(F.unix_micros(each).alias(each) for each in _MOMENTS))
        .collect()
    )
    found.in_lake = row["rows"]
    if not found.in_lake:
        return
    first, last = _moment(row["first"]), _moment(row["last"])
    past = last if row["past"] is None else _moment(row["past"])
    found.newest_at = past
    start, end = asked.start, asked.end
    if end is None:
        end = _midnight(past.date()) + timedelta(days=1)
        found.future = row["future"] if row["past"] is not None else 0
    if start is None:
        start = max(_midnight(first.date()), end - timedelta(days=DAYS))
    if start >= end:
        found.span = Span(start, max(start, end))
        return
    found.span = Span(start, end)
    found.whole = start <= first and last < end
    (row,) = (
        lake.activity(found.span)
        .agg(F.count("*").alias("rows"), F.min("timestamp"), F.max("timestamp"))
        .toDF("rows", "first", "last")
        .select("rows", *(F.unix_micros(each).alias(each) for each in ("first", "last")))
        .collect()
    )
    found.sent = row["rows"]
    if found.sent:
        found.first_at, found.last_at = _moment(row["first"]), _moment(row["last"])
        found.step = periods.step_for(found.first_at.date(), found.last_at.date())


_MOMENTS = ("first", "last", "past")


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# --- the questions


def _answer_all(lake: ReportFrames, found: SiteFacts) -> None:
    questions = (
        _totals,
        _activity,
        _event_types,
        _likes_of_all,
        _likes_of_the_top,
        _trending,
        _creators,
        _affinity,
        _retention,
    )
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for done in [pool.submit(question, lake, found) for question in questions]:
            done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _totals(lake: ReportFrames, found: SiteFacts) -> None:
    known_videos = lake.videos().select("video_id", F.lit(True).alias("_video"))
    known_users = lake.users().select("user_id", F.lit(True).alias("_user"))
    (row,) = (
        lake.events(found.span)
        .join(known_videos, "video_id", "left")
        .join(known_users, "user_id", "left")
        .agg(
            F.count("*").alias("events"),
            F.countDistinct("user_id").alias("users"),
            F.countDistinct("video_id").alias("videos"),
            F.count_if(F.isnull("_video")).alias("on_unknown_videos"),
            F.count_if(F.isnull("_user")).alias("by_unknown_users"),
        )
        .collect()
    )
    for name, value in row.asDict().items():
        setattr(found, name, value)


def _activity(lake: ReportFrames, found: SiteFacts) -> None:
    rows = (
        lake.events(found.span)
        .groupBy(_period("timestamp", found.step))
        .agg(F.count("*").alias("events"), F.countDistinct("user_id").alias("users"))
        .collect()
    )
    found.activity = _filled(found, {row["period"]: row.asDict() for row in rows})


def _event_types(lake: ReportFrames, found: SiteFacts) -> None:
    found.event_types = _rows(_answer("event-types", lake, found, top=2 * TOP))


def _likes_of_all(lake: ReportFrames, found: SiteFacts) -> None:
    rows = (
        _answer("likes-over-time", lake, found)
        .groupBy(_period("day", found.step))
        .agg(F.sum("likes").alias("likes"), F.sum("dislikes").alias("dislikes"))
        .collect()
    )
    if rows:
        found.likes[None] = _so_far(found, {row["period"]: row.asDict() for row in rows})


def _likes_of_the_top(lake: ReportFrames, found: SiteFacts) -> None:
    videos: dict[int, dict[date, Row]] = {}
    for row in _answer("likes-over-time", lake, found, top=TOP).collect():
        period = periods.begin(row["day"], found.step)
        sums = videos.setdefault(row["video_id"], {}).setdefault(
            period, {"likes": 0, "dislikes": 0}
        )
        for name in sums:
            sums[name] += row[name]
    likes = {video: _so_far(found, rows) for video, rows in videos.items()}
    order = sorted(likes, key=lambda video: (-likes[video][-1]["likes_so_far"], video))
    found.likes |= {video: likes[video] for video in order}


def _trending(lake: ReportFrames, found: SiteFacts) -> None:
    found.trending = _rows(_answer("trending", lake, found, top=TOP))


def _creators(lake: ReportFrames, found: SiteFacts) -> None:
    found.creators = _rows(_answer("top-creators", lake, found, top=TOP))


def _affinity(lake: ReportFrames, found: SiteFacts) -> None:
    matching = F.col("matching")
    rows = (
        _answer("tag-affinity", lake, found)
        .groupBy(F.ceil(matching * SHARES / (matching + F.col("other"))).alias("place"))
        .agg(F.count("*").alias("users"), F.sum("matching"), F.sum("other"))
        .toDF("place", "users", "matching", "other")
        .collect()
    )
    for row in rows:
        found.affinity[row["place"]] = row["users"]
        found.matching += row["matching"]
        found.other += row["other"]


def _retention(lake: ReportFrames, found: SiteFacts) -> None:
    found.retention = _rows(_answer("retention", lake, found, top=COHORTS))


def _answer(name: str, lake: ReportFrames, found: SiteFacts, top: int | None = None) -> DataFrame:
    return use_case(name).answer(lake, found.span, top)


def _period(column: str, step: str) -> Any:
    return F.to_date(F.date_trunc(step, F.col(column))).alias("period")


def _rows(answer: DataFrame) -> list[Row]:
    return [row.asDict() for row in answer.collect()]


def _filled(found: SiteFacts, rows: Mapping[date, Row]) -> list[Row]:
    """A row for each step from the first event to the last, also where nothing happened."""
    assert found.first_at is not None
    assert found.last_at is not None
    names = next(iter(rows.values())).keys() - {"period"}
    return [
        {
            "period": period,
            "after": periods.after(period, found.step),
            **{name: rows[period][name] if period in rows else 0 for name in sorted(names)},
        }
        for period in periods.steps(found.first_at.date(), found.last_at.date(), found.step)
    ]


def _so_far(found: SiteFacts, rows: Mapping[date, Row]) -> list[Row]:
    likes = dislikes = 0
    filled = _filled(found, rows)
    for row in filled:
        likes += row["likes"]
        dislikes += row["dislikes"]
        row |= {"likes_so_far": likes, "dislikes_so_far": dislikes}
    return filled
