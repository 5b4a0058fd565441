"""Whether users watch what they say that they like.

One row for each user with an event in the span: `user_id`, `matching` (how many of his events
touched a video that shared a tag with his categories) and `other` (how many did not). Both are as
they were at the moment of the event: the video's tags after all changes up to that second, the
user's categories of the version valid then. A tag is a category only if both are spelled alike. A
user who is unknown has no categories, and a video of which no tag event is known no tags: such
events are `other`. Events of all types count, each once. The most matching user comes first; of
equals, the one with the least id.
"""

from typing import TYPE_CHECKING

from reelhouse.usecases.span import Span
from reelhouse.usecases.sql import limit

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from reelhouse.usecases.lake_frames import LakeFrames
    from reelhouse.usecases.lake_tables import LakeTables


def on_spark(lake: "LakeFrames", span: Span, top: int | None) -> "DataFrame":
    """The rows, in order; `top` is how many at most."""
    from pyspark.sql import functions as F

    from reelhouse.usecases.lake_frames import as_of

    events = lake.events(span).select("user_id", "video_id", "timestamp")
    with_tags = as_of(events, "video_id", lake.tags(span), "tags")
    with_both = as_of(with_tags, "user_id", lake.categories(), "categories")
    matches = F.coalesce(F.arrays_overlap("tags", "categories"), F.lit(False))
    found = (
        with_both.groupBy("user_id")
        .agg(F.count_if(matches).alias("matching"), F.count_if(~matches).alias("other"))
        .orderBy(F.desc("matching"), "user_id")
    )
    return found if top is None else found.limit(top)


def on_duckdb(lake: "LakeTables", span: Span, top: int | None) -> str:
    """The query for the rows, in order; `top` is how many at most."""
    return f"""
        WITH events AS (
            SELECT user_id, video_id, timestamp, count(*) AS events
            FROM ({lake.events(span)}) GROUP BY ALL
        ), matches AS (
            SELECT DISTINCT events.*
            FROM events
            JOIN ({lake.categories()}) AS liked
                ON liked.user_id = events.user_id AND {_holds("liked")}
            JOIN ({lake.tags(span)}) AS tagged
                ON tagged.video_id = events.video_id AND tagged.tag = liked.category
                AND {_holds("tagged")}
        )
        SELECT user_id, coalesce(matching, 0)::BIGINT AS matching,
               (events - coalesce(matching, 0))::BIGINT AS other
        FROM (SELECT user_id, sum(events) AS events FROM events GROUP BY user_id)
        LEFT JOIN (SELECT user_id, sum(events) AS matching FROM matches GROUP BY user_id)
            USING (user_id)
        ORDER BY matching DESC, user_id {limit(top)}"""


def _holds(table: str) -> str:
    return (
        f"coalesce(events.timestamp >= {table}.since, true) "
        f"AND coalesce(events.timestamp < {table}.until, true)"
    )
