"""Who is most engaged with each creator, by type of event.

For each creator and each type of event in the span, the users with the most events of that type on
his videos: `creator_id`, `event`, `place` (from 1 on), `user_id` and `events` (each once). `top` is
how many users of each creator and type there are at most, by default three; of equals, the one with
the least id comes first. A video's creator is the one that was sent last; events on a video that is
unknown are left out. Rows are ordered by creator, type and place.
"""

from typing import TYPE_CHECKING

from reelhouse.usecases.span import Span

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from reelhouse.usecases.lake_frames import LakeFrames
    from reelhouse.usecases.lake_tables import LakeTables

TOP = 3


def on_spark(lake: "LakeFrames", span: Span, top: int | None) -> "DataFrame":
    """The rows, in order; `top` is how many users at most of each creator and type."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    best = Window.partitionBy("creator_id", "event").orderBy(F.desc("events"), "user_id")
    found = (
        lake.events(span)
        .join(lake.videos(), "video_id")
        .groupBy("creator_id", "event", "user_id")
        .agg(F.count("*").alias("events"))
        .withColumn("place", F.row_number().over(best))
    )
    if top is not None:
        found = found.where(F.col("place") <= top)
    return found.select("creator_id", "event", "place", "user_id", "events").orderBy(
        "creator_id", "event", "place"
    )


def on_duckdb(lake: "LakeTables", span: Span, top: int | None) -> str:
    """The query for the rows, in order; `top` is as for Spark."""
    best = "" if top is None else f"QUALIFY place <= {top:d}"
    return f"""
        SELECT creator_id, event,
               (row_number() OVER (
                   PARTITION BY creator_id, event ORDER BY count(*) DESC, user_id))::INTEGER
                   AS place,
               user_id, count(*) AS events
        FROM ({lake.events(span)}) JOIN ({lake.videos()}) USING (video_id)
        GROUP BY creator_id, event, user_id {best}
        ORDER BY creator_id, event, place"""
