"""Parquet files and the commits that make them part of a table."""

import datetime as dt
import threading
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from reelhouse.batch import ParquetFile, SourceCount
from reelhouse.errors import ReelhouseError
from reelhouse.faults import Step
from reelhouse.lake import manifest
from reelhouse.lake.commit import BatchGivenUp, burn, commit, open_or_create, prepare
from reelhouse.lake.manifest import Damaged, Manifest
from reelhouse.lake.parquet import HIVE_NULL, write_partitioned
from reelhouse.lake.targets import Target
from reelhouse.storage import open_store
from tests.reading import read

ODD_VALUES = [
    *("a b", "a/b", "é", "%", "a%20b", None, "x=y", "+", "a:b?c#d", "\"q'", "..", HIVE_NULL),
    *("x" * 300, "é" * 100, "x" * 299 + "y"),
]


def table_of(values: list[str | None]) -> pa.Table:
    return pa.table(
        {"id": pa.array(range(len(values)), pa.int64()), "kind": pa.array(values, pa.string())}
    )


def put(
    root: Path,
    table: pa.Table,
    batch_id: str,
    partitions: tuple[str, ...] = ("kind",),
    attempt: int = 1,
) -> int:
    store, folder = open_store(str(root)), f"batch={batch_id}.{attempt}"
    files = write_partitioned(table, store, "t", folder, partitions, ("id",))
    return commit(store.uri("t"), table.schema, partitions, files, batch_id, attempt)


def rows(root: Path) -> list[tuple[object, ...]]:
    relation = read(duckdb.connect(), str(root), "t")
    assert isinstance(relation, duckdb.DuckDBPyRelation)
    return sorted(relation.fetchall(), key=str)


@pytest.mark.parametrize("name", ["lake", "a b", "é#?", "100%"])
def test_odd_partition_values_and_lakes_read_back(tmp_path: Path, name: str) -> None:
    table = table_of(ODD_VALUES)
    put(tmp_path / name, table, "one")
    found = DeltaTable(str(tmp_path / name / "t")).to_pyarrow_table().sort_by("id")
    assert found.select(["id", "kind"]).to_pydict() == table.to_pydict()
    assert [row[1] for row in sorted(rows(tmp_path / name))] == ODD_VALUES


def test_a_lake_that_delta_would_misread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReelhouseError, match="percent sign"):
        put(tmp_path / "a%20b", table_of(["x"]), "one")


def test_files_are_partitioned_sorted_and_described(tmp_path: Path) -> None:
    noon = dt.datetime(2026, 11, 23, 12, 0, 0, 500_000, dt.UTC)
    table = pa.table(
        {
            "id": [3, 1, 2, 4],
            "day": [dt.date(2026, 11, 23)] * 3 + [dt.date(2026, 11, 24)],
            "at": pa.array([noon, noon, None, noon], pa.timestamp("us", "UTC")),
            "share": [0.5, -1.5, 2.0, None],
            "text": ["b", "a", "x" * 33, "c"],
            "flag": [True, False, True, None],
            "tags": [["a"], [], None, ["b"]],
        }
    )
    store = open_store(str(tmp_path))
    first, second = write_partitioned(table, store, "t", "batch=x.1", ("day",), ("id",))
    assert first.path.startswith("batch=x.1/day=2026-11-23/part-")
    assert (first.rows, first.partition_values) == (3, {"day": "2026-11-23"})
    assert first.size == (tmp_path / "t" / first.path).stat().st_size
    assert first.statistics == {
        "minValues": {
            "id": 1,
            "at": "2026-11-23T12:00:00.500Z",
            "share": -1.5,
            "text": "a",
            "flag": False,
        },
        "maxValues": {
            "id": 3,
            "at": "2026-11-23T12:00:00.500Z",
            "share": 2.0,
            "text": "x" * 32 + "\U0010ffff",
            "flag": True,
        },
        "nullCount": {"id": 0, "at": 1, "share": 0, "text": 0, "flag": 0},
    }
    assert second.statistics["nullCount"]["share"] == 1
    file = pq.ParquetFile(tmp_path / "t" / first.path)
    assert file.schema_arrow.names == ["id", "at", "share", "text", "flag", "tags"]
    assert file.read()["id"].to_pylist() == [1, 2, 3]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.schema.column(1).physical_type == "INT64"
    assert write_partitioned(table.slice(0, 0), store, "t", "batch=x.1", ("day",)) == []


