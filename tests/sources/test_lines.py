"""What belongs to a line, and which lines are blank: a definition that is a fixed point."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reelhouse.sources import lines as border
from reelhouse.sources.lines import BOM, arrow_lines, blocks, clean, is_blank, lines_in
from reelhouse.sources.packing import BrokenSource

parts = st.sampled_from([b"\n", b"\r", BOM, BOM[:1], BOM[1:], b" ", b"\t", b"a", b"\x0b", b"\x85"])
text = st.lists(parts, max_size=14).map(b"".join)
often = settings(max_examples=500, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        (b"a\n", b"a"),
        (b"a\r\r\r\n", b"a"),
        (b"a\r", b"a"),
        (b"a\r \n", b"a\r "),
        (b"\ra", b"\ra"),
        (BOM * 3 + b"a", b"a"),
        (b" " + BOM + b"a", b" " + BOM + b"a"),
        (BOM + b" " + BOM, b" " + BOM),
        (BOM + BOM[:2], BOM[:2]),
        (BOM + b"\r\n", b""),
        (b"\xef\xbb", b"\xef\xbb"),
        (b"", b""),
    ],
)
def test_clean(line: bytes, cleaned: bytes) -> None:
    assert clean(line) == cleaned


@often
@given(line=text.map(lambda line: line.replace(b"\n", b"")), end=st.sampled_from([b"", b"\n"]))
def test_to_clean_what_is_clean_changes_nothing(line: bytes, end: bytes) -> None:
    cleaned = clean(line + end)
    assert clean(cleaned) == cleaned
    assert clean(cleaned + b"\n") == clean(cleaned + b"\r\r\n") == cleaned


@often
@given(block=text)
def test_the_lines_of_lines_are_the_same_lines(block: bytes) -> None:
    lines, _ = lines_in(block)
    assert lines_in(b"\n".join(lines)) == (lines, 0)


@often
@given(block=text)
@example(block=b"a\n \r")
def test_lines_in_agrees_with_its_definition(block: bytes) -> None:
    raw = BytesIO(block).readlines()
    kept = [clean(line) for line in raw if not is_blank(clean(line))]
    blank = sum(len(line) for line in raw if is_blank(clean(line)))
    assert lines_in(block) == (kept, blank)


@often
@given(data=text, size=st.integers(1, 9))
def test_blocks_are_whole_lines_whatever_the_chunks(data: bytes, size: int) -> None:
    found = list(blocks(data[start : start + size] for start in range(0, len(data), size)))
    assert b"".join(found) == data
    assert all(block.endswith(b"\n") for block in found[:-1])
    assert b"" not in found


def test_a_source_that_breaks_gives_its_unfinished_line() -> None:
    def chunks() -> Iterator[bytes]:
        yield from (b"a\nb", b"c")
        raise BrokenSource("cut off")

    found = blocks(chunks())
    assert next(found) == b"a\n"
    with pytest.raises(BrokenSource, match="cut off") as broken:
        next(found)
    assert broken.value.rest == b"bc"


def test_a_line_that_is_too_long_to_be_held_breaks_the_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(border, "MAX_HELD_BYTES", 10)
    assert list(blocks([b"x" * 10, b"\n"])) == [b"x" * 10 + b"\n"]
    with pytest.raises(BrokenSource, match="more than 10 bytes"):
        list(blocks([b"x" * 10, b"x"]))


@often
@given(block=text.filter(len), limit=st.integers(1, 12))
def test_arrow_lines_are_the_lines_with_their_ends(block: bytes, limit: int) -> None:
    text: list[bytes] = []
    long: list[bytes] = []
    for lines in arrow_lines(block, limit):
        text += cast(Any, lines.text).view("binary").to_pylist()
        long += lines.long
    expected = BytesIO(block).readlines()
    assert text == [line for line in expected if len(line) <= limit]
    assert long == [line for line in expected if len(line) > limit]
