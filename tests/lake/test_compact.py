"""Compaction: few files, the same records, and nothing deleted that anybody needs."""

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake.exceptions import CommitFailedError
from pyspark.sql import DataFrame
from pyspark.sql.functions import lit

from reelhouse.contract.model import QUARANTINE_SCHEMA
from reelhouse.errors import WrongUse
from reelhouse.lake import layout, merge
from reelhouse.lake.commit import open_or_create
from reelhouse.lake.compact import Compaction, compact_ledger
from reelhouse.lake.ledger import Ledger
from reelhouse.lake.merge import GivesWay, Merge, Merging, begun, plan_merge
from reelhouse.lake.parquet import HIVE_NULL
from reelhouse.lake.proof import DataFile, files_of
from reelhouse.storage import open_store
from tests.lake.compacting import age, compact, listing, put, result, rows, table_at
from tests.lake.test_ledger import batch
from tests.reading import read, read_table
from tests.servers.bucket import Server

STORES = ("local", "s3", "gs")


@pytest.fixture(params=STORES)
def lake(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    servers: Callable[[str], Server],
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """An empty lake: here, and on each store in turn."""
    if request.param == "local":
        return str(tmp_path / "lake")
    made = servers(request.param).bucket()
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return f"{made.uri}/the lake"


def numbered(*numbers: int, kinds: Sequence[str | None] = ("a",)) -> pa.Table:
    """A row with each of these numbers; the kinds take turns."""
    turns = [kinds[place % len(kinds)] for place in range(len(numbers))]
    return pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "kind": pa.array(turns, pa.string()),
            "text": pa.array([f"text {number}" for number in numbers], pa.string()),
        }
    )


# --- the records


def test_a_thousand_small_files_become_few_while_more_arrive(lake: str) -> None:
    batches, partitions = (50, 20) if "://" not in lake else (10, 10)

    def arrive(number: int) -> None:
        table = pa.table(
            {
                "id": range(partitions),
                "batch": [number] * partitions,
                "kind": map(str, range(partitions)),
            }
        )
        put(lake, table, f"b{number}", ("kind",))

    def arrive_all(first: int) -> None:
        for number in range(first, batches, 2):
            arrive(number)

    arrive(0)
    arrive(1)
    writers = [threading.Thread(target=arrive_all, args=(first,)) for first in (2, 3)]
    for writer in writers:
        writer.start()
    moved = 0
    while any(writer.is_alive() for writer in writers):
        moved += result(compact(lake)).rows
    for writer in writers:
        writer.join()
    assert moved > 0, "it found something to do while files arrived"
    last = result(compact(lake))
    assert last.files_after == partitions
    found = table_at(lake).to_pyarrow_table()
    assert found.num_rows == batches * partitions
    pairs = set(zip(found["id"].to_pylist(), found["batch"].to_pylist(), strict=True))
    assert len(pairs) == batches * partitions
    assert open_store(lake).head("events/_delta_log/_last_checkpoint") is not None


def test_a_second_compaction_does_nothing(lake: str) -> None:
    for number in range(3):
        put(lake, numbered(number, -number, kinds=("k1", "k2")), f"b{number}", ("kind",))
    first = result(compact(lake))
    assert (first.files_before, first.files_after, first.rows) == (6, 2, 6)
    assert 0 < first.bytes_after < first.bytes_before
    there, version = listing(lake), table_at(lake).version()
    again = result(compact(lake))
    assert (again.files_before, again.files_after, again.rows, again.deleted_files) == (2, 2, 0, 0)
    assert (listing(lake), table_at(lake).version()) == (there, version)


ODD_VALUES = ["a b", "a/b", "é", "%", "a%20b", "x=y", "+", "a:b?c#d", "\"q'", "..", "~", "😀"]
LONG = "x" * 300


def test_odd_partition_values_stay_as_they_are(lake: str) -> None:
    kinds = [*ODD_VALUES, None]
    for number in range(2):
        put(lake, numbered(*range(len(kinds)), kinds=kinds), f"b{number}", ("kind",))
    before = rows(lake)
    done = result(compact(lake))
    assert (done.files_before, done.files_after) == (26, 13)
    assert rows(lake) == before
    assert sum(before.values()) == 26


def test_partitions_whose_folders_would_be_one_are_not_mixed(tmp_path: Path) -> None:
    # to Delta's optimize all of the first three are one partition
    lake, values = str(tmp_path), [None, "", HIVE_NULL, LONG, "a", "b"]
    for number in range(3):
        put(lake, numbered(*range(len(values)), kinds=values), f"b{number}", ("kind",))
    before = rows(lake)
    done = result(compact(lake))
    assert rows(lake) == before
    assert (done.files_before, done.files_after) == (18, 14), "those that can be, are merged"
    assert result(compact(lake)).rows == 0


