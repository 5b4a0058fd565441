"""Who does the most.

One row for each user with an event in the span: `user_id`, `events` (of all types, each once),
`videos` (how many different ones he touched) and `last_at` (the time of his last event). The most
active user comes first; of equals, the one with the least id. By default the first ten.
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
        .groupBy("user_id")
        .agg(
            F.count("*").alias("events"),
            F.countDistinct("video_id").alias("videos"),
            F.max("timestamp").alias("last_at"),
        )
        .orderBy(F.desc("events"), "user_id")
    )
    return found if top is None else found.limit(top)


def on_duckdb(lake: "LakeTables", span: Span, top: int | None) -> str:
    """The query for the rows, in order; `top` is how many at most."""
    return f"""
        SELECT user_id, count(*) AS events, count(DISTINCT video_id) AS videos,
               max(timestamp) AS last_at
        FROM ({lake.events(span)}) GROUP BY user_id
        ORDER BY events DESC, user_id {limit(top)}"""
