"""What a source is: its name and its version, and what happens when it changes or goes."""

import os
from typing import Any

import pytest

from reelhouse.contract.registry import load_all
from reelhouse.engines import ENGINES
from reelhouse.flows.ingest import Ingestion, Run
from tests.flows.engine import Disturbed
from tests.flows.world import World, check_ledger, lines, videos_in


def ingest(world: World, engine: Disturbed) -> Run:
    contracts = load_all()
    return Ingestion(str(world.lake), str(world.landing), contracts, engine).run(["events"])


def test_a_source_that_is_named_twice_is_taken_once(world: World) -> None:
    path = world.land("events/a.jsonl", lines(1, 2))
    twice = (str(path), os.path.relpath(path, world.folder), str(path))
    done = world.ingest(*(word for name in twice for word in ("--source", name)))
    assert done.counts() == {"a.jsonl": (2, 2, 0)}
    assert world.ingest("--source", str(path)).counts() == {}
    assert videos_in(world) == [1, 2]
    check_ledger(world.lake)


def test_the_same_content_under_two_names_is_two_sources(world: World) -> None:
    for name in ("a", "b"):
        world.land(f"events/{name}.jsonl", lines(1, 2))
    assert len(world.ingest().counts()) == 2
    assert videos_in(world) == [1, 1, 2, 2]
    check_ledger(world.lake)


def test_a_source_that_is_replaced_between_runs_is_a_new_one(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    assert world.ingest().counts() == {"a.jsonl": (1, 1, 0)}
    world.land("events/a.jsonl", lines(2, 3))
    assert world.ingest().counts() == {"a.jsonl": (2, 2, 0)}
    assert world.ingest().counts() == {}
    assert videos_in(world) == [1, 2, 3]
    check_ledger(world.lake)


def test_one_file_may_be_a_source_of_two_datasets(world: World) -> None:
    path = world.folder / "elsewhere.jsonl"
    path.write_text(lines(1))
    assert world.ingest("users", "--source", str(path)).counts() == {"elsewhere.jsonl": (1, 0, 1)}
    assert world.ingest("events", "--source", str(path)).counts() == {"elsewhere.jsonl": (1, 1, 0)}
    check_ledger(world.lake)


def test_a_source_that_is_replaced_while_it_is_read_is_read_again(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    world.land("events/b.jsonl", lines(2))
    todo = [lambda: world.land("events/a.jsonl", lines(3, 4))]
    outcome = ingest(world, Disturbed(after=lambda: todo and todo.pop()()))
    assert outcome.failures == []
    assert videos_in(world) == [2, 3, 4]
    check_ledger(world.lake)


@pytest.mark.parametrize("name", ENGINES)
def test_a_source_that_is_replaced_before_it_is_read_is_read_again(
    name: str, engines: Any, world: World
) -> None:
    world.land("events/a.jsonl", lines(1))
    todo = [lambda: world.land("events/a.jsonl", lines(3, 4))]
    engine = Disturbed(before=lambda: todo and todo.pop()(), engine=engines(name))
    assert ingest(world, engine).failures == []
    assert videos_in(world) == [3, 4]
    check_ledger(world.lake)


@pytest.mark.parametrize("name", ENGINES)
def test_a_source_that_vanishes_before_it_is_read_is_named_and_the_others_go_on(
    name: str, engines: Any, world: World
) -> None:
    paths = [world.land(f"events/{number}.jsonl", lines(number)) for number in range(3)]
    engine = Disturbed(before=lambda: paths[1].unlink(missing_ok=True), engine=engines(name))
    assert ingest(world, engine).failures == [
        f"{paths[1]} vanished while it was read; nothing of it was taken"
    ]
    assert videos_in(world) == [0, 2]
    check_ledger(world.lake)


def test_a_source_that_never_holds_still_is_left_out_and_named(world: World) -> None:
    world.land("events/b.jsonl", lines(2))
    path = world.land("events/a.jsonl", lines(1))
    more = iter(range(10, 20))

    def append() -> None:
        with path.open("a") as file:
            file.write(lines(next(more)))

    engine = Disturbed(after=append)
    outcome = ingest(world, engine)
    assert outcome.failures == [
        f"{path} was replaced while it was read; nothing of it was taken",
    ]
    assert engine.runs == [["a.jsonl", "b.jsonl"]] * 3 + [["b.jsonl"]]
    assert videos_in(world) == [2]
    check_ledger(world.lake)
    assert world.ingest().counts() == {"a.jsonl": (5, 5, 0)}


def test_sources_that_vanish_while_they_are_read_are_named_and_the_others_go_on(
    world: World,
) -> None:
    paths = [world.land(f"events/{number}.jsonl", lines(number)) for number in range(6)]

    def remove() -> None:
        for path in paths[:4]:
            path.unlink(missing_ok=True)

    for engine in (Disturbed(before=remove), Disturbed(after=remove)):
        for number, path in enumerate(paths[:4]):
            world.land(f"events/{path.name}", lines(number))
        outcome = ingest(world, engine)
        assert sorted(outcome.failures) == [
            f"{path} vanished while it was read; nothing of it was taken" for path in paths[:4]
        ]
    assert videos_in(world) == [4, 5]
    check_ledger(world.lake)


def test_what_a_batch_that_was_given_up_has_written_is_deleted(world: World) -> None:
    path = world.land("events/a.jsonl", lines(1))
    assert ingest(world, Disturbed(after=lambda: path.unlink(missing_ok=True))).failures
    assert list(world.lake.glob("**/batch=*")) == []


def test_a_batch_of_a_dead_run_whose_source_was_replaced_is_given_up(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    world.land("events/b.jsonl", lines(2))
    world.ingest(REELHOUSE_DIE_AFTER="judged")
    world.land("events/a.jsonl", lines(3))
    done = world.ingest()
    assert done.status == 0, done.stderr
    assert videos_in(world) == [2, 3]
    check_ledger(world.lake)


def test_a_batch_of_a_dead_run_that_was_written_is_finished_though_its_source_is_gone(
    world: World,
) -> None:
    path = world.land("events/a.jsonl", lines(1))
    world.ingest(REELHOUSE_DIE_AFTER="manifest")
    path.unlink()
    assert world.ingest().counts() == {"a.jsonl": (1, 1, 0)}
    assert videos_in(world) == [1]
    check_ledger(world.lake)
