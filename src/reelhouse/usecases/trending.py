"""Which videos are on the rise.

One row for each video with engagement in the span: `video_id`, `name` (as it was sent last, null if
the video is unknown), `events` (those that engage, each once) and `score`: the sum over them of
their weight in WEIGHTS, halved for every HALF_LIFE_DAYS of their age. The age is counted up to the
end of the span, or, if it has none, to the last event that there is. The score is rounded to six
decimals. The highest comes first; of equals, the one with the least id. By default the first ten.
"""

from typing import TYPE_CHECKING

from reelhouse.usecases.span import Span
from reelhouse.usecases.sql import limit

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from reelhouse.usecases.lake_frames import LakeFrames
    from reelhouse.usecases.lake_tables import LakeTables

TOP = 10
HALF_LIFE_DAYS = 7
WEIGHTS = {"viewed": 1, "like": 3, "dislike": 1, "commented": 4, "share": 5}
"""What an event tells of engagement; those that make and tag a video tell nothing."""

_DAY = 86_400


def on_spark(lake: "LakeFrames", span: Span, top: int | None) -> "DataFrame":
    """The rows, in order; `top` is how many at most."""
    from pyspark.sql import functions as F

    events = lake.events(span, types=tuple(WEIGHTS))
    if span.end is not None:
        scored = events.withColumn("_end", F.lit(span.end))
    else:
        last = lake.activity(span).agg(F.max("timestamp").alias("_end"))
        scored = events.crossJoin(F.broadcast(last))
    weights = F.create_map(*(F.lit(each) for pair in WEIGHTS.items() for each in pair))
    seconds = (F.unix_micros("_end") - F.unix_micros("timestamp")) / 1e6
    score = weights[F.col("event")] * F.pow(F.lit(0.5), seconds / (HALF_LIFE_DAYS * _DAY))
    found = (
        scored.groupBy("video_id")
        .agg(F.count("*").alias("events"), F.round(F.sum(score), 6).alias("score"))
        .orderBy(F.desc("score"), "video_id")
    )
    if top is not None:
        found = found.limit(top)
    return (
        found.join(lake.videos(), "video_id", "left")
        .select("video_id", "name", "events", "score")
        .orderBy(F.desc("score"), "video_id")
    )


def on_duckdb(lake: "LakeTables", span: Span, top: int | None) -> str:
    """The query for the rows, in order; `top` is how many at most."""
    cases = " ".join(f"WHEN '{event}' THEN {weight}" for event, weight in WEIGHTS.items())
    if span.end is not None:
        end = f"SELECT {round(span.end.timestamp() * 1_000_000)} AS micros"
    else:
        end = f"SELECT epoch_us(max(timestamp)) AS micros FROM ({lake.activity(span)})"
    return f"""
        WITH last AS ({end}), ranking AS (
            SELECT video_id, count(*) AS events,
                   round(fsum(CASE event {cases} END * pow(0.5,
                       (micros - epoch_us(timestamp)) / {HALF_LIFE_DAYS * _DAY * 1_000_000})), 6)
                       AS score
            FROM ({lake.events(span, types=tuple(WEIGHTS))}), last GROUP BY video_id
            ORDER BY score DESC, video_id {limit(top)}
        )
        SELECT video_id, name, events, score
        FROM ranking LEFT JOIN ({lake.videos()}) USING (video_id)
        ORDER BY score DESC, video_id"""
