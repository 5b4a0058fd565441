"""The reference validator: its quick path and its careful one give the same verdicts."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelhouse.contract import validator
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.validator import Invalid, JudgeLine, Row, Validator
from tests.conformance.fuzz import contracts
from tests.conformance.nasty import Nasty

LIMIT = 500
JSONL = {each.dataset: each for each in contracts() if each.format == "jsonl"}
JSONL |= {
    f"{name}_without_envelope": replace(each, envelope_key=None) for name, each in JSONL.items()
}

SMALL = Contract(
    dataset="small",
    version="1",
    format="jsonl",
    fields=(
        Field("a", Type.INTEGER, required=True, minimum=0),
        Field("b", Type.STRING),
        Field("l", Type.ARRAY, item=Field("l", Type.STRING, required=True)),
    ),
    envelope_key="e",
)


class NoParser:
    """Stands for orjson where the quick path is to be shut."""

    @staticmethod
    def loads(line: bytes) -> Any:
        raise ValueError(line)


def both(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> tuple[JudgeLine, JudgeLine]:
    """The judge of a line as it is, and one that is always careful."""
    quick = Validator(contract, LIMIT).judge
    with monkeypatch.context() as patch:
        patch.setattr(validator, "orjson", NoParser)
        return quick, Validator(contract, LIMIT).judge


def judged(judge: JudgeLine, line: bytes) -> tuple[list[Any], list[Invalid]]:
    valid: list[Row] = []
    invalid: list[Invalid] = []
    judge(line, valid, invalid)
    # as text, 1 and 1.0 differ; and of an envelope the quick path gives the valid ones first
    return sorted(map(repr, valid)), sorted(invalid, key=repr)


@pytest.mark.parametrize("name", JSONL)
def test_the_quick_path_agrees_with_the_careful_one_on_nasty_lines(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, careful = both(JSONL[name], monkeypatch)
    for seed in range(6):
        for line in Nasty(JSONL[name], seed, share=0.03 * seed).source(400).split(b"\n"):
            assert judged(quick, line) == judged(careful, line), line


TOKENS = (
    *('"a"', '"b"', '"l"', '"e"', '"x"', '"\\u0061"', '"a:"', '"\\":"', '""', '"é"', '"\\ud83d"'),
    *("0", "-0", "1", "1.0", "1e2", "18446744073709551616", "9223372036854775808", "-1", "NaN"),
    *("true", "null", '["b"]', "[null]", "[]", "{}", '{"a":1}', '{"a":1,"a":1}', '"\\u0000"'),
)
value = st.sampled_from(TOKENS)
members = st.lists(
    st.tuples(st.sampled_from(TOKENS[:10]), st.sampled_from([":", " :", ": ", ""]), value).map(
        "".join
    ),
    max_size=4,
).map(",".join)
object_ = members.map("{{{}}}".format)
envelope = st.lists(object_ | value, max_size=3).map(lambda events: f'{{"e":[{",".join(events)}]}}')
lines = st.lists(
    object_ | envelope | value | st.sampled_from([",", " ", "\r", "\ufeff", "[", "]", "x"]),
    min_size=1,
    max_size=3,
).map("".join)


@settings(
    max_examples=1_000,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(line=lines)
def test_the_quick_path_agrees_with_the_careful_one(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, careful = both(SMALL, monkeypatch)
    assert judged(quick, line.encode()) == judged(careful, line.encode())


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"b":"x","l":["y"]}',
        '{"a":1}',
        '{"e":[{"a":1},{"a":2,"b":null}]}',
        '{"a":1,"b":"x:y"}',
        ' { "a" : 1 } ',
    ],
)
def test_what_is_plain_takes_the_quick_path(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("the careful path was taken")

    monkeypatch.setattr(validator, "records", refuse)
    valid, invalid = judged(Validator(SMALL).judge, line.encode())
    assert valid
    assert not invalid


def test_the_keys_of_a_line_are_counted_without_parsing() -> None:
    for line in (b'{"a":1}', b'{"a" : 1}', b'{"a":"b:c"}', b'{"a":"\\":\\""}', b'{"a":{"b":1}}'):
        count = validator.keys_in(line)
        keys = str(orjson.loads(line)).count("': ")
        assert count in (-1, keys) or count > keys, line


@pytest.mark.parametrize("size", [0, 1, LIMIT - 1, LIMIT, LIMIT + 1])
def test_a_line_is_judged_up_to_the_limit(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"a":1,"b":"' + b"x" * (size - 14) + b'"}'
    for judge in both(SMALL, monkeypatch):
        valid, invalid = judged(judge, line)
        assert (len(valid), len(invalid)) == ((1, 0) if len(line) <= LIMIT else (0, 1))
