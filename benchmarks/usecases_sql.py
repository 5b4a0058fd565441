"""The questions of the use cases in DuckDB's SQL, by hand, for the benchmark."""

from deltalake import DeltaTable

EVENTS = """
events as (
  select distinct user_id, video_id, event, timestamp, comment, tags, latitude, longitude
  from read_parquet({events}, hive_partitioning = true)
)
"""

VIDEOS = """
videos as (
  select id as video_id, name, creator_id
  from read_parquet({videos}, hive_partitioning = true)
  qualify row_number() over (partition by id order by _ingested_at desc, name desc) = 1
)
"""

USERS = """
users as (
  select id as user_id, coalesce(categories, []) as categories,
    case when row_number() over of_user = 1 then timestamptz '-infinity'
         else coalesce(updated_at, _ingested_at) end as since
  from read_parquet({users}, hive_partitioning = true)
  window of_user as (partition by id order by coalesce(updated_at, _ingested_at), categories)
)
"""

TAGS = """
steps as (
  select video_id, timestamp, event, coalesce(tags, []) as tags
  from events where event in ('created', 'add_tags', 'remove_tags')
),
changes as (
  select video_id, tag, timestamp, arg_max(is_on, kind) as is_on
  from (
    select video_id, unnest(tags) as tag, timestamp, event <> 'remove_tags' as is_on,
      case event when 'created' then 1 when 'add_tags' then 2 else 3 end as kind
    from steps
    union all
    select made.video_id, known.tag, made.timestamp, false, 0
    from steps as made
    join (select distinct video_id, unnest(tags) as tag from steps) as known using (video_id)
    where made.event = 'created' and not list_contains(made.tags, known.tag)
  )
  group by all
)
"""

QUESTIONS = {
    "event-types": """
        with {EVENTS}
        select event, count(*) as count, min(timestamp), max(timestamp),
          count(*) / sum(count(*)) over ()
        from events group by event order by count desc, event limit {top}
    """,
    "likes-over-time": """
        with {EVENTS},
        days as (
          select video_id, timestamp::date as day, count(*) filter (event = 'like') as likes,
            count(*) filter (event = 'dislike') as dislikes
          from events where event in ('like', 'dislike') group by all
        ),
        top as (
          select video_id from days group by video_id order by sum(likes) desc, video_id limit {top}
        )
        select video_id, day, likes, dislikes, sum(likes) over so_far as l,
          sum(dislikes) over so_far as d, l / (l + d)
        from days semi join top using (video_id)
        window so_far as (partition by video_id order by day)
        order by video_id, day
    """,
    "tag-affinity": """
        with {EVENTS}, {USERS}, {TAGS},
        numbered as (select row_number() over () as number, * from events),
        wanted as (
          select number, video_id, timestamp, unnest(categories) as tag
          from numbered asof join users
            on numbered.user_id = users.user_id and numbered.timestamp >= users.since
        ),
        hits as (
          select distinct number
          from wanted asof join changes
            on wanted.video_id = changes.video_id and wanted.tag = changes.tag
            and wanted.timestamp >= changes.timestamp
          where is_on
        )
        select user_id, count(hits.number) as matching, count(*) - count(hits.number)
        from numbered left join hits using (number)
        group by user_id order by matching desc, user_id limit {top}
    """,
    "top-users": """
        with {EVENTS}
        select user_id, count(*) as events, count(distinct video_id), max(timestamp)
        from events group by user_id order by events desc, user_id limit {top}
    """,
    "top-creators": """
        with {EVENTS}, {VIDEOS}
        select creator_id, count(*) as events, count(*) filter (event = 'like'),
          count(distinct video_id), count(distinct user_id)
        from events join videos using (video_id)
        group by creator_id order by events desc, creator_id limit {top}
    """,
    "most-engaged": """
        with {EVENTS}, {VIDEOS}
        select creator_id, event, row_number() over best as place, user_id, count(*) as events
        from events join videos using (video_id) group by creator_id, event, user_id
        window best as (partition by creator_id, event order by count(*) desc, user_id)
        qualify place <= {top}
        order by creator_id, event, place
    """,
    "trending": """
        with {EVENTS}, {VIDEOS},
        weights(event, weight) as (
          values ('viewed', 1), ('like', 3), ('dislike', 1), ('commented', 4), ('share', 5)
        ),
        last as (select max(timestamp) as moment from events),
        scored as (
          select video_id, count(*) as events, round(sum(weight * pow(0.5,
            (epoch_us(moment) - epoch_us(timestamp)) / (7 * 86400 * 1e6))), 6) as score
          from events join weights using (event) cross join last
          group by video_id order by score desc, video_id limit {top}
        )
        select video_id, name, events, score
        from scored left join videos using (video_id) order by score desc, video_id
    """,
    "retention": """
        with weeks as (
          select distinct user_id, date_trunc('week', timestamp)::date as monday
          from read_parquet({events}, hive_partitioning = true)
        ),
        cohorts as (select user_id, min(monday) as cohort from weeks group by user_id)
        select cohort, (monday - cohort) // 7 as week, count(*) as users,
          max(count(*)) over (partition by cohort) as size, count(*) / size
        from weeks join cohorts using (user_id)
        where cohort in (select distinct cohort from cohorts order by cohort desc limit {top})
        group by cohort, week order by cohort, week
    """,
}


def sql(name: str, lake: str, top: int) -> str:
    """The query of a use case, on the Parquet files that a lake's tables name."""
    files = {
        each: DeltaTable(f"{lake}/{each}").file_uris() for each in ("events", "users", "videos")
    }
    parts = {"EVENTS": EVENTS, "VIDEOS": VIDEOS, "USERS": USERS, "TAGS": TAGS}
    return QUESTIONS[name].format(
        **{part: text.format(**files) for part, text in parts.items()}, top=top, **files
    )
