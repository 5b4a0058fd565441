"""Who does the most.

One row for each user with an event in the span: `user_id`, `events` (of all types, each once),
`videos` (how many different ones he touched) and `last_at` (the time of his last event). The most
active user comes first; of equals, the one with the least id. By default the first ten.
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
        .groupBy("user_id")
        .agg(
            F.count("*").alias("events"),
            F.countDistinct("video_id").alias("videos"),
            F.max("timestamp").alias("last_at"),
        )
        .orderBy(F.desc("events"), "user_id")
    )
    return found if top is None else found.limit(top)
