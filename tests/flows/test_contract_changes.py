"""A contract that is wrong, or that changes while a batch is open or a lake is there."""

from importlib.resources import files

import pytest

from reelhouse.lake.ledger import Ledger
from tests.flows.world import Finished, World, check_ledger, lines, rows, videos_in

SHIPPED = (files("reelhouse") / "contracts" / "events.odcs.yaml").read_text()
NEWER = ("version: 1.0.0", "version: 1.1.0")
COMMENT = "      - name: comment\n        logicalType: "
OTHER_TYPE = (COMMENT + "string", COMMENT + "integer")
ONE_MORE = (COMMENT, "      - name: more\n        logicalType: integer\n" + COMMENT)
OTHER_PARTITION = (
    "      - name: event_date\n        logicalType: date",
    "      - name: event_day\n        logicalType: date",
)


def ingest(world: World, *edits: tuple[str, str], die_after: str = "") -> Finished:
    """Ingest events under the shipped contract, changed."""
    text = SHIPPED
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (world.folder / "contracts").mkdir(exist_ok=True)
    (world.folder / "contracts" / "events.odcs.yaml").write_text(text)
    contracts = str(world.folder / "contracts")
    return world.ingest("events", REELHOUSE_CONTRACTS=contracts, REELHOUSE_DIE_AFTER=die_after)


def test_a_wrong_contract_is_told_and_nothing_is_claimed(world: World) -> None:
    world.land("events/a.jsonl", lines(1))
    done = ingest(world, ("required: true", "requird: true"))
    assert done.status == 1
    assert "events.odcs.yaml:" in done.stderr
    assert "unknown key (did you mean required?)" in done.stderr
    assert not world.lake.exists()
    assert ingest(world).counts() == {"a.jsonl": (1, 1, 0)}


def test_a_contract_for_another_format_loses_nothing(world: World) -> None:
    world.land("videos/a.jsonl", lines(1))  # the contract of videos is for CSV
    assert world.ingest("videos").counts() == {"a.jsonl": (1, 0, 1)}
    (row,) = rows(world.lake, "_quarantine/videos")
    assert '"rule": "header"' in row
    check_ledger(world.lake, ("videos",))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (OTHER_TYPE, "events has string, and the contract says integer: a column can't change its"),
        (OTHER_PARTITION, "is partitioned by event_date, and the contract says event_day"),
    ],
)
def test_a_contract_that_does_not_fit_the_lake_is_told_before_anything_is_written(
    edit: tuple[str, str], said: str, world: World
) -> None:
    world.land("events/a.jsonl", lines(1))
    assert ingest(world).status == 0
    world.land("events/b.jsonl", lines(2))
    for _ in range(2):
        done = ingest(world, NEWER, edit)
        assert (done.status, done.document["batches"]) == (1, [])
        assert said in done.stderr
        assert Ledger(str(world.lake)).state().open() == []
        assert len(list(world.lake.glob("events/batch=*"))) == 1
    assert ingest(world).counts() == {"b.jsonl": (1, 1, 0)}
    assert videos_in(world) == [1, 2]
    check_ledger(world.lake, ("events",))


def test_a_batch_that_was_not_written_is_judged_under_the_contract_as_it_is_now(
    world: World,
) -> None:
    world.land("events/a.jsonl", lines(1) + lines(2).replace("like", "loved"))
    ingest(world, die_after="judged")
    done = ingest(world, NEWER, ("- like", "- like\n                - loved"))
    assert done.counts() == {"a.jsonl": (2, 2, 0)}
    assert {each["contract_version"] for each in done.document["batches"]} == {"1.1.0"}
    assert videos_in(world) == [1, 2]
    check_ledger(world.lake, ("events",))


@pytest.mark.parametrize("step", ["manifest", "quarantine"])
@pytest.mark.parametrize("edit", [ONE_MORE, OTHER_TYPE, OTHER_PARTITION])
def test_a_batch_that_was_written_is_finished_as_it_was_written(
    edit: tuple[str, str], step: str, world: World
) -> None:
    world.land("events/a.jsonl", lines(1))
    ingest(world, die_after=step)
    done = ingest(world, NEWER, edit)
    assert done.counts() == {"a.jsonl": (1, 1, 0)}
    assert {each["contract_version"] for each in done.document["batches"]} == {"1.0.0"}
    assert videos_in(world) == [1]
    check_ledger(world.lake, ("events",))
    world.land("events/b.jsonl", lines(2))
    again = ingest(world, NEWER, edit)
    assert again.status == (0 if edit == ONE_MORE else 1)
    assert videos_in(world) == ([1, 2] if edit == ONE_MORE else [1])
    check_ledger(world.lake, ("events",))


def test_a_lake_may_gain_a_column_and_keep_it(world: World) -> None:
    for number, edits in enumerate(((), (NEWER, ONE_MORE), ())):
        more = '{"more": 7, ' if number == 1 else "{"
        world.land(f"events/{number}.jsonl", lines(number).replace("{", more))
        assert ingest(world, *edits).counts() == {f"{number}.jsonl": (1, 1, 0)}
    kept = sorted(row for row in rows(world.lake, "events"))
    assert [row.count('"more": 7') for row in kept].count(1) == 1
    check_ledger(world.lake, ("events",))
