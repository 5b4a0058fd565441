"""JSON documents: where a value ends, what breaks, and that no answer depends on the chunks."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reelhouse.sources import documents
from reelhouse.sources.documents import More, are_documents, records_in
from reelhouse.sources.packing import BrokenSource

LIMIT = 120


@pytest.fixture(autouse=True)
def _few_are_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all of a small source is there when the first of its values is looked at."""
    monkeypatch.setattr(documents, "OPENING", 24)


Answer = tuple[list[bytes], str | None, bytes]


def in_chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(
    data: bytes,
    size: int,
    key: str | None = "events",
    cut: str | None = None,
    limit: int = LIMIT,
) -> Answer:
    """The records, and what is said of the rest and kept of it. `cut` breaks the source there."""

    def chunks() -> Iterator[bytes]:
        yield from in_chunks(data, size)
        if cut is not None:
            raise BrokenSource(cut)

    records: list[bytes] = []
    try:
        for record in records_in(chunks(), key, limit):
            records.append(record)
    except BrokenSource as broken:
        return records, str(broken), broken.rest
    return records, None, b""


tokens = st.sampled_from(
    [
        *"{}[],:\"\\-1.e \n\r\t",
        "true", "nul", "NaN", "-Infinity", "1.5", "1e5", "12", '"a"', '"\\u00e9"', '"\\ud83d',
        '{"a":1}', '{"a":', '"events"', '{"events":[', "\ufeff", "\n\ufeff", "\\u12", "é", "😀",
        "[" * 70, "]" * 70, '"' + "x" * 60, "x" * 130, '"' + "y" * 130 + '"', "\udcff", " " * 40,
        '{"a":1},\n', '{\n"a": 1\n}', '"b" "' + "b" * 30, "\x00",
    ]
)  # fmt: skip
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(width=16), st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def document(draw: st.DrawFn) -> bytes:
    """A text that is JSON documents, or nearly so."""
    indent = st.sampled_from([None, 0, 1, 4])
    listed = st.lists(values, max_size=5)
    whole = st.one_of(values, listed, st.fixed_dictionaries({"events": listed}))
    texts = [
        json.dumps(value, indent=draw(indent), ensure_ascii=draw(st.booleans()))
        for value in draw(st.lists(whole, max_size=3))
    ]
    text = draw(st.sampled_from(["\n", "", ",", ",\n", "\n\ufeff"])).join(texts)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2, 4]))):
        place = draw(st.integers(0, len(text)))
        drop = draw(st.sampled_from([0, 0, 1, 3, 1_000]))
        text = text[:place] + draw(tokens) + text[place + drop :]
    return text.encode(errors="surrogatepass")


loose = st.lists(tokens, max_size=25).map("".join)
nearly = st.one_of(document(), loose.map(lambda text: text.encode(errors="surrogateescape")))
often = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck]
)


@often
@given(data=nearly, size=st.sampled_from([1, 2, 7, 16, 17, 64]), cut=st.sampled_from([None, "cut"]))
@example(data=b"[1.5, 2]", size=3, cut=None)
@example(data=b'[\n{"a" "' + b"b" * 30, size=20, cut=None)
def test_records_do_not_depend_on_the_chunks(data: bytes, size: int, cut: str | None) -> None:
    assert read(data, size, cut=cut) == read(data, 1 << 20, cut=cut)


@often
@given(data=nearly, size=st.sampled_from([1, 7, 64, 300]))
def test_a_record_that_is_too_large_to_be_held_ends_the_reading_at_the_same_place(
    data: bytes, size: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "HELD_BYTES", LIMIT + 30)
        assert read(data, size) == read(data, 1 << 20)


