"""Runs on S3 and on GCS that are killed, disturbed, and at it at once: nothing lost or doubled."""

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.flows.bucket_world import (
    BucketWorld,
    Weather,
    all_well,
    broken,
    check_said,
    rough,
    unnamed,
)
from tests.flows.test_kill import STEPS
from tests.flows.test_readers import check_whole, counted
from tests.flows.world import Forked, Rows, World, check_ledger, lines, wait_until_stopped
from tests.servers.bucket import Bucket

AT_ONCE = 2
KILLS = 30
LEASE: dict[str, Any] = {"REELHOUSE_LEASE_SECONDS": "1"}


@pytest.fixture
def world(bucket: Bucket, tmp_path: Path) -> BucketWorld:
    """An empty landing, and no lake yet."""
    return BucketWorld(tmp_path, Path("lake"), bucket)


@pytest.fixture
def full(world: BucketWorld, site: World) -> BucketWorld:
    """The small site in landing, and no lake yet."""
    return world.put_all(site)


@pytest.fixture(scope="session")
def wanted(site: World, undisturbed: dict[str, Rows]) -> dict[str, Rows]:
    """What an undisturbed run gives, from any landing."""
    return unnamed(undisturbed, str(site.landing))


@pytest.fixture(scope="session")
def events(wanted: dict[str, Rows]) -> dict[str, Rows]:
    """The same of the events alone."""
    return {path: rows for path, rows in wanted.items() if path.endswith("events")}


def each_at_once(act: Callable[[Any], None], every: Iterable[Any]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(act, every))


def weather_of(steps: Sequence[str], step: str, bucket: Bucket) -> Weather:
    """Rough for every second step, on the two stores in turn."""
    return (all_well, rough)[(steps.index(step) + (bucket.kind == "s3")) % 2]


# --- killed


def test_a_run_that_is_killed_after_any_of_its_steps_is_finished_by_the_next(
    site: World, events: dict[str, Rows], world: BucketWorld
) -> None:
    steps = [*STEPS, "file:2", "file:4"]

    def kill(step: str) -> None:
        here = world.in_another_bucket().put_all(site)
        weather_of(steps, step, world.bucket)(here.bucket.faults, len(step))
        killed = here.ingest("events", REELHOUSE_DIE_AFTER=step)
        here.bucket.faults.clear()
        assert killed.status == -signal.SIGKILL, (step, killed.stderr)
        again = here.ingest("events")
        assert again.status == 0, (step, again.stderr)
        here.check(events)

    each_at_once(kill, steps)


