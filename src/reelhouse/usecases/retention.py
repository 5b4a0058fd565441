"""Whether users come back.

Users are put together by the week of their first event: a cohort. Weeks begin on Monday, in UTC.
One row for each cohort and each later week with an event of one of its users: `cohort` (the Monday
of its week), `week` (how many weeks later; 0 is the cohort's own), `users` (how many of its users
had an event in that week), `cohort_users` (how many there are in all) and `share` (of the cohort,
from 0 to 1). A user's first event is the first in the whole lake; of a span, those users count
whose first event is in it, with what they did up to its end. Rows are ordered by cohort and week.
`top` leaves the latest cohorts.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.span import Span


def answer(lake: LakeFrames, span: Span, top: int | None = None) -> DataFrame:
    """The rows, in order; `top` is how many cohorts at most."""
    monday = F.to_date(F.date_trunc("week", F.col("timestamp")))
    weeks = (
        lake.activity(span.until_end())
        .groupBy("user_id", monday.alias("monday"))
        .agg(F.min("timestamp").alias("first_at"))
    )
    of_user = Window.partitionBy("user_id")
    weeks = weeks.select(
        "monday",
        F.min("monday").over(of_user).alias("cohort"),
        F.min("first_at").over(of_user).alias("first_at"),
    )
    if span.start is not None:
        weeks = weeks.where(F.col("first_at") >= F.lit(span.start))
    found = (
        weeks.withColumn("week", F.floor(F.datediff("monday", "cohort") / 7).cast("int"))
        .groupBy("cohort", "week")
        .agg(F.count("*").alias("users"))
        .withColumn("cohort_users", F.max("users").over(Window.partitionBy("cohort")))
        .withColumn("share", F.col("users") / F.col("cohort_users"))
    )
    if top is not None:
        latest = found.select("cohort").distinct().orderBy(F.desc("cohort")).limit(top)
        found = found.join(latest, "cohort", "left_semi")
    return found.select("cohort", "week", "users", "cohort_users", "share").orderBy(
        "cohort", "week"
    )