@often
@given(data=nearly, key=st.sampled_from(["events", None]))
@example(data=b'{"a"\n "b', key=None)
@example(data=b'["a"\nnull\n]', key=None)
@example(data=b'["a"\nn', key=None)
def test_documents_are_told_from_lines_the_same_however_much_was_read(
    data: bytes, key: str | None
) -> None:
    text = data.decode(errors="surrogateescape").lstrip(" \t\r\n\ufeff")
    if text[:1] not in ("{", "["):
        return
    answer = are_documents(text, True, key)
    for end in range(1, len(text)):
        try:
            assert are_documents(text[:end], False, key) == answer, text[:end]
        except More:
            continue


@pytest.mark.parametrize("depth", [100, 900, 980, 995, 1_005, 5_000, 100_000])
def test_what_is_wrong_deep_inside_is_told_the_same_at_any_depth_of_the_stack(depth: int) -> None:
    deep = "[" * depth + "tru" + "]" * depth
    data = f'[\n{{"a": 1}},\n{{"b": {deep}}},\n{{"a": 2}}\n]\n'.encode()

    def at(calls: int) -> Answer:
        return at(calls - 1) if calls else read(data, 100, limit=1 << 20)

    assert at(0) == at(60)
    assert len(at(0)[0]) == 3


@pytest.mark.parametrize("inner", ["1", "tru"])
@pytest.mark.parametrize("depth", [60, 900, 980, 995, 5_000])
def test_deep_documents_are_told_from_lines_the_same_at_any_depth_of_the_stack(
    depth: int, inner: str
) -> None:
    text = '{"b":\n' + "[" * depth + inner + "]" * depth + "}\n"

    def at(calls: int) -> bool:
        return at(calls - 1) if calls else are_documents(text, True, None)

    assert at(0) == at(60) == (depth > 64 or inner == "1")


def test_the_text_of_a_record_is_that_which_was_sent() -> None:
    data = b'\xef\xbb\xbf {"events":\r\n[ {"a" : 1,\n"t":"\xff"} ,[1], 1.50]} ,\n"x" null'
    assert read(data, 3) == (
        [b'{"a" : 1,\n"t":"\xff"}', b"[1]", b"1.50", b'"x"', b"null"],
        None,
        b"",
    )


@pytest.mark.parametrize(
    ("data", "why", "rest"),
    [
        (b'[\n{"a":1},\n{"a":}]', "line 3, column 6: expecting value", b'{"a":}]'),
        (b"[1,\n2", "line 2, column 2: expecting ',' delimiter; the source ends there", b""),
        (b'["a', "line 1, column 2: unterminated string starting; the source ends there", b'"a'),
        (b"[1.5e", "line 1, column 5: expecting ',' delimiter; the source ends there", b"e"),
        (b'{"a" "b', "line 1, column 6: expecting ':' delimiter", b'{"a" "b'),
        (b'{"a":1 t', "line 1, column 8: expecting ',' delimiter", b'{"a":1 t'),
        (b'["a"e', "line 1, column 5: expecting ',' delimiter", b"e"),
        (b'["\\u12', "invalid \\uXXXX escape; the source ends there", b'"\\u12'),
        (b"[tru", "line 1, column 2: expecting value; the source ends there", b"tru"),
        (b"[1],,", "line 1, column 5: expecting value", b","),
        ("[😀]".encode(), "line 1, column 2: expecting value", "😀]".encode()),
        (b"[\xff]", "line 1, column 2: expecting value", b"\xff]"),
        (b'{"events":[1],"a":1}', "an envelope may hold nothing beside its list", b',"a":1}'),
    ],
)
def test_what_is_wrong_is_told_with_its_place(data: bytes, why: str, rest: bytes) -> None:
    _, message, left = read(data, 1_000)
    assert message is not None
    assert message.endswith(why)
    assert left == rest


def test_packed_data_that_breaks_is_blamed_only_where_it_breaks() -> None:
    assert read(b'[1, "x', 2, cut="the data is cut off") == (
        [b"1"],
        "the data is cut off, at line 1, column 5 of what is in it",
        b'"x',
    )
    broken = read(b"[1, x, 2, 3, 4, 5, 6, 7, 8", 4, cut="the data is cut off")
    assert broken[1] == "it is not JSON at line 1, column 5: expecting value"
