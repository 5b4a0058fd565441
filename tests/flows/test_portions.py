"""How many sources, and how large ones, one batch takes."""

from pathlib import Path

from reelhouse.batch import Source, portions
from reelhouse.contract.registry import load_all
from reelhouse.engines import engine
from reelhouse.flows.ingest import Ingestion
from tests.flows.world import World, lines, videos_in
from tests.lake.test_ledger import source


def test_sources_are_cut_by_count_and_by_size() -> None:
    ten_bytes_each = [source(str(number)) for number in range(7)]

    def cut(count: int, size: float) -> list[int]:
        found = list(portions(ten_bytes_each, size, count))
        assert [each for some in found for each in some] == ten_bytes_each
        return [len(some) for some in found]

    assert cut(100, float("inf")) == [7]
    assert cut(3, float("inf")) == [3, 3, 1]
    assert cut(100, 20) == cut(2, 100) == [2, 2, 2, 1]
    assert cut(100, 9) == cut(1, 1000) == [1] * 7
    assert list(portions(list[Source](), 10, 3)) == []


def test_a_backlog_is_taken_in_batches_of_that_size(tmp_path: Path) -> None:
    """A run that has minutes finishes some of them, and leaves at most one open."""
    world = World(tmp_path, tmp_path / "lake")
    for number in range(5):
        world.land(f"events/{number}.jsonl", lines(number))
    flow = Ingestion(
        str(world.lake),
        str(world.landing),
        load_all(),
        engine("duckdb"),
        batch_bytes=2 * len(lines(0)),
    )
    assert [len(batch.sources) for batch in flow.run(["events"]).batches] == [2, 2, 1]
    assert videos_in(world) == [0, 1, 2, 3, 4]
