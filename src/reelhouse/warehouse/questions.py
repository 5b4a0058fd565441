"""The use cases' questions, asked of the star: each gives what the use case gives on the lake.

What a question means is said by the first lines of the use case of its name
(`reelhouse.usecases`). Here it is canonical SQL, compiled for each system.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from reelhouse.errors import WrongUse
from reelhouse.usecases import use_case
from reelhouse.usecases.span import Span
from reelhouse.usecases.trending import HALF_LIFE_DAYS, WEIGHTS
from reelhouse.warehouse.canonical import text
from reelhouse.warehouse.star.shape import FIRST

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_MICROS = 86_400_000_000


def _moment(at: datetime) -> str:
    return f"rh_timestamp({(at.astimezone(UTC) - EPOCH) // MICROSECOND})"


def _day(at: datetime) -> str:
    return f"rh_try_date('{at.astimezone(UTC).date().isoformat()}')"


def _within(span: Span, types: Sequence[str] = ()) -> str:
    """The condition of the facts of a span; the days are for the partitions."""
    found = []
    if span.start is not None:
        found += [f"f.event_date >= {_day(span.start)}", f'f."timestamp" >= {_moment(span.start)}']
    if span.end is not None:
        found += [f"f.event_date <= {_day(span.end)}", f'f."timestamp" < {_moment(span.end)}']
    if types:
        found.append(f"f.event in ({', '.join(map(text, types))})")
    return f"where {' and '.join(found)}" if found else ""


def _first(top: int | None) -> str:
    return "" if top is None else f"limit {top:d}"


def _event_types(span: Span, top: int | None) -> str:
    return f"""\
with counted as (
  select f.event, count(*) as times, min(f."timestamp") as first_at, max(f."timestamp") as last_at
  from core.fct_event as f {_within(span)}
  group by f.event
), whole as (
  select sum(c.times) as times from counted as c
)
select c.event as event, c.times as "count", c.first_at as first_at, c.last_at as last_at,
  rh_share(c.times, w.times) as share
from counted as c
cross join whole as w
order by c.times desc, c.event
{_first(top)}"""


def _top_users(span: Span, top: int | None) -> str:
    return f"""\
select f.user_id as user_id, count(*) as events, count(distinct f.video_id) as videos,
  max(f."timestamp") as last_at
from core.fct_event as f {_within(span)}
group by f.user_id
order by count(*) desc, f.user_id
{_first(top)}"""


def _likes_over_time(span: Span, top: int | None) -> str:
    chosen = f"""
  where d.video_id in (
    select t.video_id from totals as t order by t.likes desc, t.video_id {_first(top)}
  )"""
    return f"""\
with days as (
  select f.video_id, f.event_date as day,
  sum(case when f.event = 'like' then 1 else 0 end) as likes,
  sum(case when f.event = 'dislike' then 1 else 0 end) as dislikes
  from core.fct_event as f {_within(span, ("like", "dislike"))}
  group by f.video_id, f.event_date
), totals as (
  select d.video_id, sum(d.likes) as likes from days as d group by d.video_id
), so_far as (
  select d.video_id, d.day, d.likes, d.dislikes,
  sum(d.likes) over (partition by d.video_id order by d.day nulls first) as likes_so_far,
  sum(d.dislikes) over (partition by d.video_id order by d.day nulls first) as dislikes_so_far
  from days as d{"" if top is None else chosen}
)
select s.video_id as video_id, s.day as day, s.likes as likes, s.dislikes as dislikes,
  s.likes_so_far as likes_so_far, s.dislikes_so_far as dislikes_so_far,
  rh_share(s.likes_so_far, s.likes_so_far + s.dislikes_so_far) as like_rate
from so_far as s
order by s.video_id, s.day"""


def _most_engaged(span: Span, top: int | None) -> str:
    return f"""\
with counted as (
  select d.creator_id, f.event, f.user_id, count(*) as events
  from core.fct_event as f
  join core.dim_video as d on d.id = f.video_id and d.is_current
  {_within(span)}
  group by d.creator_id, f.event, f.user_id
), ranked as (
  select c.creator_id, c.event, c.user_id, c.events,
  row_number() over (
    partition by c.creator_id, c.event order by c.events desc nulls last, c.user_id nulls first
  ) as place
  from counted as c
)
select r.creator_id as creator_id, r.event as event, r.place as place, r.user_id as user_id,
  r.events as events
from ranked as r
{"" if top is None else f"where r.place <= {top:d}"}
order by r.creator_id, r.event, r.place"""


def _retention(span: Span, top: int | None) -> str:
    begin = f"where o.first_at >= {_moment(span.start)}" if span.start is not None else ""
    latest = f"""
where c.cohort in (
  select l.cohort from latest as l order by l.cohort desc {_first(top)}
)"""
    return f"""\
