"""Whether users come back.

Users are put together by the week of their first event: a cohort. Weeks begin on Monday, in UTC.
One row for each cohort and each later week with an event of one of its users: `cohort` (the Monday
of its week), `week` (how many weeks later; 0 is the cohort's own), `users` (how many of its users
had an event in that week), `cohort_users` (how many there are in all) and `share` (of the cohort,
from 0 to 1). A user's first event is the first in the whole lake; of a span, those users count
whose first event is in it, with what they did up to its end. Rows are ordered by cohort and week.
`top` leaves the latest cohorts.
"""

from typing import TYPE_CHECKING

from reelhouse.usecases.span import Span
from reelhouse.usecases.sql import limit, moment

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from reelhouse.usecases.lake_frames import LakeFrames
    from reelhouse.usecases.lake_tables import LakeTables


def on_spark(lake: "LakeFrames", span: Span, top: int | None) -> "DataFrame":
    """The rows, in order; `top` is how many cohorts at most."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

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


def on_duckdb(lake: "LakeTables", span: Span, top: int | None) -> str:
    """The query for the rows, in order; `top` is how many cohorts at most."""
    begin = "" if span.start is None else f"WHERE first_at >= {moment(span.start)}"
    latest = f"""
        WHERE cohort IN (SELECT DISTINCT cohort FROM cohorts ORDER BY cohort DESC {limit(top)})"""
    return f"""
        WITH weeks AS (
            SELECT user_id, date_trunc('week', timestamp)::DATE AS monday,
                   min(timestamp) AS first_at
            FROM ({lake.activity(span.until_end())}) GROUP BY ALL
        ), of_users AS (
            SELECT monday, min(monday) OVER of_user AS cohort,
                   min(first_at) OVER of_user AS first_at
            FROM weeks WINDOW of_user AS (PARTITION BY user_id)
        ), cohorts AS (
            SELECT cohort, ((monday - cohort) // 7)::INTEGER AS week, count(*) AS users
            FROM of_users {begin} GROUP BY ALL
        )
        SELECT cohort, week, users, max(users) OVER (PARTITION BY cohort) AS cohort_users,
               users / cohort_users AS share
        FROM cohorts {"" if top is None else latest}
        ORDER BY cohort, week"""
