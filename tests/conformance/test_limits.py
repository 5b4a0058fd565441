"""Contracts and values of a size that engines have limits for."""

import json
from typing import Any

import pytest

from reelhouse.contract.model import Contract, Field, Type
from reelhouse.engines import reference
from tests.conformance.fuzz import differences
from tests.conformance.harness import judge

NATIVE = pytest.mark.parametrize("engine_name", ["duckdb", "spark"])

KINDS: tuple[tuple[Field, str, str], ...] = (
    (Field("t", Type.STRING), '"x"', "x"),
    (Field("i", Type.INTEGER, minimum=-5, maximum=98_765), "7", "7"),
    (Field("n", Type.NUMBER, minimum=-90, maximum=90), "1.5", "1.5"),
    (Field("b", Type.BOOLEAN), "true", "1"),
    (Field("s", Type.TIMESTAMP), '"2026-11-23T09:30:00Z"', "2026-11-23T09:30:00Z"),
)
"""Fields, and a value of each in JSON and in CSV."""


@NATIVE
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("count", [40, 400, 1_500])
def test_a_contract_may_have_many_fields(
    kind: Any, count: int, engine_name: str, engines: Any
) -> None:
    chosen = [KINDS[place % len(KINDS)] for place in range(count)]
    named = [
        Field(**{**vars(field), "name": f"{field.name}{place}"})
        for place, (field, _, _) in enumerate(chosen)
    ]
    fields = (Field("id", Type.INTEGER, required=True), *named)
    key = "events" if kind == "jsonl" else None
    contract = Contract(dataset="wide", version="1", format=kind, fields=fields, envelope_key=key)
    if kind == "csv":
        header = ",".join(contract.field_names)
        cells = ",".join(cell for _, _, cell in chosen)
        lines = [header, *(f"{number},{cells}" for number in range(20)), f"x,{cells}"]
    else:
        pairs = zip(named, chosen, strict=True)
        members = ",".join(f'"{field.name}":{value}' for field, (_, value, _) in pairs)
        lines = [f'{{"id":{number},{members}}}' for number in range(20)]
        lines += [f'{{"events":[{{"id":20,{members}}}]}}', f'{{"id":"x",{members}}}']
    _agree(
        contract,
        "\n".join(lines).encode(),
        (len(lines) - 1 - (kind == "csv"), 1),
        engine_name,
        engines,
    )


@NATIVE
def test_text_of_a_format_may_be_long(engine_name: str, engines: Any) -> None:
    fields = (
        Field("url", Type.STRING, format="http-url"),
        Field("host", Type.STRING, format="hostname"),
        Field("word", Type.STRING, pattern="^(a|b)*$"),
        Field("id", Type.INTEGER, required=True),
    )
    records: list[dict[str, Any]] = [
        {"url": f"https://example.com/{'%20' * size}", "host": "a." * size + "com"}
        | {"word": "ab" * size, "id": size}
        for size in (10, 100, 1_000, 20_000)
    ]
    records.append({"url": f"https://example.com/{'%20' * 20_000}%", "id": 0})
    lines = "\n".join(map(json.dumps, records)).encode()
    _agree(
        Contract(dataset="long", version="1", format="jsonl", fields=fields),
        lines,
        (4, 1),
        engine_name,
        engines,
    )


@NATIVE
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_text_may_be_longer_than_a_parser_takes(
    kind: Any, engine_name: str, engines: Any
) -> None:
    fields = (Field("id", Type.INTEGER, required=True), Field("t", Type.STRING, required=True))
    long = "x" * 21_000_000
    lines = (
        f'{{"id":1,"t":"{long}"}}\n{{"id":2,"t":"y"}}'
        if kind == "jsonl"
        else f"id,t\n1,{long}\n2,y"
    )
    contract = Contract(dataset="long", version="1", format=kind, fields=fields)
    _agree(contract, lines.encode(), (2, 0), engine_name, engines, 64 << 20)


def _agree(
    contract: Contract,
    data: bytes,
    counts: tuple[int, int],
    engine_name: str,
    engines: Any,
    limit: int = 8 << 20,
) -> None:
    expected = judge(reference.run, contract, {"one": data}, limit)
    assert expected["one"].counted == counts
    assert not differences(expected, judge(engines(engine_name), contract, {"one": data}, limit))
