"""Reading the lake with DuckDB: no filter loses a row because of what the log says of files."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from reelhouse.lake.read import data_set
from tests.lake.compacting import compact, put, table_at
from tests.reading import read

OLD = pa.table({"id": [1, 2], "kind": ["a b", None]})
NEW = pa.table({"id": [3, 4, 5], "kind": ["a b", None, "é"], "more": [7, None, 9]})


@pytest.mark.parametrize("partitions", [(), ("kind",)])
@pytest.mark.parametrize("compacted", [False, True])
def test_rows_from_before_a_column_was_added_are_found(
    partitions: tuple[str, ...], compacted: bool, tmp_path: Path
) -> None:
    lake = str(tmp_path)
    put(lake, OLD, "old", partitions)
    put(lake, NEW, "new", partitions)
    if compacted:
        assert compact(lake).failures == []
    found = read(duckdb.connect(), lake, "events")
    for condition, ids in (
        ("more IS NULL", [1, 2, 4]),
        ("more IS NOT NULL", [3, 5]),
        ("more = 7 OR more IS NULL", [1, 2, 3, 4]),
        ("more >= 8", [5]),
        ("kind IS NULL AND more IS NULL", [2, 4]),
        ("kind = 'a b' AND more IS NULL", [1]),
        ("kind = 'a b'", [1, 3]),
        ("id <= 3", [1, 2, 3]),
    ):
        assert sorted(row[0] for row in found.filter(condition).fetchall()) == ids, condition


def test_files_from_before_a_column_was_added_are_pruned_by_their_partitions(
    tmp_path: Path,
) -> None:
    put(str(tmp_path), OLD, "old", ("kind",))
    put(str(tmp_path), NEW, "new", ("kind",))
    found = data_set(table_at(str(tmp_path)))
    kept = [each.path for each in found.get_fragments(filter=pc.field("kind") == "a b")]
    assert len(kept) == 2
    assert len(list(found.get_fragments(filter=pc.field("id") == 3))) == 3, "two are older"
