"""What SQL can't decide is refused, with its text: each kind that docs/warehouse.md lists."""

import json

import pytest

from reelhouse.contract.registry import load_all
from reelhouse.contract.validator import Invalid, Row, Validator
from tests.conformance.harness import Judged
from tests.warehouse.judging import judge_in_duckdb

EVENTS = load_all()["events"]
GOOD = '{"user_id":1,"video_id":2,"event":"viewed","timestamp":3%s}'
DEEP = "[" * 7 + "]" * 7

KINDS = {
    "valid records before a broken place": (GOOD % "" + " {", "json"),
    "nested deeper than 6": (GOOD % f',"more":{DEEP}', "json"),
    "envelopes in envelopes": (
        '{"events":[{"events":[{"events":[{"events":[%s]}]}]}]}' % (GOOD % ""),
        "json",
    ),
    "a key written with an escape": (GOOD.replace("user_id", "\\u0075ser_id") % "", "undecided"),
    "an unknown key with an escape": (GOOD % ',"m\\u006fre":1', "undecided"),
    "one key in two objects within": (GOOD % ',"a":{"k":1},"b":{"k":2}', "duplicateKey"),
}

BOTH_REFUSE = {
    "a key twice": (GOOD % ',"user_id":1', "duplicateKey"),
    "a key twice in an object within": (GOOD % ',"a":{"k":1,"k":2}', "duplicateKey"),
    "a key twice, once with an escape": (GOOD % ',"\\u0075ser_id":1', "undecided"),
    "half of a surrogate pair": (GOOD % ',"comment":"\\ud83d"', "characters"),
    "half of one in what is unknown": (GOOD % ',"more":"\\udc00"', "characters"),
    "NUL": (GOOD % ',"comment":"\\u0000"', "characters"),
    "a number as text": (GOOD.replace(":1,", ':"1",') % "", "type"),
    "an integer with a fraction": (GOOD.replace(":1,", ":1.0,") % "", "type"),
    "an integer with an exponent": (GOOD.replace(":1,", ":1e3,") % "", "type"),
    "true for an integer": (GOOD.replace(":1,", ":true,") % "", "type"),
    "more than 64 bits": (GOOD.replace(":1,", ":18446744073709551616,") % "", "type"),
    "not a number": (GOOD % ',"latitude":NaN', "json"),
    "a trailing comma": (GOOD % ",", "json"),
    "a control character": (GOOD % ',"comment":"a\tb"', "json"),
    "a leading zero": (GOOD.replace(":1,", ":01,") % "", "json"),
    "single quotes": ("{'user_id':1}", "json"),
    "an unknown escape": (GOOD % ',"comment":"\\q"', "json"),
    "an object for a field": (GOOD % ',"comment":{"a":1}', "type"),
    "a list within a list": ("[[%s]]" % (GOOD % ""), "object"),
    "text": ('"text"', "object"),
    "an envelope with more": ('{"events":[],"more":1}', "envelope"),
}


@pytest.fixture(scope="module")
def found() -> dict[str, Judged]:
    """What SQL says of each line, each in a source of its own."""
    lines = {kind: line for kind, (line, _) in (KINDS | BOTH_REFUSE).items()}
    return judge_in_duckdb(EVENTS, {kind: line.encode() for kind, line in lines.items()})


def by_reference(line: str) -> tuple[int, int]:
    valid: list[Row] = []
    invalid: list[Invalid] = []
    Validator(EVENTS).judge(line.encode(), valid, invalid)
    return len(valid), len(invalid)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_undecided_is_refused_and_kept(kind: str, found: dict[str, Judged]) -> None:
    line, rule = KINDS[kind]
    assert by_reference(line)[0] > 0, "the reference takes it"
    judged = found[kind]
    assert judged.valid == []
    assert rule in {broken for _, violations in judged.invalid for _, broken, _ in violations}
    assert any(raw in line for raw, _ in judged.invalid)


@pytest.mark.parametrize("kind", BOTH_REFUSE)
def test_what_the_reference_refuses_is_refused(kind: str, found: dict[str, Judged]) -> None:
    line, rule = BOTH_REFUSE[kind]
    assert by_reference(line) == (0, 1)
    assert found[kind].valid == []
    assert [violations[0][1] for _, violations in found[kind].invalid] == [rule]


def test_values_that_look_like_sql_are_values() -> None:
    text = "'; drop table core.fct_event; --\\\" %s {0} \\u0027"
    line = GOOD % f',"comment":{json.dumps(text)}'
    found = judge_in_duckdb(EVENTS, {"it's; --.jsonl": line.encode()})["it's; --.jsonl"]
    assert [row["comment"] for row in found.valid] == [text]
