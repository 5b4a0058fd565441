"""Whoever reads the lake while runs go on, are killed and are done again sees whole batches."""

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from reelhouse.lake import layout
from tests.flows.world import STARTED, World, check_ledger, lines, rows, small_site, table_of
from tests.reading import read, read_quarantine

STEPS = ("claimed", "file:3", "judged", "manifest", "quarantine", "lake", "closed")
ROUNDS = 12
Counts = dict[str, int]


def run_and_kill(world: World, rounds: int, seed: int = 1) -> None:
    """New sources, each taken by a run that is killed on its way, and then by one that is not."""
    dice = random.Random(seed)
    for number in range(rounds):
        first = number * 50
        bad = lines(0).replace("like", "likes") * 5
        world.land(f"events/{number}.jsonl", lines(*range(first, first + 50)) + bad)
        if number:  # the first leaves a table to read
            world.ingest("events", REELHOUSE_DIE_AFTER=dice.choice(STEPS))
        assert world.ingest("events").status == 0


def counted(lake: Path | str, path: str) -> Counts:
    """How many rows each batch has in a table, as a reader sees it now."""
    table = table_of(lake, path)
    if table is None:
        return {}
    batches: list[Any] = table.to_pyarrow_table(columns=["_batch_id"])["_batch_id"].to_pylist()
    return Counter(batches)


def check_whole(seen: list[Counts], rounds: int) -> None:
    """Each batch is there as a whole or not at all, and none goes."""
    full = seen[-1]
    assert len(full) == rounds
    for before, after in pairwise(seen):
        assert before.items() <= after.items()
    assert all(each.items() <= full.items() for each in seen)


def test_readers_see_whole_batches(world: World) -> None:
    paths = (layout.table("events"), layout.quarantine("events"))
    seen: dict[str, list[Counts]] = {path: [] for path in paths}
    over = threading.Event()

    def look(path: str) -> None:
        last = False
        while not last:
            last = over.is_set()
            seen[path].append(counted(world.lake, path))
            time.sleep(0.02)

    readers = [threading.Thread(target=look, args=(path,)) for path in paths]
    for reader in readers:
        reader.start()
    try:
        run_and_kill(world, ROUNDS)
    finally:
        over.set()
        for reader in readers:
            reader.join()
    for path in paths:
        check_whole(seen[path], ROUNDS)
        assert len({len(each) for each in seen[path]}) > ROUNDS // 2, "the reader saw it grow"
    check_ledger(world.lake, ("events",))


def test_a_reader_on_spark_sees_whole_batches(world: World) -> None:
    run_and_kill(world, 1)
    stop = world.folder / "stop"
    command = ["-m", "tests.flows.spark_reader", str(world.lake), "events", str(stop)]
    reader = subprocess.Popen(
        [sys.executable, *command],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    STARTED.append(reader)
    assert reader.stdout
    seen = [json.loads(reader.stdout.readline())]
    for step in STEPS:
        world.land(f"events/{step}.jsonl", lines(*range(7)))
        world.ingest("events", REELHOUSE_DIE_AFTER=step)
        assert world.ingest("events").status == 0
        seen.append(json.loads(reader.stdout.readline()))
    stop.touch()
    *counted, last = map(json.loads, reader.stdout.read().splitlines())
    check_whole([*seen, *counted], 1 + len(STEPS))
    assert len({len(each) for each in seen}) > 2, "the reader saw the lake grow"
    kept = [{name: row[name] for name in ("_source", "video_id")} for row in last]
    assert Counter(map(json.dumps, kept)) == Counter(
        json.dumps({name: json.loads(row)[name] for name in ("_source", "video_id")})
        for row in rows(world.lake, "events").elements()
    )


def test_duckdb_reads_the_lake_and_the_quarantine(world: World) -> None:
    small_site(world.landing)
    done = world.ingest("events")
    counts = done.counts().values()
    with duckdb.connect() as connection:
        valid = read(connection, str(world.lake), "events")
        invalid = read_quarantine(connection, str(world.lake), "events")
        assert isinstance(valid, duckdb.DuckDBPyRelation)
        assert isinstance(invalid, duckdb.DuckDBPyRelation)
        assert valid.count("*").fetchall() == [(sum(each[1] for each in counts),)]
        assert invalid.count("*").fetchall() == [(sum(each[2] for each in counts),)]
        days = valid.aggregate("event_date, count(*)").fetchall()
        assert len(days) == 2
        (first, _), _ = sorted(days)
        assert valid.filter(f"event_date = '{first}'").count("*").fetchall()[0][0] < sum(
            each[1] for each in counts
        )
