"""The lake as the use cases see it, in DuckDB: SQL with each event once, and what was true when.

What is said of `lake_frames` holds here too. A method gives the text of a query, to stand in
brackets after FROM; `rows` and `arrow` ask it. Times are UTC, in columns without a time zone.

Files on a local disk DuckDB reads itself, those alone that the log says can matter; files in
buckets it gets from Arrow.
"""

import os
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.lake.read import data_set, opened
from reelhouse.storage import open_store
from reelhouse.usecases.span import Span
from reelhouse.usecases.sql import IDENTITY, TAG_EVENTS, name, text

if TYPE_CHECKING:
    from reelhouse.usecases import UseCase

GLOB = frozenset("*?[")
"""What DuckDB takes for a pattern in the name of a file."""

EMPTY = {
    "videos": "SELECT NULL::BIGINT AS video_id, NULL AS name, NULL::BIGINT AS creator_id LIMIT 0",
    "users": "SELECT NULL::BIGINT AS user_id LIMIT 0",
    "categories": """
        SELECT NULL::BIGINT AS user_id, NULL AS category, NULL::TIMESTAMP AS since,
               NULL::TIMESTAMP AS until LIMIT 0""",
}


class LakeTables:
    """A lake at one moment: each table is opened once.

    `memory_mb` is how much memory DuckDB may use; what is more goes to disk. With `lenient`, a
    table of videos or users that is not there has no rows; without, asking it is an error.
    """

    questions_at_once = 1
    """How many questions DuckDB is asked at the same time: each takes all processors."""

    def __init__(self, root: str, memory_mb: int | None = None, *, lenient: bool = False) -> None:
        self.root, self.lenient = root, lenient
        self._opened: dict[str, DeltaTable] = {}
        self._views: dict[str, str] = {}
        self._spill = tempfile.TemporaryDirectory(prefix="reelhouse-")
        settings = {
            "threads": str(len(os.sched_getaffinity(0))),
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
        }
        if memory_mb is not None:
            settings["memory_limit"] = f"{memory_mb}MB"
        self._connection = duckdb.connect(config={**settings, "temp_directory": self._spill.name})

    # --- asking

    def answer(self, case: "UseCase", span: Span, top: int | None) -> pa.Table:
        """The rows of an answer, in order."""
        return self.arrow(case.on_duckdb(self, span, top))

    def part(self, case: "UseCase", span: Span, top: int | None = None) -> str:
        """An answer, to be asked further."""
        return case.on_duckdb(self, span, top)

    def at_once(self) -> AbstractContextManager[None]:
        """DuckDB needs no preparation."""
        return nullcontext()

    def arrow(self, query: str) -> pa.Table:
        """The rows of a query; its times are in UTC."""
        found = cast(pa.Table, self._connection.sql(query).to_arrow_table())
        at = pa.timestamp("us")
        fields = [
            pa.field(each.name, pa.timestamp("us", "UTC")) if each.type == at else each
            for each in found.schema
        ]
        return found.cast(pa.schema(fields))

    def rows(self, query: str, **parts: str) -> list[dict[str, Any]]:
        """The rows of a query in which `{name}` stands for another that is given by name."""
        given = {each: f"({part})" for each, part in parts.items()}
        return self.arrow(query.format(**given)).to_pylist()

    # --- what is in the lake

    def events(self, span: Span, *more: str, types: Sequence[str] = ()) -> str:
        """Each event of a span once: its IDENTITY, and the other columns that are named.

        `types` are the events wanted, by default all. Raises ReelhouseError if the lake has none.
        """
        table = self._table(layout.table("events"))
        optional = [
            each
            for each in _schema(table).names
            if not each.startswith("_") and each not in (*IDENTITY, "event_date")
        ]
        rest = ", ".join(f"{name(each)}, {name(each)} IS NULL" for each in optional)
        wanted = f"WHERE event IN ({', '.join(map(text, types))})" if types else ""
        others = "".join(f", any_value({name(each)}) AS {name(each)}" for each in more)
        return f"""
            SELECT {", ".join(IDENTITY)}{others} FROM ({self._between(span, *optional)}) {wanted}
            GROUP BY {", ".join(IDENTITY)}{f", hash({rest})" if rest else ""}"""

    def activity(self, span: Span) -> str:
        """When users did something: `user_id` and `timestamp`, as often as it was sent."""
        return f"SELECT user_id, timestamp FROM ({self._between(span)})"

    def videos(self) -> str:
        """Each video as it was sent last: `video_id`, `name`, `creator_id`."""
        if self.lenient and not self.has("videos"):
            return EMPTY["videos"]
        return f"""
            SELECT id AS video_id, name, creator_id
            FROM ({self._landed("videos", "id", "name", "creator_id")})
            QUALIFY row_number() OVER (
                PARTITION BY id
                ORDER BY landed_at DESC, _ingested_at DESC, name DESC, creator_id DESC) = 1"""

    def users(self) -> str:
        """The users that are known: `user_id`."""
        if self.lenient and not self.has("users"):
            return EMPTY["users"]
        return f"SELECT DISTINCT id AS user_id FROM {self._view('users', 'id')}"

    def categories(self) -> str:
        """What users liked, and when: `user_id`, `category`, from `since` and up to `until`.

        The order of a user's versions is `updated_at`, else when their source landed. The first
        version counts for all time before it too: of that nothing else is known, and its `since`
        is null. So is `until` where nothing came after.
        """
        if self.lenient and not self.has("users"):
            return EMPTY["categories"]
        return f"""
            SELECT DISTINCT user_id, unnest(categories) AS category,
                   CASE WHEN place > 1 THEN since END AS since, until
            FROM (
                SELECT id AS user_id, coalesce(categories, []) AS categories,
                       coalesce(updated_at, landed_at) AS since,
                       row_number() OVER versions AS place,
                       lead(coalesce(updated_at, landed_at)) OVER versions AS until
                FROM ({self._landed("users", "id", "categories", "updated_at")})
                WINDOW versions AS (
                    PARTITION BY id
                    ORDER BY coalesce(updated_at, landed_at), _ingested_at,
                             coalesce(categories, []))
            )"""

    def tags(self, span: Span) -> str:
        """Which tags videos had, and when, up to the end: `video_id`, `tag`, `since`, `until`.

        `created` sets the tags, `add_tags` adds some, and `remove_tags` removes some, which need
        not be there. Within one second they count in this order, whatever order they came in, and
        several that are `created` in one second count together.
        `until` is null where nothing came after.
        """
        places = " ".join(f"WHEN {text(each)} THEN {n}" for n, each in enumerate(TAG_EVENTS, 1))
        steps = self.events(span.until_end(), "tags", types=TAG_EVENTS)
        return f"""
            WITH steps AS (
                SELECT video_id, timestamp, CASE event {places} END AS place, tags FROM ({steps})
            ), named AS (
                SELECT DISTINCT video_id, unnest(tags) AS tag, timestamp, place FROM steps
            ), changes AS (
                SELECT video_id, tag, timestamp, place, place < 3 AS present FROM named
                UNION ALL
                SELECT video_id, tag, timestamp, 0, false
                FROM (SELECT DISTINCT video_id, tag FROM named)
                JOIN (SELECT DISTINCT video_id, timestamp FROM steps WHERE place = 1)
                USING (video_id)
            ), states AS (
                SELECT video_id, tag, timestamp, arg_max(present, place) AS present
                FROM changes GROUP BY video_id, tag, timestamp
            )
            SELECT video_id, tag, timestamp AS since, until FROM (
                SELECT *, lead(timestamp) OVER (
                    PARTITION BY video_id, tag ORDER BY timestamp) AS until
                FROM states
            ) WHERE present"""

    def has(self, dataset: str) -> bool:
        """Whether the lake has a table of the dataset."""
        path = layout.table(dataset)
        return path in self._opened or open_table(open_store(self.root).uri(path)) is not None

    # --- how it is read

    def _between(self, span: Span, *more: str) -> str:
        conditions = ["true"]
        if span.start is not None:
            conditions.append(f"timestamp >= {_moment(span.start)}")
        if span.end is not None:
            conditions.append(f"timestamp < {_moment(span.end)}")
        return f"""
            SELECT * REPLACE (make_timestamp(epoch_us(timestamp)) AS timestamp)
            FROM {self._view("events", *IDENTITY, *more, span=span)}
            WHERE {" AND ".join(conditions)}"""

    def _landed(self, dataset: str, *columns: str) -> str:
        """Rows of a dataset with `landed_at`, when their source landed, as the ledger has it."""
        times = ("_ingested_at", *(each for each in columns if each.endswith("_at")))
        replaced = ", ".join(f"make_timestamp(epoch_us({each})) AS {each}" for each in times)
        view = self._view(dataset, *columns, "_source", "_batch_id", "_ingested_at")
        return f"""
            SELECT dataset.* REPLACE ({replaced}),
                   make_timestamp(epoch_us(coalesce(modified, _ingested_at))) AS landed_at
            FROM {view} AS dataset
            LEFT JOIN (
                SELECT batch_id AS _batch_id, source.uri AS _source,
                       max(source.modified) AS modified
                FROM (
                    SELECT batch_id, unnest(sources) AS source FROM {self._claims}
                    WHERE entry = 'claimed' AND dataset = {text(dataset)}
                )
                GROUP BY ALL
            ) USING (_batch_id, _source)"""

    @cached_property
    def _claims(self) -> str:
        table = self._table(layout.LEDGER)
        self._connection.register("claims", data_set(table))
        return "claims"

    def _view(self, dataset: str, *columns: str, span: Span | None = None) -> str:
        """The name of a view of these columns, of what a span can need."""
        key = repr((dataset, columns, span))
        if key not in self._views:
            view = f"{dataset}_{len(self._views)}"
            table = self._table(layout.table(dataset))
            files = self._local_files(table, span or Span())
            names = ", ".join(map(name, dict.fromkeys(columns)))
            if files is None:
                self._connection.register(f"{view}_files", data_set(table))
                days = _days("event_date", span or Span())
                read = f"SELECT * FROM {view}_files {days}"
            else:
                read = _read(table, files)
            self._connection.execute(f"CREATE VIEW {view} AS SELECT {names} FROM ({read})")
            self._views[key] = view
        return self._views[key]

    def _local_files(self, table: DeltaTable, span: Span) -> pa.Table | None:
        """The files that hold something of a span, by the log; None if DuckDB can't read them."""
        folder = table.table_uri.removeprefix("file://")
        if "://" in folder or GLOB & set(folder) or table.protocol().min_reader_version > 1:
            return None
        files = pa.table(table.get_add_actions(flatten=True))
        day = "partition.event_date"
        for limit, keeps in ((span.first_day, pc.greater_equal), (span.last_day, pc.less_equal)):
            if limit is not None and day in files.column_names:
                files = files.filter(keeps(files[day], pa.scalar(limit, files[day].type)))
        return files

    def _table(self, path: str) -> DeltaTable:
        if path not in self._opened:
            self._opened[path] = opened(open_store(self.root).uri(path))
        return self._opened[path]


