"""Compaction beside runs, and under what can befall it: killed, asleep, with files that changed."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.lake import layout
from reelhouse.lake.compact import Compaction, CompactionResult
from reelhouse.lake.merge import begun
from reelhouse.lake.proof import files_of
from tests.flows.bucket_world import BucketWorld, rough
from tests.flows.world import (
    Finished,
    Rows,
    World,
    check_ledger,
    contents,
    end_all,
    lines,
    wait_until_stopped,
)
from tests.lake.compacting import age, listing, put, result, rows, table_at
from tests.servers.bucket import Bucket

EVENTS = ("events",)
TABLES = (layout.table("events"), layout.quarantine("events"), layout.LEDGER)
BROKEN = lines(0).replace("like", "likes")


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lake that three runs have put six events into, and three broken records."""
    folder = tmp_path_factory.mktemp("filled")
    ingest_some(World(folder, folder / "lake"))
    yield folder / "lake"
    shutil.rmtree(folder)


@pytest.fixture
def world(filled: Path, tmp_path: Path) -> World:
    """A filled lake of its own, and an empty landing."""
    shutil.copytree(filled, tmp_path / "lake")
    (tmp_path / "landing").mkdir()
    return World(tmp_path, tmp_path / "lake")


def ingest_some(world: World, first: int = 0, runs: int = 3) -> None:
    """Some runs, each with a source of its own."""
    for number in range(first, first + runs):
        world.land(f"events/{number}.jsonl", lines(number, 100 + number) + BROKEN)
        assert world.ingest("events").status == 0


def in_process(world: World, *arguments: str, **environment: Any) -> Finished:
    """Compact in a process of its own."""
    return world.run("compact", "events", "--json", *arguments, **environment)


def killed(world: World, step: str) -> bool:
    """Kill a compaction after a step; returns whether it came there."""
    status = in_process(world, REELHOUSE_DIE_AFTER=step).status
    assert status in (0, -signal.SIGKILL)
    return status != 0


def compact(world: World, keep_hours: int = 168) -> CompactionResult:
    """Compact in this process."""
    return Compaction(str(world.lake), keep_hours=keep_hours).run(EVENTS)


def paths(world: World) -> set[str]:
    return set(listing(str(world.lake)))


def check_sound(world: World, wanted: dict[str, Rows]) -> None:
    """The records are those that were, and all files that the tables name are there."""
    assert contents(world.lake, EVENTS) == wanted
    check_ledger(world.lake, EVENTS)


# --- landing


def test_a_thousand_sources_that_land_in_a_minute_end_as_their_records(tmp_path: Path) -> None:
    world, sources, parts = World(tmp_path, tmp_path / "lake"), 1000, 5
    for part in range(parts):
        for number in range(part, sources, parts):
            world.land(f"events/{number}.jsonl", lines(number, number))
        compacting = world.fork("compact", "events", "--json") if part else None
        assert world.ingest("events").status == 0
        assert compacting is None or compacting.finished().status == 0
    assert compact(world).failures == []
    for path in TABLES:
        assert len(files_of(table_at(str(world.lake), path))) <= 1
    check_ledger(world.lake, EVENTS)
    found = table_at(str(world.lake)).to_pyarrow_table(columns=["video_id", "_source"])
    assert sorted(found["video_id"].to_pylist()) == sorted([*range(sources)] * 2)
    assert len(set(found["_source"].to_pylist())) == sources


# --- killed


STEPS = ("begun", "compacted", "proven", "checkpointed", "cleaned", "swept", "vacuumed")


@pytest.mark.parametrize("step", STEPS)
def test_a_compaction_that_is_killed_is_finished_by_the_next(step: str, world: World) -> None:
    if step == "swept":
        assert compact(world).failures == []
        for path in TABLES:
            age(world.lake, path, 300)
    wanted = contents(world.lake, EVENTS)
    assert killed(world, f"{step}:1")
    check_sound(world, wanted)
    assert killed(world, f"{step}:2")
    check_sound(world, wanted)
    assert compact(world).failures == []
    check_sound(world, wanted)
    for path in TABLES:
        table = table_at(str(world.lake), path)
        assert len(files_of(table)) == 1
        assert begun(table) is None
    there = paths(world)
    assert compact(world).failures == []
    assert paths(world) == there