def test_files_of_older_contracts_are_merged_with_those_of_newer_ones(tmp_path: Path) -> None:
    lake = str(tmp_path)
    old, new = numbered(1), numbered(2).append_column("more", pa.array([7], pa.int64()))
    for number, table in enumerate((old, new, old, new)):
        put(lake, table, f"b{number}")
    before = rows(lake)
    assert result(compact(lake)).files_after == 1
    assert rows(lake) == before
    found = read(duckdb.connect(), lake, "events")
    assert sorted(row[0] for row in found.filter("more IS NULL").fetchall()) == [1, 1]
    assert [row[0] for row in found.filter("more = 7").fetchall()] == [2, 2]


def test_nested_lists_stay_as_they_are(tmp_path: Path) -> None:
    lake = str(tmp_path)
    violation = {"field": "a", "rule": "b", "message": None}
    for number, violations in enumerate([[violation], [], None, [None], [violation] * 2, [{}]]):
        table = pa.Table.from_pylist(
            [{"raw": "x" * number, "violations": violations, "_source": "s"}], QUARANTINE_SCHEMA
        )
        put(lake, table, f"b{number}", path=layout.quarantine("events"))
    before = rows(lake, layout.quarantine("events"))
    done = result(compact(lake), layout.quarantine("events"))
    assert (done.files_before, done.files_after, done.rows) == (6, 1, 6)
    assert rows(lake, layout.quarantine("events")) == before


def test_tables_that_are_empty_or_not_there_are_no_failure(lake: str) -> None:
    assert compact(lake).tables == []
    schema = numbered().schema
    open_or_create(open_store(lake).uri("events"), schema, ("kind",))
    done = result(compact(lake))
    assert (done.files_before, done.files_after, done.rows) == (0, 0, 0)
    put(lake, numbered(), "none", ("kind",))
    assert result(compact(lake)).files_after == 0


UTC = dt.UTC
AWKWARD: "dict[str, pa.Array[Any]]" = {
    "whole": pa.array([2**63 - 1, -(2**63), 2**53 + 1, 0, None]),
    "share": pa.array([1e-300, -1.5, 0.0, 1e300, None]),
    "text": pa.array(["x" * 40, "y" * 33, "\U0010ffff" * 40, "é" * 33, None]),
    "short": pa.array(["", " ", "a", "\x00", None]),
    "moment": pa.array(
        [
            dt.datetime(2026, 1, 1, 0, 0, 0, 123_456, UTC),
            dt.datetime(2026, 1, 1, 0, 0, 0, 123_999, UTC),
            dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
            dt.datetime(1, 1, 1, tzinfo=UTC),
            None,
        ],
        pa.timestamp("us", "UTC"),
    ),
    "day": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2026, 1, 1), None, None]),
    "flag": pa.array([True, False, None, True, True]),
    "nothing": pa.array([None] * 5, pa.string()),
    "tags": pa.array([["a", None], [], None, ["b"], [""]]),
}


def awkward(number: int) -> pa.Table:
    """Values that statistics get wrong easily, each in a file of its own and all together."""
    whole = pa.table({"id": pa.array(range(5), pa.int64()), **AWKWARD})
    return whole if number == 5 else whole.slice(number, 1)


def test_a_filter_on_each_column_finds_all_rows(tmp_path: Path) -> None:
    lake = str(tmp_path)
    for number in range(6):
        put(lake, awkward(number), f"b{number}")
    assert result(compact(lake)).files_after == 1
    dataset = table_at(lake).to_pyarrow_dataset()
    relation = read(duckdb.connect(), lake, "events")
    for name, values in AWKWARD.items():
        assert relation.filter(f"{name} IS NULL").count("*").fetchall() == [
            (2 * values.null_count,)
        ]
        for value in values.to_pylist() if name != "tags" else ():
            field = pc.field(name)
            if value is None:
                assert dataset.count_rows(filter=field.is_null()) == 2 * values.null_count
                continue
            known = [each for each in values.to_pylist() if each is not None]
            for wanted, condition in (
                (lambda each, value=value: each == value, field == value),
                (lambda each, value=value: each >= value, field >= value),
                (lambda each, value=value: each <= value, field <= value),
            ):
                count = 2 * sum(wanted(each) for each in known)
                assert dataset.count_rows(filter=condition) == count, (name, value)
            equal = duckdb.ColumnExpression(name) == duckdb.ConstantExpression(value)
            assert relation.filter(equal).count("*").fetchall() == [(2 * known.count(value),)]


