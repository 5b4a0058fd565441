"""The Lambda alone: the shapes of S3's events, several records in one, and what it may use."""

import json
import signal
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.flows.world import wait_until_stopped
from tests.triggers.conftest import MEMORY, Large
from tests.triggers.platforms import Event, created, peak_memory
from tests.triggers.site import Site, videos

Start = Callable[..., Any]
pytestmark = pytest.mark.parametrize("bucket", ["s3"], indirect=True)


def eventbridge(record: Event) -> Event:
    """A record of S3's notification as the event that EventBridge makes of it."""
    found = record["s3"]["object"]
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": "2026-11-24T12:00:00Z",
        "region": "us-east-1",
        "detail": {
            "version": "0",
            "bucket": {"name": record["s3"]["bucket"]["name"]},
            "object": {
                "key": found["key"].replace("+", " ").replace("%2B", "+"),
                "size": found["size"],
                "etag": found["eTag"],
                "sequencer": found["sequencer"],
            },
            "request-id": "C3D13FE58DE4C810",
            "reason": "PutObject",
        },
    }


def test_each_record_of_an_event_has_its_outcome(site: Site, start: Start) -> None:
    function = start()
    for number, name in enumerate(("a b.csv", "c+d.csv", "gone.csv")):
        site.land(f"videos/{name}", videos(number))
    site.land("elsewhere/e.csv", videos(4))
    site.land("events/f.jsonl", b"{}")
    site.remove("videos/gone.csv")
    names = ("videos/a b.csv", "videos/c+d.csv", "videos/gone.csv", "elsewhere/e.csv")
    event = created(site.bucket, *(f"landing/{each}" for each in (*names, "events/f.jsonl")))
    answer = function.deliver(event)
    assert answer.done
    told = {each["uri"]: each["outcome"] for each in json.loads(answer.said)["outcomes"]}
    assert told == {
        site.uri("videos/a b.csv"): "ingested",
        site.uri("videos/c+d.csv"): "ingested",
        site.uri("videos/gone.csv"): "vanished",
        site.uri("elsewhere/e.csv"): "stray",
        site.uri("events/f.jsonl"): "ingested",
    }
    assert site.video_ids() == [0, 1]
    assert len(site.batches()) == 1


def test_an_event_with_one_record_that_may_pass_is_raised_and_the_others_are_done(
    site: Site, start: Start
) -> None:
    function = start()
    event = site.land("videos/a.csv", videos(1))
    event["Records"] += site.land("events/b.jsonl", b"{}")["Records"]
    site.bucket.faults.answer_503(matching="landing/events/b")
    assert not function.deliver(event).done
    assert sorted(function.outcomes()) == ["ingested", "raised"]
    site.bucket.faults.clear()
    assert function.deliver(event).done
    assert sorted(function.outcomes()[2:]) == ["ingested", "known"]
    assert site.video_ids() == [1]


def test_events_come_through_eventbridge_too(site: Site, start: Start) -> None:
    function = start()
    (record,) = site.land("videos/a+b c.csv", videos(1))["Records"]
    assert function.deliver(eventbridge(record)).done
    assert function.deliver({"Records": [record]}).done
    assert function.outcomes() == ["ingested", "known"]
    assert site.sources() == {site.uri("videos/a+b c.csv")}


def test_an_event_of_another_kind_is_acknowledged(site: Site, start: Start) -> None:
    function = start()
    landed = site.land("videos/a.csv", videos(1))
    removed = json.loads(json.dumps(landed))
    removed["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    tested = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": site.bucket.name}
    deleted = {**eventbridge(landed["Records"][0]), "detail-type": "Object Deleted"}
    for event in (tested, removed, deleted):
        assert function.deliver(event).done
    for event in ({}, {"Records": [{}]}, {"Records": 7}, {"source": "aws.s3"}):
        assert function.deliver(event).done
    assert function.outcomes() == [*["not ours"] * 3, *["failed"] * 4]
    assert function.deliver({"sweep": True}).done
    assert site.video_ids() == [1]


def test_sandboxes_that_wake_at_once_take_each_file_once(site: Site, start: Start) -> None:
    function = start({"sandboxes": 3})
    events = [site.land(f"videos/{number}.csv", videos(number)) for number in range(30)]
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(function.deliver, events))
    assert all(each.done for each in answers)
    assert site.video_ids() == list(range(30))
    assert len(site.batches()) <= 3


@pytest.mark.parametrize("step", ["manifest", "quarantine"])
def test_a_sandbox_that_was_frozen_and_wakes_late_commits_nothing_twice(
    site: Site, start: Start, step: str
) -> None:
    frozen = start(REELHOUSE_STOP_AFTER=step)
    event = site.land("videos/a.csv", videos(1, 2, broken=1))
    answer = frozen.api.invoke(event)
    (process,) = frozen.processes
    wait_until_stopped(process.pid)
    function = start()
    site.wait_for_leases()
    assert function.deliver(event).done
    assert function.outcomes() == ["ingested"]
    process.send_signal(signal.SIGCONT)
    frozen.wait_until(answer.done)
    assert site.video_ids() == [1, 2]
    assert site.quarantined() == 1
    assert len(site.batches()) == 1


def test_50_mb_are_taken_within_512_mb(
    site: Site, group: Path | None, start: Start, large: Large
) -> None:
    function = start({"own_group": group})
    for dataset, data in large.files.items():
        assert function.deliver(site.land(f"{dataset}/large", data)).done, function.log.read_text()
    counts = {each["dataset"]: (each["records"], each["quarantined"]) for each in function.lines()}
    assert counts == large.counts
    assert peak_memory(function) < MEMORY
