"""The engine `duckdb`: SQL compiled from the contract, embedded, without a JVM.

Sources are taken in slices. DuckDB judges a slice's lines by the guard, and makes typed rows of
those that are surely valid. All that Python does goes on meanwhile in one other thread: the
reference validator judges what was left of the slice before, and the next slice is read.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reelhouse.batch import Written
from reelhouse.contract.guard import key_orders
from reelhouse.contract.model import Contract
from reelhouse.contract.validator import Invalid, JudgeLine, Row, Validator
from reelhouse.engines.base import Work
from reelhouse.engines.duckdb.sql import Query, csv_query, json_query
from reelhouse.engines.memory import sizes
from reelhouse.engines.output import Output
from reelhouse.engines.reference import (
    HELD_CONTENT,
    BytesRead,
    SourceGroup,
    judge_piece,
    readable,
    source_groups,
    without_collection,
)
from reelhouse.engines.rows import complete
from reelhouse.errors import ReelhouseError
from reelhouse.sources.lines import arrow_lines, blocks, clean, is_blank
from reelhouse.sources.packing import BrokenSource
from reelhouse.sources.pieces import Stream, sample, whole

LINES = pa.schema([pa.field("_line", pa.string())]).append(pa.field("_number", pa.int32()))


class DuckDB:
    """The engine.

    `threads` is how many DuckDB uses: by default one for each processor. `memory_mb` is how much
    memory the whole process may use: by default as much as makes it fastest.
    """

    name = "duckdb"

    def __init__(self, threads: int | None = None, memory_mb: int | None = None) -> None:
        self.threads = threads or len(os.sched_getaffinity(0))
        self.sizes = sizes(memory_mb)
        # Arrow's own allocator maps the pages of large tables again and again: it is slower
        pa.set_memory_pool(pa.system_memory_pool())

    def run(self, work: Work) -> Written:
        """Judge a work's sources, and write them. Raises SourceError."""
        output = Output(work, self.threads, self.sizes.segment)
        progress = BytesRead(work)
        validator = Validator(work.contract, work.max_line_bytes)
        for group in source_groups(work, output, HELD_CONTENT):
            query, judge = compile_query(work.contract, group), group.judge(validator)
            for uri in group.sources:
                output.add_invalid(uri, ())
            if query is None:
                for uri, nature in group.sources.items():
                    judge_piece(whole(uri, nature), judge, work, output, progress)
            else:
                with _Run(self, work, group, query, judge, output, progress) as run:
                    run.to_end()
        return output.finish()


def compile_query(contract: Contract, group: SourceGroup) -> Query | None:
    """The fast path for sources of one group, if there is one."""
    if contract.multiline or group.documents:
        return None
    if group.columns is not None:
        return csv_query(contract, group.columns)
    orders = key_orders(sample(group.sources), contract)
    return json_query(contract, orders)