def test_the_log_stays_short_where_texts_are_long(tmp_path: Path) -> None:
    lake = str(tmp_path)
    for number in range(3):
        put(lake, pa.table({"raw": [f"{number}" * 1_000_000]}), f"b{number}")
    assert result(compact(lake)).files_after == 1
    log = tmp_path / "events/_delta_log"
    assert max(entry.stat().st_size for entry in log.iterdir()) < 50_000


def test_merged_files_are_as_the_lakes_files_are(tmp_path: Path) -> None:
    lake = str(tmp_path)
    for number in range(6):
        put(lake, awkward(number), f"b{number}")
    (before,) = (tmp_path / "events").glob("batch=b5.1/*.parquet")
    compact(lake)
    (path,) = (tmp_path / "events").glob("*.parquet")
    found, wanted = pq.ParquetFile(path), pq.ParquetFile(before)
    assert found.schema_arrow == wanted.schema_arrow
    group = found.metadata.row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    assert {each.compression for each in columns} == {"ZSTD"}
    assert [each.physical_type for each in columns if each.path_in_schema == "moment"] == ["INT64"]


def test_spark_reads_what_was_merged(spark: Any, tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    for number in range(6):
        put(lake, awkward(number), f"b{number}")
    assert result(compact(lake)).files_after == 1
    wanted = {
        "id >= 0": 10,
        "whole = 9223372036854775807": 2,
        "moment = timestamp'2026-01-01 00:00:00.123999Z'": 2,
        "moment >= timestamp'9999-12-31 23:59:59.999999Z'": 2,
        f"text = '{'y' * 33}'": 2,
        "text > 'zzzzz'": 4,
        "nothing IS NULL": 10,
    }
    few = ("spark.databricks.delta.snapshotPartitions", "spark.sql.shuffle.partitions")
    for setting in few:
        spark.conf.set(setting, 1)  # the table is small
    try:
        found = read(spark, lake, "events")
        # one job for all, and each condition prunes for itself
        each = [found.filter(condition).select(lit(condition).alias("c")) for condition in wanted]
        counted = reduce(DataFrame.union, each).coalesce(1).groupBy("c").count().collect()
    finally:
        for setting in few:
            spark.conf.unset(setting)
    assert {row["c"]: row["count"] for row in counted} == wanted


# --- what is planned


def file(name: str, size: int, kind: str | None = "a") -> DataFile:
    return DataFile(name, name, size, 1, {"kind": kind})


def test_files_are_merged_up_to_the_target() -> None:
    files = [file(str(place), size) for place, size in enumerate([4, 4, 4, 11, 3, 3, 3, 3, 10, 2])]
    found = plan_merge(files, 10)
    (part,) = found.parts
    assert [[each.path for each in group] for group in part.groups] == [["0", "1"], ["4", "5", "6"]]
    assert (len(found.merged), found.added, found.whole) == (5, 2, True)


def test_files_that_delta_can_not_find_are_left_alone() -> None:
    older = [file(f"batch=b{number}.1/kind=~/part.parquet", 1, "~") for number in range(2)]
    others = [file(str(number), 1, "a") for number in range(2)]
    found = plan_merge([*older, *others], 10)
    assert (found.merged, found.whole) == (others, False)


def test_what_is_planned_is_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = str(tmp_path)
    for number in range(40):
        length = 10_000 * (1 + number % 7)
        texts = ["".join(chr(97 + hash((number, place)) % 26) for place in range(length))]
        put(lake, pa.table({"id": [number], "text": texts}), f"b{number}")
    work = Compaction(lake, target_bytes=100_000)
    told = result(work.rehearse(["events"]))
    monkeypatch.setattr(merge, "ROUNDS", 1)
    done = result(Compaction(lake, target_bytes=100_000).run(["events"]))
    assert 1 < done.files_after < 40
    assert (told.files_before, told.files_after, told.rows) == (40, done.files_after, done.rows)


def test_a_dry_run_does_nothing(tmp_path: Path) -> None:
    lake = str(tmp_path)
    for number in range(3):
        put(lake, numbered(number), f"b{number}")
    there = listing(lake)
    told = result(Compaction(lake).rehearse(["events"]))
    assert (told.files_before, told.files_after, told.rows) == (3, 1, 3)
    assert listing(lake) == there


# --- two at once


def begin(work: Merging) -> bool:
    """What a merge does first."""
    table = work._free()
    return work._begin(table, table.version() + 1)


def test_a_merge_that_was_prepared_before_another_began_is_refused(
    lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "MERGE_LEASE", dt.timedelta(0))  # it is taken to be gone at once
    for number in range(4):
        put(lake, numbered(number), f"b{number}")
    store, before = open_store(lake), rows(lake)
    sleeper = Merging(store, "events")
    assert begin(sleeper)
    prepared = table_at(lake)
    Merging(store, "events").run()
    with pytest.raises(CommitFailedError):
        prepared.optimize.compact()
    assert rows(lake) == before
    assert len(files_of(table_at(lake))) == 1


def test_a_merge_that_was_taken_over_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = str(tmp_path)
    for number in range(2):
        put(lake, numbered(number), f"b{number}")
    store, before = open_store(lake), rows(lake)
    sleeper = Merging(store, "events")
    assert begin(sleeper)
    prepared = table_at(lake)
    monkeypatch.setattr(Merge, "is_gone", lambda merge: True)
    # the other takes it over, and has nothing to merge itself
    Merging(store, "events", target=1).run()
    assert begun(table_at(lake)) is None
    with pytest.raises(CommitFailedError):
        prepared.optimize.compact()
    assert rows(lake) == before


def test_a_merge_gives_way_to_one_that_is_at_work(tmp_path: Path) -> None:
    lake = str(tmp_path)
    for number in range(4):
        put(lake, numbered(number), f"b{number}")
    first = Merging(open_store(lake), "events")
    assert begin(first)
    there = listing(lake)
    with pytest.raises(GivesWay):
        Merging(open_store(lake), "events").run()
    assert listing(lake) == there
    told = result(Compaction(lake).run(["events"]))
    assert (told.gave_way, told.files_after, told.deleted_files) == (True, 4, 0)


def test_a_merge_on_another_machine_is_given_way_to_until_its_lease_runs_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = str(tmp_path)
    for number in range(2):
        put(lake, numbered(number), f"b{number}")
    store, before = open_store(lake), rows(lake)
    for lease, gives_way in ((dt.timedelta(hours=1), True), (dt.timedelta(0), False)):
        with monkeypatch.context() as there:
            there.setattr(merge, "this_process", lambda: "elsewhere/boot/pid:[1]/1:1")
            there.setattr(merge, "MERGE_LEASE", lease)
            if not gives_way:
                there.setattr(Merge, "is_gone", lambda merge: True)
            dead = Merging(store, "events")
            assert begin(dead)
        assert result(compact(lake)).gave_way is gives_way
    assert rows(lake) == before
    assert len(files_of(table_at(lake))) == 1


def test_of_many_at_once_none_doubles_a_record(lake: str) -> None:
    runs, steps = (4, 4) if "://" not in lake else (2, 2)
    kinds = ("k0", "k1", "k2")
    for number in range(3):
        put(
            lake, numbered(*range(number * 3, number * 3 + 3), kinds=kinds), f"b{number}", ("kind",)
        )
    errors: list[BaseException] = []

    def work(run: int) -> None:
        try:
            for step in range(steps):
                put(lake, numbered(100 * run + step, kinds=kinds), f"w{run}-{step}", ("kind",))
                assert compact(lake).failures == []
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(run,)) for run in range(1, runs + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    compact(lake)
    found = table_at(lake)
    new = [100 * run + step for run in range(1, runs + 1) for step in range(steps)]
    assert sorted(found.to_pyarrow_table()["id"].to_pylist()) == [*range(9), *new]
    assert len(files_of(found)) == 3
    assert begun(found) is None


# --- what is kept, and what is not


def test_files_are_kept_for_readers_of_older_versions(tmp_path: Path) -> None:
    lake = str(tmp_path)
    for number in range(4):
        put(lake, numbered(number), f"b{number}")
    before, version = rows(lake), table_at(lake).version()
    compact(lake, keep_hours=48)
    age(tmp_path, "events", 47)
    assert result(compact(lake, keep_hours=48)).deleted_files == 0
    assert rows(lake, version=version) == before
    age(tmp_path, "events", 2)
    assert result(Compaction(lake, keep_hours=48).rehearse(["events"])).deleted_files == 4
    assert result(compact(lake, keep_hours=48)).deleted_files == 4
    assert rows(lake) == before
    assert [path for path in listing(lake, "events") if "batch=" in path] == []
    assert list(tmp_path.glob("events/batch=*")) == [], "empty folders go too"


def test_the_log_remembers_removed_files_for_as_long_as_they_are_kept(tmp_path: Path) -> None:
    lake = str(tmp_path)
    for number in range(4):
        put(lake, numbered(number), f"b{number}")
    before, version = rows(lake), table_at(lake).version()
    compact(lake, keep_hours=400)
    age(tmp_path, "events", 300)
    put(lake, numbered(4), "b4")
    assert result(compact(lake, keep_hours=400)).deleted_files == 0
    table_at(lake).create_checkpoint()
    assert result(compact(lake, keep_hours=400)).deleted_files == 0
    assert rows(lake, version=version) == before


def test_files_that_a_dead_merge_has_left_go_once_they_are_old(tmp_path: Path) -> None:
    lake = str(tmp_path)
    put(lake, numbered(1), "b1", ("kind",))
    orphan = tmp_path / "events/kind=a/part-0.zstd.parquet"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"half")
    assert result(compact(lake)).deleted_files == 0
    age(tmp_path, "events", 200)
    assert result(compact(lake)).deleted_files == 1
    assert not orphan.exists()
    assert sum(rows(lake).values()) == 1


