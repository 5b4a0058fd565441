"""The number of the format: what a newer version wrote is refused by name, and left as it is."""

import json
import signal
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from reelhouse import __version__
from reelhouse.batch import Batch, Source
from reelhouse.lake.commit import open_or_create, open_table, properties
from reelhouse.lake.format import FORMAT, PROPERTY, NewerFormat, check_format
from reelhouse.lake.ledger import SCHEMA, Ledger, State
from tests.flows.test_replay import LOVED, mend
from tests.flows.world import Finished, World, check_ledger, contents, end_all, lines, videos_in
from tests.servers.bucket import Bucket

NEWER = str(FORMAT + 2)
MEND = f"this Reelhouse ({__version__}) knows up to {FORMAT}: use the version that wrote it, or a"
BROKEN = "no record\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "landing").mkdir()
    return World(tmp_path, tmp_path / "lake")


def number(lake: Path) -> str | None:
    return properties(DeltaTable(str(lake / "_ledger"))).get(PROPERTY)


def make_newer(lake: Path) -> None:
    table = DeltaTable(str(lake / "_ledger"))
    table.alter.set_table_properties({PROPERTY: NEWER}, raise_if_not_exists=False)


def everything(lake: Path) -> dict[Path, tuple[int, int]]:
    """Every file of a lake, with its size and when it was changed."""
    found = {path: path.stat() for path in lake.rglob("*") if path.is_file()}
    return {path: (status.st_size, status.st_mtime_ns) for path, status in found.items()}


def batch(name: str, dataset: str = "lines") -> Batch:
    now = datetime.now(UTC)
    return Batch(
        dataset=dataset,
        batch_id=name,
        attempt=1,
        contract_version="1.0.0",
        engine="toy",
        ingested_at=now,
        sources=[Source(f"/{name}", "1", 1, now)],
    )


def test_what_has_no_number_or_a_known_one_is_read() -> None:
    for known in (None, 0, FORMAT, str(FORMAT)):
        check_format("a place", known)
    for unknown in (FORMAT + 1, NEWER, "", "one", [FORMAT], -1, 1.5):
        with pytest.raises(NewerFormat, match="a place has the format"):
            check_format("a place", unknown)


# --- the ledger


def test_a_ledger_has_the_number_from_its_first_entry_on(tmp_path: Path) -> None:
    Ledger(str(tmp_path)).claim("lines", lambda state: batch("one"))
    assert number(tmp_path) == str(FORMAT)