@dataclass
class _Slice:
    """Lines for DuckDB; beside them, lines that are too long, and where sources broke."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    long: list[tuple[int, bytes]] = field(default_factory=list)
    broken: list[tuple[str, BrokenSource]] = field(default_factory=list)
    size: int = 0


class _Run:
    """The sources of one group, on their way through DuckDB."""

    def __init__(
        self,
        engine: DuckDB,
        work: Work,
        group: SourceGroup,
        query: Query,
        judge: JudgeLine,
        output: Output,
        progress: BytesRead,
    ) -> None:
        self.work, self.group, self.query, self.judge = work, group, query, judge
        self.output, self.progress = output, progress
        self.uris, self.sizes = list(group.sources), engine.sizes
        self.connection = duckdb.connect(
            config={
                "threads": engine.threads,
                "memory_limit": f"{self.sizes.duckdb}B",
                "temp_directory": "",  # nothing here has to be held for long
                "preserve_insertion_order": False,
            }
        )
        self.connection.execute("SET TimeZone = 'UTC'")

    def __enter__(self) -> "_Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def to_end(self) -> None:
        """Judge all lines of all sources into the output."""
        slices = self._slices()
        with ThreadPoolExecutor(1) as python:
            lines, judged = next(slices, None), None
            while lines is not None:
                ahead = python.submit(self._finish_and_read, judged, slices)
                judged = (lines, self._judge(lines))
                lines = ahead.result()
        if judged is not None:
            self._finish(*judged)

    def _finish_and_read(
        self, judged: tuple[_Slice, pa.Table] | None, slices: Iterator[_Slice]
    ) -> _Slice | None:
        if judged is not None:
            self._finish(*judged)
        return next(slices, None)

    def _slices(self) -> Iterator[_Slice]:
        """All lines of all sources."""
        found, size = _Slice(), self.sizes.first_slice
        for number, (uri, nature) in enumerate(self.group.sources.items()):
            with readable(uri):
                stream = Stream(whole(uri, nature), self.sizes.chunk)
                try:
                    for block in blocks(stream):
                        self._add_lines(number, block, found)
                        self.progress(len(block))
                        if found.size >= size:
                            yield found
                            found, size = _Slice(), self.sizes.slice
                except BrokenSource as broken:
                    found.broken.append((uri, broken))
                    stream.drain()
                self.output.count_bytes(uri, stream.bytes)
        yield found

    def _add_lines(self, number: int, block: bytes, found: _Slice) -> None:
        for lines in arrow_lines(block, self.work.max_line_bytes):
            numbers = pa.array(np.full(len(lines.text), number, np.int32))
            found.batches.append(pa.record_batch([lines.text, numbers], schema=LINES))
            found.long += [(number, line) for line in lines.long]
        found.size += len(block)

    def _judge(self, lines: _Slice) -> pa.Table:
        """Judge lines by the guard into typed rows, and lines that are not surely valid."""
        self.connection.register("lines", pa.Table.from_batches(lines.batches, LINES))
        judged: pa.Table = self.connection.sql(
            self.query.select, params=self.query.parameters
        ).to_arrow_table()
        self.connection.unregister("lines")
        return judged

    def _finish(self, lines: _Slice, judged: pa.Table) -> None:
        """Let the reference validator judge what is left, and give all verdicts to the output."""
        check_lines(sum(batch.num_rows for batch in lines.batches), judged["_records"])
        self._add_sure(judged)
        left = judged.select(["_number", "_line"]).filter(pc.is_valid(judged["_line"]))
        numbers: list[Any] = left["_number"].to_pylist()
        texts: list[Any] = left["_line"].to_pylist()
        rest = zip(numbers, texts, strict=True)
        found: dict[int, tuple[list[Row], list[Invalid]]] = defaultdict(lambda: ([], []))
        with without_collection():
            for number, raw in chain(rest, lines.long):
                line = clean(raw)
                if is_blank(line):
                    self.output.count_bytes(self.uris[number], 0, len(raw))
                else:
                    self.judge(line, *found[number])
        for number, (rows, invalid) in found.items():
            self.output.add(self.uris[number], rows, invalid)
        for uri, broken in lines.broken:
            self.output.add_broken(uri, broken)

    def _add_sure(self, judged: pa.Table) -> None:
        work, contract = self.work, self.work.contract
        is_sure = pc.and_(
            pc.is_null(judged["_line"]), pc.not_equal(judged["_records"], pa.scalar(0))
        )
        rows = pc.indices_nonzero(is_sure).to_numpy()
        sources = pa.DictionaryArray.from_arrays(judged["_number"].combine_chunks(), self.uris)
        columns: list[pa.Array[Any] | pa.ChunkedArray[Any]] = [
            judged[each.name].cast(each.arrow_type) for each in contract.fields
        ]
        columns.append(judged["_extra"])
        table = complete(contract, columns, sources, work.ingested_at, work.batch_id)
        self.output.add_table(table, rows)


def check_lines(given: int, records: "pa.ChunkedArray[Any]") -> None:
    """Raise ReelhouseError unless DuckDB gave back each of the lines that it was given.

    `records` has for each row how many rows its line has; a line without a record has one row.
    """
    rows = np.bincount(records.to_numpy())
    lines = sum(count // max(1, number) for number, count in enumerate(rows.tolist()))
    if lines != given:
        raise ReelhouseError(f"DuckDB was given {given} lines, and gave back {lines}")
