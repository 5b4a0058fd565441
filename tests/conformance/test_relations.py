"""Relations between nasty sources hold on every engine, and would be missed if they did not.

`python -m tests.conformance.fuzz` goes on where this stops.
"""

import json
from random import Random
from typing import Any

import pytest

from reelhouse.contract.model import Contract, Field, Type
from reelhouse.engines import engine as make_engine
from tests.conformance.fuzz import (
    Batch,
    Fault,
    Reference,
    contracts,
    faults,
    odd_batch,
    replayed,
    smaller,
    unrelated,
)
from tests.conformance.harness import Judged, judge
from tests.conformance.nasty_sources import NastySources, is_json, respaced
from tests.conformance.relations import MAX_LINE_BYTES, RELATIONS, unaccounted, unsettled

CONTRACTS = {each.dataset: each for each in contracts()}
LINES = Contract(
    dataset="lines", version="1", format="jsonl", fields=(Field("a", Type.INTEGER, required=True),)
)


def shown(found: list[Fault]) -> str:
    return "\n".join(
        line[:2_000]
        for fault in found[:5]
        for line in (f"{fault.who}, source {fault.name}, {fault.data[:300]!r}:", *fault.what)
    )


@pytest.mark.parametrize("name", CONTRACTS)
def test_relations_hold_on_duckdb(name: str) -> None:
    batch = odd_batch(CONTRACTS[name], seed=11, count=4)
    found, expected = faults(batch, [make_engine("duckdb")])
    assert not found, shown(found)
    assert batch.pairs
    assert sum(judged.records for judged in expected.values()) > 20


@pytest.mark.parametrize("name", ["wide_json", "folded_csv"])
@pytest.mark.parametrize("engine_name", ["spark", "spark-rdd"])
def test_relations_hold_on_spark(engine_name: str, name: str, spark: Any) -> None:
    batch = odd_batch(CONTRACTS[name], seed=12, count=5)
    found, _ = faults(batch, [make_engine(engine_name, "local[2]")])
    assert not found, shown(found)


def test_relations_hold_on_spark_for_headers_of_all_kinds(spark: Any) -> None:
    batch = odd_batch(CONTRACTS["wide_csv"], seed=13, count=2)
    found, _ = faults(batch, [make_engine("spark", "local[2]")])
    assert not found, shown(found)


def test_the_same_seed_makes_the_same_sources() -> None:
    for contract in (CONTRACTS["wide_csv"], CONTRACTS["wide_json"]):
        assert odd_batch(contract, 5, 9).all == odd_batch(contract, 5, 9).all
        assert odd_batch(contract, 5, 9).odd != odd_batch(contract, 6, 9).odd


def test_each_relation_is_tried_on_some_sources() -> None:
    tried = {
        pair.relation.name
        for contract in CONTRACTS.values()
        for pair in odd_batch(contract, 3).pairs
    }
    assert tried == {relation.name for relation in RELATIONS}


# --- that a fault would be seen


def _judged(data: bytes) -> Judged:
    return judge(Reference().run, LINES, {"one": data}, MAX_LINE_BYTES)["one"]


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_a_relation_that_does_not_hold_is_seen(relation: Any) -> None:
    contract = CONTRACTS["wide_json"]
    for seed in range(30):
        nasty = NastySources(contract, seed)
        data = b"[]\n" + nasty.source(10)
        sides = relation.sides(nasty, data)
        assert sides is not None
        names = {f"l{place}": side for place, side in enumerate(sides.left)}
        names |= {f"r{place}": side for place, side in enumerate(sides.right)}
        got = judge(Reference().run, contract, names, MAX_LINE_BYTES)
        left, right = ([got[name] for name in names if name[0] == side] for side in "lr")
        assert not relation.broken(left, right)
        for side in right:
            if side.invalid:
                side.invalid.pop()
                break
            if side.valid:
                side.valid.pop()
                break
        else:
            continue
        assert relation.broken(left, right)
        return
    pytest.fail("no source had a record")


@pytest.mark.parametrize(
    ("data", "books", "records"),
    [
        (b'{"a":1}\n', (7, 0, 0), 1),
        (b'{"a":1}\n', (8, 0, 9), 1),
        (b'{"a":1}\n', (8, 0, 0), 0),
        (b'[{"a":1}]\n', (10, 0, 0), 0),
    ],
)
def test_bytes_that_are_not_accounted_for_are_seen(
    data: bytes, books: tuple[int, int, int], records: int
) -> None:
    assert unaccounted(LINES, data, Judged(records=records, books=books))
    assert not unaccounted(LINES, data, _judged(data))


@pytest.mark.parametrize("data", [b"", b"[]\n\n \r\n", b"[[],[]]\n", b"\xef\xbb\xbf[\n]"])
def test_a_source_may_hold_no_record_if_there_is_nothing_in_it(data: bytes) -> None:
    judged = _judged(data)
    assert not judged.records or data.startswith(b"[[")
    assert not unaccounted(LINES, data, judged)


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf{"a":1}\r\r\n\r\n{"a":2',
        b'[\n{"a":1},\n{"a":2}, 1.5, "x\n',
        b'{"a":1}' + b" " * 3_000 + b'\n{"a"',
    ],
)
def test_the_border_is_settled_and_a_replay_changes_nothing(data: bytes) -> None:
    assert not unsettled(LINES, data)
    assert not replayed(Reference(), LINES, {"one": data})


# --- tools


def test_the_smallest_source_that_fails_is_found() -> None:
    data = b"".join(b"line %d\n" % number for number in range(200))
    assert smaller(data, lambda each: b"7" in each and b"3" in each) in (b"73", b"37", b"7\n3")


@pytest.mark.parametrize("seed", range(5))
def test_a_text_with_other_spaces_has_the_same_value(seed: int) -> None:
    text = '{"a b": [1.50, "x\\" ,y", {}, [], null], "c\\u00e9": {"d": -1e5}}'
    again = respaced(text, Random(seed))
    assert json.loads(again) == json.loads(text)
    assert is_json(again)
    assert not is_json("[NaN]")


def test_what_is_made_of_few_sources_is_made_of_all_of_them_too() -> None:
    batch = odd_batch(CONTRACTS["wide_csv"], 5, 9)
    few: Batch = batch.few(2)
    assert len(few.odd) == 2
    assert few.all.items() <= batch.all.items()
    assert not list(unrelated(few.pairs, {}))
