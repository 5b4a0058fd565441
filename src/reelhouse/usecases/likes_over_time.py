"""How many likes a video got, day by day, and so far.

One row for each video and day (UTC) of the span with a like or a dislike: `video_id`, `day`,
`likes`, `dislikes`, `likes_so_far` and `dislikes_so_far` (from the beginning of the span to the end
of that day), and `like_rate` (likes so far, of likes and dislikes so far, from 0 to 1). Each event
counts once; who likes twice, at different times, counts twice. Rows are ordered by video and day.
`top` leaves the videos with the most likes in the span; of equals, those with the least id.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.span import Span


def answer(lake: LakeFrames, span: Span, top: int | None = None) -> DataFrame:
    """The rows, in order; `top` is how many videos at most."""
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