@pytest.mark.parametrize(("hours", "lease"), [(0, 600), (1, 3600), (2, 86_400), (721, 600)])
def test_a_retention_that_makes_no_sense_is_wrong_use(hours: int, lease: float) -> None:
    with pytest.raises(WrongUse, match="lease of a run"):
        Compaction("/nowhere", keep_hours=hours, lease_seconds=lease)


def test_the_log_forgets_what_is_older_than_a_month(tmp_path: Path) -> None:
    lake, log = str(tmp_path), tmp_path / "events/_delta_log"
    for number in range(4):
        put(lake, numbered(number), f"b{number}")
    compact(lake)
    first = set(log.glob("0*.json"))
    ago = time.time() - 31 * 86_400
    for path in log.iterdir():
        os.utime(path, (ago, ago))
    for number in range(4, 6):
        put(lake, numbered(number), f"b{number}")
    before = rows(lake)
    assert result(compact(lake)).files_after == 1
    assert len(first & set(log.glob("0*.json"))) <= 1, "one that a checkpoint stands beside"
    assert rows(lake) == before
    put(lake, numbered(0), "b0")  # the log still knows the batch
    assert rows(lake) == before


# --- the ledger


def test_the_ledger_becomes_small_and_knows_what_it_knew(lake: str) -> None:
    ledger = Ledger(lake)
    for number in range(4):
        found = batch(f"b{number}", f"s{number}")
        ledger.append([ledger.claimed_entry(found)])
        if number < 2:
            ledger.committed(found, [], 1, 0.5)
    before = rows(lake, layout.LEDGER)
    done = result(compact(lake), layout.LEDGER)
    assert (done.files_before, done.files_after, done.rows) == (6, 1, 6)
    assert rows(lake, layout.LEDGER) == before
    again = Ledger(lake)
    state = again.state()
    assert len(state.committed()) == 2
    assert {claim.batch_id for claim in state.open()} == {"b2", "b3"}
    assert again.sources("b3") == batch("b3", "s3").sources


