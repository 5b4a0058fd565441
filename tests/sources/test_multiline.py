"""Lines joined into rows of CSV: quotes that are open, closed later, or never."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelhouse.sources.lines import BOM, clean, is_blank
from reelhouse.sources.multiline import joined, opens

LIMIT = 30
parts = st.sampled_from([b'"', b'""', b",", b"\n", b"\r\n", b"a", b" ", b'"a\nb"', BOM, b"\r"])
text = st.lists(parts, max_size=16).map(b"".join)
often = settings(max_examples=500, deadline=None, derandomize=True)


def rows(data: bytes, limit: int = LIMIT) -> list[bytes]:
    return [row for row, _ in joined(BytesIO(data), limit)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'1,"a\nb"\n2,c\n', [b'1,"a\nb"', b"2,c"]),
        (b'1,"a\r\n\r\nb"\r\n2\n', [b'1,"a\r\n\r\nb"', b"2"]),
        (b'"a""\n""b","\n"\n', [b'"a""\n""b","\n"']),
        (b'1,"a\n2,b\n3,c', [b'1,"a', b"2,b", b"3,c"]),
        (b'1,"a\n2,"b\n3,c\n', [b'1,"a\n2,"b', b"3,c"]),
        (b'1,a"b\n2,c\n', [b'1,a"b', b"2,c"]),
        (b'1, "a\nb"\n', [b'1, "a', b'b"']),
        (b'"a\n\n"\n\nb', [b'"a\n\n"', b"", b"b"]),
        (BOM + b'"a\n' + BOM + b'b"\n' + BOM + b"c", [b'"a\n' + BOM + b'b"', b"c"]),
        (b'"a\nb",c"\nd', [b'"a\nb",c"', b"d"]),
        (b"", []),
    ],
)
def test_rows(data: bytes, expected: list[bytes]) -> None:
    assert rows(data) == expected


def test_a_row_may_be_as_long_as_the_limit_and_no_longer() -> None:
    row = b'"' + b"x" * 10 + b"\n" + b"y" * 10 + b'"'
    assert rows(row + b"\nz\n", len(row)) == [row, b"z"]
    assert rows(row + b"\nz\n", len(row) - 1) == [*row.split(b"\n"), b"z"]


@often
@given(data=text, limit=st.integers(1, 40))
def test_each_byte_is_in_one_row(data: bytes, limit: int) -> None:
    found = list(joined(BytesIO(data), limit))
    assert sum(size for _, size in found) == len(data)
    place = 0
    for row, size in found:
        assert row == clean(data[place : place + size])
        place += size


@often
@given(data=text)
def test_rows_that_are_joined_again_are_the_same_rows(data: bytes) -> None:
    once = [row for row in rows(data, 1 << 20) if not is_blank(row)]
    if not any(map(opens, once)):
        assert rows(b"\n".join(once), 1 << 20) == once


@often
@given(data=text.map(lambda data: data.replace(b'"', b"")))
def test_without_quotes_rows_are_lines(data: bytes) -> None:
    assert rows(data) == [clean(line) for line in BytesIO(data)]
