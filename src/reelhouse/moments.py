"""Moments, as the ledger and the lake keep them."""

from datetime import UTC, datetime


def utc(moment: datetime) -> datetime:
    """The same moment in UTC, cut to whole milliseconds."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
