"""Loads into DuckDB's raw tables: each source once a version, wholly or not at all."""

import bz2
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reelhouse.batch import Source, SourceError
from reelhouse.contract.registry import load_all
from reelhouse.demo.generate import generate
from reelhouse.errors import ReelhouseError
from reelhouse.landing.discovery import discover
from reelhouse.storage import open_store
from reelhouse.warehouse.connections.duckdb import DuckDBWarehouse
from reelhouse.warehouse.load import duckdb as load
from reelhouse.warehouse.load.lines import raw_rows
from reelhouse.warehouse.runner import Runner
from tests.servers.bucket import Bucket

CONTRACTS = load_all()
EVENTS = CONTRACTS["events"]
LIMIT = 1000

Line = tuple[str, int, str | None]


@pytest.fixture
def runner() -> Iterator[Runner]:
    warehouse = DuckDBWarehouse(":memory:")
    found = Runner(CONTRACTS, warehouse)
    found.init()
    yield found
    warehouse.close()


def lines_of(path: Path, content: bytes, dataset: str = "events") -> list[Line]:
    path.write_bytes(content)
    return [
        (row["line"].rstrip("\r\n"), row["_line_number"], row["_problem"])
        for batch in raw_rows(str(path), CONTRACTS[dataset], LIMIT)
        for row in batch.to_pylist()
    ]


def counted(runner: Runner) -> tuple[Any, ...]:
    sql = "select (select count(*) from raw.events), (select count(*) from raw.raw_source)"
    return runner.connection.query(sql).rows[0]


def landed(folder: Path) -> list[Source]:
    return list(discover(str(folder), "events"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_lines_have_the_numbers_that_they_have_in_the_source(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    content = pack(b'\xef\xbb\xbf{"a":1}\r\n \n{"a":\r2}')
    found = [line for line in lines_of(tmp_path / "a", content) if line[0].strip()]
    assert found == [('\ufeff{"a":1}', 1, None), ('{"a":\r2}', 3, None)]


def test_bytes_that_are_not_utf_8_are_shown_and_named(tmp_path: Path) -> None:
    assert lines_of(tmp_path / "a", b'{"a":"\xff"}\n{}\n') == [
        ('{"a":"\\xff"}', 1, "encoding"),
        ("{}", 2, None),
    ]


def test_a_long_line_is_named(tmp_path: Path) -> None:
    content = b'{}\n"' + b"x" * LIMIT + b'"\n{}\n'
    found = lines_of(tmp_path / "a", content)
    assert [line[1:] for line in found] == [(1, None), (2, "lineLength"), (3, None)]


def test_a_source_that_is_cut_off_ends_in_one_problem(tmp_path: Path) -> None:
    *_, last = lines_of(tmp_path / "a", gzip.compress(b'{"a":1}\n' * 50)[:-8])
    assert last[2] == "source"


def test_a_list_among_documents_is_no_list_of_records(tmp_path: Path) -> None:
    content = json.dumps([{"a": 1}, [{"a": 2}]], indent=1).encode()
    assert [line[2] for line in lines_of(tmp_path / "a.json", content)] == [None, "object"]


def test_a_source_counts_once_and_its_new_version_again(tmp_path: Path, runner: Runner) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    path = folder / "it's; drop table raw.events --.jsonl"
    path.write_bytes(b"{}\n" * 12)
    assert runner.load_here("events", landed(tmp_path)).sources == 1
    assert runner.load_here("events", landed(tmp_path)).sources == 0
    assert counted(runner) == (12, 1)
    path.write_bytes(b"{}\n" * 3)
    assert runner.load_here("events", landed(tmp_path)).sources == 1
    assert counted(runner) == (15, 2)


def test_a_source_that_is_replaced_while_it_is_read_leaves_nothing(
    tmp_path: Path, runner: Runner
) -> None:
    (tmp_path / "events").mkdir()
    path = tmp_path / "events/a.jsonl"
    path.write_bytes(b"{}\n")
    before = landed(tmp_path)
    path.write_bytes(b"{}\n" * 2)
    with pytest.raises(SourceError, match=r"a\.jsonl can't be read: it was replaced"):
        runner.load_here("events", before)
    path.unlink()
    with pytest.raises(SourceError, match=r"a\.jsonl can't be read"):
        runner.load_here("events", before)
    assert counted(runner) == (0, 0)


def test_a_load_that_is_interrupted_leaves_nothing_and_the_next_takes_all(
    tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "events").mkdir()
    for number in range(3):
        (tmp_path / f"events/{number}.jsonl").write_bytes(b"{}\n" * 5)

    def stops(uri: str, *arguments: Any) -> Iterator[Any]:
        if "2.jsonl" in uri:
            raise KeyboardInterrupt
        yield from raw_rows(uri, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(load, "raw_rows", stops)
        with pytest.raises(KeyboardInterrupt):
            runner.load_here("events", landed(tmp_path))
    assert counted(runner) == (0, 0)
    assert runner.load_here("events", landed(tmp_path)).sources == 3
    assert counted(runner) == (15, 3)


def test_many_small_sources_are_loaded_in_one_run(tmp_path: Path, runner: Runner) -> None:
    (tmp_path / "events").mkdir()
    for number in range(1000):
        (tmp_path / f"events/{number}.jsonl").write_bytes(b"{}\n")
    assert runner.load_here("events", landed(tmp_path)).sources == 1000
    assert counted(runner) == (1000, 1000)
    assert runner.build().loads == 1000
    assert all(check.passed for check in runner.check())


def test_sources_in_a_bucket_are_loaded_as_local_ones(
    bucket: Bucket, tmp_path: Path, runner: Runner
) -> None:
    generate(tmp_path, events=300, users=20, videos=10, broken=0.1, seed=5)
    store = open_store(bucket.uri)
    for path in sorted(tmp_path.glob("*/*")):
        store.write(str(path.relative_to(tmp_path)), path.read_bytes())
    local = DuckDBWarehouse(":memory:")
    beside = Runner(CONTRACTS, local)
    beside.init()
    for dataset in CONTRACTS:
        runner.load_here(dataset, discover(bucket.uri, dataset))
        beside.load_here(dataset, discover(str(tmp_path), dataset))
    totals = []
    for each in (runner, beside):
        built = each.build()
        assert all(check.passed for check in each.check())
        totals.append(
            sorted(
                (s.dataset, s.records, s.in_core, s.in_errors, s.duplicates) for s in built.sources
            )
        )
    assert totals[0] == totals[1]
    local.close()


def test_a_file_that_is_no_warehouse_is_told(tmp_path: Path) -> None:
    (tmp_path / "w.duckdb").write_text("this is no database")
    with pytest.raises(ReelhouseError, match=r"w\.duckdb"):
        DuckDBWarehouse(str(tmp_path / "w.duckdb"))
    with pytest.raises(ReelhouseError, match="there is no warehouse"):
        DuckDBWarehouse(str(tmp_path / "none.duckdb"), read_only=True)
