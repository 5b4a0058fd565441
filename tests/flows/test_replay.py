"""Replay: what a mended contract accepts goes into the lake, once, and nothing is forgotten."""

import json
import os
import signal
import time
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from reelhouse.contract.registry import load_all
from reelhouse.flows.replay import Replay
from reelhouse.lake.ledger import Ledger
from tests.flows.world import (
    Finished,
    Forked,
    Rows,
    World,
    check_ledger,
    contents,
    lines,
    rows,
    videos_in,
    wait_until_stopped,
)

STEPS = (
    "claimed",
    "prepared",
    "file:2",  # a file of the lake
    "judged",
    "manifest",
    "replays",
    "quarantine",
    "lake",
    "closed",
    "cleared",
)
USERS = (
    "id,fname,lname,email,country,categories\n"
    "1,A,B,a@example.com,CH,music\n"
    "2,A,B,no address,CH,music\n"
)
LOVED = lines(2, 3, 3, 4).replace("like", "loved")
EXTENDED = lines(5).replace('"video_id": 5', '"video_id": -5').replace("like", "loved")


def mend(world: World) -> None:
    """New versions of the contracts: `loved` is an event, and a user may lack his subscription."""
    folder = world.folder / "contracts"
    folder.mkdir()
    for name, old, new in (
        ("events", "- like\n", "- like\n                - loved\n"),
        (
            "users",
            "subscription\n        logicalType: boolean\n        required: true",
            "subscription\n        logicalType: boolean",
        ),
    ):
        text = (files("reelhouse") / "contracts" / f"{name}.odcs.yaml").read_text()
        assert old in text
        text = text.replace(old, new).replace("version: 1.0.0", "version: 1.1.0")
        (folder / f"{name}.odcs.yaml").write_text(text)


@pytest.fixture
def refused(world: World) -> World:
    """A lake with three kinds in quarantine: mended, not mended, and a source refused whole."""
    world.land("events/a.jsonl", lines(1) + LOVED)
    world.land("events/b.jsonl", LOVED + EXTENDED + "{\n")
    world.land("users/a.csv", USERS)
    assert world.ingest().counts() == {
        "a.jsonl": (5, 1, 4),
        "b.jsonl": (6, 0, 6),
        "a.csv": (1, 0, 1),
    }
    mend(world)
    return world


def replay(world: World, dataset: str = "events", *options: str, **environment: Any) -> Forked:
    contracts = str(world.folder / "contracts")
    return world.fork(
        *("quarantine", "replay", dataset, "--json", *options),
        REELHOUSE_CONTRACTS=contracts,
        **environment,
    )


def apply(world: World, dataset: str = "events", **environment: str) -> Finished:
    return replay(world, dataset, "--apply", **environment).finished()


def figures(done: Finished) -> tuple[int, int, int]:
    found = done.document
    return found["records"], found["valid"], found["still_invalid"]


def quarantined(world: World, dataset: str = "events") -> list[dict[str, Any]]:
    """What `quarantine show` shows: the records that are invalid still."""
    done = world.run("quarantine", "show", dataset, "--json", "--limit", "1000")
    found: list[dict[str, Any]] = done.document["records"]
    return found


def everything(world: World) -> dict[Path, tuple[int, int]]:
    status = {path: path.stat() for path in world.lake.rglob("*")}
    return {path: (each.st_size, each.st_mtime_ns) for path, each in status.items()}


def outcome(world: World) -> dict[str, Rows]:
    """The tables that a replay writes, without what tells one run from another."""
    found = contents(world.lake, ("events",))
    found["_replays/events"] = rows(
        world.lake, "_replays/events", ("replay_batch_id", "replayed_at", "batch_id")
    )
    return found


def check_replayed(world: World) -> None:
    """All is in the lake that the mended contract accepts, once for each time it was sent."""
    assert videos_in(world) == sorted([1, *[2, 3, 3, 4] * 2])
    assert len(quarantined(world)) == 2
    # the old verdict stays on record
    assert sum(rows(world.lake, "_quarantine/events").values()) == 10
    check_ledger(world.lake, ("events",))


