"""What an engine writes for one attempt at a batch: Parquet in segments, and what is in it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from reelhouse.batch import (
    ParquetFile,
    Source,
    SourceCount,
    Written,
)
from reelhouse.contract.rules import Violation
from reelhouse.contract.validator import Invalid, Row
from reelhouse.engines.base import Work
from reelhouse.engines.memory import Sizes
from reelhouse.engines.rows import lake_table, quarantine_table
from reelhouse.lake.parquet import write_partitioned
from reelhouse.sources.nature import Nature
from reelhouse.sources.packing import BrokenSource
from reelhouse.storage import open_store

ROWS_HELD = 10_000
"""How many rows are held as Python objects before they become a table."""


@dataclass
class _Book:
    """What was read of a source, as SourceCount has it."""

    bytes: int | None = None
    header_bytes: int = 0
    blank_bytes: int = 0
    packed: bool = False


class Output:
    """Takes verdicts, holds them in bounded memory, and writes them into the attempt's folders.

    `records` counts what was judged, by source, as it comes in; what was written is counted from
    the tables as they are written. The ingest flow compares the two. `threads` is how many write,
    and `segment` how many bytes are held, as Arrow tables, before they are written.
    """

    def __init__(self, work: Work, threads: int = 1, segment: int = Sizes.segment) -> None:
        self.work, self.threads, self.segment = work, threads, segment
        self.records: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self._books: dict[str, _Book] = defaultdict(_Book)
        self._store = open_store(work.lake_root)
        self._valid = _Side(self, work.table, valid=True)
        self._invalid = _Side(self, work.quarantine, valid=False)
        self._rows: list[Row] = []
        self._sources: list[tuple[str, int]] = []
        self._found: list[tuple[str, Invalid]] = []

    def add(self, uri: str, rows: Sequence[Row], invalid: Sequence[Invalid]) -> None:
        """Take the verdicts on some records of a source."""
        if rows:
            self.records[uri] += len(rows)
            self._rows += rows
            self._sources.append((uri, len(rows)))
            if len(self._rows) >= ROWS_HELD:
                self._flush_rows()
        self.add_invalid(uri, invalid)

    def add_invalid(self, uri: str, invalid: Sequence[Invalid]) -> None:
        """Take invalid records of a source."""
        self.records[uri] += len(invalid)
        self._found += [(uri, each) for each in invalid]
        if len(self._found) >= ROWS_HELD:
            self._flush_invalid()

    def add_broken(self, uri: str, broken: BrokenSource) -> None:
        """Take what could not be read of a source, as one invalid record."""
        raw = broken.rest.decode(errors="backslashreplace")
        self.add_invalid(uri, [(raw, [broken.violation])])

    def refuse(self, source: Source, raw: bytes, violation: Violation, packed: bool) -> None:
        """Take a source as a whole as one invalid record."""
        self.add_invalid(source.uri, [(raw.decode(errors="backslashreplace"), [violation])])
        book = self._books[source.uri]
        book.packed = packed
        book.bytes = None if packed else source.size

    def begin(self, uri: str, nature: Nature) -> None:
        """Count what stands before the records of a source."""
        book = self._books[uri]
        book.bytes = nature.start
        book.header_bytes = nature.start - nature.blank_bytes
        book.blank_bytes = nature.blank_bytes
        book.packed = nature.packing is not None

    def count_bytes(self, uri: str, count: int, blank_bytes: int = 0) -> None:
        """Count bytes that were read of a source's records, and those that are blank lines."""
        book = self._books[uri]
        book.bytes = (book.bytes or 0) + count
        book.blank_bytes += blank_bytes

    def count_header(self, uri: str, count: int) -> None:
        """Count those of a source's bytes that are its header."""
        self._books[uri].header_bytes += count

    def add_table(self, table: pa.Table, rows: np.ndarray) -> None:
        """Take those rows of a table of the lake's columns that have these numbers."""
        self.records.update(_counts(table, rows))
        self._valid.add(table, rows)

    def finish(self) -> Written:
        """Write what is held, and say what was written in all."""
        self._flush_rows()
        self._flush_invalid()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(_Side.write, (self._valid, self._invalid)))
        return Written(
            self._valid.files,
            self._invalid.files,
            [
                SourceCount(
                    uri,
                    self.records[uri],
                    self._valid.written[uri],
                    self._invalid.written[uri],
                    self.headers.get(uri),
                    **vars(self._books[uri]),
                )
                for uri in sorted({*self.records, *self._books})
            ],
        )

    def _flush_rows(self) -> None:
        if self._rows:
            work = self.work
            uris = list(dict.fromkeys(uri for uri, _ in self._sources))
            places = {uri: place for place, uri in enumerate(uris)}
            numbers = np.repeat(
                np.array([places[uri] for uri, _ in self._sources], np.int32),
                [count for _, count in self._sources],
            )
            sources = pa.DictionaryArray.from_arrays(numbers, pa.array(uris, pa.string()))
            self._valid.add(
                lake_table(work.contract, self._rows, sources, work.ingested_at, work.batch_id)
            )
        self._rows, self._sources = [], []

    def _flush_invalid(self) -> None:
        if self._found:
            work = self.work
            version = work.contract.version
            self._invalid.add(
                quarantine_table(self._found, work.ingested_at, work.batch_id, version)
            )
        self._found = []


