"""The Cloud Function alone: CloudEvents over HTTP, the scheduler's call, and what it may use."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.triggers.conftest import MEMORY, Large
from tests.triggers.platforms import cloud_event, peak_memory
from tests.triggers.site import Site, videos

Start = Callable[..., Any]
pytestmark = pytest.mark.parametrize("bucket", ["gs"], indirect=True)


def test_cloud_events_come_in_both_modes(site: Site, start: Start) -> None:
    function = start()
    for number, structured in enumerate((True, False)):
        event = site.land(f"videos/{number} é+.csv", videos(number))
        assert function.deliver(event, structured=structured).done
        assert function.deliver(event, structured=not structured).done
    assert function.outcomes() == ["ingested", "known", "ingested", "known"]
    assert site.video_ids() == [0, 1]


def test_an_event_of_another_kind_is_acknowledged(site: Site, start: Start) -> None:
    function = start()
    landed = site.land("videos/a.csv", videos(1))
    deleted = {**landed, "type": "google.cloud.storage.object.v1.deleted"}
    assert function.deliver(deleted).done
    for data in ({}, {"bucket": "b"}, [], "text", None, {**landed["data"], "timeCreated": "soon"}):
        event = {**cloud_event(landed["type"], {}), "data": data}
        assert function.deliver(event, structured=True).done
    assert function.outcomes() == ["not ours", *["failed"] * 6]
    assert site.batches() == []


def test_the_scheduler_s_call_sweeps(site: Site, start: Start) -> None:
    site.land("videos/a.csv", videos(1, 2))
    function = start({"target": "sweep"}, REELHOUSE_DATASETS="videos")
    answer = function.post("", {})
    assert answer.done
    (told,) = json.loads(answer.said)["outcomes"]
    assert told["outcome"] == "swept"
    assert (told["dataset"], told["sources"], told["records"]) == ("videos", 1, 2)
    site.bucket.faults.answer_503()
    assert not function.post("", {}).done
    site.bucket.faults.clear()
    assert site.video_ids() == [1, 2]


def test_50_mb_are_taken_within_512_mb(
    site: Site, group: Path | None, start: Start, large: Large
) -> None:
    function = start({"own_group": group})
    for dataset, data in large.files.items():
        assert function.deliver(site.land(f"{dataset}/large", data)).done, function.log.read_text()
    counts = {each["dataset"]: (each["records"], each["quarantined"]) for each in function.lines()}
    assert counts == large.counts
    assert peak_memory(function) < MEMORY
