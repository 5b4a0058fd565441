"""Judge sources by the SQL of a contract, and read back what it found, as `harness` does."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reelhouse.batch import Source
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.values import LAST_MICROSECOND
from reelhouse.storage import resolve
from reelhouse.warehouse.load.duckdb import load_sources
from reelhouse.warehouse.load.lines import raw_rows
from reelhouse.warehouse.raw import RAW_SOURCE, STAGING_LOAD, raw_table
from reelhouse.warehouse.verdict import verdict, verdict_tables
from tests.conformance.harness import Judged
from tests.warehouse.systems import System, duckdb_system

EPOCH = datetime(1970, 1, 1)
LANDED = datetime(2026, 11, 24)
TAKE = """
insert into staging.load (load_id, dataset, uri, version, landed_at)
select r.load_id, r.dataset, r.uri, r.version, r.landed_at from raw.raw_source as r
"""


def judge_in_duckdb(
    contract: Contract, sources: Mapping[str, bytes], max_line_bytes: int = 8 << 20
) -> dict[str, Judged]:
    """Load sources, by name, into a database in memory, and judge them there."""
    (found,) = (judge_on(each, contract, sources, max_line_bytes) for each in duckdb_system())
    return found


def judge_on(
    system: System, contract: Contract, sources: Mapping[str, bytes], max_line_bytes: int = 8 << 20
) -> dict[str, Judged]:
    """Load sources, by name, into a system, and judge them there."""
    system.make([RAW_SOURCE, STAGING_LOAD, raw_table(contract), *verdict_tables(contract)])
    with tempfile.TemporaryDirectory(prefix="reelhouse-test-") as folder:
        landed = []
        for name, data in sources.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            landed.append(Source(str(path), _version(path), len(data), LANDED.replace(tzinfo=UTC)))
        names = dict(zip((source.uri for source in landed), sources, strict=True))
        if system.target == "duckdb":
            load_sources(system.connection.connection, contract, landed, max_line_bytes)
        else:
            load_rows(system, contract, landed, max_line_bytes)
    system.run(TAKE)
    for model in verdict(contract):
        system.run(model.text, model.name)
    return _read(system, contract, names)


def _version(path: Path) -> str:
    store, name = resolve(str(path))
    entry = store.head(name)
    assert entry is not None
    return entry.version


def load_rows(
    system: System, contract: Contract, landed: Sequence[Source], max_line_bytes: int = 8 << 20
) -> None:
    """Put the lines of sources into a raw table as rows, where their own loads can't be run."""
    rows: list[dict[str, Any]] = []
    loads: list[dict[str, Any]] = []
    for number, source in enumerate(landed):
        shared = {
            "_source": source.uri,
            "_version": source.version,
            "_load_id": f"{contract.dataset}-{number}",
        }
        times = {"_landed_at": LANDED, "_loaded_at": LANDED}
        for batch in raw_rows(source.uri, contract, max_line_bytes):
            for row in batch.to_pylist():
                line = row["line"].rstrip("\r\n")
                if line.strip(" \t\r\n") or row["_problem"]:
                    rows.append(row | {"line": line} | shared | times)
        loads.append(
            {
                "load_id": f"{contract.dataset}-{number}",
                "dataset": contract.dataset,
                "uri": source.uri,
                "version": source.version,
                "landed_at": LANDED,
                "loaded_at": LANDED,
            }
        )
    system.insert(f"raw.{contract.dataset}", rows)
    system.insert("raw.raw_source", loads)


def _column(field: Field) -> str:
    """A field's value as all systems give it alike."""
    value = f's."{field.name}"'
    if field.type is Type.TIMESTAMP:
        return f"rh_micros({value})"
    return f"rh_date_text({value})" if field.type is Type.DATE else value


def _read(system: System, contract: Contract, names: dict[str, str]) -> dict[str, Judged]:
    found = {name: Judged() for name in names.values()}
    fields = ", ".join(f"{_column(f)} as c{n}" for n, f in enumerate(contract.fields))
    join = "join staging.load as l on l.load_id = s._load_id"
    rows = system.query(
        f"select l.uri, s._extra, {fields} from staging.{contract.dataset} as s {join} "
        "where s._reasons is null"
    )
    for uri, extra, *values in rows:
        row = {
            field.name: plain(field, value)
            for field, value in zip(contract.fields, values, strict=True)
            if value is not None
        }
        found[names[uri]].valid.append(row | ({} if extra is None else {"_extra": extra}))
    errors = system.query(
        f"select e._source, e.raw, e.field, e.rule, e.reasons from errors.{contract.dataset} as e"
    )
    for uri, raw, field, rule, reasons in errors:
        pairs = [each.split(": ") for each in reasons.removesuffix("; ").split("; ")]
        violations = tuple((name, broken, "") for name, broken in pairs)
        assert (field or "", rule) == violations[0][:2]
        found[names[uri]].invalid.append((raw, violations))
    counts = system.query(
        f"select l.uri, s.records, s.valid, s.invalid from staging.{contract.dataset}__count as s "
        + join
    )
    for uri, records, valid, invalid in counts:
        judged = found[names[uri]]
        judged.records, judged.counted = int(records), (int(valid), int(invalid))
        assert judged.records == sum(judged.counted)
        assert judged.counted == (len(judged.valid), len(judged.invalid))
    return found


def plain(field: Field, value: Any) -> Any:
    """A typed value of the warehouse as the lake's rows are shown."""
    if field.type is Type.ARRAY:
        assert field.item is not None
        return [_item(field.item, each) for each in value.split(",")[:-1]]
    if field.type is Type.TIMESTAMP:
        return _time(int(value))
    return int(value) if field.type is Type.INTEGER else value


def _time(micros: int) -> str:
    micros = min(micros, LAST_MICROSECOND)  # an emulator rounds the last one up
    return f"{(EPOCH + timedelta(microseconds=micros)).isoformat()}Z"


def _item(item: Field, text: str) -> Any:
    if item.type is Type.STRING:
        return text.replace("~2", ",").replace("~1", "|").replace("~0", "~")
    if item.type is Type.BOOLEAN:
        return text == "1"
    if item.type is Type.TIMESTAMP:
        return _time(int(text))
    if item.type is Type.DATE:
        return text
    return int(text) if item.type is Type.INTEGER else float(text) + 0.0