LAST = "\U0010ffff"
LATE = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, dt.UTC)
AWKWARD: dict[str, list[object]] = {
    "long text": ["x" * 40, "y" * 40, None],
    "text of the last characters": [f"{'z' * 31}{LAST * 5}a", f"{'z' * 32}{LAST}", "é" * 33],
    "moments": [dt.datetime(2026, 1, 1, 0, 0, 0, 5, dt.UTC), None, LATE.replace(microsecond=1)],
    "flags": [True, False, None],
    "nothing": [None, None, None],
}


@pytest.mark.parametrize("name", AWKWARD)
def test_no_comparison_loses_a_row_because_of_the_statistics(tmp_path: Path, name: str) -> None:
    values = AWKWARD[name]
    types = {"moments": pa.timestamp("us", "UTC"), "flags": pa.bool_()}
    table = pa.table(
        {
            "id": pa.array(range(len(values)), pa.int64()),
            "value": pa.array(values, cast(Any, types.get(name, pa.string()))),
        }
    )
    put(tmp_path, table, "one", ())
    dataset = DeltaTable(str(tmp_path / "t")).to_pyarrow_dataset()
    for number, value in enumerate(values):
        field = pc.field("value")
        wanted = field.is_null() if value is None else field == value
        assert number in dataset.to_table(filter=wanted)["id"].to_pylist()
        if value is not None:
            for reach in (field >= value, field <= value):
                assert number in dataset.to_table(filter=reach)["id"].to_pylist()


def test_many_partitions_hold_all_rows_once(tmp_path: Path) -> None:
    table = pa.table({"id": range(10_000), "kind": [f"k{i % 97}" for i in range(10_000)]})
    store = open_store(str(tmp_path))
    files = write_partitioned(table, store, "t", "batch=x.1", ("kind",))
    assert len(files) == 97
    assert sum(file.rows for file in files) == 10_000
    put(tmp_path, table, "one")
    found = DeltaTable(str(tmp_path / "t")).to_pyarrow_table()
    assert sorted(found["id"].to_pylist()) == list(range(10_000))


def test_statistics_prune_and_do_not_lose_rows(tmp_path: Path) -> None:
    moments = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=i) for i in range(10)]
    table = pa.table(
        {
            "id": range(10),
            "kind": ["a", "b"] * 5,
            "at": pa.array(moments, pa.timestamp("us", "UTC")),
        }
    )
    put(tmp_path, table, "one")
    found = DeltaTable(str(tmp_path / "t")).to_pyarrow_dataset()
    assert found.count_rows(filter=pc.field("at") >= moments[9]) == 1
    assert found.count_rows(filter=(pc.field("kind") == "a") & (pc.field("id") < 5)) == 3


def test_a_batch_is_committed_once(tmp_path: Path) -> None:
    assert put(tmp_path, table_of(["a", "b"]), "one", attempt=2) == 2
    assert put(tmp_path, table_of(["c", "d", "e"]), "one", attempt=1) == 2
    assert put(tmp_path, table_of(["a", "b"]), "one", attempt=2) == 2
    assert put(tmp_path, table_of(["a"]), "two") == 1
    assert len(rows(tmp_path)) == 3


def test_a_batch_without_files_counts_as_committed(tmp_path: Path) -> None:
    assert put(tmp_path, table_of([]), "none", attempt=1) == 1
    assert put(tmp_path, table_of(["a"]), "none", attempt=2) == 1
    assert rows(tmp_path) == []


def test_a_burnt_batch_is_refused(tmp_path: Path) -> None:
    table = table_of(["a"])
    uri = str(tmp_path / "t")
    assert burn(uri, table.schema, ("kind",), "late")
    assert burn(uri, table.schema, ("kind",), "late")
    with pytest.raises(BatchGivenUp):
        put(tmp_path, table, "late")
    put(tmp_path, table, "there")
    assert not burn(uri, table.schema, ("kind",), "there")
    assert len(rows(tmp_path)) == 1


def test_a_table_that_the_contract_does_not_fit_can_be_burnt(tmp_path: Path) -> None:
    put(tmp_path, table_of(["a"]), "one")
    uri = str(tmp_path / "t")
    other = table_of(["a"]).set_column(0, "id", pa.array(["x"])).schema
    with pytest.raises(ReelhouseError, match="has integer, and this run asks for string"):
        prepare(uri, other, ("kind",), "two")
    assert burn(uri, other, (), "two")
    assert not burn(uri, other, (), "one")
    assert len(rows(tmp_path)) == 1


def test_a_burnt_batch_is_refused_before_it_is_written(tmp_path: Path) -> None:
    uri, schema = str(tmp_path / "t"), table_of([]).schema
    prepare(uri, schema, ("kind",), "late")
    assert burn(uri, schema, ("kind",), "late")
    with pytest.raises(BatchGivenUp):
        prepare(uri, schema, ("kind",), "late")


