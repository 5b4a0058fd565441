"""The quarantine: what was refused, and why."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from reelhouse.errors import ReelhouseError
from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.storage import open_store

FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "json", ".json": "json"}
"""What `export` writes, by the end of the file's name."""


class Quarantine:
    """The invalid records of a lake, but for those that a replay found valid since."""

    def __init__(self, lake: str) -> None:
        self.store = open_store(lake)

    def reasons(self, datasets: Iterable[str]) -> list[dict[str, Any]]:
        """How often each rule was broken, the most usual first, with an example of each.

        A record that breaks several rules counts for each of them.
        """
        found = []
        for dataset in datasets:
            with self._open(dataset) as connection:
                found += _rows(
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
        return sorted(found, key=lambda each: (-each["records"], *map(str, each.values())))

    def records(
        self,
        dataset: str,
        *,
        rule: str | None = None,
        field: str | None = None,
        source: str | None = None,
        batch: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """The quarantined records of a dataset, the newest first, perhaps only some of them."""
        with self._open(dataset) as connection:
            select, parameters = _select(rule, field, source, batch)
            order = "ORDER BY _ingested_at DESC, _source, raw"
            stop = "" if limit is None else f"LIMIT {int(limit)}"
            return _rows(connection.execute(f"{select} {order} {stop}", parameters))

    def export(
        self,
        dataset: str,
        path: Path,
        *,
        rule: str | None = None,
        field: str | None = None,
        source: str | None = None,
        batch: str | None = None,
    ) -> int:
        """Write quarantined records to a file, and return how many.

        The end of its name says the format. Raises ReelhouseError for another end than FORMATS has.
        """
        kind = FORMATS.get(path.suffix)
        if kind is None:
            raise ReelhouseError(f"{path}: name a file that ends in {', '.join(FORMATS)}")
        with self._open(dataset) as connection:
            select, parameters = _select(rule, field, source, batch)
            path.parent.mkdir(parents=True, exist_ok=True)
            target = str(path).replace("'", "''")
            ordered = f"{select} ORDER BY _ingested_at, _source, raw"
            written = connection.execute(
                f"COPY ({ordered}) TO '{target}' (FORMAT {kind})", parameters
            ).fetchone()
        return int(written[0]) if written else 0

    def _open(self, dataset: str) -> duckdb.DuckDBPyConnection:
        return connect(self.store.root, dataset)


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


def _select(
    rule: str | None, field: str | None, source: str | None, batch: str | None
) -> tuple[str, Mapping[str, str]]:
    given = {"rule": rule, "field": field, "source": source, "batch": batch}
    parameters = {name: value for name, value in given.items() if value is not None}
    conditions = {
        "rule": "list_contains(list_transform(violations, lambda v: v.rule), $rule)",
        "field": "list_contains(list_transform(violations, lambda v: v.field), $field)",
        "source": "_source = $source",
        "batch": "_batch_id = $batch",
    }
    where = " AND ".join(conditions[name] for name in parameters)
    return f"SELECT * FROM quarantine {f'WHERE {where}' if where else ''}", parameters


def _rows(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [each[0] for each in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
