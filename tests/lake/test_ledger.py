"""The ledger: who has what, also with many writers at once and with a million sources."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.compare import build_big_ledger
from reelhouse.batch import Batch, Books, Source, SourceCount
from reelhouse.lake import compact as module
from reelhouse.lake import ledger as ledger_module
from reelhouse.lake.claims import Entry, SourceEntry
from reelhouse.lake.commit import append, open_or_create, open_table
from reelhouse.lake.compact import compact_ledger
from reelhouse.lake.ledger import Ledger, State, taken_over
from reelhouse.lake.owner import (
    SANDBOXES,
    UNKNOWN,
    owner_is_gone,
    process_is_gone,
    this_process,
)
from reelhouse.lake.parquet import write_partitioned

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def source(name: str, version: str = "1") -> Source:
    return Source(f"/landing/lines/{name}", version, 10, NOW)


def batch(batch_id: str, *names: str, dataset: str = "lines") -> Batch:
    return Batch(
        dataset=dataset,
        batch_id=batch_id,
        attempt=1,
        contract_version="1.0.0",
        engine="toy",
        ingested_at=NOW,
        sources=[source(name) for name in names],
    )


def claim(ledger: Ledger, wanted: Batch) -> Batch | None:
    """Claim those sources of a batch that are free."""

    def choose(state: State) -> Batch | None:
        known = state.known(wanted.dataset, wanted.sources)
        free = [each for each in wanted.sources if each.source_id not in known]
        return replace(wanted, sources=free) if free else None

    return ledger.claim(wanted.dataset, choose)


def known(ledger: Ledger, *sources: Source) -> list[bool]:
    found = ledger.state().known("lines", sources)
    return [each.source_id in found for each in sources]


def test_a_source_is_known_by_uri_and_version(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    claim(ledger, batch("b1", "one", "two"))
    assert known(ledger, source("one"), source("two"), source("one", "2"), source("three")) == [
        True,
        True,
        False,
        False,
    ]


def test_the_sources_of_a_released_batch_are_free_again(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    claim(ledger, batch("b0"))
    for batch_id, name in (("b1", "one"), ("b2", "two"), ("b3", "three")):
        assert claim(ledger, batch(batch_id, name))
    ledger.release(batch("b2"), "a reason")
    ledger.committed(batch("b1"), [], 1, 0.5)
    assert known(ledger, source("one"), source("two"), source("three")) == [True, False, True]
    assert ledger.state().released() == {"b2"}
    assert claim(ledger, batch("b4", "one", "two", "three")) == batch("b4", "two")
    assert known(ledger, source("two")) == [True]


def test_a_source_may_be_one_of_two_datasets(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    assert claim(ledger, batch("b1", "one"))
    assert claim(ledger, batch("b2", "one", "two", dataset="others"))
    assert claim(ledger, batch("b3", "one")) is None
    assert known(ledger, source("one"), source("two")) == [True, False]


def test_a_batch_is_taken_over_once_and_only_if_its_owner_is_gone(tmp_path: Path) -> None:
    mine, theirs = Ledger(str(tmp_path)), Ledger(str(tmp_path), lease=timedelta(seconds=0))
    taken = claim(mine, batch("b1", "one"))
    assert mine.take_over("lines", "other", "ingest") is None
    assert claim(theirs, batch("b2", "two"))
    theirs.claim("lines", lambda state: replace(batch("b3"), kind="replay"))
    assert mine.take_over("others", "other", "ingest") is None
    second = mine.take_over("lines", "other", "ingest")
    assert second == replace(batch("b2", "two"), attempt=2, engine="other")
    assert mine.take_over("lines", "other", "ingest") is None
    third = mine.take_over("lines", "other", "ingest", "replay")
    assert third
    assert (third.batch_id, third.kind, third.attempt) == ("b3", "replay", 2)
    assert taken


def test_a_batch_that_its_owner_closed_as_it_ended_is_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = Ledger(str(tmp_path)), Ledger(str(tmp_path))
    taken = claim(theirs, batch("b1", "one"))
    assert taken

    def closed_and_gone(_: object) -> bool:
        theirs.committed(taken, [], 1, 0.5)
        return True

    monkeypatch.setattr(ledger_module, "owner_is_gone", closed_and_gone)
    assert mine.take_over("lines", "other", "ingest") is None
    assert len(mine.state().committed()) == 1


def test_a_batch_is_open_until_it_ends(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path), lease=timedelta(minutes=5))
    assert ledger.state().open() == []
    first = claim(ledger, batch("b1", "one"))
    claim(ledger, batch("b2", "two", dataset="others"))
    assert first
    assert [each.batch_id for each in ledger.state().open("lines")] == ["b1"]
    before = ledger.state().open("lines")[0].lease_until
    ledger.renew(first)
    assert ledger.state().open("lines")[0].lease_until > before
    count = SourceCount("/landing/lines/one", 3, 2, 1, "id,näme")
    ledger.committed(first, [count], 2, 1.5)
    ledger.committed(first, [count], 2, 1.5)
    assert ledger.state().open("lines") == []
    (ended,) = ledger.state().committed("lines")
    assert (ended.records, ended.valid, ended.quarantined, ended.files) == (3, 2, 1, 2)
    assert ledger.counts("b1") == [count]
    assert [each.batch_id for each in ledger.state().open()] == ["b2"]


def test_a_batch_that_is_taken_over_is_the_same_but_for_its_attempt(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    first = claim(ledger, batch("b1", "one", "two"))
    assert first
    (left,) = ledger.state().open()
    second = taken_over(left, ledger.sources("b1"), "toy")
    assert second == replace(first, attempt=2)
    ledger.claim("lines", lambda state: second)
    (left,) = ledger.state().open()
    assert left.attempt == 2


def test_a_heartbeat_renews_the_lease(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path), lease=timedelta(seconds=2))
    taken = claim(ledger, batch("b1", "one"))
    assert taken
    with ledger.heartbeat(taken):
        time.sleep(3)
        (left,) = ledger.state().open()
        assert not owner_is_gone(left)
    time.sleep(2.5)
    assert owner_is_gone(ledger.state().open()[0])


def test_an_owner_is_gone_with_its_process_or_its_lease() -> None:
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert not process_is_gone(this_process(), later)
    assert process_is_gone(this_process(), datetime.now(UTC) - timedelta(seconds=1))
    script = "from reelhouse.lake.ledger import this_process; print(this_process())"
    dead = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert process_is_gone(dead, later)
    assert process_is_gone(this_process() + "0", later)  # its number reused
    elsewhere = "other/boot/pid:[1]/" + dead.rpartition("/")[2]
    assert not process_is_gone(elsewhere, later)


def test_a_process_that_failed_at_a_batch_is_at_it_no_more(tmp_path: Path) -> None:
    """A function or a watcher lives on after a failure, and must not wait for its own lease."""
    ledger = Ledger(str(tmp_path))
    for name in ("one", "two"):
        assert claim(ledger, batch(name, name))
    with ledger.heartbeat(batch("two", "two")):
        pass
    with pytest.raises(ZeroDivisionError), ledger.heartbeat(batch("one", "one")):
        raise ZeroDivisionError
    gone = {each.batch_id: owner_is_gone(each) for each in ledger.state().open()}
    assert gone == {"one": True, "two": False}
    taken = ledger.take_over("lines", "toy", "ingest")
    assert taken
    assert (taken.batch_id, taken.attempt) == ("one", 2)
    assert ledger.take_over("lines", "toy", "ingest") is None


def test_a_ledger_that_was_read_sees_what_others_add_and_that_the_lake_is_another(
    tmp_path: Path,
) -> None:
    """A function or a watcher keeps a ledger for as long as it lives."""
    mine, theirs = Ledger(str(tmp_path)), Ledger(str(tmp_path))
    assert mine.state() == State()
    assert claim(theirs, batch("b1", "one"))
    assert known(mine, source("one"), source("two")) == [True, False]
    assert claim(theirs, batch("b2", "two"))
    assert known(mine, source("one"), source("two")) == [True, True]
    shutil.rmtree(tmp_path / "_ledger")
    assert mine.state() == State()
    assert claim(theirs, batch("b3", "three"))
    assert known(mine, source("one"), source("three")) == [False, True]
    shutil.rmtree(tmp_path / "_ledger")
    in_a_process_of_its_own = multiprocessing.get_context("spawn").Process(
        target=claim_and_commit, args=(str(tmp_path), 1, 3)
    )
    in_a_process_of_its_own.start()
    in_a_process_of_its_own.join()
    assert known(mine, source("three"), source("own-1-0")) == [False, True]


@pytest.mark.parametrize("name", SANDBOXES)
def test_in_a_cloud_s_sandbox_only_the_lease_tells_that_another_process_is_gone(name: str) -> None:
    """Two of them may look the same down to the start times of their processes."""
    later = datetime.now(UTC) + timedelta(minutes=1)
    script = (
        "from reelhouse.lake import owner; print(owner.this_process());"
        "assert owner.this_process() == owner.this_process()"
    )
    dead = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, name: "x"},
        ).stdout.strip()
        for _ in range(2)
    ]
    assert dead[0].partition("/")[0] != dead[1].partition("/")[0]
    for owner in dead:
        assert not process_is_gone(owner, later)
        assert process_is_gone(owner, later - timedelta(minutes=2))


def test_a_process_that_hides_is_taken_to_be_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /proc is missing, or shows the own processes only, the lease tells."""
    later = datetime.now(UTC) + timedelta(minutes=1)
    host, _, _ = this_process().rpartition("/")
    number = os.getppid()
    owner = f"{host}/{number}:123"
    assert process_is_gone(owner, later)
    monkeypatch.setattr(Path, "read_text", lambda path: Path(f"{path}/hidden").read_bytes())
    assert not process_is_gone(owner, later)
    assert not process_is_gone(f"{host}/{number}:{UNKNOWN}", later)
    assert process_is_gone(f"{host}/{2**22 + 1}:123", later)  # there can be none