def test_an_older_ledger_gets_the_number_with_the_next_claim_of_runs_at_once(
    tmp_path: Path,
) -> None:
    open_or_create(str(tmp_path / "_ledger"), SCHEMA, ())
    begin, names = threading.Barrier(4), [f"b{place}" for place in range(4)]
    errors: list[BaseException] = []

    def claim(name: str) -> None:
        ledger = Ledger(str(tmp_path))
        begin.wait()
        try:
            # of one dataset, so that they are in each other's way
            assert ledger.claim("lines", lambda state: batch(name))
            ledger.committed(batch(name), [], 0, 0.0)
        except BaseException as error:
            errors.append(error)

    assert Ledger(str(tmp_path)).state().open() == []
    assert number(tmp_path) is None  # reading writes nothing
    threads = [threading.Thread(target=claim, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert number(tmp_path) == str(FORMAT)
    committed = Ledger(str(tmp_path)).state().committed()
    assert sorted(entry.batch_id for entry in committed) == names
    log = [path.read_text() for path in (tmp_path / "_ledger/_delta_log").glob("*.json")]
    assert sum('"SET TBLPROPERTIES"' in entry for entry in log) == 1


def test_an_older_ledger_in_a_bucket_gets_the_number(bucket: Bucket) -> None:
    lake = f"{bucket.uri}/lake"
    open_or_create(f"{lake}/_ledger", SCHEMA, ())
    assert Ledger(lake).claim("lines", lambda state: batch("one"))
    (claim,) = Ledger(lake).state().open()
    table = open_table(f"{lake}/_ledger")
    assert table
    assert (claim.batch_id, properties(table)[PROPERTY]) == ("one", str(FORMAT))


def test_a_newer_version_that_comes_in_between_is_not_written_over(tmp_path: Path) -> None:
    """Neither by a claim that was prepared before, nor by one that was to write the older number"""
    ledger = Ledger(str(tmp_path))
    ledger.claim("lines", lambda state: batch("one"))
    asked: list[State] = []

    def choose(state: State) -> Batch:
        asked.append(state)
        make_newer(tmp_path)
        return batch("two")

    with pytest.raises(NewerFormat):
        ledger.claim("lines", choose)
    assert len(asked) == 1
    assert number(tmp_path) == NEWER
    with pytest.raises(NewerFormat):
        ledger.renew(batch("one"))
    with pytest.raises(NewerFormat):
        ledger.state()
    # a table that was opened when it had no number
    older = str(tmp_path / "older" / "_ledger")
    open_or_create(older, SCHEMA, ())
    stale = DeltaTable(older)
    make_newer(tmp_path / "older")
    with pytest.raises(Exception, match="Metadata changed"):
        Ledger(str(tmp_path / "older"))._table(stale)
    assert number(tmp_path / "older") == NEWER


COMMANDS = (
    ("ingest",),
    ("ingest", "--dry-run"),
    ("status",),
    ("quarantine", "list"),
    ("quarantine", "show", "events"),
    ("quarantine", "export", "events", "out.jsonl"),
    ("quarantine", "replay", "events"),
    ("quarantine", "replay", "events", "--apply"),
    ("compact",),
    ("compact", "--dry-run"),
    ("analyze", "event-types"),
    ("report",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_refuses_a_newer_ledger_in_one_line(
    command: tuple[str, ...], world: World
) -> None:
    world.land("events/a.jsonl", lines(1) + BROKEN)
    world.land("users/a.csv", "id\n1\n")
    assert world.ingest().status == 0
    world.land("events/b.jsonl", lines(2))
    make_newer(world.lake)
    before = everything(world.lake)
    refused = world.run(*command)
    place = f"{world.lake}/_ledger"
    assert refused.status == 1
    assert refused.stderr == f"reelhouse: {place} has the format {NEWER}, and {MEND} newer one\n"
    assert refused.stdout == ""
    assert everything(world.lake) == before


def test_the_doctor_and_the_watcher_tell_of_a_newer_ledger(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    assert world.ingest().status == 0
    make_newer(world.lake)
    before = everything(world.lake)
    told = {each["name"]: each for each in world.run("doctor", "--json").document["checks"]}
    assert told["lake"]["state"] == "failed"
    assert MEND in told["lake"]["text"]
    world.land("events/b.jsonl", lines(2))
    watching = world.start("watch")
    try:
        assert watching.stderr
        said = [watching.stderr.readline() for _ in range(2)]
        assert [MEND in line for line in said] == [False, True], said
    finally:
        end_all()
    assert everything(world.lake) == before


# --- a manifest


@dataclass(frozen=True)
class Left:
    """A lake in which a run was killed at a step, and the manifest that it has left."""

    world: World
    path: Path
    text: str

    @classmethod
    def at(cls, world: World, step: str) -> "Left":
        world.land("events/a.jsonl", lines(1) + BROKEN)
        assert world.ingest("events", REELHOUSE_DIE_AFTER=step).status == -signal.SIGKILL
        return cls.of(world)

    @classmethod
    def of(cls, world: World) -> "Left":
        (path,) = world.lake.rglob("_manifest.json")
        return cls(world, path, path.read_text())

    def change(self, **what: Any) -> None:
        self.path.write_text(json.dumps({**json.loads(self.text), **what}))

    def restore(self) -> None:
        self.path.write_text(self.text)


def refusal(done: Finished) -> str:
    assert done.status == 1
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("step", ["manifest", "quarantine"])
def test_a_newer_manifest_is_refused_and_its_batch_left_as_it_is(step: str, world: World) -> None:
    left = Left.at(world, step)
    assert json.loads(left.text)["format"] == FORMAT
    left.change(format=int(NEWER), targets="unheard of")
    before = everything(world.lake)
    for _ in range(2):
        line = refusal(world.ingest("events"))
        assert (
            line == f"reelhouse: events: {left.path} has the format {NEWER}, and {MEND} newer one"
        )
    assert everything(world.lake) == before
    assert len(world.run("status", "--json").document["open_batches"]) == 1
    left.restore()
    assert world.ingest("events").counts() == {"a.jsonl": (2, 1, 1)}
    check_ledger(world.lake, ("events",))


@pytest.mark.parametrize("command", [("quarantine", "replay", "events", "--apply"), ("ingest",)])
def test_a_newer_manifest_of_a_replay_is_refused_too(
    command: tuple[str, ...], world: World
) -> None:
    world.land("events/a.jsonl", lines(1) + LOVED)
    assert world.ingest("events").status == 0
    mend(world)
    settings: dict[str, Any] = {"REELHOUSE_CONTRACTS": str(world.folder / "contracts")}
    apply = ("quarantine", "replay", "events", "--apply", "--json")
    killed = world.run(*apply, REELHOUSE_DIE_AFTER="manifest", **settings)
    assert killed.status == -signal.SIGKILL
    left = Left.of(world)
    left.change(format=int(NEWER))
    before = everything(world.lake)
    assert f"{left.path} has the format {NEWER}" in refusal(world.run(*command, **settings))
    assert everything(world.lake) == before
    left.restore()
    assert world.run(*apply, **settings).status == 0
    assert videos_in(world) == [1, 2, 3, 3, 4]
    check_ledger(world.lake, ("events",))


@pytest.mark.parametrize("text", ["", '{"format": 1, "targets": [', "[]", '{"format": 1}'])
def test_a_batch_whose_manifest_is_damaged_is_judged_again(text: str, world: World) -> None:
    left = Left.at(world, "manifest")
    left.path.write_text(text)
    done = world.ingest("events")
    assert (done.status, done.counts()) == (0, {"a.jsonl": (2, 1, 1)})
    assert f"{left.path} is damaged" in done.stderr
    assert "the batch is judged again" in done.stderr
    check_ledger(world.lake, ("events",))
    assert {path: found.total() for path, found in contents(world.lake, ("events",)).items()} == {
        "events": 1,
        "_quarantine/events": 1,
    }


def test_a_damaged_manifest_of_a_batch_that_is_half_committed_is_told_until_it_is_restored(
    world: World,
) -> None:
    """The lake must get the files of the attempt that the quarantine has: only it knows them."""
    left = Left.at(world, "quarantine")
    left.path.write_text(left.text[:100])
    for _ in range(2):
        done = world.ingest("events")
        assert done.status == 1
        assert done.stderr.splitlines()[-1].startswith(f"reelhouse: events: {left.path} is damaged")
        assert done.stderr.splitlines()[-1].endswith("restore it")
    left.restore()
    assert world.ingest("events").counts() == {"a.jsonl": (2, 1, 1)}
    check_ledger(world.lake, ("events",))


def test_other_tables_have_no_number_and_their_readers_need_none(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    assert world.ingest("events").status == 0
    schema = pa.schema(cast(Any, DeltaTable(str(world.lake / "events")).schema().to_arrow()))
    assert "event_date" in schema.names
    assert PROPERTY not in properties(DeltaTable(str(world.lake / "events")))
