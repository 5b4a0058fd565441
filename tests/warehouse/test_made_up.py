"""Random contracts: dimensions with keys of any type, facts with and without a time, relations."""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

import reelhouse as rh

SEEDS = range(int(os.environ.get("MADE_UP", "3")))
FIELD_TYPES = ("string", "integer", "number", "boolean", "date", "timestamp", "array")
KEY_TYPES = ("string", "integer", "date", "boolean")
WORDS = ("a", "B", "ü|~", "x,y", "  ", 'q"q', "0", "null", "-", "unknown")

Document = dict[str, Any]


def contracts(random: Random) -> list[Document]:
    """Contracts of a few dimensions, and of facts that name them."""
    dimensions = [
        _dataset(random, f"dims{n}", [f"k{m}" for m in range(random.randint(1, 3))])
        for n in range(random.randint(1, 3))
    ]
    facts = [_dataset(random, f"facts{n}", []) for n in range(random.randint(1, 2))]
    single = [each for each in dimensions if len(_keys(each)) == 1]
    for contract in (*facts, *dimensions):
        for number in range(random.randint(0, 3) if single else 0):
            other = random.choice(single)
            (key,) = _keys(other)
            field = {
                "name": f"r{number}_id",
                "logicalType": key["logicalType"],
                "relationships": [{"to": f"{other['schema'][0]['name']}.{key['name']}"}],
            }
            contract["schema"][0]["properties"].append(field)
    return [*dimensions, *facts]


def _dataset(random: Random, name: str, keys: list[str]) -> Document:
    fields: list[Document] = [
        {
            "name": key,
            "logicalType": random.choice(KEY_TYPES),
            "required": True,
            "primaryKey": True,
            "primaryKeyPosition": place,
        }
        for place, key in enumerate(keys, 1)
    ]
    for number in range(random.randint(1, 5)):
        kind = random.choice(FIELD_TYPES)
        field: Document = {"name": f"f{number}", "logicalType": kind}
        if kind == "array":
            field["items"] = {"logicalType": random.choice(FIELD_TYPES[:3])}
        elif random.random() < 0.4:
            field["required"] = True
        fields.append(field)
    if keys and random.random() < 0.5:
        fields.append({"name": "updated_at", "logicalType": "timestamp"})
    kind = random.choice(("csv", "jsonl"))
    dataset = {
        "name": name,
        "customProperties": [{"property": "format", "value": kind}],
        "properties": fields,
    }
    if kind == "csv":
        for field in fields:
            if field["logicalType"] == "array":
                field["customProperties"] = [{"property": "listSeparator", "value": ";"}]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": name,
        "version": "1.0.0",
        "status": "active",
        "schema": [dataset],
    }


def _keys(contract: Document) -> list[Document]:
    return [each for each in contract["schema"][0]["properties"] if each.get("primaryKey")]


def _value(random: Random, kind: str) -> Any:
    if kind == "string":
        return random.choice(WORDS)
    if kind == "integer":
        return random.choice((0, 1, 2, -3, 2**62))
    if kind == "number":
        return random.choice((0.5, -1, 3, 12345.678901234567, 1e15))
    if kind == "boolean":
        return random.random() < 0.5
    day = f"2026-0{random.randint(1, 3)}-1{random.randint(0, 3)}"
    return day if kind == "date" else f"{day}T1{random.randint(0, 3)}:00:00Z"


def source(random: Random, contract: Document) -> bytes:
    """A source of a contract's dataset; a few of its records are broken."""
    dataset = contract["schema"][0]
    fields = dataset["properties"]
    rows = []
    for _ in range(random.randint(1, 12)):
        row: Document = {}
        for field in fields:
            if field["logicalType"] == "array":
                item = field["items"]["logicalType"]
                row[field["name"]] = [_value(random, item) for _ in range(random.randint(0, 3))]
            else:
                row[field["name"]] = _value(random, field["logicalType"])
            if not field.get("primaryKey") and random.random() < 0.2:
                row[field["name"]] = None
        if random.random() < 0.1:
            row[random.choice(fields)["name"]] = {"no": "value"}
        rows.append(row)
    rows += random.choices(rows, k=random.randint(0, 3))
    if dataset["customProperties"][0]["value"] == "jsonl":
        return "".join(json.dumps(each) + "\n" for each in rows).encode()
    out = io.StringIO()
    writer = csv.DictWriter(out, [each["name"] for each in fields])
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in each.items()} for each in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ";".join(str(_cell(each)) for each in value)
    return str(value).lower() if isinstance(value, bool) else value


@pytest.fixture(params=SEEDS)
def dice(request: pytest.FixtureRequest) -> Random:
    return Random(request.param)


def star(warehouse: rh.Warehouse) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """All of core but what names a load."""
    tables = warehouse.query(
        "select table_name from information_schema.tables where table_schema = 'core' order by 1"
    ).rows
    for (table,) in tables:
        if table not in ("built_load", "build_lock"):
            own = "('_load_id', '_loaded_at', 'load_id', '_built_at', 'built_at')"
            columns = warehouse.query(
                "select column_name from information_schema.columns where table_schema = 'core' "
                f"and table_name = '{table}' and column_name not in {own} order by ordinal_position"
            ).rows
            names = ", ".join(f'"{name}"' for (name,) in columns)
            rows = warehouse.query(f'select {names} from core."{table}" order by all').rows
            yield table, rows


def test_any_contracts_make_a_star_that_does_not_depend_on_delivery(
    dice: Random, tmp_path: Path
) -> None:
    (tmp_path / "contracts").mkdir()
    found = contracts(dice)
    for contract in found:
        path = tmp_path / "contracts" / f"{contract['id']}.odcs.yaml"
        path.write_text(yaml.safe_dump(contract, sort_keys=False))
    files: list[tuple[str, bytes, int]] = []
    for contract in found:
        end = contract["schema"][0]["customProperties"][0]["value"]
        for number in range(dice.randint(1, 4)):
            landed = 1_780_000_000 + dice.randrange(0, 50, 10)
            files.append((f"{contract['id']}/{number}.{end}", source(dice, contract), landed))
    loaded = rh.load_contracts(tmp_path / "contracts")
    expected = {name: _judged(loaded, name, data) for name, data, _ in files}

    dice.shuffle(files)
    landing = tmp_path / "landing"
    warehouse = rh.Warehouse(
        "duckdb", database=tmp_path / "w.duckdb", contracts=tmp_path / "contracts"
    )
    while files:
        for name, data, landed in [files.pop() for _ in range(min(len(files), 4))]:
            path = landing / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (landed, landed))
        run = warehouse.run(landing)
        run.raise_for_checks()
        assert run.build is not None
        for built in run.build.sources:
            name = Path(built.uri).relative_to(landing).as_posix()
            assert (built.records, built.in_errors) == expected.pop(name), name
            assert built.in_core + built.duplicates == built.records - built.in_errors
    assert expected == {}
    rebuilt = rh.Warehouse(
        "duckdb", database=tmp_path / "again.duckdb", contracts=tmp_path / "contracts"
    )
    rebuilt.run(landing).raise_for_checks()
    assert [*star(warehouse)] == [*star(rebuilt)]


def _judged(loaded: dict[str, rh.Contract], name: str, data: bytes) -> tuple[int, int]:
    """How many records a source has by the reference validator, and how many are refused."""
    dataset = name.partition("/")[0]
    verdicts = list(rh.validate(loaded[dataset], data.decode().splitlines(keepends=True)))
    return len(verdicts), sum(1 for each in verdicts if not each.valid)
