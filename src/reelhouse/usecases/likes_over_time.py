"""How many likes a video got, day by day, and so far.

One row for each video and day (UTC) of the span with a like or a dislike: `video_id`, `day`,
`likes`, `dislikes`, `likes_so_far` and `dislikes_so_far` (from the beginning of the span to the end
of that day), and `like_rate` (likes so far, of likes and dislikes so far, from 0 to 1). Each event
counts once; who likes twice, at different times, counts twice. Rows are ordered by video and day.
`top` leaves the videos with the most likes in the span; of equals, those with the least id.
"""

from typing import TYPE_CHECKING

from reelhouse.usecases.span import Span
from reelhouse.usecases.sql import limit

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from reelhouse.usecases.lake_frames import LakeFrames
    from reelhouse.usecases.lake_tables import LakeTables


def on_spark(lake: "LakeFrames", span: Span, top: int | None) -> "DataFrame":
    """The rows, in order; `top` is how many videos at most."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    days = (
        lake.events(span, types=("like", "dislike"))
        .groupBy("video_id", F.to_date("timestamp").alias("day"))
        .agg(
            F.count_if(F.col("event") == "like").alias("likes"),
            F.count_if(F.col("event") == "dislike").alias("dislikes"),
        )
    )
    if top is not None:
        totals = days.groupBy("video_id").agg(F.sum("likes").alias("total"))
        chosen = totals.orderBy(F.desc("total"), "video_id").limit(top).select("video_id")
        days = days.join(chosen, "video_id", "left_semi")
    so_far = (
        Window.partitionBy("video_id")
        .orderBy("day")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    likes, dislikes = F.sum("likes").over(so_far), F.sum("dislikes").over(so_far)
    return days.select(
        "video_id",
        "day",
        "likes",
        "dislikes",
        likes.alias("likes_so_far"),
        dislikes.alias("dislikes_so_far"),
        (likes / (likes + dislikes)).alias("like_rate"),
    ).orderBy("video_id", "day")


def on_duckdb(lake: "LakeTables", span: Span, top: int | None) -> str:
    """The query for the rows, in order; `top` is how many videos at most."""
    chosen = f"""
        WHERE video_id IN (
            SELECT video_id FROM days GROUP BY video_id
            ORDER BY sum(likes) DESC, video_id {limit(top)})"""
    return f"""
        WITH days AS (
            SELECT video_id, timestamp::DATE AS day, count_if(event = 'like')::BIGINT AS likes,
                   count_if(event = 'dislike')::BIGINT AS dislikes
            FROM ({lake.events(span, types=("like", "dislike"))}) GROUP BY ALL
        )
        SELECT video_id, day, likes, dislikes, (sum(likes) OVER so_far)::BIGINT AS likes_so_far,
               (sum(dislikes) OVER so_far)::BIGINT AS dislikes_so_far,
               likes_so_far / (likes_so_far + dislikes_so_far) AS like_rate
        FROM days {"" if top is None else chosen}
        WINDOW so_far AS (PARTITION BY video_id ORDER BY day)
        ORDER BY video_id, day"""