def test_an_entry_that_a_sleeping_run_has_written_stays(tmp_path: Path) -> None:
    lake = str(tmp_path)
    ledger = Ledger(lake)
    for number in range(3):
        ledger.append([ledger.claimed_entry(batch(f"b{number}"))])
    sleeping = tmp_path / "_ledger/part-of-a-sleeper.parquet"
    sleeping.write_bytes(b"not committed yet")
    compact(lake)
    age(tmp_path, "_ledger", 300)
    done = result(compact(lake), layout.LEDGER)
    assert done.deleted_files == 3
    assert sleeping.exists()
    assert len(Ledger(lake).state().open()) == 3


def test_ledgers_that_are_compacted_by_runs_and_by_the_command_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reelhouse.lake.compact.LEDGER_FILES", 2)
    lake, writers = str(tmp_path), 4

    def write(first: int) -> None:
        ledger = Ledger(lake)
        for number in range(first, 24, writers):
            ledger.append([ledger.claimed_entry(batch(f"b{number}"))])
            compact_ledger(ledger) if number % 3 else compact(lake)

    threads = [threading.Thread(target=write, args=(first,)) for first in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = table_at(lake, layout.LEDGER).to_pyarrow_table(columns=["batch_id"])
    assert sorted(found["batch_id"].to_pylist()) == sorted(f"b{number}" for number in range(24))
    compact(lake)
    relation = read_table(duckdb.connect(), lake, layout.LEDGER)
    assert relation.count("*").fetchall() == [(24,)]
