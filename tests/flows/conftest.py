"""A world for each test, and a lake to compare with."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reelhouse.batch import Batch, Source
from reelhouse.lake.compact import LEDGER_FILES
from reelhouse.lake.ledger import Ledger
from tests.flows.world import Rows, World, contents, end_all, small_site


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    """Whatever becomes of a test, the processes that it started end with it."""
    yield
    end_all()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty landing and no lake yet."""
    (tmp_path / "landing").mkdir()
    return World(tmp_path, tmp_path / "lake")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small site, ingested once and undisturbed."""
    folder = tmp_path_factory.mktemp("site")
    world = World(folder, folder / "lake")
    small_site(world.landing)
    assert world.ingest().status == 0
    yield world
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def undisturbed(site: World) -> dict[str, Rows]:
    """What an undisturbed run has put into the lake and the quarantine."""
    found = contents(site.lake)
    assert all(found.values())
    return found


@pytest.fixture(scope="session")
def long_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lake whose ledger has so many files that the next run compacts it."""
    lake = tmp_path_factory.mktemp("long") / "lake"
    ledger, now = Ledger(str(lake)), datetime.now(UTC)
    for number in range(LEDGER_FILES // 2):
        source = Source(f"/elsewhere/{number}", "1", 1, now)
        batch = Batch(
            dataset="others",
            batch_id=f"b{number}",
            attempt=1,
            contract_version="1.0.0",
            engine="duckdb",
            ingested_at=now,
            sources=[source],
        )
        ledger.append([ledger.claimed_entry(batch)])
        ledger.append([ledger.committed_entry(batch, [], 0, 0.1)])
    yield lake
    shutil.rmtree(lake)
