"""Whose videos get the most attention.

One row for each creator of a video with an event in the span: `creator_id`, `events` (of all types,
each once, on all of his videos), `likes` (those among them), `videos` (how many of his videos had
an event) and `users` (how many different users they came from). A video's creator is the one that
was sent last; events on a video that is unknown have no creator, and are left out. The creator with
the most events comes first; of equals, the one with the least id. By default the first ten.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.span import Span

TOP = 10


def answer(lake: LakeFrames, span: Span, top: int | None = TOP) -> DataFrame:
    """The rows, in order; `top` is how many at most."""
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
