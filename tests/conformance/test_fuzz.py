"""The engines against the reference validator, on sources that nobody wrote.

DuckDB judges many small ones, which hypothesis makes and makes smaller; Spark a few bigger ones.
`python -m tests.conformance.fuzz` goes on where this stops.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract, Field
from reelhouse.engines import reference
from tests.conformance.fuzz import EACH, contracts, differences, sources
from tests.conformance.harness import judge
from tests.conformance.nasty import CELLS, COLUMNS, JSON_VALUES, NOT_UTF8, values

CONTRACTS = {each.dataset: each for each in contracts()}

Text = st.SearchStrategy[str]


def value_of(kind: str, field: Field) -> Text:
    """A value as it is sent: most are valid, and most of those are for a fast path."""
    known = values(kind, field)
    plain = st.sampled_from(known.plain or known.good)
    more = st.one_of(
        st.sampled_from(known.near),
        st.sampled_from(known.near),
        st.sampled_from(known.good),
        st.sampled_from(known.every),
    )
    return st.one_of(plain, plain, plain, more)


# --- JSONL

space = st.sampled_from(["", "", "", " ", "\t"])


def json_line(contract: Contract) -> Text:
    required = {f.name: value_of("jsonl", f) for f in contract.fields if f.required}
    optional = {f.name: value_of("jsonl", f) for f in contract.fields if not f.required}
    members = st.fixed_dictionaries(required, optional=optional).map(lambda each: [*each.items()])
    odd = st.sampled_from([*contract.field_names, "more", "\\u0061", "", "a:b"])
    more = st.lists(st.tuples(odd, st.sampled_from(JSON_VALUES)), max_size=1)
    ordered = st.one_of(members, members, members.flatmap(st.permutations))
    event = st.builds(
        lambda known, unknown, gap: (
            f"{{{gap}{f',{gap}'.join(map(_member, known + unknown))}{gap}}}"
        ),
        ordered,
        st.one_of(st.just([]), st.just([]), more),
        space,
    )
    listed = st.builds(
        lambda events, gap: f"[{gap}{f'{gap},{gap}'.join(events)}{gap}]",
        st.lists(st.one_of(event, event, event, st.sampled_from(JSON_VALUES)), max_size=4),
        space,
    )
    key = contract.envelope_key or "events"
    envelope = st.builds(lambda gap, events: f'{{{gap}"{key}"{gap}:{events}{gap}}}', space, listed)
    several = st.lists(event, min_size=2, max_size=3).flatmap(
        lambda events: st.sampled_from(["", ",", " , ", ",,"]).map(lambda comma: comma.join(events))
    )
    return st.one_of(event, event, event, event, envelope, envelope, listed, several)


def _member(pair: tuple[str, str]) -> str:
    return f'"{pair[0]}":{pair[1]}'


# --- CSV


@st.composite
def csv_lines(draw: st.DrawFn, contract: Contract) -> list[str]:
    names = [f.name for f in contract.fields if f.required or draw(st.integers(0, 4))]
    names += draw(st.lists(st.sampled_from(COLUMNS), max_size=1))
    if draw(st.integers(0, 3)) == 0:
        names = draw(st.permutations(names))
    fields = {f.name: f for f in contract.fields}
    cells = []
    for name in names:
        field = fields.get(name)
        cell = st.sampled_from(CELLS) if field is None else value_of("csv", field)
        empty = st.sampled_from(["", '""'])
        cells.append(cell if field and field.required else st.one_of(cell, cell, empty))
    rows = st.lists(st.tuples(*cells).map(",".join), max_size=8)
    return [",".join(map(_quoted, names)), *draw(rows)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if '"' in name or "," in name else name


# --- sources

noise = st.one_of(
    st.sampled_from([b"", b" \t", b"\xef\xbb\xbf", b"42", b"[]", b"\x00", *NOT_UTF8]),
    st.binary(max_size=12),
)


@st.composite
def source(draw: st.DrawFn, contract: Contract) -> bytes:
    if contract.format == "csv":
        texts = draw(csv_lines(contract))
    else:
        texts = draw(st.lists(json_line(contract), max_size=8))
    lines = [text.encode(errors="surrogatepass") for text in texts]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(lines)))
        if bool(lines) and draw(st.booleans()):
            at = min(place, len(lines) - 1)
            inner = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:inner] + draw(noise) + lines[at][inner:]
        else:
            lines.insert(place, draw(noise))
    end = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    return end.join(lines) + draw(st.sampled_from([end, b""]))


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(data=st.data(), name=st.sampled_from([*CONTRACTS]))
def test_duckdb_gives_the_verdicts_of_the_reference_validator(
    data: st.DataObject, name: str, engines: Any
) -> None:
    contract = CONTRACTS[name]
    landed = {"one": data.draw(source(contract)), "two": data.draw(source(contract))}
    expected = judge(reference.run, contract, landed, MAX_LINE_BYTES)
    got = judge(engines("duckdb"), contract, landed, MAX_LINE_BYTES)
    assert not differences(expected, got)


@pytest.mark.parametrize("name", CONTRACTS)
@pytest.mark.parametrize("engine_name", ["duckdb", "spark", "spark-rdd"])
def test_an_engine_gives_the_verdicts_of_the_reference_validator(
    engine_name: str, name: str, engines: Any
) -> None:
    contract = CONTRACTS[name]
    landed = sources(contract, 500, seed=7)
    expected = judge(reference.run, contract, landed, MAX_LINE_BYTES)
    assert min(expected[EACH].counted) > 10
    got = judge(engines(engine_name), contract, landed, MAX_LINE_BYTES)
    assert not differences(expected, got)
