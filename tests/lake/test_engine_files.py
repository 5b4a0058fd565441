"""The Parquet files of each engine: sorted, compressed, and described so that readers can prune."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from reelhouse.batch import ParquetFile, Source
from reelhouse.contract.model import Contract
from reelhouse.contract.registry import load_all
from reelhouse.demo.generate import generate
from reelhouse.lake.commit import commit
from tests.conformance.harness import work_of

DATASETS = ("events", "users", "videos")


def written(engine: Any, contract: Contract, folder: Path) -> list[ParquetFile]:
    """What an engine writes of a small site's sources."""
    landing = folder / "landing"
    generate(landing, events=3000, users=200, videos=50, files=2, days=3, broken=0.02)
    sources = [
        Source(str(path), "1", path.stat().st_size, dt.datetime.now(dt.UTC))
        for path in sorted((landing / contract.dataset).iterdir())
    ]
    files: list[ParquetFile] = engine(work_of(contract, sources, folder, 1 << 20)).valid_files
    return files


@pytest.mark.parametrize("dataset", DATASETS)
def test_files_are_sorted_compressed_and_described(
    engine: Any, dataset: str, tmp_path: Path
) -> None:
    contract = load_all()[dataset]
    partitions = {each.name for each in contract.partitions}
    files = written(engine, contract, tmp_path)
    assert files
    for each in files:
        path = tmp_path / dataset / each.path
        assert each.size == path.stat().st_size
        file = pq.ParquetFile(path)
        assert file.metadata.num_rows == each.rows
        assert not partitions & set(file.schema_arrow.names)
        assert set(each.partition_values) == partitions
        group = file.metadata.row_group(0)
        columns = [group.column(place) for place in range(group.num_columns)]
        assert {column.compression for column in columns} == {"ZSTD"}
        table = file.read()
        keys = list(zip(*(table[name].to_pylist() for name in contract.sort), strict=True))
        assert keys == sorted(keys)
        check_statistics(table, each.statistics)


def check_statistics(table: Any, statistics: dict[str, Any]) -> None:
    """Bounds hold all values, counts of nulls are right, and what is sorted by has both."""
    for name, nulls in statistics["nullCount"].items():
        assert table[name].null_count == nulls
    for name, least in statistics["minValues"].items():
        values = [value for value in table[name].to_pylist() if value is not None]
        low, high = (comparable(each) for each in (least, statistics["maxValues"][name]))
        assert all(low <= comparable(value) <= high for value in values), name
    assert {"_source", "_batch_id", "_ingested_at"} <= set(statistics["nullCount"])


def comparable(value: Any) -> Any:
    """A value, or its bound in the log, as something that can be compared with the other."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "")
    if isinstance(value, str) and value.endswith("Z") and "T" in value:
        moment = dt.datetime.fromisoformat(value)
        return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "")
    return value


def test_readers_prune_by_partition_and_by_what_is_sorted(engine: Any, tmp_path: Path) -> None:
    contract = load_all()["events"]
    files = written(engine, contract, tmp_path)
    uri, partitions = str(tmp_path / "events"), [each.name for each in contract.partitions]
    commit(uri, contract.lake_schema(), partitions, files, "b")
    table = DeltaTable(uri)
    days = sorted({each.partition_values["event_date"] for each in files})
    assert len(days) == 3
    one_day = table.file_uris(file_pruning_predicate=f"event_date = '{days[0]}'")
    assert 0 < len(one_day) < len(files)
    found = table.to_pyarrow_dataset()
    moments = found.to_table(columns=["timestamp"])["timestamp"]
    noon = pc.add(pc.min(moments), dt.timedelta(hours=12))
    before = found.get_fragments(pc.field("timestamp") < noon)
    assert len(list(before)) < len(files)
    counted = sum(1 for each in moments.to_pylist() if each < noon.as_py())
    assert found.count_rows(filter=pc.field("timestamp") < noon) == counted > 0