def test_a_dry_run_tells_what_would_be_done_and_touches_nothing(refused: World) -> None:
    before = everything(refused)
    assert figures(replay(refused).finished()) == (10, 8, 2)
    assert figures(replay(refused, "users").finished()) == (1, 1, 0)
    assert everything(refused) == before


def test_what_is_valid_now_goes_into_the_lake_and_the_rest_stays(refused: World) -> None:
    done = apply(refused)
    assert (done.status, figures(done), done.document["applied"]) == (0, (10, 8, 2), True)
    check_replayed(refused)
    noted = [json.loads(row) for row in rows(refused.lake, "_replays/events", ())]
    assert {each["contract_version"] for each in noted} == {"1.1.0"}
    assert {each["replay_batch_id"] for each in noted} == {done.document["batch_id"]}


def test_a_second_replay_finds_nothing_more(refused: World) -> None:
    apply(refused)
    before = everything(refused)
    again = apply(refused)
    assert (again.status, figures(again), again.document["applied"]) == (0, (2, 0, 2), False)
    assert everything(refused) == before


def test_a_text_that_is_refused_again_in_another_batch_is_replayed_again(refused: World) -> None:
    apply(refused)
    refused.land("events/c.jsonl", LOVED)
    assert refused.ingest().counts() == {"c.jsonl": (4, 0, 4)}  # under the old contract
    assert figures(apply(refused)) == (6, 4, 2)
    assert videos_in(refused) == sorted([1, *[2, 3, 3, 4] * 3])
    check_ledger(refused.lake, ("events",))


@pytest.mark.parametrize(
    ("step", "next_run"),
    [*((step, "replay") for step in STEPS), ("judged", "ingest"), ("replays", "ingest")],
)
def test_a_replay_that_is_killed_is_ended_by_the_next_run(
    step: str, next_run: str, refused: World
) -> None:
    assert apply(refused, REELHOUSE_DIE_AFTER=step).status == -signal.SIGKILL
    if next_run == "ingest":
        assert refused.ingest("events").status == 0
        assert Ledger(str(refused.lake)).state().open() == []
    assert apply(refused).status == 0
    check_replayed(refused)
    assert figures(replay(refused).finished()) == (2, 0, 2)


def test_two_replays_at_once_do_it_once(refused: World) -> None:
    for run in [replay(refused, "events", "--apply") for _ in range(3)]:
        done = run.finished()
        assert done.status == 0 or "another replay of events is running" in done.stderr
    check_replayed(refused)


def test_a_replay_and_an_ingest_at_once_lose_nothing(refused: World) -> None:
    runs = [replay(refused, "events", "--apply")]
    for number in range(4):
        refused.land(f"events/late-{number}.jsonl", lines(9) + LOVED)
        runs.append(refused.fork("ingest", "events"))
    assert {run.finished().status for run in runs} == {0}
    assert apply(refused).status == 0
    assert Counter(videos_in(refused)) == Counter([1, *[9] * 4, *[2, 3, 3, 4] * 6])
    check_ledger(refused.lake, ("events",))


@pytest.mark.parametrize("step", ["claimed", "judged", "replays", "lake"])
def test_a_replay_that_sleeps_past_its_lease_harms_nothing(step: str, refused: World) -> None:
    sleeper = replay(
        *(refused, "events", "--apply"), REELHOUSE_STOP_AFTER=step, REELHOUSE_LEASE_SECONDS="1"
    )
    wait_until_stopped(sleeper.pid)
    time.sleep(1.1)
    assert apply(refused).status == 0
    check_replayed(refused)
    os.kill(sleeper.pid, signal.SIGCONT)
    woken = sleeper.finished()
    assert woken.status == 0 or "was given up by another run" in woken.stderr
    check_replayed(refused)


def test_a_replay_that_fails_between_its_commits_is_finished_by_the_next(refused: World) -> None:
    log = refused.lake / "events" / "_delta_log"
    log.chmod(0o500)
    command = ("quarantine", "replay", "events", "--json", "--apply")
    contracts = str(refused.folder / "contracts")
    failed = refused.run(*command, heeding=True, REELHOUSE_CONTRACTS=contracts)
    assert failed.status == 1
    assert "permission denied" in failed.stderr
    assert rows(refused.lake, "_replays/events")
    log.chmod(0o700)
    assert apply(refused).status == 0
    check_replayed(refused)


