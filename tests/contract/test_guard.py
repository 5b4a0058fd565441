"""The guard: what it accepts is valid, and it stays within what regular expression engines take."""

import re
from collections.abc import Callable
from itertools import permutations
from typing import Any, cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reelhouse.contract import guard, rules
from reelhouse.contract.guard import (
    MAX_GUARD_SIZE,
    NativeDialect,
    _between,
    _in_one_order,
    _Writer,
    by_field,
    csv_guard,
    json_guard,
    key_orders,
    residual,
)
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.odcs_fields import EPOCH_UNITS, ITEM_TYPES
from reelhouse.contract.registry import load_all
from reelhouse.contract.rules import RULES, Rule
from reelhouse.engines.duckdb import sql as duckdb_sql
from reelhouse.engines.spark import columns as spark_columns
from tests.conformance.nasty import is_valid

whole = st.one_of(
    st.integers(0, 120), st.integers(0, 10**6), st.integers(0, 18).map(lambda n: 10**n)
).flatmap(lambda number: st.integers(max(0, number - 2), number + 2))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(low=whole, high=whole, others=st.lists(whole, max_size=20))
def test_a_range_of_integers_is_exactly_that_range(low: int, high: int, others: list[int]) -> None:
    accepts = re.compile(_between(low, high)).fullmatch
    for number in {low - 1, low, low + 1, high - 1, high, high + 1, *others} - {-1}:
        assert (accepts(str(number)) is not None) is (low <= number <= high), number
        assert accepts(f"0{number}") is None


bound = st.one_of(st.integers(-200, 200), st.floats(-100, 100).map(lambda each: round(each, 3)))
bounds = st.dictionaries(
    st.sampled_from(["minimum", "maximum", "exclusive_minimum", "exclusive_maximum"]), bound
)
digits = st.text("0123456789", min_size=1, max_size=18)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(limits=bounds, sent=st.data(), type_=st.sampled_from([Type.INTEGER, Type.NUMBER]))
def test_what_the_guard_takes_for_a_number_keeps_its_bounds(
    limits: dict[str, int | float], sent: st.DataObject, type_: Type
) -> None:
    if type_ is Type.INTEGER:
        limits = {name: int(limit) for name, limit in limits.items()}
    field = Field("v", type_, **cast(dict[str, Any], limits))
    accepts = re.compile(_Writer("re2").json_value(field)).fullmatch
    near = [limit + step for limit in (*limits.values(), 0) for step in (-1, 0, 1)]
    for _ in range(10):
        number = sent.draw(st.one_of(st.sampled_from(near), st.integers(-300, 300)))
        text = f"{number:f}".rstrip("0").rstrip(".") if isinstance(number, float) else str(number)
        text += sent.draw(st.one_of(st.just(""), digits.map(".{}".format)))
        if accepts(text):
            assert is_valid("jsonl", field, text), text
            assert is_valid("csv", field, text), text


def test_a_guard_takes_integers_of_the_usual_size() -> None:
    accepts = re.compile(_Writer("re2").json_value(Field("v", Type.INTEGER, minimum=0))).fullmatch
    assert all(accepts(text) for text in ("0", "7", "10", "999999999999999999"))
    assert not any(accepts(text) for text in ("-1", "-0", "07", "1.0", "1e3", "+1", "", "1" * 19))


names = ("a", "b", "c", "d")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.sampled_from(names), unique=True, max_size=4).map(tuple), max_size=3))
def test_orders_of_keys_are_merged_into_one_that_agrees_with_all(
    orders: list[tuple[str, ...]],
) -> None:
    def agrees(whole: tuple[str, ...]) -> bool:
        return all(tuple(name for name in whole if name in order) == order for order in orders)

    used = sorted({name for order in orders for name in order})
    found = _in_one_order(orders)
    if found is None:
        assert not any(map(agrees, permutations(used)))
    else:
        assert sorted(found) == used
        assert agrees(found)


def test_the_orders_of_keys_are_those_of_the_sample() -> None:
    contract = load_all()["events"]
    lines = [
        b'{"user_id":1,"video_id":2,"event":"like","timestamp":3}',
        b'{"events":[{"user_id":1,"event":"like","tags":[],"timestamp":3}]}',
        b'{"timestamp":3,"user_id":1}',
        b'{"unknown":3}',
        b'["no object"]',
        b"no JSON",
        b"",
    ]
    orders = key_orders(lines, contract)
    assert set(orders[0]) == {"user_id", "video_id", "event", "tags", "timestamp"}
    assert orders[0].index("user_id") < orders[0].index("event") < orders[0].index("timestamp")
    assert orders[1] == ("timestamp", "user_id")


