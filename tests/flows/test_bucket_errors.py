"""What S3 and GCS refuse, or is not there: told in a line that names it, and all else goes on."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reelhouse.landing.discovery import discover
from reelhouse.storage import StorageError
from tests.flows.bucket_world import BucketWorld, check_said, unnamed
from tests.flows.world import Finished, Forked, Rows, World, lines, wait_until_stopped
from tests.servers.bucket import Bucket, Faults

AT_ONCE = 2
MANY = 2500
PAGE = 1000


@pytest.fixture
def world(bucket: Bucket, tmp_path: Path) -> BucketWorld:
    """Three sources in landing, and no lake yet."""
    world = BucketWorld(tmp_path, Path("lake"), bucket)
    for number in range(3):
        world.put(f"events/{number}.jsonl", lines(number))
    return world


def complaints(done: Finished) -> list[str]:
    """What a run says that it could not do."""
    check_said(done)
    assert done.status == 1, "it could do all"
    return [line for line in done.stderr.splitlines() if line.startswith("reelhouse: ")]


def count(world: BucketWorld) -> int:
    return sum(world.contents(("events",))["events"].values())


@pytest.mark.parametrize("only", ["GET", "GET|HEAD"])
def test_a_source_that_is_denied_is_named_and_the_others_go_on(
    only: str, world: BucketWorld
) -> None:
    world.bucket.faults.answer(403, only=only, matching=r"/1\.jsonl$")
    done = world.ingest("events")
    (complaint,) = complaints(done)
    assert complaint.startswith(f"reelhouse: {world.source('events/1.jsonl')} can't be read: ")
    assert "the store denies access" in complaint
    assert sorted(done.counts()) == ["0.jsonl", "2.jsonl"]
    world.bucket.faults.clear()
    assert sorted(world.ingest("events").counts()) == ["1.jsonl"]
    world.check(world.contents(("events",)))
    assert count(world) == 3


def all_denied(faults: Faults) -> None:
    """Credentials that are not valid for this bucket."""
    faults.answer(403)


def writing_denied(faults: Faults) -> None:
    """Credentials with which one may only read."""
    faults.answer(403, only="PUT|POST|DELETE")


def listing_denied(faults: Faults) -> None:
    """Credentials with which one may not list."""
    faults.answer(403, only="GET", matching="list-type=2")


@pytest.mark.parametrize("denied", [all_denied, writing_denied, listing_denied])
def test_a_store_that_denies_access_is_named(
    denied: Callable[[Faults], None], world: BucketWorld
) -> None:
    denied(world.bucket.faults)
    (complaint,) = complaints(world.ingest("events"))
    assert complaint.startswith(f"reelhouse: {world.uri}/_ledger")
    assert "the store denies access" in complaint
    world.bucket.faults.clear()
    assert len(world.ingest("events").counts()) == 3


def test_a_bucket_that_is_not_there_is_named(world: BucketWorld) -> None:
    other = f"{world.bucket.uri}-x"
    for wrong in (
        world.ingest("events", REELHOUSE_LANDING=f"{other}/landing"),
        world.ingest("events", REELHOUSE_LAKE=f"{other}/lake"),
    ):
        (complaint,) = complaints(wrong)
        assert other in complaint
        assert re.search("no (such )?bucket", complaint)
    named = world.ingest("events", "--source", f"{other}/landing/events/0.jsonl")
    assert f"{other}/landing/events/0.jsonl" in complaints(named)[0]


def test_a_store_that_is_away_is_given_up_after_some_seconds(world: BucketWorld) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        start = time.monotonic()
        endpoints: dict[str, Any] = dict.fromkeys(
            ("AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST"), address
        )
        (complaint,) = complaints(world.ingest("events", **endpoints))
    assert world.bucket.uri in complaint
    assert "connection refused" in complaint.lower()
    assert time.monotonic() - start < 60


def test_a_store_that_goes_away_in_the_middle_is_named_and_the_next_run_makes_it_whole(
    site: World, undisturbed: dict[str, Rows], world: BucketWorld
) -> None:
    events = {path: rows for path, rows in undisturbed.items() if path.endswith("events")}
    wanted = unnamed(events, str(site.landing))

    def sleep(step: str) -> tuple[BucketWorld, Forked]:
        here = world.in_another_bucket().put_all(site)
        run = here.fork("ingest", "events", REELHOUSE_STOP_AFTER=step)
        wait_until_stopped(run.pid)
        return here, run

    def wake(sleeper: tuple[BucketWorld, Forked]) -> None:
        here, run = sleeper
        here.bucket.faults.answer_503()
        os.kill(run.pid, signal.SIGCONT)
        told = complaints(run.finished())
        assert any(here.uri in each or here.source("") in each for each in told)
        assert any("503" in each for each in told)
        here.bucket.faults.clear()
        assert here.ingest("events").status == 0
        here.check(wanted)

    steps = ("discovered", "claimed", "file:3", "manifest", "quarantine", "lake")
    with ThreadPoolExecutor(len(steps)) as pool:
        list(pool.map(wake, list(pool.map(sleep, steps))))


def test_a_store_that_goes_away_is_not_asked_for_each_of_many_sources(world: BucketWorld) -> None:
    for number in range(3, 60):
        world.put(f"events/{number}.jsonl", lines(number))
    run = world.fork("ingest", "events", "--json", REELHOUSE_STOP_AFTER="judged")
    wait_until_stopped(run.pid)
    world.bucket.faults.answer_503(matching="/landing/")
    os.kill(run.pid, signal.SIGCONT)
    done = run.finished()
    (complaint,) = complaints(done)
    assert world.source("events/") in complaint
    world.bucket.faults.clear()
    assert world.ingest("events").status == 0
    assert count(world) == 60
    world.check(world.contents(("events",)))


def test_all_sources_are_found_on_several_pages(world: BucketWorld) -> None:
    def put(number: int) -> None:
        world.put(f"videos/{number:05}.csv", f"id\n{number}\n")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put, range(MANY)))
    world.bucket.faults.answer_503(0.3, matching="list-type=2")
    world.bucket.faults.cut(1, "midway", matching="continuation-token=", times=2)
    assert waiting(world) == MANY
    assert world.bucket.faults.happened() > 2
    # what is listed before a store refuses the next page is taken; that it refused is told
    world.bucket.faults.clear()
    world.bucket.faults.answer(403, matching="continuation-token=")
    refused = list[StorageError]()
    assert len(list(discover(world.source(""), "videos", refused.append))) <= PAGE
    (error,) = refused
    assert str(error).startswith(world.source("videos"))
    (complaint,) = complaints(world.run("status", "--json"))
    assert world.source("videos") in complaint


def waiting(world: BucketWorld) -> int:
    done = world.run("status", "--json")
    assert done.status == 0, done.stderr
    found: dict[str, int] = {each["dataset"]: each["waiting"] for each in done.document["datasets"]}
    return found["videos"]