def test_compaction_keeps_every_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEDGER_FILES", 10)
    ledger = Ledger(str(tmp_path))
    for number in range(6):
        taken = claim(ledger, batch(f"b{number}", f"{number}-a", f"{number}-b"))
        assert taken
        if number != 5:
            ledger.committed(taken, [], 1, 0.1)
    ledger.release(batch("b3"), "a reason")
    before = ledger.state().entries.sort_by([("at", "ascending")])
    compact_ledger(ledger)
    after = Ledger(str(tmp_path))
    table = open_table(after.uri)
    assert table
    assert len(table.file_uris()) == 1
    assert after.state().entries.sort_by([("at", "ascending")]).equals(before)
    assert known(after, source("0-a"), source("5-b"), source("6-a")) == [True, True, False]
    assert after.sources("b4") == [source("4-a"), source("4-b")]
    assert claim(after, batch("b6", "5-a", "new")) == batch("b6", "new")


COUNTED = SourceCount("/landing/lines/one", 3, 2, 1, "id", 40, 3, 7, packed=True)
EMPTY = SourceCount("/landing/lines/two", 0, 0, 0, None, 5, 0, 5)
UNCOUNTED = SourceCount("/landing/lines/three", 0, 0, 0)


def test_the_books_of_each_source_are_kept_and_summed(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    ledger.committed(batch("b1"), [COUNTED, EMPTY, UNCOUNTED], 1, 0.1)
    ledger.committed(batch("b2"), [UNCOUNTED], 1, 0.1)
    assert Ledger(str(tmp_path)).counts("b1") == [COUNTED, EMPTY, UNCOUNTED]
    assert Ledger(str(tmp_path)).counts("b2") == [UNCOUNTED]
    names = ("bytes", "header_bytes", "blank_bytes", "sources_without_records")
    told = {
        entry.batch_id: [getattr(entry, name) for name in names]
        for entry in ledger.state().committed()
    }
    assert told == {"b1": [45, 3, 12, 2], "b2": [None, 0, 0, 1]}


def test_an_entry_has_the_ledger_s_columns_and_no_others() -> None:
    assert list(Entry.__annotations__) == ledger_module.SCHEMA.names
    assert list(SourceEntry.__annotations__) == [field.name for field in ledger_module.SOURCE]
    assert list(Books.__annotations__) == [field.name for field in ledger_module.BOOK]


OLD = pa.schema(list(ledger_module.SCHEMA)[: ledger_module.SCHEMA.names.index("bytes")])
"""What 0.1.0 wrote."""


def written_by_0_1_0(ledger: Ledger, *entries: Entry) -> None:
    """Append entries as 0.1.0 does, which makes the table if it is not there."""
    known = [{name: entry.get(name) for name in OLD.names} for entry in entries]
    rows = pa.Table.from_pylist(known, schema=OLD)
    files = write_partitioned(rows, ledger.store, "_ledger", "", ())
    append(open_or_create(ledger.uri, OLD, ()), files, None)


@pytest.mark.parametrize("compacted", [False, True])
def test_versions_side_by_side_read_what_each_other_wrote(
    compacted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEDGER_FILES", 2)
    ledger = Ledger(str(tmp_path))
    old, new = batch("old", "one"), batch("new", "two")
    written_by_0_1_0(
        ledger, ledger.claimed_entry(old), ledger.committed_entry(old, [COUNTED], 2, 0.5)
    )
    assert claim(ledger, new) == new
    ledger.committed(new, [COUNTED, EMPTY], 1, 0.1)
    written_by_0_1_0(ledger, ledger.claimed_entry(batch("open", "three")))
    ledger.append([ledger.claimed_entry(batch("open too", "four"))])
    before = ledger.state().entries.sort_by("at")
    if compacted:
        compact_ledger(ledger)
        table = open_table(ledger.uri)
        assert table
        assert len(table.file_uris()) == 1
    after = Ledger(str(tmp_path))
    assert after.state().entries.sort_by("at").equals(before)
    assert after.counts("old") == [SourceCount("/landing/lines/one", 3, 2, 1, "id")]
    assert after.counts("new") == [COUNTED, EMPTY]
    assert {entry.batch_id: entry.bytes for entry in after.state().committed()} == {
        "old": None,
        "new": 45,
    }
    assert {entry.batch_id for entry in after.state().open()} == {"open", "open too"}
    assert after.sources("open") == [source("three")]
    assert known(after, *map(source, ("one", "two", "three", "four", "five"))) == [
        *[True] * 4,
        False,
    ]
    # as 0.1.0 reads it: by the columns that it knows, in each file
    for uri in cast(Any, open_table(after.uri)).file_uris():
        assert set(OLD.names) <= set(pq.ParquetFile(uri).schema_arrow.names)


def claim_and_commit(root: str, writer: int, batches: int) -> None:
    ledger = Ledger(root)
    for number in range(batches):
        # each wants one source that all want, and one of its own
        wanted = batch(f"{writer}-{number}", f"all-{number}", f"own-{writer}-{number}")
        taken = claim(ledger, wanted)
        assert taken
        ledger.committed(taken, [SourceCount("x", 1, 1, 0)], 1, 0.0)


def test_eight_writers_lose_nothing_and_take_nothing_twice(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=claim_and_commit, args=(str(tmp_path), writer, 10))
        for writer in range(8)
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert [each.exitcode for each in writers] == [0] * 8
    ledger = Ledger(str(tmp_path))
    state = ledger.state()
    assert len(state.committed()) == 80
    assert state.open() == []
    table = open_table(ledger.uri)
    assert table
    taken = [
        each["uri"]
        for lists in table.to_pyarrow_dataset().to_table(columns=["entry", "sources"]).to_pylist()
        if lists["entry"] == "claimed"
        for each in lists["sources"]
    ]
    assert len(taken) == len(set(taken)) == 10 + 8 * 10


def test_a_million_sources_are_quick_to_look_up(tmp_path: Path) -> None:
    build_big_ledger(tmp_path, 10_000, 1_000_000)
    measure = f"""
import resource, time
from datetime import UTC, datetime
from reelhouse.engines.base import Source
from reelhouse.lake.ledger import Ledger
now = datetime.now(UTC)
ledger = Ledger({str(tmp_path)!r})
new = [Source(f"/new/{{n}}", "1", 1, now) for n in range(10_000)]
old = Source("/data/landing/events/009999-000099.jsonl", "1000-99", 1000, now)
new[0].source_id, type(ledger.state())().known("events", [])
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
ledger = Ledger({str(tmp_path)!r})
state = ledger.state()
found = state.known("events", [*new, old])
open_batches = state.open()
seconds = time.process_time() - start
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
assert found == {{old.source_id}} and open_batches == []
print(seconds, grown)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", measure],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    seconds, grown = map(float, done.stdout.split())
    print(f"known() with 1,000,000 sources: {seconds:.3f} s, {grown:.0f} MB more")
    assert grown < 400
    assert seconds < 5
