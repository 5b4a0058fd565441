"""The engine `duckdb`: SQL compiled from the contract, embedded, without a JVM.

Sources are streamed in segments. DuckDB judges a segment's lines by the guard and makes typed rows
of those that are surely valid; the reference validator judges the rest; and the segment is written
as one file a partition.
"""

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from reelhouse.contract.guard import key_orders
from reelhouse.contract.model import Contract
from reelhouse.contract.validator import Invalid, JudgeLine, Row, Validator
from reelhouse.engines.base import ParquetFile, SourceCount, Work, Written
from reelhouse.engines.duckdb_sql import Query, create_segment, csv_query, json_query
from reelhouse.engines.output import Output, merged
from reelhouse.engines.reading import BrokenSource, Lines, Piece, lines_of, read_piece, sample
from reelhouse.engines.reference import (
    Layout,
    Progress,
    broken_entry,
    judge_piece,
    layouts,
    readable,
    without_collection,
)
from reelhouse.engines.rows import column, derive
from reelhouse.lake.parquet import describe
from reelhouse.storage import open_store

SEGMENT_BYTES = 192 * 1024 * 1024
MEMORY_LIMIT = "1GB"
LINES = pa.schema([("line", pa.string()), ("source", pa.int32())])


class DuckDB:
    """The engine. `threads` is how many DuckDB uses: by default one for each processor."""

    name = "duckdb"

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or len(os.sched_getaffinity(0))

    def run(self, work: Work) -> Written:
        """Judge a work's sources, and write them. Raises SourceError."""
        output, progress = Output(work), Progress(work)
        validator = Validator(work.contract, work.max_line_bytes)
        native: list[Written] = []
        for layout in layouts(work, output):
            query, judge = compile_query(work.contract, layout), layout.judge(validator)
            if query is None:
                for uri, start in layout.starts.items():
                    output.add_invalid(uri, ())
                    judge_piece(Piece(uri, start), judge, work, output, progress)
            else:
                with _Run(self.threads, work, layout, query, judge, output, progress) as run:
                    native.append(run.to_end())
        return merged([output.finish(), *native])


def compile_query(contract: Contract, layout: Layout) -> Query | None:
    """The fast path for sources of one layout, if there is one."""
    if contract.multiline:
        return None
    if layout.columns is not None:
        return csv_query(contract, layout.columns)
    orders = key_orders(sample(layout.starts), contract)
    return json_query(contract, orders)


