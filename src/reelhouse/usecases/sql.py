"""What the use cases know of events, whoever answers, and parts of their queries for DuckDB."""

from datetime import UTC, datetime

IDENTITY = ("user_id", "video_id", "event", "timestamp")
"""The fields that every event has."""

TAG_EVENTS = ("created", "add_tags", "remove_tags")
"""The events that change a video's tags, in the order in which they count within one second."""


def limit(top: int | None) -> str:
    """The end of a query that gives so many rows at most."""
    return "" if top is None else f"LIMIT {top:d}"


def moment(at: datetime) -> str:
    """A time in UTC, to compare with the times of a lake."""
    return f"TIMESTAMP '{at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"


def name(text: str) -> str:
    """The name of a column."""
    return '"' + text.replace('"', '""') + '"'


def text(value: str) -> str:
    """A literal of text."""
    return "'" + value.replace("'", "''") + "'"
