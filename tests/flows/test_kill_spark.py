"""A Spark run whose driver is killed: its JVM and workers may go on writing, and harm nothing."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.flows.world import Rows, World, check_ledger, contents, finished, small_site, wait_until

SPARK = ("ingest", "events", "--master", "local[2]", "--engine")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> World:
    """So many days that Spark's tasks write many files."""
    folder = tmp_path_factory.mktemp("spark")
    world = World(folder, folder / "lake")
    small_site(world.landing, events=20_000, files=4, days=60)
    assert world.ingest("events").status == 0
    return world


@pytest.fixture(scope="module")
def undisturbed(site: World) -> dict[str, Rows]:
    return contents(site.lake, ("events",))


def children(process: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False
    ).stdout.split()
    return [each for child in map(int, found) for each in (child, *children(child))]


def is_alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"  # dead, and nobody has asked


@pytest.mark.parametrize(
    ("engine", "point"),
    [
        ("spark", "claimed"),  # by what the engines share
        ("spark", "first file"),
        ("spark-rdd", "first file"),
        ("spark-rdd", "judged"),
    ],
)
def test_a_killed_driver_loses_nothing_and_doubles_nothing(
    engine: str, point: str, site: World, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    world, orphans = site.at(tmp_path / "lake"), list[int]()
    if point == "first file":
        process = world.start(*SPARK, engine)
        wait_until(lambda: next(world.lake.glob("events/batch=*/*/*.parquet"), None), process)
        orphans = children(process.pid)
        assert len(orphans) > 1
        process.kill()
    else:
        process = world.start(*SPARK, engine, REELHOUSE_DIE_AFTER=point)
    assert finished(process).status == -signal.SIGKILL
    done = world.ingest("events")  # on duckdb: any engine may take a batch over
    assert done.status == 0, done.stderr
    assert contents(world.lake, ("events",)) == undisturbed
    until = time.monotonic() + 60
    while any(map(is_alive, orphans)):
        assert time.monotonic() < until, "Spark goes on without its driver"
        time.sleep(0.1)
    assert contents(world.lake, ("events",)) == undisturbed
    check_ledger(world.lake, ("events",))