class _Run:
    """The sources of one layout, on their way through DuckDB."""

    def __init__(
        self,
        threads: int,
        work: Work,
        layout: Layout,
        query: Query,
        judge: JudgeLine,
        output: Output,
        progress: Progress,
    ) -> None:
        self.work, self.layout, self.query, self.judge = work, layout, query, judge
        self.output, self.progress = output, progress
        self.uris = list(layout.starts)
        self.records: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        self.files: list[ParquetFile] = []
        self.failure: Exception | None = None
        self.hard: dict[int, list[bytes]] = defaultdict(list)
        self._scratch = tempfile.TemporaryDirectory(prefix="reelhouse-")
        self.connection = duckdb.connect(
            config={
                "threads": threads,
                "memory_limit": MEMORY_LIMIT,
                "temp_directory": f"{self._scratch.name}/spill",
                "preserve_insertion_order": False,
            }
        )
        self.connection.execute("SET TimeZone = 'UTC'")

    def __enter__(self) -> "_Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self._scratch.cleanup()

    def to_end(self) -> Written:
        """Take all segments through judging and writing."""
        lines = self._lines()
        while True:
            segment = self._segment(lines)
            first = next(segment, None)
            if first is None:
                break
            self._judge(first, segment)
            self._judge_rest()
            self._write()
        return Written(
            self.files,
            [],
            [SourceCount(uri, self.records[uri], self.written[uri], 0) for uri in self.uris],
        )

    # --- reading

    def _lines(self) -> Iterator[tuple[int, Lines]]:
        """All lines of all sources, with the number of their source."""
        for number, uri in enumerate(self.uris):
            with readable(uri):
                try:
                    for block in read_piece(Piece(uri, self.layout.starts[uri])):
                        for lines in lines_of(block, self.work.max_line_bytes):
                            yield number, lines
                        self.progress(len(block))
                except BrokenSource as broken:
                    self.output.add_invalid(uri, [broken_entry(broken)])

    def _segment(self, lines: Iterator[tuple[int, Lines]]) -> Iterator[pa.RecordBatch]:
        """Lines for DuckDB, until they are enough for one segment; the hard ones are kept aside.

        What goes wrong here would lose its type on its way through DuckDB, so it is kept.
        """
        size = 0
        try:
            for number, (text, hard) in (
                (number, (each.text, each.hard)) for number, each in lines
            ):
                if hard:
                    self.hard[number] += hard
                if len(text):
                    size += text.nbytes
                    sources = pa.array(np.full(len(text), number, np.int32))
                    yield pa.record_batch([text, sources], schema=LINES)
                if size >= SEGMENT_BYTES:
                    return
        except Exception as failure:
            self.failure = failure

    # --- judging

    def _judge(self, first: pa.RecordBatch, rest: Iterable[pa.RecordBatch]) -> None:
        def batches() -> Iterator[pa.RecordBatch]:
            yield first
            yield from rest

        connection = self.connection
        connection.execute(create_segment(self.work.contract))
        connection.register("lines", pa.RecordBatchReader.from_batches(LINES, batches()))
        connection.execute(f"INSERT INTO segment {self.query.select}", self.query.parameters)
        connection.unregister("lines")
        if self.failure is not None:
            raise self.failure

    def _judge_rest(self) -> None:
        """Let the reference validator judge what is not surely valid."""
        left = self.connection.sql(
            "SELECT line, source FROM segment WHERE line IS NOT NULL"
        ).to_arrow_table()
        rows: list[Row] = []
        numbers: list[int] = []
        with without_collection():
            for line, number in zip(left["line"], left["source"].to_pylist(), strict=True):
                text: Any = line
                self._judge_line(text.as_buffer().to_pybytes(), number, rows, numbers)
            for number, lines in self.hard.items():
                for hard in lines:
                    self._judge_line(hard, number, rows, numbers)
        self.hard.clear()
        if rows:
            self.connection.register("judged", self._judged(rows, numbers))
            self.connection.execute("INSERT INTO segment SELECT * FROM judged")
            self.connection.unregister("judged")

    def _judge_line(self, line: bytes, number: int, rows: list[Row], numbers: list[int]) -> None:
        invalid: list[Invalid] = []
        before = len(rows)
        self.judge(line.removesuffix(b"\n"), rows, invalid)
        numbers += [number] * (len(rows) - before)
        if invalid:
            self.output.add_invalid(self.uris[number], invalid)

    def _judged(self, rows: list[Row], numbers: list[int]) -> pa.Table:
        """Rows of the reference validator, as the segment has them."""
        contract = self.work.contract
        values = list(zip(*rows, strict=True))
        columns = {
            each.name: column(each, given)
            for each, given in zip(contract.fields, values[:-1], strict=True)
        }
        derived = {
            each.name: derive(columns[each.field], each.transform) for each in contract.derived
        }
        return pa.table(
            {
                "line": pa.nulls(len(rows), pa.string()),
                "source": pa.array(numbers, pa.int32()),
                **columns,
                **derived,
                "_extra": pa.array(values[-1], pa.string()),
            }
        )

    # --- writing

    def _write(self) -> None:
        connection, work = self.connection, self.work
        counts = connection.execute(
            "SELECT source, count(*) FROM segment WHERE line IS NULL GROUP BY source"
        ).fetchall()
        for number, count in counts:
            self.records[self.uris[number]] += count
        if not counts:
            return
        store = open_store(work.lake_root)
        folder = f"{work.table}/{work.folder}"
        local = store.local(folder)
        target = local or Path(self._scratch.name, "parquet")
        target.mkdir(parents=True, exist_ok=True)
        copied = list(self._copy(target, [number for number, _ in counts]))
        self.written.update(self._counted([target / relative for relative, _ in copied]))
        for relative, values in copied:
            self.files.append(describe(f"{work.folder}/{relative}", target / relative, values))
            if local is None:
                store.put_file(f"{folder}/{relative}", target / relative)
                (target / relative).unlink()

    def _counted(self, files: list[Path]) -> dict[str, int]:
        """The rows of each source in the files, as they lie on the disk."""
        return dict(
            self.connection.execute(
                "SELECT _source, count(*) FROM read_parquet($files, hive_partitioning = false) "
                "GROUP BY _source",
                {"files": [str(file) for file in files]},
            ).fetchall()
        )

    def _copy(
        self, target: Path, numbers: list[int]
    ) -> Iterator[tuple[str, dict[str, str | None]]]:
        """Write the segment, and yield each file's path and its partition's values."""
        contract, work = self.work.contract, self.work
        names = [*contract.field_names, *(each.name for each in contract.derived), "_extra"]
        columns = ", ".join(f'segment."{name}"' for name in names)
        partitions = [f'"{each.name}"' for each in contract.partitions]
        by = f", PARTITION_BY ({', '.join(partitions)})" if partitions else ", PER_THREAD_OUTPUT"
        order = ", ".join([*partitions, *(f'"{name}"' for name in contract.sort)])
        self.connection.register(
            "sources",
            pa.table(
                {"number": pa.array(numbers, pa.int32()), "uri": [self.uris[n] for n in numbers]}
            ),
        )
        written = self.connection.execute(
            f"COPY (SELECT {columns}, sources.uri AS _source, "
            "$ingested_at::TIMESTAMPTZ AS _ingested_at, $batch_id::VARCHAR AS _batch_id "
            "FROM segment JOIN sources ON source = number "
            f"WHERE line IS NULL {f'ORDER BY {order}' if order else ''}) "
            f"TO '{_quoted(target)}' (FORMAT parquet, COMPRESSION zstd{by}, "
            "FILENAME_PATTERN 'part-{uuid}', APPEND, RETURN_STATS)",
            {"ingested_at": work.ingested_at, "batch_id": work.batch_id},
        ).fetchall()
        for name, _, _, _, _, values, *_ in written:
            yield str(Path(name).relative_to(target)), dict(values or {})


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
