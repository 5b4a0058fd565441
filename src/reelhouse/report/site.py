"""What happened on the site: the use cases' answers, summed by the engine until they are few.

Whatever the size of the lake, what comes back is a row a period, or the first few of a ranking.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from reelhouse.report import periods
from reelhouse.usecases import use_case
from reelhouse.usecases.run import Lake
from reelhouse.usecases.span import Span
from reelhouse.usecases.sql import moment

DAYS = 90
"""How long the span is if none is asked for: the last days up to the last event."""

TOP = 10
COHORTS = 12
SHARES = 10
"""Into how many equal parts the users are put by the share of their events that match."""

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


def ask(
    lake: Lake, asked: Span, now: datetime, tell: Callable[[str], None] = lambda text: None
) -> SiteFacts:
    """The facts of a span. Raises ReelhouseError, and what the lake's engine raises."""
    found = SiteFacts(span=asked)
    if lake.has("events"):
        with lake.at_once():
            _ask(lake, asked, now, tell, found)
    return found


def _ask(
    lake: Lake, asked: Span, now: datetime, tell: Callable[[str], None], found: SiteFacts
) -> None:
    _choose_span(lake, asked, now, found)
    if not found.sent:
        return
    tell("Asking the lake")
    _answer_all(lake, found)
    ids = ", ".join(str(each) for each in found.likes if each is not None)
    if ids:
        query = f"SELECT video_id, name FROM {{videos}} AS videos WHERE video_id IN ({ids})"
        rows = _rows(lake, query, videos=lake.videos())
        found.names = {row["video_id"]: row["name"] for row in rows}


def _choose_span(lake: Lake, asked: Span, now: datetime, found: SiteFacts) -> None:
    """Settle the span: what was asked for, else the last DAYS up to the last event before now."""
    limit = moment(now)
    (row,) = _rows(
        lake,
        f"""
        SELECT count(*) AS sent, min(timestamp) AS first_at, max(timestamp) AS last_at,
               max(CASE WHEN timestamp <= {limit} THEN timestamp END) AS past_at,
               count(CASE WHEN timestamp > {limit} THEN 1 END) AS future
        FROM {{activity}} AS activity""",
        activity=lake.activity(Span()),
    )
    found.in_lake = row["sent"]
    if not found.in_lake:
        return
    first, last = row["first_at"], row["last_at"]
    past = row["past_at"] or last
    found.newest_at = past
    start, end = asked.start, asked.end
    if end is None:
        end = _midnight(past.date()) + timedelta(days=1)
        found.future = row["future"] if row["past_at"] is not None else 0
    if start is None:
        start = max(_midnight(first.date()), end - timedelta(days=DAYS))
    if start >= end:
        found.span = Span(start, max(start, end))
        return
    found.span = Span(start, end)
    found.whole = start <= first and last < end
    (row,) = _rows(
        lake,
        """
        SELECT count(*) AS sent, min(timestamp) AS first_at, max(timestamp) AS last_at
        FROM {activity} AS activity""",
        activity=lake.activity(found.span),
    )
    found.sent = row["sent"]
    if found.sent:
        found.first_at, found.last_at = row["first_at"], row["last_at"]
        found.step = periods.step_for(row["first_at"].date(), row["last_at"].date())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# --- the questions


def _answer_all(lake: Lake, found: SiteFacts) -> None:
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
    pool = ThreadPoolExecutor(lake.questions_at_once)
    try:
        for done in [pool.submit(question, lake, found) for question in questions]:
            done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _totals(lake: Lake, found: SiteFacts) -> None:
    (row,) = _rows(
        lake,
        """
        SELECT count(*) AS events, count(DISTINCT events.user_id) AS users,
               count(DISTINCT events.video_id) AS videos,
               count(*) - count(videos.video_id) AS on_unknown_videos,
               count(*) - count(users.user_id) AS by_unknown_users
        FROM {events} AS events
        LEFT JOIN {videos} AS videos ON videos.video_id = events.video_id
        LEFT JOIN {users} AS users ON users.user_id = events.user_id""",
        events=lake.events(found.span),
        videos=lake.videos(),
        users=lake.users(),
    )
    for name, value in row.items():
        setattr(found, name, value)


def _activity(lake: Lake, found: SiteFacts) -> None:
    rows = _rows(
        lake,
        f"""
        SELECT period, count(*) AS events, count(DISTINCT user_id) AS users
        FROM (SELECT {_period("timestamp", found.step)}, user_id FROM {{events}} AS events)
            AS in_periods
        GROUP BY period""",
        events=lake.events(found.span),
    )
    found.activity = _filled(found, {row["period"]: row for row in rows})


def _event_types(lake: Lake, found: SiteFacts) -> None:
    found.event_types = _answer("event-types", lake, found, top=2 * TOP)


def _likes_of_all(lake: Lake, found: SiteFacts) -> None:
    rows = _rows(
        lake,
        f"""
        SELECT period, CAST(sum(likes) AS BIGINT) AS likes,
               CAST(sum(dislikes) AS BIGINT) AS dislikes
        FROM (SELECT {_period("day", found.step)}, likes, dislikes FROM {{days}} AS days)
            AS in_periods
        GROUP BY period""",
        days=lake.part(use_case("likes-over-time"), found.span),
    )
    if rows:
        found.likes[None] = _so_far(found, {row["period"]: row for row in rows})


def _likes_of_the_top(lake: Lake, found: SiteFacts) -> None:
    videos: dict[int, dict[date, Row]] = {}
    for row in _answer("likes-over-time", lake, found, top=TOP):
        period = periods.begin(row["day"], found.step)
        sums = videos.setdefault(row["video_id"], {}).setdefault(
            period, {"likes": 0, "dislikes": 0}
        )
        for name in sums:
            sums[name] += row[name]
    likes = {video: _so_far(found, rows) for video, rows in videos.items()}
    order = sorted(likes, key=lambda video: (-likes[video][-1]["likes_so_far"], video))
    found.likes |= {video: likes[video] for video in order}


def _trending(lake: Lake, found: SiteFacts) -> None:
    found.trending = _answer("trending", lake, found, top=TOP)


def _creators(lake: Lake, found: SiteFacts) -> None:
    found.creators = _answer("top-creators", lake, found, top=TOP)


def _affinity(lake: Lake, found: SiteFacts) -> None:
    rows = _rows(
        lake,
        f"""
        SELECT place, count(*) AS users, CAST(sum(matching) AS BIGINT) AS matching,
               CAST(sum(other) AS BIGINT) AS other
        FROM (
            SELECT CAST(ceil(matching * {SHARES} / (matching + other)) AS BIGINT) AS place,
                   matching, other
            FROM {{users}} AS users
        ) AS placed
        GROUP BY place""",
        users=lake.part(use_case("tag-affinity"), found.span),
    )
    for row in rows:
        found.affinity[row["place"]] = row["users"]
        found.matching += row["matching"]
        found.other += row["other"]


def _retention(lake: Lake, found: SiteFacts) -> None:
    found.retention = _answer("retention", lake, found, top=COHORTS)


def _answer(name: str, lake: Lake, found: SiteFacts, top: int) -> list[Row]:
    return lake.answer(use_case(name), found.span, top).to_pylist()


def _rows(lake: Lake, query: str, **parts: Any) -> list[Row]:
    """The rows of a query, in SQL that both engines take; `{name}` stands for a part."""
    return lake.rows(query, **parts)


def _period(column: str, step: str) -> str:
    return f"CAST(date_trunc('{step}', {column}) AS DATE) AS period"


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