def test_runs_that_are_killed_at_random_lose_nothing_and_double_nothing(
    site: World, events: dict[str, Rows], world: BucketWorld
) -> None:
    start = time.monotonic()
    assert world.put_all(site).ingest("events").status == 0
    most = time.monotonic() - start

    def kill(seed: int) -> None:
        here = world.in_another_bucket().put_all(site)
        dice, history = random.Random(seed), list[str]()
        for _ in range(3):
            weather = dice.choice([all_well, all_well, rough, broken])
            weather(here.bucket.faults, seed)
            run = here.fork("ingest", "events")
            history.append(f"{weather.__name__} for {dice.uniform(0.1, most):.2f} s")
            time.sleep(float(history[-1].split()[-2]))
            run.process.kill()
            run.finished()
            here.bucket.faults.clear()
        last = here.ingest("events")
        assert last.status == 0, (history, last.stderr)
        here.check(events)

    each_at_once(kill, range(KILLS // 3))


def test_readers_see_whole_batches_of_runs_that_are_killed(world: BucketWorld) -> None:
    rounds, seen = 4, list[dict[str, int]]()
    dice = random.Random(1)
    with ThreadPoolExecutor(1) as pool:
        for number in range(rounds):
            world.put(f"events/{number}.jsonl", lines(*range(number * 50, number * 50 + 50)))
            runs = pool.submit(killed_and_done, world, dice.choice(list(STEPS)))
            while not runs.done():
                seen.append(counted(world.uri, "events"))
            assert runs.result() == 0
        seen.append(counted(world.uri, "events"))
    check_whole(seen, rounds)
    assert len({len(each) for each in seen}) > rounds // 2, "the reader saw it grow"


def killed_and_done(world: BucketWorld, step: str) -> int:
    world.ingest("events", REELHOUSE_DIE_AFTER=step)
    return world.ingest("events").status


# --- at once


@pytest.mark.parametrize("weather", [all_well, broken])
def test_runs_at_once_take_each_source_once(
    weather: Weather, full: BucketWorld, wanted: dict[str, Rows]
) -> None:
    weather(full.bucket.faults, 1)
    runs = [full.fork("ingest", "--json") for _ in range(4)]
    for run in runs:
        done = run.finished()
        check_said(done)
        assert weather is broken or done.status == 0, done.stderr
    full.bucket.faults.clear()
    last = full.ingest()
    assert last.status == 0, last.stderr
    full.check(wanted)


def test_a_source_that_is_announced_twice_is_taken_once(world: BucketWorld) -> None:
    uri = world.put("events/a.jsonl", lines(1, 2))
    rough(world.bucket.faults, 2)
    twice = ("ingest", "events", "--json", "--source", uri, "--source", uri)
    done = [run.finished() for run in [world.fork(*twice) for _ in range(3)]]
    done.append(world.run(*twice))
    assert {each.status for each in done} == {0}
    assert sum(len(each.counts()) for each in done) == 1
    world.bucket.faults.clear()
    assert videos(world) == [1, 2]
    check_ledger(world.uri, ("events",))


def test_a_source_that_is_replaced_while_runs_go_on_is_taken_whole_and_once(
    world: BucketWorld,
) -> None:
    versions = [range(first, first + 9) for first in range(0, 60, 10)]
    runs = []
    for version in versions:
        world.bucket.faults.clear()
        world.put("events/a.jsonl", lines(*version))
        rough(world.bucket.faults, version.start)
        runs.append(world.fork("ingest", "events"))
        time.sleep(0.4)
    for run in runs:
        check_said(run.finished())
    world.bucket.faults.clear()
    assert world.ingest("events").status == 0
    found = videos(world)
    for version in versions:
        assert [each for each in found if each in version] in ([], list(version))
    assert set(versions[-1]) <= set(found), "the last version is there"
    check_ledger(world.uri, ("events",))


def videos(world: BucketWorld) -> list[int]:
    found = world.contents(("events",))["events"]
    return sorted(json.loads(row)["video_id"] for row in found.elements())


# --- asleep


def test_a_sleeper_whose_batch_was_taken_over_wakes_up_and_doubles_nothing(
    site: World, events: dict[str, Rows], world: BucketWorld
) -> None:
    steps = ("file:1", "claimed", "judged", "manifest", "quarantine", "lake", "closed")

    def sleep(step: str) -> tuple[BucketWorld, Forked]:
        here = world.in_another_bucket().put_all(site)
        weather_of(steps, step, world.bucket)(here.bucket.faults, len(step))
        run = here.fork("ingest", "events", REELHOUSE_STOP_AFTER=step, **LEASE)
        wait_until_stopped(run.pid)
        return here, run

    with ThreadPoolExecutor(AT_ONCE) as pool:
        sleepers = list(pool.map(sleep, steps))
    time.sleep(1.1)

    def wake(sleeper: tuple[BucketWorld, Forked]) -> None:
        here, run = sleeper
        other = here.ingest("events")
        assert other.status == 0, other.stderr
        os.kill(run.pid, signal.SIGCONT)
        woken = run.finished()
        assert woken.status == 0, woken.stderr
        here.bucket.faults.clear()
        here.check(events)

    each_at_once(wake, sleepers)
