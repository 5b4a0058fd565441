"""A full disk is told in words, and once there is room a plain re-run gives the right lake."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reelhouse.contract.registry import load_all
from reelhouse.flows.ingest import Ingestion
from reelhouse.storage import StorageError
from tests.flows.engine import Disturbed
from tests.flows.world import Rows, World, check_ledger, contents

SIZE = 16 << 20
PARTS = 10
"""Into how many steps the room that a whole run takes is cut."""

SCRATCH = 16 << 10
"""So much must be free: for the first entry of the ledger's log, which is made there, and lest
Python take another folder than TMPDIR.
"""


@dataclass(frozen=True)
class Disk:
    """A small disk, and a file that fills it up."""

    folder: Path

    def leave(self, free: int) -> None:
        """Fill the disk, but for so many bytes."""
        here = os.statvfs(self.folder)
        with (self.folder / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, here.f_bavail * here.f_bsize - free)

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A tmpfs. Who is not root gets one in a user namespace, where the test runs once more."""
    if os.geteuid() != 0:
        command = ["unshare", "-rm", sys.executable, "-m", "pytest", request.node.nodeid]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        pytest.skip("it ran and passed in a user namespace of its own")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def needed(site: World) -> int:
    """How much room a whole run takes, in bytes."""
    blocks = (path.stat().st_blocks for path in site.lake.rglob("*") if path.is_file())
    return sum(blocks) * 512


@pytest.mark.parametrize("part", range(PARTS))
def test_a_lake_on_a_full_disk_is_right_once_there_is_room(
    part: int, disk: Disk, needed: int, site: World, undisturbed: dict[str, Rows]
) -> None:
    world = site.at(disk.folder / "lake")
    disk.leave(needed * part // PARTS)
    full = world.ingest()
    assert full.status == 1
    assert "no space left on device" in full.stderr.splitlines()[-1].lower()
    disk.make_room()
    assert world.ingest().status == 0
    assert contents(world.lake) == undisturbed
    check_ledger(world.lake)


@pytest.mark.parametrize("name", ["spark", "spark-rdd"])
def test_spark_tells_of_a_full_disk(
    name: str, engines: Any, disk: Disk, site: World, undisturbed: dict[str, Rows]
) -> None:
    world, engine = site.at(disk.folder / "lake"), Disturbed(engine=engines(name))
    disk.leave(64 << 10)
    flow = Ingestion(str(world.lake), str(world.landing), load_all(), engine, lease_seconds=1)
    with pytest.raises(StorageError, match="no space left on device"):
        flow.run(["events"])
    disk.make_room()
    time.sleep(1.1)  # this process lives on: if the batch could not be released, its lease runs out
    assert world.ingest().status == 0
    assert contents(world.lake) == undisturbed
    check_ledger(world.lake)


def test_a_dry_run_tells_of_a_full_scratch_folder(disk: Disk, site: World, tmp_path: Path) -> None:
    world = site.at(tmp_path / "lake")
    disk.leave(SCRATCH)
    done = world.run("ingest", "--dry-run", TMPDIR=str(disk.folder))
    assert done.status == 1
    assert f"{disk.folder}/" in done.stderr.splitlines()[-1]
    assert "no space left on device" in done.stderr.splitlines()[-1]


def test_a_run_needs_no_scratch_for_what_fits_into_memory(
    disk: Disk, site: World, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    world = site.at(tmp_path / "lake")
    disk.leave(SCRATCH)
    assert world.ingest(TMPDIR=str(disk.folder)).status == 0
    assert contents(world.lake) == undisturbed
