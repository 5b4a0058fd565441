"""An engine whose counts do not add up fails the run, and nothing of the batch is committed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from reelhouse.batch import SourceCount, Written
from reelhouse.contract.registry import load_all
from reelhouse.engines.base import Work
from reelhouse.engines.duckdb.engine import DuckDB
from reelhouse.flows.books import ConservationError
from reelhouse.flows.ingest import Ingestion
from reelhouse.lake.ledger import Ledger
from tests.flows.engine import Disturbed
from tests.flows.world import Rows, World, check_ledger, contents, rows

Spoil = Callable[[Work, Written], Written]


def drops_a_row(work: Work, written: Written) -> Written:
    first, *others = written.valid_files
    path = Path(work.lake_root, work.table, first.path)
    table = pq.ParquetFile(path).read()
    pq.write_table(table.slice(1), path)
    return replace(written, valid_files=[replace(first, rows=first.rows - 1), *others])


def drops_a_file_of_the_quarantine(work: Work, written: Written) -> Written:
    return replace(written, quarantine_files=written.quarantine_files[1:])


def doubles_a_file(work: Work, written: Written) -> Written:
    return replace(written, valid_files=[*written.valid_files, written.valid_files[0]])


def with_first(written: Written, records: int, valid: int, quarantined: int) -> Written:
    first, *others = written.counts
    changed = SourceCount(
        first.uri,
        first.records + records,
        first.valid + valid,
        first.quarantined + quarantined,
        first.header,
    )
    return replace(written, counts=[changed, *others])


def counts_one_record_too_many(work: Work, written: Written) -> Written:
    return with_first(written, 1, 0, 0)


def counts_one_valid_record_too_many(work: Work, written: Written) -> Written:
    return with_first(written, 1, 1, 0)


def counts_an_invalid_record_as_valid(work: Work, written: Written) -> Written:
    return with_first(written, 0, 1, -1)


def forgets_a_source(work: Work, written: Written) -> Written:
    return replace(written, counts=written.counts[1:])


def counts_a_source_twice(work: Work, written: Written) -> Written:
    return replace(written, counts=[*written.counts, written.counts[0]])


def counts_a_source_that_it_was_not_given(work: Work, written: Written) -> Written:
    return replace(written, counts=[*written.counts, SourceCount("/elsewhere", 0, 0, 0)])


@pytest.mark.parametrize(
    "spoil",
    [
        drops_a_row,
        drops_a_file_of_the_quarantine,
        doubles_a_file,
        counts_one_record_too_many,
        counts_one_valid_record_too_many,
        counts_an_invalid_record_as_valid,
        forgets_a_source,
        counts_a_source_twice,
        counts_a_source_that_it_was_not_given,
    ],
)
def test_an_engine_that_does_not_add_up_commits_nothing(
    spoil: Spoil, site: World, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    world = site.at(tmp_path / "lake")
    spoilt = Disturbed(engine=lambda work: spoil(work, DuckDB().run(work)))
    for run in ("run", "rehearse"):
        flow = Ingestion(str(world.lake), str(world.landing), load_all(), spoilt)
        (failure,) = getattr(flow, run)(["events"]).errors
        assert isinstance(failure.error, ConservationError)
        assert "nothing was committed" in str(failure)
    assert not rows(world.lake, "events") + rows(world.lake, "_quarantine/events")
    state = Ledger(str(world.lake)).state()
    assert (state.open(), state.committed()) == ([], [])
    assert list(world.lake.glob("**/batch=*")) == []
    right = Ingestion(str(world.lake), str(world.landing), load_all(), DuckDB())
    right.run(["events", "users", "videos"])
    assert contents(world.lake) == undisturbed
    check_ledger(world.lake)
