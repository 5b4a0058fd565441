"""A run that sleeps until its lease has run out: it is refused when it wakes, and harms nothing."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from reelhouse.lake.ledger import Ledger
from tests.flows.world import (
    Finished,
    Forked,
    World,
    check_ledger,
    contents,
    lines,
    small_site,
    videos_in,
    wait_until_stopped,
)

STEPS = (
    "discovered",
    "file:1",  # the claim is written, and not committed yet
    "claimed",
    "prepared",
    "judged",
    "file:2",  # the quarantine
    "checked",
    "manifest",
    "quarantine",
    "lake",
    "closed",
)


def sleepers(world: World, steps: tuple[str, ...], lease: int = 1) -> dict[str, Forked]:
    """Runs, each on a lake of its own, that fell asleep after a step and lost their leases."""
    runs = {
        step: world.at(world.folder / f"lake-{step}").fork(
            "ingest",
            "events",
            heeding=True,
            REELHOUSE_STOP_AFTER=step,
            REELHOUSE_LEASE_SECONDS=str(lease),
        )
        for step in steps
    }
    for run in runs.values():
        wait_until_stopped(run.pid)
    time.sleep(lease + 0.1)
    return runs


def wake(run: Forked) -> Finished:
    os.kill(run.pid, signal.SIGCONT)
    return run.finished()


def both_end(
    world: World, steps: tuple[str, ...], disturb: Callable[[], Path | None] = lambda: None
) -> None:
    """Let another run take over from each sleeper, wake the sleeper, and look at the lake."""
    runs = sleepers(world, steps)
    disturb()
    alone = world.at(world.folder / "alone")
    assert alone.ingest("events").status == 0
    wanted = contents(alone.lake, ("events",))
    for step, run in runs.items():
        here = world.at(world.folder / f"lake-{step}")
        other = here.ingest("events")
        assert other.status == 0, (step, other.stderr)
        assert contents(here.lake, ("events",)) == wanted, step
        woken = wake(run)
        assert woken.status == 0, (step, woken.stderr)
        assert contents(here.lake, ("events",)) == wanted, step
        check_ledger(here.lake, ("events",))
        assert here.ingest("events").status == 0
        assert contents(here.lake, ("events",)) == wanted, step


def test_a_sleeper_that_wakes_after_another_run_has_finished_its_batch(world: World) -> None:
    small_site(world.landing)
    both_end(world, STEPS)


def test_a_sleeper_that_wakes_after_another_run_has_given_its_batch_up(world: World) -> None:
    small_site(world.landing)
    path = world.landing / "events/events-0002.jsonl"
    before_its_end = tuple(step for step in STEPS[:7] if step != "discovered")
    more = path.read_bytes() * 2
    both_end(world, before_its_end, lambda: world.land("events/events-0002.jsonl", more))


def test_a_sleeper_that_was_giving_its_batch_up(world: World) -> None:
    small_site(world.landing)
    hidden = world.land("events/hidden.jsonl", "{}")
    hidden.chmod(0)
    runs = sleepers(world, ("burnt:1", "burnt:2", "released", "deleted"))
    hidden.unlink()
    alone = world.at(world.folder / "alone")
    assert alone.ingest("events").status == 0
    wanted = contents(alone.lake, ("events",))
    for step, run in runs.items():
        here = world.at(world.folder / f"lake-{step}")
        assert here.ingest("events").status == 0
        assert contents(here.lake, ("events",)) == wanted, step
        wake(run)
        assert contents(here.lake, ("events",)) == wanted, step
        check_ledger(here.lake, ("events",))


def test_a_batch_that_a_sleeper_has_begun_to_commit_is_not_given_up(world: World) -> None:
    small_site(world.landing)
    assert world.ingest("events").status == 0
    wanted, path = contents(world.lake, ("events",)), world.landing / "events/events-0002.jsonl"
    here = world.at(world.folder / "here")
    first = here.fork(
        *("ingest", "events"),
        REELHOUSE_LEASE_SECONDS="1",
        REELHOUSE_STOP_AFTER="judged",
        REELHOUSE_DIE_AFTER="quarantine",
    )
    wait_until_stopped(first.pid)
    time.sleep(1.1)
    second = here.fork("ingest", "events", REELHOUSE_STOP_AFTER="prepared")
    wait_until_stopped(second.pid)  # it has found nothing that could be finished
    os.kill(first.pid, signal.SIGCONT)
    assert first.finished().status == -signal.SIGKILL
    path.unlink()
    woken = wake(second)
    assert woken.status == 1
    assert f"{path} vanished while it was read" in woken.stderr
    assert "was left open" in woken.stderr
    assert here.ingest("events").status == 0
    assert contents(here.lake, ("events",)) == wanted
    check_ledger(here.lake, ("events",))


def test_attempts_of_other_verdicts_do_not_mix(world: World) -> None:
    # the attempts' runs have other limits: to the first the long record is invalid
    long = lines(2).replace("1, ", f"1, {' ' * 2000}")
    world.land("events/a.jsonl", lines(1) + long)
    first = world.fork(
        *("ingest", "events", "--max-line-bytes", "1000"),
        REELHOUSE_LEASE_SECONDS="1",
        REELHOUSE_STOP_AFTER="judged",
        REELHOUSE_DIE_AFTER="quarantine",
    )
    wait_until_stopped(first.pid)
    time.sleep(1.1)
    second = world.fork("ingest", "events", "--json", REELHOUSE_STOP_AFTER="manifest")
    wait_until_stopped(second.pid)
    assert wake(first).status == -signal.SIGKILL
    assert wake(second).counts() == {"a.jsonl": (2, 1, 1)}
    assert videos_in(world) == [1]
    check_ledger(world.lake, ("events",))


def test_a_run_that_is_interrupted_gives_its_batch_up(world: World) -> None:
    small_site(world.landing)
    run = world.fork("ingest", "events", REELHOUSE_STOP_AFTER="judged")
    wait_until_stopped(run.pid)
    os.kill(run.pid, signal.SIGINT)
    assert wake(run).status == 128 + signal.SIGINT
    assert Ledger(str(world.lake)).state().open() == []
    assert list(world.lake.glob("**/batch=*")) == []
    assert len(world.ingest("events").counts()) == 3
    check_ledger(world.lake, ("events",))


def test_a_run_whose_lease_has_not_run_out_keeps_its_batch(world: World) -> None:
    small_site(world.landing)
    run = world.fork("ingest", "events", REELHOUSE_STOP_AFTER="judged")
    wait_until_stopped(run.pid)
    other = world.ingest("events")
    assert (other.status, other.document["batches"]) == (0, [])
    assert wake(run).status == 0
    assert len(Ledger(str(world.lake)).state().committed("events")) == 1
    check_ledger(world.lake, ("events",))