def test_a_replay_that_wakes_while_another_run_gives_it_up_is_not_lost(refused: World) -> None:
    lease = {"REELHOUSE_LEASE_SECONDS": "1", "REELHOUSE_STOP_AFTER": "judged"}
    first = replay(refused, "events", "--apply", REELHOUSE_DIE_AFTER="replays", **lease)
    wait_until_stopped(first.pid)
    time.sleep(1.1)
    second = replay(refused, "events", "--apply", REELHOUSE_STOP_AFTER="failed")
    wait_until_stopped(second.pid)  # it has found nothing that could be finished
    os.kill(first.pid, signal.SIGCONT)
    assert first.finished().status == -signal.SIGKILL
    os.kill(second.pid, signal.SIGCONT)
    assert second.finished().status == 1
    assert apply(refused).status == 0
    check_replayed(refused)


def test_a_source_that_was_refused_whole_is_read_again(refused: World) -> None:
    assert figures(apply(refused, "users")) == (1, 1, 0)
    (row,) = map(json.loads, rows(refused.lake, "users"))
    assert (row["id"], row["subscription"]) == (1, None)
    (left,) = quarantined(refused, "users")  # the source's second record
    assert left["raw"] == "2,A,B,no address,CH,music"
    assert sum(rows(refused.lake, "_quarantine/users").values()) == 2
    assert figures(apply(refused, "users")) == (1, 0, 1)
    check_ledger(refused.lake, ("users",))


@pytest.mark.parametrize("step", ["judged", "replays", "quarantine"])
def test_a_killed_replay_of_a_whole_source_is_ended_by_the_next(step: str, refused: World) -> None:
    assert apply(refused, "users", REELHOUSE_DIE_AFTER=step).status == -signal.SIGKILL
    assert apply(refused, "users").status == 0
    assert sum(rows(refused.lake, "users").values()) == 1
    assert len(quarantined(refused, "users")) == 1
    check_ledger(refused.lake, ("users",))


@pytest.mark.parametrize("what", ["replaced", "gone"])
def test_a_source_that_was_refused_whole_and_is_not_what_it_was_stays_refused(
    what: str, refused: World
) -> None:
    path = refused.landing / "users/a.csv"
    if what == "gone":
        path.unlink()
    else:
        refused.land("users/a.csv", USERS + "3,A,B,c@example.com,CH,music\n")
    assert figures(apply(refused, "users")) == (1, 0, 1)
    assert len(quarantined(refused, "users")) == 1
    check_ledger(refused.lake, ("users",))


def test_a_replay_under_the_same_contract_changes_nothing(world: World) -> None:
    """Each of these would be valid if a replay read more, or less, than what was refused."""
    valid = lines(1).strip()
    pieces = [
        f"[[{valid}]]",  # a list in a list is no list of records
        f'{{"events":[[{valid}], {valid}]}}',
        f" \ufeff{valid}",  # not at the line's beginning
        f"{valid} \ufeff{valid}",
        f"{valid},,{valid}",
        f"{valid} x {valid}",
        f"{{}} {valid}",
        f'{valid[:-1]}, "event": "like"}}',
        "x" * 3_000,
    ]
    world.land("events/lines.jsonl", "".join(f"{piece}\r\r\n" for piece in pieces))
    world.land("events/list.json", f"[\n[{valid}],\n{valid}\n]\n")
    world.land("events/no-comma.json", f"[\n{valid},\n{valid}\n{valid}\n]\n")
    world.land("events/zip.jsonl", f"PK\3\4\n{valid}\n")
    row = "1,A,B,a@example.com,CH,true,music"
    header = "id,fname,lname,email,country,subscription,categories"
    world.land("users/rows.csv", f'{header}\n{row}\r \n\ufeff \ufeff{row}\n,{row}\n"{row}\n')
    world.land("users/mac.csv", f"{header}\r{row}\r")
    assert world.ingest("--max-line-bytes", "2000").status == 0
    for dataset in ("events", "users"):
        contract = load_all()[dataset]
        replayed = Replay(str(world.lake), contract, max_line_bytes=2_000).rehearse()
        assert replayed.records >= 4
        assert replayed.valid == 0, dataset
