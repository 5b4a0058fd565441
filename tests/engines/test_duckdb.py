"""The engine `duckdb`: slices and segments, and that its guard lets nothing pass but UTF-8."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from reelhouse.contract.guard import json_guard
from reelhouse.contract.model import Contract
from reelhouse.contract.registry import load_all
from reelhouse.engines import engine, reference
from reelhouse.engines.duckdb import engine as module
from reelhouse.engines.duckdb.sql import Query
from reelhouse.engines.memory import Sizes, sizes
from reelhouse.errors import ReelhouseError
from reelhouse.sources import lines
from reelhouse.storage import LocalStore
from tests.conformance.harness import judge
from tests.conformance.nasty import Nasty

CONTRACTS = load_all()
EVENT = b'{"user_id":1,"video_id":2,"event":"like","timestamp":1767225600,"comment":"%s"}'


@pytest.fixture
def tiny_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources are read by 64 bytes; each slice is a block of lines, and each segment a slice."""
    whole = LocalStore.stream

    def stream(
        self: LocalStore, path: str, start: int = 0, end: int | None = None, chunk: int = 64
    ) -> Iterator[bytes]:
        return whole(self, path, start, end, min(chunk, 64))

    monkeypatch.setattr(LocalStore, "stream", stream)
    monkeypatch.setattr(module, "sizes", lambda memory_mb: Sizes(slice=1, first_slice=1, segment=1))
    monkeypatch.setattr(lines, "BATCH_LINES", 2)


@pytest.mark.usefixtures("tiny_slices")
def test_a_slice_without_a_row_does_not_end_the_source() -> None:
    events = [EVENT % b"a", *[b'{"events":[]}'] * 40, EVENT % b"b", *[b""] * 100, EVENT % b"c"]
    found = judge(engine("duckdb").run, CONTRACTS["events"], {"one.jsonl": b"\n".join(events)})
    assert [row["comment"] for row in found["one.jsonl"].valid] == ["a", "b", "c"]


@pytest.mark.usefixtures("tiny_slices")
@pytest.mark.parametrize("dataset", CONTRACTS)
def test_it_does_not_matter_where_slices_end(dataset: str) -> None:
    nasty = Nasty(CONTRACTS[dataset], seed=3)
    sources = {"one": nasty.source(60), "two": nasty.source(40), "empty": b"\n\n"}
    expected = judge(reference.run, CONTRACTS[dataset], sources, 300)
    found = judge(engine("duckdb").run, CONTRACTS[dataset], sources, 300)
    assert {name: each.sorted() for name, each in found.items()} == {
        name: each.sorted() for name, each in expected.items()
    }


def test_a_line_that_duckdb_does_not_give_back_fails_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = module.compile_query

    def lossy(contract: Contract, group: reference.SourceGroup) -> Query:
        query = whole(contract, group)
        assert query is not None
        return replace(query, select=f"SELECT * FROM ({query.select}) WHERE comment <> 'b'")

    monkeypatch.setattr(module, "compile_query", lossy)
    events = [EVENT % b"a", EVENT % b"b", b'{"events":[%b,%b]}' % (EVENT % b"c", EVENT % b"d")]
    with pytest.raises(ReelhouseError, match="DuckDB was given 3 lines, and gave back 2"):
        judge(engine("duckdb").run, CONTRACTS["events"], {"one.jsonl": b"\n".join(events)})


def test_less_memory_makes_smaller_sizes_and_more_never_larger_ones_than_the_default() -> None:
    found = [vars(sizes(memory_mb)) for memory_mb in (256, 512, 1024, 2048, 4096)]
    for less, more in pairwise(found):
        assert all(less[name] <= more[name] for name in less)
    assert found[0]["segment"] < found[2]["segment"] < Sizes.segment
    assert found[-1] == vars(sizes(None)) == vars(Sizes())


def byte_sequences() -> Iterator[bytes]:
    """All bytes and pairs that are not ASCII, and longer sequences where UTF-8 has its edges."""
    high, edges = range(0x80, 0x100), (0x2F, 0x41, 0x7F, 0x80, 0x81, 0xBE, 0xBF, 0xC0, 0xFF)
    yield from (bytes(each) for each in product(high))
    yield from (bytes(each) for each in product(high, range(0x20, 0x100)))
    yield from (bytes(each) for each in product(range(0xE0, 0x100), range(0x20, 0x100), edges))
    last = (0x7F, 0x80, 0xBF, 0xC0)
    yield from (bytes(each) for each in product(range(0xF0, 0x100), range(0x80, 0xC0), last, last))


def is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_the_guard_lets_all_of_utf8_pass_and_nothing_else() -> None:
    guard = json_guard(
        CONTRACTS["events"], [("user_id", "video_id", "event", "timestamp", "comment")], "re2"
    )
    lines = [EVENT % each for each in byte_sequences() if b'"' not in each and b"\\" not in each]
    ends = np.cumsum([0, *map(len, lines)], dtype=np.int32)
    text = pa.StringArray.from_buffers(
        len(lines), pa.py_buffer(ends.data), pa.py_buffer(b"".join(lines))
    )
    table = pa.table({"line": text, "number": range(len(lines))})
    with duckdb.connect() as connection:
        connection.register("lines", table)
        passed = connection.execute(
            "SELECT number FROM lines WHERE regexp_matches(line, $guard)", {"guard": guard}
        ).fetchall()
    assert {number for (number,) in passed} == {n for n, line in enumerate(lines) if is_utf8(line)}
