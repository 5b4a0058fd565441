"""The time that a question is about."""

from datetime import UTC, date, datetime

import pytest

from reelhouse.errors import WrongUse
from reelhouse.usecases.span import Span, parse


def test_a_day_is_its_beginning_in_utc() -> None:
    span = parse("2026-01-01", "2026-01-02")
    assert span == Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    assert (span.first_day, span.last_day) == (date(2026, 1, 1), date(2026, 1, 1))


def test_a_time_may_have_a_zone_of_its_own() -> None:
    span = parse("2026-01-01T01:00:00+04:00", "2026-01-01T00:00:01")
    assert span.start == datetime(2025, 12, 31, 21, tzinfo=UTC)
    assert span.last_day == date(2026, 1, 1)


def test_no_limit_is_no_limit() -> None:
    assert parse(None, None) == Span() == Span(None, None).until_end()


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "01.02.2026"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(WrongUse, match=r"--to is .*; it must be a day such as 2026-11-23"):
        parse(None, text)


def test_the_end_may_not_lie_before_the_beginning() -> None:
    with pytest.raises(WrongUse, match="--from 2026-01-02 is after --to 2026-01-01"):
        parse("2026-01-02", "2026-01-01")
    assert parse("2026-01-01", "2026-01-01").start is not None
