"""The lake as the use cases see it: DataFrames with each event once, and what was true when.

An event is what its fields say: two events whose fields are all equal are the same event, sent
twice, and count once. What changes with time (a user's categories, a video's tags) is a list of
changes, and `as_of` finds for each event what was true then.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.lake.read import in_spark
from reelhouse.spark.partitions import sized
from reelhouse.storage import open_store
from reelhouse.usecases.span import Span
from reelhouse.usecases.sql import IDENTITY, TAG_EVENTS

if TYPE_CHECKING:
    from reelhouse.usecases import UseCase

NO_ROWS = {
    "videos": "video_id long, name string, creator_id long",
    "users": "user_id long",
    "categories": "user_id long, timestamp timestamp, place int, categories array<string>",
}


class LakeFrames:
    """A lake at one moment, read by Spark as Delta: each table is opened once.

    With `lenient`, a table of videos or users that is not there has no rows; without, asking it is
    an error.
    """

    questions_at_once = 3
    """How many questions Spark is asked at the same time."""

    def __init__(self, session: SparkSession, root: str, *, lenient: bool = False) -> None:
        self.session, self.root, self.lenient = session, root, lenient
        self._opened: dict[str, DataFrame] = {}

    # --- asking

    def answer(self, case: "UseCase", span: Span, top: int | None) -> pa.Table:
        """The rows of an answer, in order."""
        with self.at_once():
            found: pa.Table = case.on_spark(self, span, top).toArrow()
        return found

    def part(self, case: "UseCase", span: Span, top: int | None = None) -> DataFrame:
        """An answer, to be asked further."""
        return case.on_spark(self, span, top)

    def rows(self, query: str, **parts: Any) -> list[dict[str, Any]]:
        """The rows of a query of Spark's SQL in which `{name}` stands for a frame."""
        found: list[dict[str, Any]] = self.session.sql(query, **parts).toArrow().to_pylist()
        return found

    def at_once(self) -> AbstractContextManager[None]:
        """Let Spark cut its work into as many parts as this lake is worth, for a while."""
        return sized(self.session, open_table(open_store(self.root).uri(layout.table("events"))))

    # --- what is in the lake

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
        if self.lenient and not self.has("videos"):
            return self.session.createDataFrame([], NO_ROWS["videos"])
        latest = Window.partitionBy("id").orderBy(
            F.desc("landed_at"), F.desc("_ingested_at"), F.desc("name"), F.desc("creator_id")
        )
        return (
            self._landed("videos", "id", "name", "creator_id")
            .withColumn("_place", F.row_number().over(latest))
            .where("_place = 1")
            .select(F.col("id").alias("video_id"), "name", "creator_id")
        )

    def users(self) -> DataFrame:
        """The users that are known: `user_id`."""
        if self.lenient and not self.has("users"):
            return self.session.createDataFrame([], NO_ROWS["users"])
        return self._table(layout.table("users")).select(F.col("id").alias("user_id")).distinct()

    def categories(self) -> DataFrame:
        """When a user's categories changed: `user_id`, `timestamp`, `place`, `categories`.

        The order of a user's versions is `updated_at`, else when their source landed. The first
        version counts for all time before it too: of that nothing else is known.
        """
        if self.lenient and not self.has("users"):
            return self.session.createDataFrame([], NO_ROWS["categories"])
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
        not be there. Within one second they count in this order, whatever order they came in, and
        several that are `created` in one second count together.
        """
        steps = self.events(span.until_end(), "tags", types=TAG_EVENTS).select(
            "video_id",
            "timestamp",
            F.array_position(F.array(*map(F.lit, TAG_EVENTS)), F.col("event")).alias("kind"),
            "tags",
        )
        in_order = steps.repartition("video_id").sortWithinPartitions(*steps.columns)
        changes: DataFrame = in_order.mapInArrow(
            after_each_step(), "video_id long, timestamp timestamp, place long, tags array<string>"
        )
        return changes

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

    def has(self, dataset: str) -> bool:
        """Whether the lake has a table of the dataset."""
        path = layout.table(dataset)
        return path in self._opened or open_table(open_store(self.root).uri(path)) is not None

    def _table(self, path: str) -> DataFrame:
        if path not in self._opened:
            self._opened[path] = in_spark(self.session, self.root, path)
        return self._opened[path]


Batches = Iterator[pa.RecordBatch]


def after_each_step() -> Callable[[Batches], Batches]:
    """A function from the steps of videos, one video's after the other's, to their tags after each.

    Spark's own `aggregate` copies all that it has so far at each step: for a video with 13,000 of
    them that took minutes. The function is made here so that Spark sends its code along: workers
    need Python and PyArrow for it, and not Reelhouse.
    """

    def fold(batches: Batches) -> Batches:
        import pyarrow

        video, created, tags, place = None, None, list[str](), 0
        for batch in batches:
            first, after = place, list[list[str]]()
            columns = (batch.column(name).to_pylist() for name in batch.schema.names)
            for its_video, second, kind, named in zip(*columns, strict=True):
                if its_video != video:
                    video, created, tags = its_video, None, []
                if kind == 1 and second != created:
                    tags = []
                if kind == 1:
                    created = second
                if kind == 3:
                    tags = [each for each in tags if each not in (named or ())]
                else:
                    tags = list(dict.fromkeys([*tags, *(named or ())]))
                after.append(tags)
                place += 1
            yield pyarrow.RecordBatch.from_arrays(
                [
                    batch.column("video_id"),
                    batch.column("timestamp"),
                    pyarrow.array(range(first, place), pyarrow.int64()),
                    pyarrow.array(after, pyarrow.list_(pyarrow.string())),
                ],
                ["video_id", "timestamp", "place", "tags"],
            )

    return fold


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