def test_what_a_killed_compaction_has_committed_is_proved_by_the_next(world: World) -> None:
    assert killed(world, "compacted")
    assert begun(table_at(str(world.lake))) is not None
    done = result(compact(world))
    assert (done.files_before, done.files_after, done.rows) == (1, 1, 6)


# --- the proof


def tamper(world: World) -> None:
    """Change one value in the file that a compaction has written."""
    (name,) = files_of(table_at(str(world.lake)))
    path = world.lake / "events" / name
    table = pq.read_table(path, partitioning=None)
    videos = table["video_id"].to_pylist()
    changed = table.set_column(
        table.column_names.index("video_id"), "video_id", [[cast(Any, videos[0]) + 1, *videos[1:]]]
    )
    pq.write_table(changed.cast(table.schema), path)


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_compaction_that_changes_a_record_is_undone(meanwhile: bool, world: World) -> None:
    wanted = contents(world.lake, EVENTS)
    assert killed(world, "compacted")
    tamper(world)
    if meanwhile:  # what others append after the compaction stays
        ingest_some(world, first=3, runs=1)
        alone = world.at(world.folder / "alone")
        assert alone.ingest("events").status == 0
        wanted = {path: wanted[path] + new for path, new in contents(alone.lake, EVENTS).items()}
    failed = in_process(world)
    assert failed.status == 1
    assert "gave other records" in failed.stderr
    assert "undone" in failed.stderr
    assert [each["path"] for each in failed.document["tables"]] == [*TABLES[1:]]
    check_sound(world, wanted)
    assert compact(world).failures == []
    check_sound(world, wanted)
    assert len(files_of(table_at(str(world.lake)))) == 1


def test_a_compaction_whose_file_is_gone_is_undone(world: World) -> None:
    wanted = contents(world.lake, EVENTS)
    assert killed(world, "compacted")
    (name,) = files_of(table_at(str(world.lake)))
    (world.lake / "events" / name).unlink()
    assert "undone" in compact(world).failures[0]
    check_sound(world, wanted)


def test_an_undoing_that_is_killed_is_said_by_the_next(world: World) -> None:
    wanted = contents(world.lake, EVENTS)
    assert killed(world, "compacted")
    tamper(world)
    assert killed(world, "proven"), "it is undone, and not yet said to be over"
    check_sound(world, wanted)
    assert "undone" in compact(world).failures[0]
    check_sound(world, wanted)
    assert compact(world).failures == []
    check_sound(world, wanted)


# --- asleep


def test_a_compaction_that_sleeps_is_given_way_to(world: World) -> None:
    wanted = contents(world.lake, EVENTS)
    sleeper = world.fork("compact", "events", "--json", REELHOUSE_STOP_AFTER="begun")
    wait_until_stopped(sleeper.pid)
    other = result(compact(world))
    assert (other.gave_way, other.files_after, other.deleted_files) == (True, 3, 0)
    check_sound(world, wanted)
    os.kill(sleeper.pid, signal.SIGCONT)
    assert sleeper.finished().status == 0
    check_sound(world, wanted)
    assert len(files_of(table_at(str(world.lake)))) == 1


# --- what open batches need


def old(world: World) -> None:
    """Make all that lies in the lake's tables a month old, but not the ledger."""
    for path in TABLES[:2]:
        age(world.lake, path, 720)


def attempts(found: set[str]) -> set[str]:
    """The attempts that have files, such as `3f2a….1`."""
    return {path.split("batch=")[1].split("/")[0] for path in found if "batch=" in path}


