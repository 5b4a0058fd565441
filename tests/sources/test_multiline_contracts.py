"""Lines of CSV joined into records, against a reading of one character after the other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reelhouse.contract.csv_rows import cells
from reelhouse.contract.rules import Violation
from reelhouse.sources.multiline import joined, opens

FAR = 10_000

row = st.text('",ab', max_size=8)
lines = st.lists(row.map(str.encode), max_size=8)


def as_sent(given_lines: list[bytes]) -> list[bytes]:
    """Lines with their ends; the last has none."""
    return [line + b"\n" for line in given_lines[:-1]] + given_lines[-1:]


def ends_in_quotes(text: bytes) -> bool:
    """Whether a row ends within a quoted cell, as RFC 4180 has them."""
    at_start, inside, closed = True, False, False
    for letter in text.decode():
        if inside:
            inside, closed = letter != '"', letter == '"'
        elif closed and letter == '"':  # a doubled quote
            inside, closed = True, False
        elif letter == ",":
            at_start, closed = True, False
        elif closed:
            return False  # text after a closing quote
        elif letter == '"':
            if not at_start:
                return False  # a quote within a cell
            inside = True
        if letter != ",":
            at_start = False
    return inside


@settings(max_examples=1_000, deadline=None, derandomize=True)
@given(text=row)
def test_a_row_is_open_where_it_ends_in_quotes(text: str) -> None:
    assert opens(text.encode()) is ends_in_quotes(text.encode())
    if ends_in_quotes(text.encode()):
        assert isinstance(cells(text), Violation)


@settings(max_examples=1_000, deadline=None, derandomize=True)
@given(given_lines=lines)
def test_a_record_goes_to_the_line_that_closes_its_quotes(given_lines: list[bytes]) -> None:
    left = given_lines
    for record, _ in joined(as_sent(given_lines), FAR):
        ends = [
            count
            for count in range(1, len(left) + 1)
            if not ends_in_quotes(b"\n".join(left[:count]))
        ]
        # where nothing closes them, the line that opens them stands alone
        count = ends[0] if ends else 1
        assert record == b"\n".join(left[:count])
        left = left[count:]
    assert not left


@settings(max_examples=500, deadline=None, derandomize=True)
@given(given_lines=lines, limit=st.integers(1, 20))
def test_no_byte_is_lost_and_no_record_of_several_lines_is_longer_than_the_limit(
    given_lines: list[bytes], limit: int
) -> None:
    found = list(joined(as_sent(given_lines), limit))
    records = [record for record, _ in found]
    assert b"\n".join(records) == b"\n".join(given_lines)
    assert sum(size for _, size in found) == sum(map(len, as_sent(given_lines)))
    assert all(len(record) <= limit for record in records if b"\n" in record)