def test_files_that_are_committed_again_under_another_name_are_not_doubled(
    tmp_path: Path,
) -> None:
    # should a table have forgotten a batch, its manifest still names the same files
    table, store = table_of(["a", "b"]), open_store(str(tmp_path))
    files = write_partitioned(table, store, "t", "batch=x.1", ("kind",))
    for batch_id in ("x", "y"):
        assert commit(store.uri("t"), table.schema, ("kind",), files, batch_id)
    assert len(rows(tmp_path)) == 2


def test_a_contract_may_gain_and_lose_columns(tmp_path: Path) -> None:
    old = table_of(["a"])
    new = old.append_column("more", pa.array([7], pa.int64()))
    assert put(tmp_path, old, "one")
    assert put(tmp_path, new, "two")
    assert put(tmp_path, old, "three")
    assert sorted(row[2] or 0 for row in rows(tmp_path)) == [0, 0, 7]


def test_a_changed_type_or_partitioning_is_explained(tmp_path: Path) -> None:
    put(tmp_path, table_of(["a"]), "one")
    with pytest.raises(ReelhouseError, match="partitioned by kind, and this run asks for nothing"):
        put(tmp_path, table_of(["a"]), "two", ())
    other = table_of(["a"]).set_column(0, "id", pa.array(["x"]))
    with pytest.raises(ReelhouseError, match="has integer, and this run asks for string"):
        put(tmp_path, other, "three")


def test_writers_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for batch in range(5):
                put(tmp_path, table_of([f"w{number}"]), f"{number}-{batch}")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(rows(tmp_path)) == 30


def test_of_four_that_commit_one_batch_one_does(tmp_path: Path) -> None:
    done: list[int] = []
    write = threading.Barrier(4)

    def run(attempt: int) -> None:
        write.wait()
        done.append(put(tmp_path, table_of(["a"] * attempt), "same", attempt=attempt))

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    assert done == [len(rows(tmp_path))] * 4


def test_the_log_gets_checkpoints_and_forgets_old_batches(tmp_path: Path) -> None:
    schema = table_of([]).schema
    for number in range(12):
        commit(str(tmp_path / "t"), schema, ("kind",), [], f"b{number}")
    checkpoints = [path.name for path in (tmp_path / "t/_delta_log").glob("*.checkpoint.parquet")]
    assert checkpoints == ["00000000000000000010.checkpoint.parquet"]
    table = open_or_create(str(tmp_path / "t"), schema, ("kind",))
    assert table.transaction_version("b0") == 1
    configuration = table.metadata().configuration
    assert configuration["delta.setTransactionRetentionDuration"] == "interval 30 days"


def test_a_checkpoint_that_fails_is_no_failed_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = table_of([]).schema

    def fail(_: DeltaTable) -> None:
        raise OSError("the store is away")

    monkeypatch.setattr(DeltaTable, "create_checkpoint", fail)
    for number in range(12):
        assert commit(str(tmp_path / "t"), schema, ("kind",), [], f"b{number}") == 1
    assert not list((tmp_path / "t/_delta_log").glob("*.checkpoint.parquet"))


def target(files: list[ParquetFile]) -> Target:
    return Target(Step.LAKE, "t", table_of([]).schema, ("kind",), tuple(files))


def test_a_manifest_reads_back_as_it_was(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    files = write_partitioned(table_of(ODD_VALUES), store, "t", "batch=b.1", ("kind",))
    counts = (
        SourceCount("/a b/é%", 2, 1, 1, "id,näme", 40, 8, 2, packed=True),
        SourceCount("/not/known", 0, 0, 0),
    )
    written = Manifest(1, (target(files), target([])), counts)
    manifest.save(store, "t", "b", written)
    assert manifest.load(store, "t", "b", 1) == written
    assert manifest.load(store, "t", "b", 2) is None


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff", b'{"targets": [{}], "counts": []}'])
def test_a_manifest_that_is_damaged_is_told_by_name(tmp_path: Path, text: bytes) -> None:
    store = open_store(str(tmp_path))
    store.write("t/batch=b.1/_manifest.json", text)
    with pytest.raises(Damaged, match=r"t/batch=b\.1/_manifest\.json is damaged"):
        manifest.load(store, "t", "b", 1)


def test_a_manifest_is_no_part_of_the_table(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    manifest.save(store, "t", "one", Manifest(1, (), ()))
    put(tmp_path, table_of(["a"]), "one")
    assert len(rows(tmp_path)) == 1


def test_a_table_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ReelhouseError, match="no such table yet"):
        read(duckdb.connect(), str(tmp_path), "t")