@pytest.mark.parametrize("step", ["judged", "manifest", "quarantine", "lake"])
def test_what_an_open_batch_may_still_commit_is_kept(step: str, world: World) -> None:
    undisturbed = world.at(world.folder / "undisturbed")
    shutil.copytree(world.lake, undisturbed.lake)
    world.land("events/new.jsonl", lines(7, 8) + BROKEN)
    assert undisturbed.ingest("events").status == 0
    done = attempts(paths(world))
    assert world.ingest("events", REELHOUSE_DIE_AFTER=step).status == -signal.SIGKILL
    (of_open,) = attempts(paths(world)) - done
    its = {path for path in paths(world) if of_open in path}
    for _ in range(2):  # what the first merges, is old when the second comes
        old(world)
        assert compact(world, keep_hours=1).failures == []
    assert attempts(paths(world)) == {of_open}
    assert {path for path in paths(world) if of_open in path} == its
    assert world.ingest("events").status == 0
    check_sound(world, contents(undisturbed.lake, EVENTS))


def test_what_dead_attempts_have_left_goes_and_a_sleeper_does_no_harm(world: World) -> None:
    done = attempts(paths(world))
    world.land("events/new.jsonl", lines(7, 8) + BROKEN)
    sleeper = world.fork(
        "ingest", "events", REELHOUSE_LEASE_SECONDS="1", REELHOUSE_STOP_AFTER="judged"
    )
    wait_until_stopped(sleeper.pid)
    (dead,) = attempts(paths(world)) - done
    time.sleep(1.1)
    assert world.ingest("events").status == 0
    wanted = contents(world.lake, EVENTS)
    assert dead in attempts(paths(world))
    old(world)
    assert compact(world).failures == []
    assert dead not in attempts(paths(world))
    os.kill(sleeper.pid, signal.SIGCONT)
    assert sleeper.finished().status == 0
    check_sound(world, wanted)
    old(world)
    assert compact(world).failures == []
    check_sound(world, wanted)
    assert attempts(paths(world)) == set()


def test_readers_see_whole_batches_while_files_are_merged(world: World) -> None:
    reading = table_at(str(world.lake)).to_pyarrow_dataset()  # a reader that began before
    running = world.fork("compact", "events", "--json")
    seen = set()
    while running.process.is_alive():
        seen.add(sum(rows(str(world.lake)).values()))
    assert running.finished().status == 0
    assert seen == {6}
    assert reading.count_rows() == 6
    assert len(files_of(table_at(str(world.lake)))) == 1


# --- in a bucket


def test_killed_compactions_in_a_bucket_lose_nothing(bucket: Bucket, tmp_path: Path) -> None:
    world = BucketWorld(tmp_path, Path("lake"), bucket)
    for number, step in enumerate(("", "begun", "compacted", "proven")):
        world.put(f"events/{number}.jsonl", lines(number, 100 + number) + BROKEN)
        assert world.ingest("events").status == 0
        wanted = world.contents(EVENTS)
        rough(bucket.faults, number)
        assert killed(world, step) == bool(step)
        bucket.faults.clear()
        assert world.contents(EVENTS) == wanted
    assert in_process(world).status == 0
    world.check(wanted)
    for path in TABLES:
        assert len(files_of(table_at(world.uri, path))) == 1


def test_a_bucket_that_fails_now_and_then_loses_and_doubles_nothing(bucket: Bucket) -> None:
    lake = f"{bucket.uri}/lake"
    for number in range(3):
        table = pa.table({"id": [number, 10 + number], "kind": ["a", "b"]})
        put(lake, table, f"b{number}", ("kind",))
    wanted = rows(lake)
    bucket.faults.answer_503(share=0.05, seed=1)
    bucket.faults.cut(share=0.05, when="after", seed=2)
    bucket.faults.cut(share=0.05, when="midway", seed=3)
    for _ in range(3):
        done = Compaction(lake).run(EVENTS)
        assert not any("gave other records" in failure for failure in done.failures)
        assert not any("\n" in failure for failure in done.failures)
    assert bucket.faults.happened() > 0
    bucket.faults.clear()
    assert Compaction(lake).run(EVENTS).failures == []
    assert rows(lake) == wanted
    compacted = table_at(lake)
    assert len(files_of(compacted)) == 2
    assert begun(compacted) is None
