"""Which types of events there are, how many of each, and since when.

One row for each type that was seen in the span: `event`, `count` (each event once), `first_at` and
`last_at` (the times of the first and the last), and `share` (of all events of the span, from 0 to
1). The most frequent type comes first; of equals, the first by name.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.span import Span


def answer(lake: LakeFrames, span: Span, top: int | None = None) -> DataFrame:
    """The rows, in order; `top` is how many at most."""
    found = (
        lake.events(span)
        .groupBy("event")
        .agg(
            F.count("*").alias("count"),
            F.min("timestamp").alias("first_at"),
            F.max("timestamp").alias("last_at"),
        )
        .withColumn("share", F.col("count") / F.sum("count").over(Window.partitionBy(F.lit(0))))
        .orderBy(F.desc("count"), "event")
    )
    return found if top is None else found.limit(top)
