"""The guard: what it accepts is valid, and it stays within what regular expression engines take."""

import re
from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reelhouse.contract.guard import (
    MAX_SIZE,
    Dialect,
    _between,
    _in_one_order,
    _Writer,
    csv_guard,
    json_guard,
    key_orders,
)
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.registry import load_all
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
    field = Field("v", type_, **limits)  # type: ignore[arg-type]
    accepts = re.compile(_Writer("re2").plain_value(field)).fullmatch
    near = [limit + step for limit in (*limits.values(), 0) for step in (-1, 0, 1)]
    for _ in range(10):
        number = sent.draw(st.one_of(st.sampled_from(near), st.integers(-300, 300)))
        text = f"{number:f}".rstrip("0").rstrip(".") if isinstance(number, float) else str(number)
        text += sent.draw(st.one_of(st.just(""), digits.map(".{}".format)))
        if accepts(text):
            assert is_valid("jsonl", field, text), text
            assert is_valid("csv", field, text), text


def test_a_guard_takes_integers_of_the_usual_size() -> None:
    accepts = re.compile(_Writer("re2").plain_value(Field("v", Type.INTEGER, minimum=0))).fullmatch
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
    return Contract("wide", "1", format_, (first, *more), envelope_key=key)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["re2", "java"])
def test_a_guard_is_never_too_large(dialect: Dialect) -> None:
    for count in (1, 10, 100, 1_000, 5_000):
        contract = wide("csv", count)
        guard = csv_guard(contract, contract.field_names, dialect)
        assert guard is None or len(guard) <= MAX_SIZE[dialect]
        contract = wide("jsonl", count)
        orders = [contract.field_names, contract.field_names[::-1]]
        of_both, of_one = (json_guard(contract, orders[:many], dialect) for many in (2, 1))
        assert of_both is None or len(of_both) <= MAX_SIZE[dialect]
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