with weeks as (
  select f.user_id, rh_days(f.event_date) - rh_weekday(f.event_date) + 1 as monday,
  min(f."timestamp") as first_at
  from core.fct_event as f {_within(span.until_end())}
  group by f.user_id, rh_days(f.event_date) - rh_weekday(f.event_date) + 1
), of_user as (
  select w.user_id, min(w.monday) as cohort, min(w.first_at) as first_at
  from weeks as w
  group by w.user_id
), cohorts as (
  select o.cohort, w.monday, count(*) as users
  from weeks as w
  join of_user as o on o.user_id = w.user_id
  {begin}
  group by o.cohort, w.monday
), latest as (
  select c.cohort, max(c.users) as users from cohorts as c group by c.cohort
)
select rh_day(c.cohort) as cohort, rh_quotient(c.monday - c.cohort, 7) as week, c.users as users,
  l.users as cohort_users, rh_share(c.users, l.users) as share
from cohorts as c
join latest as l on l.cohort = c.cohort{"" if top is None else latest}
order by c.cohort, c.monday"""


def _tag_affinity(span: Span, top: int | None) -> str:
    return f"""\
with event_at as (
  select f.user_id, f.video_id, f."timestamp" as happened_at, count(*) as events
  from core.fct_event as f {_within(span)}
  group by f.user_id, f.video_id, f."timestamp"
), first_version as (
  select d.id, min(d.valid_from) as valid_from from core.dim_user as d group by d.id
), liked as (
  select d.id as user_id, b.category, d.valid_to,
  case when d.valid_from = v.valid_from then {FIRST} else d.valid_from end as valid_from
  from core.dim_user as d
  join first_version as v on v.id = d.id
  join core.bridge_user_category as b on b.user_key = d.user_key
), matching as (
  select distinct e.user_id, e.video_id, e.happened_at, e.events
  from event_at as e
  join liked as l on l.user_id = e.user_id
    and l.valid_from <= e.happened_at and e.happened_at < l.valid_to
  join core.bridge_video_tag as t on t.video_id = e.video_id and t.tag = l.category
    and t.valid_from <= e.happened_at and e.happened_at < t.valid_to
), matched as (
  select m.user_id, sum(m.events) as events from matching as m group by m.user_id
), every as (
  select e.user_id, sum(e.events) as events from event_at as e group by e.user_id
), summed as (
  select e.user_id, coalesce(m.events, 0) as matching, e.events - coalesce(m.events, 0) as other
  from every as e
  left join matched as m on m.user_id = e.user_id
)
select s.user_id as user_id, s.matching as matching, s.other as other
from summed as s
order by s.matching desc, s.user_id
{_first(top)}"""


def _top_creators(span: Span, top: int | None) -> str:
    return f"""\
with counted as (
  select d.creator_id, count(*) as events,
  sum(case when f.event = 'like' then 1 else 0 end) as likes,
  count(distinct f.video_id) as videos, count(distinct f.user_id) as users
  from core.fct_event as f
  join core.dim_video as d on d.id = f.video_id and d.is_current
  {_within(span)}
  group by d.creator_id
)
select c.creator_id as creator_id, c.events as events, c.likes as likes, c.videos as videos,
  c.users as users
from counted as c
order by c.events desc, c.creator_id
{_first(top)}"""


def _trending(span: Span, top: int | None) -> str:
    weights = " ".join(f"when {text(event)} then {weight}" for event, weight in WEIGHTS.items())
    last = 'max(rh_micros(f."timestamp"))'
    if span.end is not None:
        last = f"max(rh_micros({_moment(span.end)}))"
    return f"""\
with last_moment as (
  select {last} as micros from core.fct_event as f {_within(span)}
), scored as (
  select f.video_id, count(*) as events,
  rh_millionths(sum(case f.event {weights} end * rh_halved(
    rh_share(m.micros - rh_micros(f."timestamp"), {HALF_LIFE_DAYS * DAY_MICROS})
  ))) as score
  from core.fct_event as f
  cross join last_moment as m
  {_within(span, tuple(WEIGHTS))}
  group by f.video_id
)
select s.video_id as video_id, d.name as name, s.events as events, s.score as score
from scored as s
left join core.dim_video as d on d.id = s.video_id and d.is_current
order by s.score desc, s.video_id
{_first(top)}"""


QUESTIONS: dict[str, Callable[[Span, int | None], str]] = {
    "event-types": _event_types,
    "likes-over-time": _likes_over_time,
    "most-engaged": _most_engaged,
    "retention": _retention,
    "tag-affinity": _tag_affinity,
    "top-creators": _top_creators,
    "top-users": _top_users,
    "trending": _trending,
}
"""By the name of its use case, the canonical SQL of a question."""


def question(name: str, span: Span, top: int | None) -> str:
    """The canonical SQL of a question; without `top`, as many rows as is usual for it.

    Raises WrongUse for one that there is none of.
    """
    if name not in QUESTIONS:
        raise WrongUse(f"there is no question {name!r}; there are {', '.join(QUESTIONS)}")
    return QUESTIONS[name](span, use_case(name).most(top))