class _Side:
    """One of the two tables: what is held for it, and the files that were written."""

    def __init__(self, output: Output, path: str, valid: bool) -> None:
        contract = output.work.contract
        self.output, self.path = output, path
        self.partitions = tuple(each.name for each in contract.partitions) if valid else ()
        self.sort = contract.sort if valid else ()
        self.files: list[ParquetFile] = []
        self.written: Counter[str] = Counter()
        self._tables: list[pa.Table] = []
        self._rows: list[np.ndarray] = []
        self._count = self._bytes = 0

    def add(self, table: pa.Table, rows: np.ndarray | None = None) -> None:
        """Hold these rows of a table, by default all; write what is held, once it is enough."""
        numbers = np.arange(table.num_rows) if rows is None else rows.astype(np.int64)
        self._rows.append(self._count + numbers)
        self._tables.append(table)
        self._count += table.num_rows
        self._bytes += table.nbytes
        if self._bytes >= self.output.segment:
            self.write()

    def write(self) -> None:
        """Write what is held, if there is anything."""
        if self._tables:
            table, rows = self._taken()
            _give_back()
            self._write(table, rows)
            del table
            _give_back()

    def _taken(self) -> tuple[pa.Table, np.ndarray]:
        """What is held, in one piece. A column's pieces are given up as soon as it is whole."""
        table, rows = pa.concat_tables(self._tables), np.concatenate(self._rows)
        self._tables, self._rows, self._count, self._bytes = [], [], 0, 0
        schema, columns = table.schema, list[Any](table.columns)
        del table

        def whole(place: int) -> "pa.Array[Any]":
            column, columns[place] = columns[place], None
            array: pa.Array[Any] = column.combine_chunks()
            return array

        with ThreadPoolExecutor(self.output.threads) as pool:
            return pa.table(list(pool.map(whole, range(len(columns)))), schema=schema), rows

    def _write(self, table: pa.Table, rows: np.ndarray) -> None:
        output = self.output
        self.files += write_partitioned(
            table,
            output._store,
            self.path,
            output.work.folder,
            self.partitions,
            self.sort,
            rows=rows,
            threads=output.threads,
        )
        self.written.update(_counts(table, rows))


def _give_back() -> None:
    """Give memory that was freed back to the system: from segment to segment it would add up."""
    pa.default_memory_pool().release_unused()


def _counts(table: pa.Table, rows: np.ndarray) -> dict[str, int]:
    """How many of these rows are of each source."""
    sources: Any = table["_source"].combine_chunks()
    counts = np.bincount(sources.indices.to_numpy()[rows], minlength=len(sources.dictionary))
    return {
        uri: count
        for uri, count in zip(sources.dictionary.to_pylist(), counts.tolist(), strict=True)
        if count
    }


def merged(parts: Sequence[Written]) -> Written:
    """What several outputs wrote, as one."""
    counts: dict[str, SourceCount] = {}
    for part in parts:
        for count in part.counts:
            others = counts.get(count.uri)
            counts[count.uri] = count if others is None else others + count
    return Written(
        [file for part in parts for file in part.valid_files],
        [file for part in parts for file in part.quarantine_files],
        [counts[uri] for uri in sorted(counts)],
    )
