"""The lines of a source as rows for a raw table, by the border that ingestion has too."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain

import pyarrow as pa

from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract
from reelhouse.sources.documents import records_in
from reelhouse.sources.lines import arrow_lines, blocks, clean, is_blank
from reelhouse.sources.multiline import joined
from reelhouse.sources.nature import Refusal, examine
from reelhouse.sources.packing import BrokenSource
from reelhouse.sources.pieces import Piece, Stream

COLUMNS: list[tuple[str, pa.DataType]] = [
    ("line", pa.string()),
    ("_line_number", pa.int64()),
    ("_problem", pa.string()),
]
SCHEMA = pa.schema(COLUMNS)
"""A raw row, but for what all rows of a source have in common."""

AT_ONCE = 10_000

Row = tuple[str, int, str | None]
"""A line, its number, and the rule by which it can't be read."""


def raw_rows(
    uri: str, contract: Contract, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[pa.RecordBatch]:
    """The rows of a source. A line may still have its end, and may be blank.

    A source that can't be what its contract says is one row, with the rule. Raises StorageError.
    """
    nature = examine(uri, contract, max_line_bytes)
    if isinstance(nature, Refusal):
        yield _batch([(_readable(nature.raw), 1, nature.violation.rule)])
        return
    stream = Stream(Piece(uri, nature, 0))
    if nature.header is not None and not _can_be_read(nature.header, max_line_bytes):
        yield _batch([(_readable(nature.header), 1, "header")])
        return
    broken: list[Row] = []
    if nature.documents:
        yield from _batches(_documents(stream, contract, max_line_bytes, broken))
    elif contract.multiline:
        yield from _batches(_multiline(stream, max_line_bytes, broken))
    else:
        yield from _lines(stream, max_line_bytes, broken)
    if broken:
        yield _batch(broken)


def _can_be_read(line: bytes, limit: int) -> bool:
    return _problem(line, limit) is None


def _problem(line: bytes, limit: int) -> str | None:
    if len(line) > limit:
        return "lineLength"
    try:
        line.decode()
    except UnicodeDecodeError:
        return "encoding"
    return None


def _readable(line: bytes) -> str:
    return line.decode(errors="backslashreplace")


def _row(line: bytes, number: int, limit: int) -> Row:
    return _readable(line), number, _problem(line, limit)


def _lines(stream: Stream, limit: int, broken: list[Row]) -> Iterator[pa.RecordBatch]:
    number = 1
    try:
        for block in blocks(stream):
            count = block.count(b"\n") + (not block.endswith(b"\n"))
            if _is_text(block, limit):
                at = number
                for lines in arrow_lines(block, limit):
                    yield _arrow(lines.text, at)
                    at += len(lines.text)
            else:
                rows = enumerate(map(clean, BytesIO(block)), number)
                yield from _batches(_row(line, at, limit) for at, line in rows)
            number += count
    except BrokenSource as error:
        broken.append((_readable(error.rest), number, error.violation.rule))


def _is_text(block: bytes, limit: int) -> bool:
    """Whether a block is UTF-8, and surely has no long line."""
    if len(block) > limit and any(len(line) > limit for line in block.split(b"\n")):
        return False
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _arrow(text: pa.StringArray, number: int) -> pa.RecordBatch:
    count = len(text)
    numbers = pa.array(range(number, number + count), pa.int64())
    return pa.RecordBatch.from_arrays([text, numbers, pa.nulls(count, pa.string())], schema=SCHEMA)


def _multiline(stream: Stream, limit: int, broken: list[Row]) -> Iterator[Row]:
    number = 1
    try:
        lines = chain.from_iterable(map(BytesIO, blocks(stream)))
        for row, _ in joined(lines, limit):
            if not is_blank(row):
                yield _row(row, number, limit)
            number += row.count(b"\n") + 1
    except BrokenSource as error:
        broken.append((_readable(error.rest), number, error.violation.rule))


def _documents(stream: Stream, contract: Contract, limit: int, broken: list[Row]) -> Iterator[Row]:
    """The records of documents. A list among them is no record, and no list of records."""
    number = 0
    try:
        for number, record in enumerate(records_in(stream, contract.envelope_key, limit), 1):
            text, at, problem = _row(record, number, limit)
            is_list = record.lstrip(b" \t\r\n").startswith(b"[")
            yield text, at, problem or ("object" if is_list else None)
    except BrokenSource as error:
        broken.append((_readable(error.rest), number + 1, error.violation.rule))


def _batches(rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    held: list[Row] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(row[0])
        if len(held) >= AT_ONCE or size > MAX_LINE_BYTES:
            yield _batch(held)
            held, size = [], 0
    if held:
        yield _batch(held)


def _batch(rows: Sequence[Row]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
