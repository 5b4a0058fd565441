"""Ingestion job 1 on AWS: a Lambda.

`handler` takes the notifications of S3 (several records an event), S3's events as EventBridge
sends them, and a schedule as a sweep. Settings come from REELHOUSE_… in the environment.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from reelhouse.triggers import functions as triggers
from reelhouse.triggers.functions import Arrival, Told

triggers.warm_up()


def handler(event: Mapping[str, Any], context: Any) -> dict[str, object]:
    """Take files that have landed, or what was left, and say what was done.

    Raises TryAgain if the event is to be delivered again.
    """
    event_id = str(getattr(context, "aws_request_id", ""))
    if is_schedule(event):
        return _answer(triggers.sweep(str(event.get("id") or event_id)))
    if event.get("Event") == "s3:TestEvent":
        return _answer(triggers.ended([triggers.not_ours("a test of the notification", event_id)]))
    try:
        found = arrivals_of(event, event_id)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = ValueError(f"the event tells of no objects as S3 does: {error!r}")
        return _answer(triggers.ended([triggers.failed(reason, event_id)]))
    if not found:
        return _answer(triggers.ended([triggers.not_ours("it tells of no new object", event_id)]))
    return _answer(triggers.arrived(found))


def _answer(told: list[Told]) -> dict[str, object]:
    return {"outcomes": [each.to_json() for each in told]}


def is_schedule(event: Mapping[str, Any]) -> bool:
    """Whether an event is one of EventBridge's schedules, or `{"sweep": true}`."""
    return event.get("sweep") is True or (
        event.get("source") == "aws.events" and event.get("detail-type") == "Scheduled Event"
    )


def arrivals_of(event: Mapping[str, Any], event_id: str) -> list[Arrival]:
    """The events of new objects in an event of S3, in either shape; other events are left out.

    Raises AttributeError, KeyError, TypeError and ValueError for what has neither shape.
    """
    if event.get("source") == "aws.s3":
        return [_of_eventbridge(event)] if event["detail-type"] == "Object Created" else []
    records = [each for each in event["Records"] if each["eventSource"] == "aws:s3"]
    created = [each for each in records if each["eventName"].startswith("ObjectCreated:")]
    return [_of_notification(each, event_id) for each in created]


def _of_notification(record: Mapping[str, Any], event_id: str) -> Arrival:
    found = record["s3"]["object"]
    return _arrival(
        record.get("responseElements", {}).get("x-amz-request-id") or event_id,
        record["s3"]["bucket"]["name"],
        unquote_plus(found["key"]),
        found.get("eTag"),
        found.get("versionId"),
        record.get("eventTime"),
    )


def _of_eventbridge(event: Mapping[str, Any]) -> Arrival:
    found = event["detail"]["object"]
    return _arrival(
        event["id"],
        event["detail"]["bucket"]["name"],
        found["key"],  # as it is
        found.get("etag"),
        found.get("version-id"),
        event.get("time"),
    )


def _arrival(
    event_id: str,
    bucket: str,
    key: str,
    etag: str | None,
    version_id: str | None,
    at: str | None,
) -> Arrival:
    return Arrival(
        str(event_id),
        f"s3://{bucket}/{key}",
        (etag.strip('"'),) if etag else (),
        version_id or None,
        datetime.fromisoformat(at) if at else None,
    )