def wide(format_: str, count: int) -> Contract:
    first = Field("first", Type.INTEGER, required=True)
    more = (Field(f"number_{place}", Type.NUMBER, minimum=-90) for place in range(count))
    key = "events" if format_ == "jsonl" else None
    return Contract(
        dataset="wide",
        version="1",
        format=cast(Any, format_),
        fields=(first, *more),
        envelope_key=key,
    )


@pytest.mark.parametrize("dialect", ["re2", "java"])
def test_a_guard_is_never_too_large(dialect: NativeDialect) -> None:
    for count in (1, 10, 100, 1_000, 5_000):
        contract = wide("csv", count)
        guard = csv_guard(contract, contract.field_names, dialect)
        assert guard is None or len(guard) <= MAX_GUARD_SIZE[dialect]
        contract = wide("jsonl", count)
        orders = [contract.field_names, contract.field_names[::-1]]
        of_both, of_one = (json_guard(contract, orders[:many], dialect) for many in (2, 1))
        assert of_both is None or len(of_both) <= MAX_GUARD_SIZE[dialect]
        assert (of_both is None) is (of_one is None), "what does not fit is left out, one by one"
        assert (of_one is not None) is (count <= 100)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(separator=st.characters(max_codepoint=126), item=st.text("ab;|.", min_size=1, max_size=5))
def test_a_guard_for_lists_takes_any_separator(separator: str, item: str) -> None:
    assume(separator not in '",\r\n\0' and separator not in item)
    field = Field("v", Type.ARRAY, item=Field("v", Type.STRING, required=True), separator=separator)
    written = _Writer("re2").cell(field)
    assert written is not None
    accepts = re.compile(re.sub(r"\\x\{(\w+)\}", r"\\u\1", written)).fullmatch
    assert accepts(item)
    assert accepts(separator.join([item, item, item]))
    assert not accepts(f"{item}{separator}")
    assert not accepts(f"{item}{separator}{separator}{item}")


# --- it is closed


def python(written: str | None) -> Callable[[str], object]:
    """A guard as a function on a whole line."""
    assert written is not None
    return re.compile(re.sub(r"\\x\{(\w+)\}", r"\\u\1", written).replace(r"\z", r"\Z")).match


def guards(field: Field) -> tuple[str | None, str | None]:
    """The guards of a flag and a field, in JSONL and in CSV."""
    fields = (Field("flag", Type.BOOLEAN, required=True), field)
    names = ("flag", field.name)
    jsonl, csv = (
        Contract(dataset="t", version="1", format=kind, fields=fields) for kind in ("jsonl", "csv")
    )
    return json_guard(jsonl, [names], "re2"), csv_guard(csv, names, "re2")


def even(field: Field) -> Callable[[int], str | None] | None:
    if field.type is not Type.INTEGER:
        return None
    return lambda value: f"{value} is odd" if value % 2 else None


