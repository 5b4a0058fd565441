"""A dry run judges what a run would take, and touches neither the lake nor the ledger."""

from pathlib import Path

import pytest

from tests.flows.world import Rows, World, check_ledger, contents, small_site


def everything(world: World) -> dict[Path, tuple[int, int]]:
    status = {path: path.stat() for path in world.folder.rglob("*")}
    return {path: (each.st_size, each.st_mtime_ns) for path, each in status.items()}


def test_a_dry_run_on_no_lake_makes_none(site: World, tmp_path: Path) -> None:
    world = site.at(tmp_path / "lake")
    done = world.ingest("--dry-run")
    assert (done.status, len(done.counts())) == (0, 6)
    assert not world.lake.exists()


def test_a_dry_run_tells_what_a_run_would_do_and_touches_nothing(world: World) -> None:
    small_site(world.landing)
    first = sorted((world.landing / "events").iterdir())[0]
    assert world.ingest("--source", str(first)).status == 0
    before = everything(world)
    told = world.ingest("--dry-run")
    after = everything(world)
    assert {path: after[path] for path in before if path != world.folder} == {
        path: each for path, each in before.items() if path != world.folder
    }
    assert set(after) == set(before)
    done = world.ingest()
    assert told.counts() == done.counts()
    assert len(done.counts()) == 5
    check_ledger(world.lake)


@pytest.mark.parametrize("step", ["claimed", "judged", "manifest", "quarantine"])
def test_a_dry_run_leaves_a_batch_that_was_left_open_alone(
    step: str, site: World, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    world = site.at(tmp_path / "lake")
    world.ingest(REELHOUSE_DIE_AFTER=step)
    before = {path: path.stat().st_mtime_ns for path in world.lake.rglob("*")}
    assert world.ingest("--dry-run").status == 0
    assert {path: path.stat().st_mtime_ns for path in world.lake.rglob("*")} == before
    assert world.ingest().status == 0
    assert contents(world.lake) == undisturbed


def test_a_dry_run_that_is_killed_leaves_nothing_in_the_lake(site: World, tmp_path: Path) -> None:
    world = site.at(tmp_path / "lake")
    world.ingest("--dry-run", REELHOUSE_DIE_AFTER="judged")
    assert not world.lake.exists()
