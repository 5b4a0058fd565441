"""Several runs at the same time, on the same landing and lake."""

import shutil
from pathlib import Path

import pytest

from reelhouse.lake.commit import open_table
from reelhouse.lake.compact import LEDGER_FILES
from reelhouse.lake.ledger import Ledger
from tests.flows.world import Rows, World, check_ledger, contents, finished, small_site, wait_until


@pytest.mark.parametrize("number", [2, 4])
def test_runs_at_once_take_each_source_once(
    number: int, site: World, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    world = site.at(tmp_path / "lake")
    runs = [world.fork("ingest") for _ in range(number)]
    done = [run.finished() for run in runs]
    assert [each.status for each in done] == [0] * number, [each.stderr for each in done]
    assert contents(world.lake) == undisturbed
    check_ledger(world.lake)


def test_runs_at_once_that_all_compact_the_ledger_lose_no_entry(
    site: World, undisturbed: dict[str, Rows], long_ledger: Path, tmp_path: Path
) -> None:
    world = site.at(tmp_path / "lake")
    shutil.copytree(long_ledger, world.lake)
    paths = sorted(path for path in world.landing.rglob("*") if path.is_file())
    runs = [world.fork("ingest", "--source", str(path)) for path in paths]
    assert {run.finished().status for run in runs} == {0}
    assert contents(world.lake) == undisturbed
    check_ledger(world.lake)
    state = Ledger(str(world.lake)).state()
    assert len(state.committed("others")) == len(Ledger(str(long_ledger)).state().committed())
    assert len(files_of_the_ledger(world)) < LEDGER_FILES


def files_of_the_ledger(world: World) -> list[str]:
    table = open_table(Ledger(str(world.lake)).uri)
    assert table
    return table.file_uris()


def test_runs_of_different_engines_at_once_take_each_source_once(world: World) -> None:
    small_site(world.landing)
    late = world.folder / "late"
    small_site(late, seed=2, files=30)
    waiting = sorted((late / "events").iterdir())
    slow = world.start("ingest", "--engine", "spark", "--master", "local[1]", "--json")
    wait_until(world.lake.exists, slow)
    while slow.poll() is None and waiting:
        path = waiting.pop()
        world.land(f"events/late-{path.name}", path.read_bytes())
        assert world.ingest().status == 0
    last = finished(slow)
    assert last.status == 0, last.stderr
    assert world.ingest().status == 0
    state = Ledger(str(world.lake)).state()
    assert {each.engine for each in state.committed("events")} == {"spark", "duckdb"}
    alone = world.at(world.folder / "alone")
    assert alone.ingest().status == 0
    assert contents(world.lake) == contents(alone.lake)
    check_ledger(world.lake)


def test_runs_that_share_some_sources_take_what_is_left(world: World) -> None:
    small_site(world.landing, files=6)
    first, second, third = sorted((world.landing / "events").iterdir())[:3]
    one = world.fork("ingest", "--source", str(first), "--source", str(second))
    two = world.fork("ingest", "--source", str(second), "--source", str(third))
    assert (one.finished().status, two.finished().status) == (0, 0)
    state = Ledger(str(world.lake)).state()
    assert sum(each.sources_count or 0 for each in state.committed("events")) == 3
    check_ledger(world.lake)


def test_new_sources_may_arrive_while_runs_are_at_work(world: World) -> None:
    small_site(world.landing, files=4)
    late = world.folder / "late"
    small_site(late, seed=2, files=4)
    runs = [world.fork("ingest")]
    for number, path in enumerate(sorted((late / "events").iterdir())):
        world.land(f"events/late-{number}.jsonl", path.read_bytes())
        runs.append(world.fork("ingest"))
    assert {run.finished().status for run in runs} == {0}
    assert world.ingest().status == 0
    alone = world.at(world.folder / "alone")
    assert alone.ingest().status == 0
    assert contents(world.lake) == contents(alone.lake)
    check_ledger(world.lake)
