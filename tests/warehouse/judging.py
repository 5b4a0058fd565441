"""Judge sources by the SQL of a contract, and read back what it found, as `harness` does."""

import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from reelhouse.batch import Source
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.warehouse import ddl
from reelhouse.warehouse.compiler import compile_sql
from reelhouse.warehouse.load.duckdb import load_sources
from reelhouse.warehouse.raw import RAW_SOURCE, STAGING_LOAD, raw_table
from reelhouse.warehouse.verdict import verdict, verdict_tables
from tests.conformance.harness import Judged

TAKE = (
    "insert into staging.load select load_id, dataset, uri, version, landed_at from raw.raw_source"
)


def judge_in_duckdb(
    contract: Contract, sources: Mapping[str, bytes], max_line_bytes: int = 8 << 20
) -> dict[str, Judged]:
    """Load sources, by name, into a database in memory, and judge them there."""
    folder = Path(tempfile.mkdtemp(prefix="reelhouse-test-"))
    try:
        names, landed = {}, []
        for name, data in sources.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            names[str(path)] = name
            landed.append(Source(str(path), "1", len(data), datetime.now(UTC)))
        with duckdb.connect(config={"threads": 2}) as connection:
            tables = [RAW_SOURCE, STAGING_LOAD, raw_table(contract), *verdict_tables(contract)]
            for statement in [*ddl.schemas_sql("duckdb"), *ddl.tables_sql(tables, "duckdb")]:
                connection.execute(statement)
            load_sources(connection, contract, landed, max_line_bytes)
            connection.execute(TAKE)
            for model in verdict(contract):
                for statement in compile_sql(model.text, "duckdb", model.name):
                    connection.execute(statement)
            return _read(connection, contract, names)
    finally:
        shutil.rmtree(folder)


def _read(
    connection: duckdb.DuckDBPyConnection, contract: Contract, names: dict[str, str]
) -> dict[str, Judged]:
    found = {name: Judged() for name in names.values()}
    fields = ", ".join(f's."{each}"' for each in (*contract.field_names, "_extra"))
    rows = connection.execute(
        f"select l.uri, {fields} from staging.{contract.dataset} as s "
        "join staging.load as l on l.load_id = s._load_id where s._reasons is null"
    ).fetchall()
    for uri, *values, extra in rows:
        row = {
            field.name: plain(field, value)
            for field, value in zip(contract.fields, values, strict=True)
            if value is not None
        }
        found[names[uri]].valid.append(row | ({} if extra is None else {"_extra": extra}))
    errors = f"select _source, raw, field, rule, reasons from errors.{contract.dataset}"
    for uri, raw, field, rule, reasons in connection.execute(errors).fetchall():
        pairs = [each.split(": ") for each in reasons.removesuffix("; ").split("; ")]
        violations = tuple((name, broken, "") for name, broken in pairs)
        assert (field or "", rule) == violations[0][:2]
        found[names[uri]].invalid.append((raw, violations))
    counts = connection.execute(
        "select l.uri, c.records, c.valid, c.invalid "
        f"from staging.{contract.dataset}__count as c join staging.load as l "
        "on l.load_id = c._load_id"
    ).fetchall()
    for uri, records, valid, invalid in counts:
        judged = found[names[uri]]
        judged.records, judged.counted = records, (valid, invalid)
        assert records == valid + invalid
        assert (valid, invalid) == (len(judged.valid), len(judged.invalid))
    return found


def plain(field: Field, value: Any) -> Any:
    """A typed value of the warehouse as the lake's rows are shown."""
    if field.type is Type.ARRAY:
        assert field.item is not None
        return [_item(field.item, each) for each in value.split(",")[:-1]]
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value


def _item(item: Field, text: str) -> Any:
    if item.type is Type.STRING:
        return text.replace("~2", ",").replace("~1", "|").replace("~0", "~")
    if item.type is Type.BOOLEAN:
        return text == "1"
    if item.type is Type.DATE:
        return text
    if item.type is Type.TIMESTAMP:
        when = datetime.fromtimestamp(int(text) // 10**6, UTC).replace(
            microsecond=int(text) % 10**6
        )
        return when.isoformat().replace("+00:00", "Z")
    return int(text) if item.type is Type.INTEGER else float(text) + 0.0