@pytest.fixture
def evens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each integer has to be even."""
    made_up = Rule("even", frozenset({Type.INTEGER}), "the value is even", even)
    monkeypatch.setattr(rules, "RULES", (*RULES, made_up))


@pytest.mark.usefixtures("evens")
def test_of_an_optional_field_under_an_unknown_rule_it_takes_only_that_it_is_missing() -> None:
    in_json, in_csv = (python(each) for each in guards(Field("v", Type.INTEGER)))
    assert in_json('{"flag":true}')
    assert in_json('{"flag":true,"v":null}')
    assert not in_json('{"flag":true,"v":2}')
    assert in_csv("true,")
    assert in_csv('true,""')
    assert not in_csv("true,2")


@pytest.mark.usefixtures("evens")
def test_a_required_field_under_an_unknown_rule_has_no_guard() -> None:
    assert guards(Field("v", Type.INTEGER, required=True)) == (None, None)
    listed = Field("v", Type.ARRAY, required=True, item=Field("v", Type.INTEGER), separator=";")
    assert guards(listed) == (None, None)
    assert None not in guards(Field("v", Type.NUMBER, required=True))


@pytest.mark.usefixtures("evens")
def test_a_valid_value_that_breaks_a_rule_is_not_listed() -> None:
    field = Field("v", Type.INTEGER, required=True, valid_values=(1, 2, 3, 4), minimum=3)
    for written, line in zip(guards(field), ('{{"flag":true,"v":{}}}', "true,{}"), strict=True):
        assert [v for v in range(6) if python(written)(line.format(v))] == [4]


def test_a_rule_is_known_for_no_type_but_those_that_it_is_spelled_out_for() -> None:
    assert guards(Field("v", Type.DATE, required=True, minimum=1)) == (None, None)
    assert guards(Field("v", Type.INTEGER, required=True, min_length=1)) == (None, None)
    assert guards(Field("v", Type.BOOLEAN, required=True, valid_values=(1,))) == (None, None)


@pytest.mark.parametrize("fast", [None, "residual"])
def test_a_rule_that_says_something_else_under_a_known_name_is_unknown(
    fast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Rule("minimum", frozenset({Type.INTEGER}), "the value is even", even, fast)
    monkeypatch.setattr(rules, "RULES", (other,))
    assert guards(Field("v", Type.INTEGER, required=True)) == (None, None)


def test_a_type_or_a_unit_that_it_does_not_know_has_no_guard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert guards(Field("v", Type.TIMESTAMP, required=True, epoch_unit=60_000_000)) == (None, None)
    monkeypatch.delitem(guard._LOOKS, Type.DATE)
    assert guards(Field("v", Type.DATE, required=True)) == (None, None)


def test_an_engine_that_does_not_know_a_type_has_no_fast_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    date = Field("v", Type.DATE)
    days = Field("v", Type.ARRAY, item=date, separator=";")
    monkeypatch.delitem(duckdb_sql.TYPES, Type.DATE)
    monkeypatch.delitem(spark_columns.TYPES, Type.DATE)
    for field in (date, days):
        contract = Contract(
            dataset="t",
            version="1",
            format="csv",
            fields=(Field("id", Type.INTEGER, required=True), field),
        )
        assert duckdb_sql.csv_query(contract, ("id", "v")) is None
        assert duckdb_sql.json_query(contract, [("id", "v")]) is None
        assert by_field(contract, spark_columns.native) is None


# --- and what is shipped is known to it, and to the engines

OPTIONS: dict[str, dict[str, Any]] = {
    "validValues": {"valid_values": (1, 2)},
    "pattern": {"pattern": "^a"},
    "format": {"format": "email"},
    "minLength": {"min_length": 1},
    "maxLength": {"max_length": 9},
    "minimum": {"minimum": 1},
    "maximum": {"maximum": 9},
    "exclusiveMinimum": {"exclusive_minimum": 1},
    "exclusiveMaximum": {"exclusive_maximum": 9},
    "minItems": {"min_items": 1},
    "maxItems": {"max_items": 9},
}
SLOW: set[str] = set()
"""The rules that no fast path knows, for now."""

RULED = [
    (type_, rule.name)
    for rule in RULES
    if rule.check and rule.name not in SLOW
    for type_ in sorted(rule.types)
]


def field_of(type_: Type, **options: Any) -> Field:
    if type_ is Type.STRING and "valid_values" in options:
        options["valid_values"] = ("a", "b")
    item = Field("v", Type.STRING, required=True) if type_ is Type.ARRAY else None
    return Field("v", type_, required=True, item=item, separator=";" if item else None, **options)


def check_known(field: Field) -> None:
    """Each engine has a fast path for a required field."""
    fields = (Field("flag", Type.BOOLEAN, required=True), field)
    jsonl = Contract(dataset="t", version="1", format="jsonl", fields=fields)
    assert json_guard(jsonl, [("flag", "v")], "java")
    assert duckdb_sql.json_query(jsonl, [("flag", "v")])
    csv = Contract(dataset="t", version="1", format="csv", fields=fields)
    assert csv_guard(csv, ("flag", "v"), "java")
    assert duckdb_sql.csv_query(csv, ("flag", "v"))
    assert by_field(csv, spark_columns.native)
    assert {rule.kind for rule in residual(csv, "java")} <= {"regex", *spark_columns.SIZES}


@pytest.mark.parametrize("type_", Type)
def test_each_type_is_known_to_each_engine(type_: Type) -> None:
    check_known(field_of(type_))


@pytest.mark.parametrize("unit", EPOCH_UNITS.values())
def test_each_unit_of_time_is_known_to_each_engine(unit: int) -> None:
    check_known(Field("v", Type.TIMESTAMP, required=True, epoch_unit=unit))


@pytest.mark.parametrize("type_", ITEM_TYPES)
def test_each_type_of_a_lists_items_is_known_to_each_engine(type_: Type) -> None:
    field = Field("v", Type.ARRAY, required=True, item=field_of(type_))
    jsonl = Contract(dataset="t", version="1", format="jsonl", fields=(field,))
    assert json_guard(jsonl, [("v",)], "java")
    assert duckdb_sql.json_query(jsonl, [("v",)])
    assert by_field(jsonl, spark_columns.native)


@pytest.mark.parametrize(("type_", "rule"), RULED)
def test_each_rule_is_known_to_each_engine_for_each_of_its_types(type_: Type, rule: str) -> None:
    check_known(field_of(type_, **OPTIONS[rule]))
