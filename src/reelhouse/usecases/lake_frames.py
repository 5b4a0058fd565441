"""The lake as the use cases see it: DataFrames with each event once, and what was true when.

An event is what its fields say: two events whose fields are all equal are the same event, sent
twice, and count once. What changes with time (a user's categories, a video's tags) is a list of
changes, and `as_of` finds for each event what was true then.
"""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from reelhouse.lake import layout
from reelhouse.lake.read import read_table
from reelhouse.usecases.span import Span

IDENTITY = ("user_id", "video_id", "event", "timestamp")
"""The fields that every event has."""

TAG_EVENTS = ("created", "add_tags", "remove_tags")
"""The events that change a video's tags, in the order in which they count within one second."""


class LakeFrames:
    """A lake, read by Spark as Delta."""

    def __init__(self, session: SparkSession, root: str) -> None:
        self.session, self.root = session, root

    def events(self, span: Span, *more: str, types: Sequence[str] = ()) -> DataFrame:
        """Each event of a span once: its IDENTITY, and the other columns that are named.

        `types` are the events wanted, by default all. Raises ReelhouseError if the lake has none.
        """
        found = self._between(span)
        if types:
            found = found.where(F.col("event").isin(*types))
        optional = [
            name
            for name in found.columns
            if not name.startswith("_") and name not in (*IDENTITY, "event_date")
        ]
        rest = F.xxhash64(*(part for name in optional for part in (F.col(name), F.isnull(name))))
        keys = [*IDENTITY, "_rest"]
        once = found.select(*IDENTITY, rest.alias("_rest"), *more).dropDuplicates(keys)
        return once.drop("_rest")

    def activity(self, span: Span) -> DataFrame:
        """When users did something: `user_id` and `timestamp`, as often as it was sent."""
        return self._between(span).select("user_id", "timestamp")

    def _between(self, span: Span) -> DataFrame:
        found = self._table(layout.table("events"))
        if span.start is not None:
            found = found.where(
                (F.col("event_date") >= F.lit(span.first_day))
                & (F.col("timestamp") >= F.lit(span.start))
            )
        if span.end is not None:
            found = found.where(
                (F.col("event_date") <= F.lit(span.last_day))
                & (F.col("timestamp") < F.lit(span.end))
            )
        return found

    def videos(self) -> DataFrame:
        """Each video as it was sent last: `video_id`, `name`, `creator_id`."""
        latest = Window.partitionBy("id").orderBy(
            F.desc("landed_at"), F.desc("_ingested_at"), F.desc("name"), F.desc("creator_id")
        )
        return (
            self._landed("videos", "id", "name", "creator_id")
            .withColumn("_place", F.row_number().over(latest))
            .where("_place = 1")
            .select(F.col("id").alias("video_id"), "name", "creator_id")
        )

    def categories(self) -> DataFrame:
        """When a user's categories changed: `user_id`, `timestamp`, `place`, `categories`.

        The order of a user's versions is `updated_at`, else when their source landed. The first
        version counts for all time before it too: of that nothing else is known.
        """
        versions = self._landed("users", "id", "categories", "updated_at").select(
            F.col("id").alias("user_id"),
            F.coalesce("updated_at", "landed_at").alias("timestamp"),
            "_ingested_at",
            F.coalesce("categories", F.array().cast("array<string>")).alias("categories"),
        )
        order = Window.partitionBy("user_id").orderBy("timestamp", "_ingested_at", "categories")
        placed = versions.withColumn("place", F.row_number().over(order))
        since_ever = F.when(F.col("place") > 1, F.col("timestamp"))
        return placed.select("user_id", since_ever.alias("timestamp"), "place", "categories")

    def tags(self, span: Span) -> DataFrame:
        """When a video's tags changed, up to the end: `video_id`, `timestamp`, `place`, `tags`.

        `created` sets the tags, `add_tags` adds some, and `remove_tags` removes some, which need
        not be there. Within one second they count in this order, whatever order they came in.
        """
        step = F.struct(
            F.col("timestamp"),
            F.array_position(F.array(*map(F.lit, TAG_EVENTS)), F.col("event")).alias("kind"),
            F.coalesce("tags", F.array().cast("array<string>")).alias("tags"),
        )
        steps = (
            self.events(span.until_end(), "tags", types=TAG_EVENTS)
            .groupBy("video_id")
            .agg(F.array_sort(F.collect_list(step)).alias("steps"))
        )
        return steps.select("video_id", F.posexplode(F.expr(_TAGS_AFTER_EACH_STEP))).select(
            "video_id", "col.timestamp", F.col("pos").alias("place"), "col.tags"
        )

    def _landed(self, dataset: str, *columns: str) -> DataFrame:
        """Rows of a dataset with `landed_at`, when their source landed, as the ledger has it."""
        claims = (
            self._table(layout.LEDGER)
            .where((F.col("entry") == "claimed") & (F.col("dataset") == dataset))
            .select("batch_id", F.explode("sources").alias("source"))
            .groupBy(F.col("batch_id").alias("_batch_id"), F.col("source.uri").alias("_source"))
            .agg(F.max("source.modified").alias("_modified"))
        )
        return (
            self._table(layout.table(dataset))
            .select(*columns, "_source", "_batch_id", "_ingested_at")
            .join(claims, ["_source", "_batch_id"], "left")
            .withColumn("landed_at", F.coalesce("_modified", "_ingested_at"))
        )

    def _table(self, path: str) -> DataFrame:
        found: DataFrame = read_table(self.session, self.root, path)
        return found


_TAGS_AFTER_EACH_STEP = """
aggregate(
  steps,
  named_struct(
    'tags', cast(array() as array<string>),
    'all', cast(array() as array<struct<timestamp: timestamp, tags: array<string>>>)
  ),
  (before, step) -> named_struct(
    'tags', {after},
    'all', concat(before.all, array(named_struct('timestamp', step.timestamp, 'tags', {after})))
  ),
  done -> done.all
)
""".format(
    after="""
    case step.kind
      when 1 then array_distinct(step.tags)
      when 2 then array_union(before.tags, step.tags)
      else array_except(before.tags, step.tags)
    end
    """
)


def as_of(events: DataFrame, key: str, changes: DataFrame, value: str) -> DataFrame:
    """Each event with the `value` that its `key` had at its time: null before the first change.

    `changes` has the key, `timestamp` (null: since ever), `place` (the order within one second) and
    the value, which is never null. A change counts for the whole of its second.
    """
    marked = events.withColumn("_is_event", F.lit(True))
    steps = changes.select(key, "timestamp", "place", value, F.lit(False).alias("_is_event"))
    until_now = (
        Window.partitionBy(key)
        .orderBy(F.asc_nulls_first("timestamp"), "_is_event", "place")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    return (
        marked.unionByName(steps, allowMissingColumns=True)
        .withColumn(value, F.last(value, ignorenulls=True).over(until_now))
        .where("_is_event")
        .drop("_is_event", "place")
    )
