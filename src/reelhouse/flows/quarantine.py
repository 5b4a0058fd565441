"""The quarantine: what was refused, and why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, cast

import duckdb

from reelhouse.errors import DatasetFailed, WrongUse, apart, raised
from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.storage import open_store

FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "json", ".json": "json"}
"""What `export` writes, by the end of the file's name."""


VIOLATIONS_AS_JSON = "* REPLACE (to_json(violations)::VARCHAR AS violations)"
"""CSV has no lists: there the violations are JSON text, as an array of objects."""


@dataclass(frozen=True)
class Filter:
    """Which records are wanted: those that broke a rule, have a field at fault, and so on."""

    rule: str | None = None
    field: str | None = None
    source: str | None = None
    batch: str | None = None


class Reason(TypedDict):
    """A rule that records of a dataset broke, how many did, and the shortest of them."""

    dataset: str
    field: str
    rule: str
    records: int
    message: str
    example: str
    source: str


class BrokenRule(TypedDict):
    """One violation, as the quarantine keeps it."""

    field: str
    rule: str
    message: str


class QuarantinedRecord(TypedDict):
    """An invalid record: its text as it was sent, why it was refused, and where it is from."""

    raw: str
    violations: list[BrokenRule]
    _source: str
    _ingested_at: datetime
    _batch_id: str
    contract_version: str


class Quarantine:
    """The invalid records of a lake, but for those that a replay found valid since."""

    def __init__(self, lake: str) -> None:
        self.store = open_store(lake)

    def reasons(
        self, datasets: Iterable[str], tell: Callable[[DatasetFailed], object] = raised
    ) -> list[Reason]:
        """How often each rule was broken, the most usual first, with an example of each.

        A record that breaks several rules counts for each of them. `tell` gets what goes wrong with
        a dataset.
        """
        found: list[Reason] = []
        for dataset in datasets:
            with apart(dataset, tell), self._open(dataset) as connection:
                found += _reasons(
                    connection.execute(
                        """
                        WITH broken AS (
                            SELECT unnest(violations) AS v, raw, _source, length(raw) AS size
                            FROM quarantine
                        )
                        SELECT $dataset AS dataset, v.field AS field, v.rule AS rule,
                            count(*) AS records,
                            min_by(v.message, (size, raw)) AS message,
                            min_by(raw, (size, raw)) AS example,
                            min_by(_source, (size, raw)) AS source
                        FROM broken GROUP BY v.field, v.rule
                        """,
                        {"dataset": dataset},
                    )
                )
        return in_order(found)

    def records(
        self, dataset: str, wanted: Filter = Filter(), limit: int | None = None
    ) -> list[QuarantinedRecord]:
        """The quarantined records of a dataset, the newest first, perhaps only some of them."""
        where, parameters = _where(wanted)
        order = "ORDER BY _ingested_at DESC, _source, raw"
        stop = "" if limit is None else f"LIMIT {int(limit)}"
        with self._open(dataset) as connection:
            return _records(
                connection.execute(f"SELECT * FROM quarantine {where} {order} {stop}", parameters)
            )

    def count(self, dataset: str, wanted: Filter = Filter()) -> int:
        """How many records of a dataset are quarantined."""
        where, parameters = _where(wanted)
        with self._open(dataset) as connection:
            found = connection.execute(f"SELECT count(*) FROM quarantine {where}", parameters)
            ((count,),) = found.fetchall()
        return int(count)

    def export(self, dataset: str, path: Path, wanted: Filter = Filter()) -> int:
        """Write quarantined records to a local file, the oldest first, and return how many.

        The end of its name says the format. Raises WrongUse for another end than FORMATS has, and
        OSError for a place that can't be written.
        """
        kind = FORMATS.get(path.suffix)
        if kind is None:
            raise WrongUse(f"{path}: name a file that ends in {', '.join(FORMATS)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()  # whether it can be written, in the system's own words
        where, parameters = _where(wanted)
        columns = VIOLATIONS_AS_JSON if kind == "csv" else "*"
        target = str(path).replace("'", "''")
        with self._open(dataset) as connection:
            ((count,),) = connection.execute(
                f"COPY (SELECT {columns} FROM quarantine {where} "
                f"ORDER BY _ingested_at, _source, raw) TO '{target}' (FORMAT {kind})",
                parameters,
            ).fetchall()
        return int(count)

    def _open(self, dataset: str) -> duckdb.DuckDBPyConnection:
        return connect(self.store.root, dataset)


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """Reasons, the most usual first."""
    return sorted(reasons, key=lambda each: (-each["records"], *map(str, each.values())))


def connect(lake: str, dataset: str) -> duckdb.DuckDBPyConnection:
    """A connection with the view `quarantine`: a dataset's records that are still invalid."""
    store, connection = open_store(lake), duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    table = open_table(store.uri(layout.quarantine(dataset)))
    replays = open_table(store.uri(layout.replays(dataset)))
    if table is None:
        connection.execute(EMPTY)
        return connection
    connection.register("refused", table.to_pyarrow_dataset())
    if replays is None:
        connection.execute("CREATE TEMP VIEW quarantine AS SELECT * FROM refused")
        return connection
    connection.register("replayed", replays.to_pyarrow_dataset())
    connection.execute(
        """
        CREATE TEMP VIEW quarantine AS SELECT * FROM refused ANTI JOIN replayed
        ON _batch_id = batch_id AND _source = source AND sha256(raw) = raw_sha256
        """
    )
    return connection


EMPTY = """
CREATE TEMP VIEW quarantine AS SELECT NULL::VARCHAR AS raw,
    NULL::STRUCT(field VARCHAR, rule VARCHAR, message VARCHAR)[] AS violations,
    NULL::VARCHAR AS _source, NULL::TIMESTAMPTZ AS _ingested_at, NULL::VARCHAR AS _batch_id,
    NULL::VARCHAR AS contract_version
WHERE false
"""


def _where(wanted: Filter) -> tuple[str, dict[str, str]]:
    conditions = {
        "rule": "list_contains(list_transform(violations, lambda v: v.rule), $rule)",
        "field": "list_contains(list_transform(violations, lambda v: v.field), $field)",
        "source": "_source = $source",
        "batch": "_batch_id = $batch",
    }
    parameters = {name: value for name, value in vars(wanted).items() if value is not None}
    where = " AND ".join(conditions[name] for name in parameters)
    return f"WHERE {where}" if where else "", parameters


def _rows(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [each[0] for each in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _reasons(result: duckdb.DuckDBPyConnection) -> list[Reason]:
    return cast(list[Reason], _rows(result))


def _records(result: duckdb.DuckDBPyConnection) -> list[QuarantinedRecord]:
    return cast(list[QuarantinedRecord], _rows(result))