def _read(table: DeltaTable, files: pa.Table) -> str:
    """A query for the rows of local files; those from before a column was there lack it."""
    schema = _schema(table)
    nulls = (f"NULL::{_type(each.type)} AS {name(each.name)}" for each in schema)
    empty = f"SELECT {', '.join(nulls)} LIMIT 0"
    if not len(files):
        return empty
    folder = table.table_uri.removeprefix("file://").rstrip("/")
    paths = [f"{folder}/{unquote(str(path))}" for path in files["path"].to_pylist()]
    read = f"read_parquet([{', '.join(map(text, paths))}], hive_partitioning = false"
    told = {each for each in files.column_names if not files[each].null_count}
    stored = set(schema.names) - set(table.metadata().partition_columns)
    if told >= {f"null_count.{each}" for each in stored}:
        return f"SELECT * FROM {read})"
    return f"({empty}) UNION ALL BY NAME SELECT * FROM {read}, union_by_name = true)"


def _schema(table: DeltaTable) -> pa.Schema:
    found: pa.Schema = pa.schema(table.schema().to_arrow())  # type: ignore[arg-type]
    return found


def _type(type_: pa.DataType) -> str:
    """The type of a column of the lake, in DuckDB's words."""
    if pa.types.is_list(type_):
        return f"{_type(type_.value_type)}[]"
    return TYPES[str(type_)]


TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "date32[day]": "DATE",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
}


def _days(column: str, span: Span) -> str:
    limits = (("<=", span.last_day), (">=", span.first_day))
    found = [f"{column} {sign} DATE '{day}'" for sign, day in limits if day is not None]
    return f"WHERE {' AND '.join(found)}" if found else ""


def _moment(at: datetime) -> str:
    return f"'{at.isoformat(sep=' ')}'::TIMESTAMPTZ"
