"""The engine `spark`: the Dataset API (in PySpark, DataFrame), on classic Spark and Spark Connect.

Spark reads the lines, judges them by the guard and parses those that are surely valid. One
`mapInArrow` takes all of them: there the reference validator judges the rest, and each task writes
its own Parquet files and returns what it wrote. So the sources are read once, no committer is
needed, and nothing is written outside of the attempt's folder.
"""

import pickle
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from reelhouse.batch import Source, SourceCount, Written
from reelhouse.contract.guard import key_orders
from reelhouse.contract.validator import Invalid, Row, Validator
from reelhouse.engines.base import Work
from reelhouse.engines.output import Output, merged
from reelhouse.engines.reference import SourceGroup, readable, source_groups, without_collection
from reelhouse.engines.rows import complete
from reelhouse.engines.spark.rdd import (
    Failed,
    Part,
    grouped,
    no_progress,
    pieces,
    task_judge,
    unfailed,
)
from reelhouse.sources.lines import clean, is_blank
from reelhouse.sources.nature import Nature
from reelhouse.sources.pieces import TAIL_BYTES, sample
from reelhouse.spark.session import ended_told
from reelhouse.storage import resolve

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

READING = {
    "lineSep": "\n",
    "recursiveFileLookup": "true",
    # else Hadoop looks beside a local file for its checksum: an old one fails the job, and so does
    # a colon in the file's name
    "fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "fs.file.impl.disable.cache": "true",
}
"""How Spark is to read a source as lines."""

CONNECT_PARALLELISM = 8
"""Into how many tasks work is cut on Spark Connect, which does not tell how many it can run."""


class SparkDataset:
    """The engine, on a session of classic Spark or of Spark Connect."""

    name = "spark"

    def __init__(self, session: "SparkSession") -> None:
        self.session = session

    @ended_told()
    def run(self, work: Work) -> Written:
        """Judge a work's sources on the cluster, and write them.

        Raises SourceError, and EngineEnded if Spark's JVM is gone.
        """
        output = Output(work)
        written: list[Written | Failed] = []
        rest: list[SourceGroup] = []
        for group in source_groups(work, output):
            files = {} if work.contract.multiline else self._files(group)
            rows = self._rows(work, group, files) if files else None
            if rows is None:
                rest.append(group)
                continue
            written += _collect(rows, _native_task(work, group, files))
            native = set(files.values())
            for uri in native:
                output.add_invalid(uri, ())  # a source without a record is counted too
                output.begin(uri, Nature())  # its header is among the lines
            others = {uri: nature for uri, nature in group.sources.items() if uri not in native}
            rest.append(replace(group, sources=others))
        written += self._reference(work, rest)
        return _with_last_ends(work, merged([output.finish(), *unfailed(written)]))

    def _files(self, group: SourceGroup) -> dict[int, str]:
        """The sources that Spark can read as lines, by the checksum of its own name for each.

        What is packed is not among them (what is cut off would fail the job), nor what Hadoop takes
        for packed by its name, nor what begins with a byte-order mark, nor a source that Spark
        would not list, nor one of two whose checksums are equal.
        """
        plain = {
            _spelled(uri): uri for uri, nature in group.sources.items() if _is_plain(uri, nature)
        }
        if not plain:
            return {}
        found: dict[int, str] = {}
        for name in self._text(list(plain.values())).inputFiles():
            uri = plain.get(_spelled(unquote(name)))
            # Spark's metadata has one slash where its list of files has three
            checksum = crc32(name.replace("file:///", "file:/", 1).encode())
            if uri is not None and checksum not in found:
                found[checksum] = uri
        return found

    def _text(self, uris: list[str]) -> "DataFrame":
        reader = self.session.read.options(**READING)
        return reader.text([_without_globs(_spelled(uri)) for uri in uris])

    def _rows(self, work: Work, group: SourceGroup, files: dict[int, str]) -> "DataFrame | None":
        from pyspark.sql import functions as F

        from reelhouse.engines.spark.columns import csv_rows, json_rows

        lines = self._text(list(files.values())).select(
            F.col("value").alias("_value"),
            F.crc32(F.col("_metadata.file_path")).alias("_number"),
            (F.col("_metadata.file_block_start") == 0).alias("_first"),
        )
        if group.columns is not None:
            header = (group.header or b"").decode()
            return csv_rows(lines, work.contract, group.columns, header, work.max_line_bytes)
        orders = key_orders(sample(group.sources), work.contract)
        return json_rows(lines, work.contract, orders, work.max_line_bytes)

    def _reference(self, work: Work, rest: list[SourceGroup]) -> list[Written | Failed]:
        """Judge by the reference validator alone what Spark does not read as lines."""
        context = getattr(self.session, "sparkContext", None)
        parallelism = context.defaultParallelism if context else CONNECT_PARALLELISM
        tasks = grouped(list(pieces(work, rest, parallelism)), parallelism)
        if not tasks:
            return []
        frame = self.session.createDataFrame(
            [(number, pickle.dumps(task)) for number, task in enumerate(tasks)],
            "number int, parts binary",
        )
        judge = task_judge(work)

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                packed: Any
                for packed in batch.column(1).to_pylist():
                    parts: list[Part] = pickle.loads(packed)
                    yield _packed(judge(parts))

        return _collect(frame.repartitionByRange(len(tasks), "number"), run)


