"""Whose videos get the most attention.

One row for each creator of a video with an event in the span: `creator_id`, `events` (of all types,
each once, on all of his videos), `likes` (those among them), `videos` (how many of his videos had
an event) and `users` (how many different users they came from). A video's creator is the one that
was sent last; events on a video that is unknown have no creator, and are left out. The creator with
the most events comes first; of equals, the one with the least id. By default the first ten.
"""

from typing import TYPE_CHECKING

from reelhouse.usecases.span import Span
from reelhouse.usecases.sql import limit

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from reelhouse.usecases.lake_frames import LakeFrames
    from reelhouse.usecases.lake_tables import LakeTables

TOP = 10


def on_spark(lake: "LakeFrames", span: Span, top: int | None) -> "DataFrame":
    """The rows, in order; `top` is how many at most."""
    from pyspark.sql import functions as F

    found = (
        lake.events(span)
        .join(lake.videos(), "video_id")
        .groupBy("creator_id")
        .agg(
            F.count("*").alias("events"),
            F.count_if(F.col("event") == "like").alias("likes"),
            F.countDistinct("video_id").alias("videos"),
            F.countDistinct("user_id").alias("users"),
        )
        .orderBy(F.desc("events"), "creator_id")
    )
    return found if top is None else found.limit(top)


def on_duckdb(lake: "LakeTables", span: Span, top: int | None) -> str:
    """The query for the rows, in order; `top` is how many at most."""
    return f"""
        SELECT creator_id, count(*) AS events, count_if(event = 'like')::BIGINT AS likes,
               count(DISTINCT video_id) AS videos, count(DISTINCT user_id) AS users
        FROM ({lake.events(span)}) JOIN ({lake.videos()}) USING (video_id)
        GROUP BY creator_id
        ORDER BY events DESC, creator_id {limit(top)}"""
