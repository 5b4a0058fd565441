"""Which tags a video has, and since when: from the events that create it and change its tags.

`created` sets all of a video's tags, `add_tags` and `remove_tags` one after the other. Within one
second they count in this order; several `created` of one second count together.
"""

from reelhouse.warehouse.names import bridge, fact, identity, singular
from reelhouse.warehouse.star.shape import LAST, Star
from reelhouse.warehouse.tables import Column, Model, Table

NAME = "bridge_video_tag"
NEEDED = ("video_id", "event", "timestamp", "tags")


def _applies(star: Star) -> bool:
    events = star.contracts.get("events")
    return (
        events is not None
        and events in star.facts
        and set(NEEDED) <= set(events.field_names)
        and "videos" in star.contracts
    )


def tables(star: Star) -> list[Table]:
    """The bridge, and the videos whose tags the running build changes."""
    if not _applies(star):
        return []
    video = Column("video_id", "integer", "the video", required=True)
    return [
        Table(
            schema="core",
            name=NAME,
            meaning="A tag of a video, and the time in which it has it.",
            columns=(
                video,
                Column("tag", "text", "the tag", required=True),
                Column("valid_from", "timestamp", "since when", required=True),
                Column("valid_to", "timestamp", "before when", required=True),
            ),
            cluster_by=("video_id",),
            reason="Events meet the tags that their video had then.",
        ),
        Table(
            schema="staging",
            name="video_tag__touched",
            meaning="The videos whose tags the running build may change.",
            columns=(video,),
        ),
    ]


def models(star: Star) -> list[Model]:
    """Compute the tags of the touched videos anew, from all their events."""
    if not _applies(star):
        return []
    events, id_name, tags = fact("events"), identity("events"), bridge("events", "tags")
    kinds = "('created', 'add_tags', 'remove_tags')"
    return [
        Model(
            "video_tags",
            f"""\
delete from staging.video_tag__touched where true;

insert into staging.video_tag__touched (video_id)
select distinct s.video_id
from staging.events as s
where s._reasons is null and s.event in {kinds};

delete from core.{NAME}
where video_id in (select t.video_id from staging.video_tag__touched as t);

insert into core.{NAME} (video_id, tag, valid_from, valid_to)
with change as (
  select e.{id_name}, e.video_id, e."timestamp" as changed_at, e.event
  from core.{events} as e
  join staging.video_tag__touched as t on t.video_id = e.video_id
  where e.event in {kinds}
), named as (
  select distinct c.video_id, c.changed_at, c.event, b.{singular("tags")} as tag
  from change as c
  join core.{tags} as b on b.{id_name} = c.{id_name}
), known as (
  select distinct n.video_id, n.tag from named as n
), created as (
  select distinct c.video_id, c.changed_at from change as c where c.event = 'created'
), state as (
  select n.video_id, n.tag, n.changed_at,
  case when n.event = 'add_tags' then 2 else 3 end as step,
  case when n.event = 'add_tags' then 1 else 0 end as present
  from named as n
  where n.event <> 'created'
  union all
  select k.video_id, k.tag, c.changed_at, 1 as step,
  case when n.tag is null then 0 else 1 end as present
  from known as k
  join created as c on c.video_id = k.video_id
  left join named as n on n.video_id = k.video_id and n.tag = k.tag
    and n.changed_at = c.changed_at and n.event = 'created'
), last_step as (
  select s.video_id, s.tag, s.changed_at, max(s.step) as step
  from state as s
  group by s.video_id, s.tag, s.changed_at
), settled as (
  select s.video_id, s.tag, s.changed_at, s.present
  from state as s
  join last_step as m on m.video_id = s.video_id and m.tag = s.tag
    and m.changed_at = s.changed_at and m.step = s.step
), compared as (
  select s.video_id, s.tag, s.changed_at, s.present,
  lag(s.present) over (partition by s.video_id, s.tag order by s.changed_at nulls first) as earlier
  from settled as s
), folded as (
  select c.video_id, c.tag, c.changed_at, c.present
  from compared as c
  where c.present <> coalesce(c.earlier, 0)
), ranged as (
  select f.video_id, f.tag, f.changed_at, f.present,
  lead(f.changed_at) over (partition by f.video_id, f.tag order by f.changed_at nulls first)
    as ended_at
  from folded as f
)
select r.video_id, r.tag, r.changed_at, coalesce(r.ended_at, {LAST})
from ranged as r
where r.present = 1
""",
        )
    ]