def _native_task(
    work: Work, group: SourceGroup, files: dict[int, str]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function of one task: it takes rows and lines, and yields what it wrote of them."""
    work = replace(work, progress=no_progress, sources=[])
    header, columns = group.header, group.columns

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        output, validator = Output(work), Validator(work.contract, work.max_line_bytes)
        judge = SourceGroup(columns, header).judge(validator)
        headers_seen: set[int] = set()
        with without_collection():
            for batch in batches:
                _count_bytes(batch, files, output)
                is_sure = pc.is_null(batch["_line"])
                rows = pc.indices_nonzero(pc.and_(is_sure, batch["_has_record"])).to_numpy()
                if len(rows):
                    output.add_table(_table(work, batch, columns, files), rows)
                rest = batch.filter(pc.invert(is_sure))
                columns_left = (rest[name].to_pylist() for name in ("_line", "_number", "_first"))
                for raw, number, first in zip(*columns_left, strict=True):
                    line, uri = clean(raw), files[number]
                    if is_blank(line):
                        output.count_bytes(uri, 0, len(raw) + 1)
                    elif first and number not in headers_seen and line == header:
                        headers_seen.add(number)
                        output.count_header(uri, len(raw) + 1)
                    else:
                        valid: list[Row] = []
                        invalid: list[Invalid] = []
                        judge(line, valid, invalid)
                        output.add(uri, valid, invalid)
        yield _packed(output.finish())

    return run


def _count_bytes(batch: pa.RecordBatch, files: dict[int, str], output: Output) -> None:
    """Count the bytes of the lines in a batch, each with its LF."""
    sizes = pa.table({"number": batch["_number"], "size": batch["_size"]})
    sums = sizes.group_by("number").aggregate([("size", "sum")])
    numbers: list[Any] = sums["number"].to_pylist()
    totals: list[Any] = sums["size_sum"].to_pylist()
    for number, size in zip(numbers, totals, strict=True):
        output.count_bytes(files[number], size)


def _with_last_ends(work: Work, written: Written) -> Written:
    """Mend the counts of sources whose last line has no LF, which Spark does not tell."""
    by_uri = {source.uri: source for source in work.sources}
    counts = [_with_last_end(by_uri[count.uri], count) for count in written.counts]
    return replace(written, counts=counts)


def _with_last_end(source: Source, count: SourceCount) -> SourceCount:
    if count.packed or count.bytes != source.size + 1:
        return count
    blank_bytes = count.blank_bytes
    if blank_bytes and is_blank(clean(_last_line(source))):
        blank_bytes -= 1
    header_bytes = min(count.header_bytes, source.size - blank_bytes)
    return replace(count, bytes=source.size, header_bytes=header_bytes, blank_bytes=blank_bytes)


def _last_line(source: Source) -> bytes:
    """The end of a source after its last LF, or of what is read at once."""
    store, path = resolve(source.uri)
    with readable(source.uri):
        tail = b"".join(store.stream(path, max(0, source.size - TAIL_BYTES), source.size))
    return tail.rpartition(b"\n")[2]


def _table(
    work: Work, rows: pa.RecordBatch, columns: tuple[str, ...] | None, files: dict[int, str]
) -> pa.Table:
    """Rows, as they come from the JVM, as a table of the lake's columns."""
    from reelhouse.engines.spark.columns import typed_columns

    fields = typed_columns(work.contract, rows)
    extra = pa.nulls(len(rows), pa.string()) if columns is None else rows["_extra"]
    encoded = rows["_number"].dictionary_encode()
    numbers: list[Any] = encoded.dictionary.to_pylist()
    uris = pa.array([files[number] for number in numbers], pa.string())
    sources = pa.DictionaryArray.from_arrays(encoded.indices, uris)
    return complete(work.contract, [*fields, extra], sources, work.ingested_at, work.batch_id)


def _packed(written: Written | Failed) -> pa.RecordBatch:
    return pa.record_batch({"written": pa.array([pickle.dumps(written)], pa.binary())})


def _collect(
    rows: "DataFrame", run: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
) -> list[Written | Failed]:
    collected = rows.mapInArrow(run, "written binary").collect()
    return [pickle.loads(row["written"]) for row in collected]


def _spelled(uri: str) -> str:
    """A source's URI as Spark is told it, and as it tells it, without its escapes."""
    if uri.startswith("s3://"):
        return f"s3a://{uri.removeprefix('s3://')}"
    path = uri.removeprefix("file:")
    return f"file:/{path.lstrip('/')}" if path.startswith("/") else uri


PACKED_NAMES = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate", ".gzip", ".xz")
"""How a name ends that Hadoop takes for that of a packed file."""


def _is_plain(uri: str, nature: Nature) -> bool:
    # Hadoop drops a byte-order mark at the beginning, and what it takes for packed it unpacks
    # and the header is looked for in a file's first split, before which blank lines may be long
    is_lines = not (nature.packing or nature.documents or nature.has_mark or nature.blank_bytes)
    return is_lines and not uri.lower().endswith(PACKED_NAMES)


def _without_globs(uri: str) -> str:
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", uri)
