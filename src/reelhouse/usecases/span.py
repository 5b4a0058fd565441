"""The time that a question is about: from a moment on, and up to another, in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from reelhouse.errors import WrongUse


@dataclass(frozen=True)
class Span:
    """From `start` (the first moment in it) to `end` (the first after it); None is no limit."""

    start: datetime | None = None
    end: datetime | None = None

    @property
    def first_day(self) -> date | None:
        """The day of the first moment."""
        return self.start.date() if self.start else None

    @property
    def last_day(self) -> date | None:
        """The day of the last moment, to the microsecond."""
        return (self.end - timedelta(microseconds=1)).date() if self.end else None

    def until_end(self) -> "Span":
        """All that was before the end, for what must be known from the beginning on."""
        return Span(None, self.end)


def parse(start: str | None, end: str | None) -> Span:
    """A span from `--from` and `--to`. Raises WrongUse for what is no time, or in no order."""
    span = Span(_moment("--from", start), _moment("--to", end))
    if span.start and span.end and span.start > span.end:
        raise WrongUse(f"--from {start} is after --to {end}")
    return span


def _moment(flag: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(
            f"{flag} is {text!r}; it must be a day such as 2026-11-23 (its beginning, in UTC) or a "
            "time such as 2026-11-23T09:30:00Z"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
