"""Which types of events there are, how many of each, and since when.

One row for each type that was seen in the span: `event`, `count` (each event once), `first_at` and
`last_at` (the times of the first and the last), and `share` (of all events of the span, from 0 to
1). The most frequent type comes first; of equals, the first by name.
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
    from pyspark.sql import Window
    from pyspark.sql import functions as F

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


def on_duckdb(lake: "LakeTables", span: Span, top: int | None) -> str:
    """The query for the rows, in order; `top` is how many at most."""
    return f"""
        SELECT event, count(*) AS count, min(timestamp) AS first_at, max(timestamp) AS last_at,
               count(*) / sum(count(*)) OVER () AS share
        FROM ({lake.events(span)}) GROUP BY event
        ORDER BY count DESC, event {limit(top)}"""
