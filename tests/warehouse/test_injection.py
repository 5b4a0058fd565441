"""Contracts, values and names of sources that look like SQL, or like a template, stay what they
are, on each system."""

import json
from pathlib import Path

import jinja2
import pytest

import reelhouse as rh
from reelhouse.contract.model import Contract
from reelhouse.contract.validator import Invalid, Row, Validator
from reelhouse.warehouse.files import files
from tests.warehouse.judging import judge_on
from tests.warehouse.systems import System

TEXTS = (
    "'; DROP TABLE raw.gadgets; --",
    "' OR '1' = '1",
    "\\'; DELETE FROM raw.gadgets; --",
    '"; DROP SCHEMA core CASCADE; /*',
    "`; SELECT 1; `",
    "*/ ; -- //",
    "$$; DROP TABLE raw.gadgets; $$",
    "{{ 7 * 7 }} {% raw %} {# gone #}",
    "{{ params.landing }}",
    "%s %(a)s ? :1 $1 @x {0}",
    "\\\\' \\x27 \\u0027 '' \\",
    "r'''a''' \"\"\"b\"\"\"",
    "1\n; DROP TABLE raw.gadgets",
)
PATTERN = r"""^(?:[a-z]*|'; DROP TABLE "x"; -- \{\{ 7 \}\} \\')$"""
MATCHES = "'; DROP TABLE \"x\"; -- {{ 7 }} \\'"

RESERVED = ("select", "table", "order", "group", "from", "values", "end", "null", "key", "qualify")

CONTRACT: dict[str, object] = {
    "apiVersion": "v3.0.2",
    "kind": "DataContract",
    "id": "urn:test:gadgets",
    "version": "1.0.0",
    "status": "active",
    "schema": [
        {
            "name": "gadgets",
            "physicalName": "gadgets",
            "description": " ".join(TEXTS),
            "properties": [
                {"name": "number", "logicalType": "integer", "primaryKey": True},
                {
                    "name": "kind",
                    "logicalType": "string",
                    "description": "\n".join(TEXTS),
                    "enum": [{"value": text} for text in TEXTS],
                },
                {
                    "name": "code",
                    "logicalType": "string",
                    "logicalTypeOptions": {"pattern": PATTERN},
                },
                *({"name": name, "logicalType": "string"} for name in RESERVED),
            ],
            "customProperties": [{"property": "format", "value": "jsonl"}],
        }
    ],
}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    folder = tmp_path_factory.mktemp("contracts")
    (folder / "gadgets.odcs.yaml").write_text(json.dumps(CONTRACT))
    return rh.load_contracts(folder)["gadgets"]


def line(number: int, **fields: str) -> str:
    return json.dumps({"number": number, **fields})


def lines() -> list[str]:
    good = [line(number, kind=text) for number, text in enumerate(TEXTS)]
    good += [
        line(100 + number, **{RESERVED[number % 10]: text}) for number, text in enumerate(TEXTS)
    ]
    good += [line(200, code=MATCHES), line(201, code="abc")]
    bad = [line(300 + number, kind=f"{text}.") for number, text in enumerate(TEXTS)]
    return [*good, *bad, line(400, code=f"{MATCHES}."), line(401, code="'"), TEXTS[0], "{{ 7 }}"]


def test_what_looks_like_sql_is_judged_as_the_reference_judges_it(
    contract: Contract, system: System
) -> None:
    sources = {
        f"{number}{text.replace('/', '_')}.jsonl": "\n".join(lines()).encode()
        for number, text in enumerate(TEXTS[:2])
    }
    found = judge_on(system, contract, sources)
    valid: list[Row] = []
    invalid: list[Invalid] = []
    validator = Validator(contract)
    for each in lines():
        validator.judge(each.encode(), valid, invalid)
    names = [field.name for field in contract.fields]
    want = [
        {name: value for name, value in zip(names, row, strict=False) if value is not None}
        for row in valid
    ]
    for judged in found.values():
        assert sorted(judged.valid, key=lambda row: row["number"]) == want
        assert sorted(raw for raw, _ in judged.invalid) == sorted(raw for raw, _ in invalid)
        assert judged.records == len(lines())


def test_a_template_engine_changes_nothing_but_the_parameters(contract: Contract) -> None:
    params = {
        **{"landing": "gs://bucket/landing", "bucket": "gs://bucket", "connection": "p.eu.c"},
        **{"integration": "I", "notification": "N", "errors": "E"},
    }
    asked = 0
    for name, text in files({"gadgets": contract}).items():
        if not name.endswith(".sql"):
            continue
        rendered = jinja2.Environment(keep_trailing_newline=True).from_string(text)
        expected = text
        for each, value in params.items():
            asked += expected.count(f"{{{{ params.{each} }}}}")
            expected = expected.replace(f"{{{{ params.{each} }}}}", value)
        assert rendered.render(params=params) == expected, name
    assert asked > 10


def test_a_whole_warehouse_of_such_a_contract_is_built(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/gadgets.odcs.yaml").write_text(json.dumps(CONTRACT))
    landing = tmp_path / "landing/gadgets"
    landing.mkdir(parents=True)
    for number, text in enumerate(TEXTS):
        name = f"{number} {text.replace('/', '_').replace(chr(10), ' ')}.jsonl"
        (landing / name).write_text("\n".join(lines()) + "\n")
    warehouse = rh.Warehouse(
        "duckdb", database=tmp_path / "it's; --.duckdb", contracts=tmp_path / "contracts"
    )
    run = warehouse.run(tmp_path / "landing")
    run.raise_for_checks()
    kinds = warehouse.query("select kind from core.dim_gadget where kind is not null").rows
    assert {kind for (kind,) in kinds} == {*TEXTS}
    assert run.build is not None
    assert {source.records for source in run.build.sources} == {len(lines())}
