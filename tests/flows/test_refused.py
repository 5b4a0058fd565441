"""What may not be read or written, and what is no source: told by name, and the rest goes on."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.world import Finished, World, check_ledger, lines, videos_in

USERS = "id,fname,lname,email,country,subscription,categories\n1,A,B,a@example.com,CH,true,music\n"


@pytest.fixture(autouse=True)
def is_mended(tmp_path: Path) -> Iterator[None]:
    """Give back all permissions, so that pytest can clear the folder."""
    yield
    for path in (tmp_path, *tmp_path.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o700)


def complaints(done: Finished) -> list[str]:
    """The lines in which a run says what went wrong."""
    return [line for line in done.stderr.splitlines() if line.startswith("reelhouse: ")]


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_source_that_may_not_be_read_is_named_and_the_others_go_on(
    engine: str, world: World
) -> None:
    world.land("events/a.jsonl", lines(1))
    world.land("users/a.csv", USERS)
    hidden = [world.land("events/b.jsonl", lines(2)), world.land("events/c.jsonl", lines(3))]
    hidden.append(world.land("users/b.csv", USERS))
    for path in hidden:
        path.chmod(0)
    chosen = ("events", "users", "--engine", engine)
    done = world.ingest(*chosen, heeding=True)
    assert done.status == 1
    assert sorted(complaints(done)) == [
        f"reelhouse: {path} can't be read: {path}: permission denied" for path in hidden
    ]
    assert done.counts() == {"a.jsonl": (1, 1, 0), "a.csv": (1, 1, 0)}
    assert videos_in(world) == [1]
    check_ledger(world.lake)
    for path in hidden:
        path.chmod(0o400)
    again = world.ingest("events", "users", heeding=True)
    assert (again.status, len(again.counts())) == (0, 3)
    assert videos_in(world) == [1, 2, 3]
    check_ledger(world.lake)


def test_many_sources_that_may_not_be_read_cost_one_more_try(world: World) -> None:
    for number in range(40):
        world.land(f"events/{number}.jsonl", lines(number)).chmod(0 if number % 2 else 0o400)
    done = world.ingest("events", heeding=True, REELHOUSE_LOG="INFO")
    assert len(complaints(done)) == 20
    assert videos_in(world) == list(range(0, 40, 2))
    assert len(list(world.lake.glob("_ledger/*.parquet"))) == 4  # claim, release, claim, close


def test_a_dry_run_names_a_source_that_may_not_be_read(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    hidden = world.land("events/b.jsonl", lines(2))
    hidden.chmod(0)
    done = world.ingest("--dry-run", heeding=True)
    assert complaints(done) == [f"reelhouse: {hidden} can't be read: {hidden}: permission denied"]
    assert (done.status, done.counts()) == (1, {"a.jsonl": (1, 1, 0)})


def test_a_folder_that_may_not_be_listed_is_named_and_the_others_go_on(world: World) -> None:
    world.land("events/open/a.jsonl", lines(1))
    world.land("events/shut/b.jsonl", lines(2)).parent.chmod(0)
    world.land("users/a.csv", USERS).parent.chmod(0)
    done = world.ingest(heeding=True)
    assert sorted(complaints(done)) == [
        f"reelhouse: {world.landing}/events/shut: permission denied",
        f"reelhouse: {world.landing}/users: permission denied",
    ]
    assert (done.status, done.counts()) == (1, {"a.jsonl": (1, 1, 0)})
    check_ledger(world.lake)


def test_a_landing_that_may_not_be_looked_into_is_named(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    world.landing.chmod(0)
    done = world.ingest(heeding=True)
    assert done.status == 1
    assert complaints(done)
    assert all(f"{world.landing}" in line for line in complaints(done))
    assert all("permission denied" in line for line in complaints(done))


@pytest.mark.parametrize("shut", [".", "lake/events", "lake/_ledger/_delta_log"])
def test_a_lake_that_may_not_be_written_is_named(shut: str, world: World) -> None:
    if shut != ".":
        world.land("events/a.jsonl", lines(1))
        world.land("users/a.csv", USERS)
        assert world.ingest().status == 0
    world.land("events/b.jsonl", lines(2))
    (world.folder / shut).chmod(0o500)
    before = sorted(world.lake.rglob("*"))
    done = world.ingest("events", heeding=True, TMPDIR="/tmp")
    assert done.status == 1
    assert str(world.lake) in complaints(done)[-1]
    assert "permission denied" in complaints(done)[-1]
    (world.folder / shut).chmod(0o700)
    if shut == ".":
        assert sorted(world.lake.rglob("*")) == before
    assert world.ingest("events").status == 0
    assert videos_in(world) == ([2] if shut == "." else [1, 2])
    check_ledger(world.lake)


def test_a_lake_that_may_not_be_read_is_named(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    assert world.ingest().status == 0
    world.land("events/b.jsonl", lines(2))
    for part in world.lake.glob("_ledger/*.parquet"):
        part.chmod(0)
    done = world.ingest(heeding=True)
    assert done.status == 1
    assert str(world.lake) in complaints(done)[-1]
    assert "permission denied" in complaints(done)[-1]


def test_what_is_no_file_is_passed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    events = world.land("events/a.jsonl", lines(1)).parent
    os.mkfifo(events / "pipe.jsonl")
    (events / "device.jsonl").symlink_to("/dev/zero")
    (events / "loop.jsonl").symlink_to(events / "loop.jsonl")
    (events / "dangling.jsonl").symlink_to(events / "nothing")
    (events / "back").symlink_to(world.landing)
    (events / "link.jsonl").symlink_to(events / "folder.jsonl" / "b.jsonl")
    world.land("events/folder.jsonl/b.jsonl", lines(2))
    (events / "empty.jsonl").mkdir()
    with socket.socket(socket.AF_UNIX) as it:
        monkeypatch.chdir(events)  # the path of a socket is short
        it.bind("socket.jsonl")
        done = world.ingest()
    assert done.status == 0
    assert complaints(done) == [  # no failures: what the links are is told
        "reelhouse: events/link.jsonl and events/folder.jsonl/b.jsonl are one file: it counts as "
        "two sources",
        "reelhouse: events/dangling.jsonl is a link that leads to no file",
        "reelhouse: events/loop.jsonl is a link that leads to no file",
    ]
    assert sorted(done.counts()) == ["a.jsonl", "b.jsonl", "link.jsonl"]
    assert videos_in(world) == [1, 2, 2]
    check_ledger(world.lake)


@pytest.mark.parametrize("name", ["pipe.jsonl", "nothing.jsonl", "loop.jsonl", "device.jsonl"])
def test_what_is_no_file_is_refused_by_name(name: str, world: World) -> None:
    events = world.land("events/a.jsonl", lines(1)).parent
    os.mkfifo(events / "pipe.jsonl")
    (events / "loop.jsonl").symlink_to(events / "loop.jsonl")
    (events / "device.jsonl").symlink_to("/dev/zero")
    named = ("--source", str(events / name), "--source", str(events / "a.jsonl"))
    done = world.ingest(*named)
    assert (done.status, done.counts()) == (1, {"a.jsonl": (1, 1, 0)})
    assert complaints(done) == [f"reelhouse: {events / name}: there is no such file"]


def test_a_name_that_is_not_utf8_is_told_and_the_others_go_on(world: World) -> None:
    events = os.fsencode(world.land("events/a.jsonl", lines(1)).parent)
    with open(events + b"/caf\xe9.jsonl", "w") as file:
        file.write(lines(2))
    done = world.ingest()
    assert (done.status, done.counts()) == (1, {"a.jsonl": (1, 1, 0)})
    (complaint,) = complaints(done)
    assert "caf\\udce9.jsonl': its name is not UTF-8; rename it" in complaint
    named = world.ingest("--source", os.fsdecode(events + b"/caf\xe9.jsonl"))
    assert (named.status, complaints(named)) == (1, [complaint])
    os.rename(events + b"/caf\xe9.jsonl", events + "/café.jsonl".encode())
    assert world.ingest().counts() == {"café.jsonl": (1, 1, 0)}
