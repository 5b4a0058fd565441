"""The proof of a compaction: any change of any record, in any column, is found."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from reelhouse.batch import ParquetFile
from reelhouse.lake.parquet import write_partitioned
from reelhouse.lake.proof import BATCH_BYTES, DataFile, Digest, digest
from reelhouse.storage import NotFound, open_store

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SCHEMA = pa.schema(
    list[Any](
        [
            pa.field("id", pa.int64()),
            pa.field("text", pa.string()),
            pa.field("share", pa.float64()),
            pa.field("at", pa.timestamp("us", "UTC")),
            pa.field("day", pa.date32()),
            pa.field("flag", pa.bool_()),
            pa.field("data", pa.binary()),
            pa.field("tags", pa.list_(pa.field("element", pa.string()))),
            pa.field(
                "violations",
                pa.list_(
                    pa.field("element", pa.struct([("field", pa.string()), ("rule", pa.string())]))
                ),
            ),
            pa.field("kind", pa.string()),
        ]
    )
)
RECORD: dict[str, Any] = {
    "id": 1,
    "text": "a",
    "share": 1.5,
    "at": NOON,
    "day": NOON.date(),
    "flag": True,
    "data": b"x",
    "tags": ["a", "b"],
    "violations": [{"field": "a", "rule": None}],
    "kind": "k",
}
OTHERS: dict[str, list[Any]] = {
    "id": [2, -1, None],
    "text": ["b", "", "A", "a ", None],
    "share": [-1.5, 1.5000000000000002, 0.0, None],
    "at": [NOON + dt.timedelta(microseconds=1), None],
    "day": [dt.date(2026, 11, 24), None],
    "flag": [False, None],
    "data": [b"y", b"", None],
    "tags": [
        *(["b", "a"], ["a"], ["a", "b", None], ["a, b"], ["ab"], ["[a", "b]"]),
        *([], None, [None], [None, None], [""], ["NULL"]),
    ],
    "violations": [
        *([{"field": "b", "rule": None}], [{"field": "a", "rule": "a"}]),
        *([{"field": None, "rule": "a"}], [{"field": None, "rule": None}], [None]),
        *([{"field": "a", "rule": None}] * 2, [{"field": "a", "rule": ""}], [], None),
    ],
    "kind": ["l", "K", "%6B", None],
}


def written(
    root: Path, *tables: pa.Table, partitions: tuple[str, ...] = ("kind",)
) -> list[DataFile]:
    """These tables' rows as files of a table, one or more for each of them."""
    store = open_store(str(root))
    found: list[ParquetFile] = []
    for table in tables:
        found += write_partitioned(table, store, "t", "batch=b.1", partitions)
    return [
        DataFile(each.path, each.path, each.size, each.rows, each.partition_values)
        for each in found
    ]


def of(root: Path, *records: dict[str, Any], **how: Any) -> Digest:
    files = written(root, pa.Table.from_pylist(list(records), SCHEMA), **how)
    return digest(open_store(str(root)), "t", files, SCHEMA)


@pytest.mark.parametrize("name", OTHERS)
def test_another_value_in_a_column_gives_another_digest(name: str, tmp_path: Path) -> None:
    records = [RECORD, *({**RECORD, name: value} for value in OTHERS[name])]
    digests = [of(tmp_path, each) for each in records]
    assert {each.rows for each in digests} == {1}
    assert len(set(digests)) == len(records)


def test_values_that_change_places_give_another_digest(tmp_path: Path) -> None:
    other = {**RECORD, "id": 2, "text": "b"}
    mixed = [{**RECORD, "text": "b"}, {**RECORD, "id": 2}]
    assert of(tmp_path, RECORD, other) != of(tmp_path, *mixed)


def test_each_time_that_a_record_is_there_counts(tmp_path: Path) -> None:
    other = {**RECORD, "id": 2}
    twice, once = of(tmp_path, RECORD, RECORD, other), of(tmp_path, RECORD, other)
    assert twice != once
    assert twice != of(tmp_path, RECORD, other, other)
    assert of(tmp_path) == Digest(0, 0)


def test_neither_the_order_nor_the_cut_into_files_counts(tmp_path: Path) -> None:
    records = [
        {**RECORD, "id": number, "kind": f"k{number % 3}", "text": None if number % 5 else "t"}
        for number in range(200)
    ]
    whole = of(tmp_path, *records)
    assert whole == of(tmp_path, *reversed(records))
    parts = [pa.Table.from_pylist(records[place::7], SCHEMA) for place in range(7)]
    files = written(tmp_path, *parts)
    assert len(files) == 21
    store = open_store(str(tmp_path))
    assert digest(store, "t", files, SCHEMA) == whole
    assert digest(store, "t", files[::-1], SCHEMA) == whole
    assert digest(store, "t", files[1:], SCHEMA) != whole
    # a partition's value is the same thing inside a file and in the name of its folder
    assert of(tmp_path, *records, partitions=()) == whole


def test_a_column_that_a_file_lacks_is_null(tmp_path: Path) -> None:
    short = pa.schema([each for each in SCHEMA if each.name != "text"])
    files = written(tmp_path, pa.Table.from_pylist([RECORD], short))
    assert digest(open_store(str(tmp_path)), "t", files, SCHEMA) == of(
        tmp_path, {**RECORD, "text": None}
    )


def test_memory_does_not_grow_with_a_file_of_long_records(tmp_path: Path) -> None:
    count, long = 50_000, 4_000
    texts = [f"{number:08}" * (long // 8) for number in range(count)]
    one = pa.Table.from_pylist([RECORD], SCHEMA)
    table = one.take([0] * count).set_column(1, "text", [texts])
    files = written(tmp_path, table)
    told: list[int] = []
    pool = pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    try:
        found = digest(open_store(str(tmp_path)), "t", files, SCHEMA, told.append)
        most = pool.max_memory()
    finally:
        pa.set_memory_pool(pa.system_memory_pool())
    assert found.rows == count
    assert sum(told) == sum(file.size for file in files)
    assert most is not None
    assert BATCH_BYTES < most < count * long * 0.7


def test_a_file_that_is_gone_or_broken_is_told(tmp_path: Path) -> None:
    store, (file,) = (
        open_store(str(tmp_path)),
        written(tmp_path, pa.Table.from_pylist([RECORD], SCHEMA)),
    )
    (tmp_path / "t" / file.path).write_bytes(b"PAR1")
    with pytest.raises(pa.ArrowInvalid):
        digest(store, "t", [file], SCHEMA)
    (tmp_path / "t" / file.path).unlink()
    with pytest.raises(NotFound):
        digest(store, "t", [file], SCHEMA)
