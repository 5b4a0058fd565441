"""Ingestion job 1 on Google Cloud: a Cloud Function of the 2nd generation.

`ingest_file` takes CloudEvents: `google.cloud.storage.object.v1.finalized`, and a Pub/Sub message
as a sweep. `sweep` takes HTTP, from Cloud Scheduler. Settings come from REELHOUSE_… in the
environment. A function's main.py imports both; it needs the package functions-framework.
"""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

import functions_framework
from cloudevents.http import CloudEvent

from reelhouse.triggers import functions as triggers
from reelhouse.triggers.functions import Arrival, Told, TryAgain

FINALIZED = "google.cloud.storage.object.v1.finalized"
PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"

triggers.warm_up()  # no store is opened before the server has forked its workers


@functions_framework.cloud_event
def ingest_file(event: CloudEvent) -> None:
    """Take a file that has landed. Raises TryAgain if the event is to be delivered again."""
    event_id, kind = str(event["id"]), str(event["type"])
    if kind == PUBLISHED:
        triggers.sweep(event_id)
    elif kind != FINALIZED:
        triggers.ended([triggers.not_ours(f"an event of the type {kind}", event_id)])
    else:
        try:
            arrival = arrival_of(event_id, event.data)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            reason = ValueError(f"the event tells of no object as Cloud Storage does: {error!r}")
            triggers.ended([triggers.failed(reason, event_id)])
        else:
            triggers.arrived([arrival])


@functions_framework.http
def sweep(request: Any) -> tuple[dict[str, object], int]:
    """Take what was left, and say what was done; status 503 if it is to be tried again."""
    event_id = request.headers.get("X-CloudScheduler-JobName") or "sweep"
    try:
        return _answer(triggers.sweep(event_id)), 200
    except TryAgain as error:
        return {"error": str(error)}, 503


def _answer(told: list[Told]) -> dict[str, object]:
    return {"outcomes": [each.to_json() for each in told]}


def arrival_of(event_id: str, data: Any) -> Arrival:
    """The event of an object, as Cloud Storage describes it (StorageObjectData).

    The ETag that an object has in the XML API, which the lake's store reads, is the MD5 of its
    content; where it has none, as after a composition, the generation tells its versions apart.
    Raises AttributeError, KeyError, TypeError and ValueError for what is no such description.
    """
    found = json.loads(data) if isinstance(data, str | bytes) else data
    etags = [str(found.get("etag", "")).strip('"')]
    if "md5Hash" in found:
        etags.append(_hex(found["md5Hash"]))
    at = found.get("timeCreated")
    return Arrival(
        event_id,
        f"gs://{found['bucket']}/{found['name']}",
        tuple(filter(None, etags)),
        str(found["generation"]) if "generation" in found else None,
        datetime.fromisoformat(at) if at else None,
    )


def _hex(md5: str) -> str:
    try:
        return base64.b64decode(md5).hex()
    except binascii.Error:
        return ""
