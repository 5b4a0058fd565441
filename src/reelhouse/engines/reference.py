"""The reference validator at work on sources: the RDD engine, and the slow path of the others."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import chain, islice

from reelhouse.batch import SourceError, Written
from reelhouse.contract.rules import Violation
from reelhouse.contract.validator import Invalid, JudgeLine, Row, Validator
from reelhouse.engines.base import Work
from reelhouse.engines.output import Output
from reelhouse.sources.documents import records_in
from reelhouse.sources.lines import blocks, is_blank, lines_in
from reelhouse.sources.multiline import joined
from reelhouse.sources.nature import Nature, Refusal, examine
from reelhouse.sources.packing import BrokenSource
from reelhouse.sources.pieces import Piece, Stream, whole
from reelhouse.storage import StorageError

LINES_AT_ONCE = 10_000

HELD_CONTENT = 32 * 1024 * 1024
"""How many bytes of small sources are kept in all, so that they are not read twice."""


@dataclass
class SourceGroup:
    """Sources that are read alike: for CSV those with the same header, written the same way.

    `sources` has the nature of each. `documents` says that they hold JSON documents, not lines.
    """

    columns: tuple[str, ...] | None
    header: bytes | None
    documents: bool = False
    sources: dict[str, Nature] = field(default_factory=dict)

    def judge(self, validator: Validator) -> JudgeLine:
        """The judge of these sources' lines, or of the records of their documents."""
        if self.header is None:
            return validator.judge_record if self.documents else validator.judge
        judge = validator.header(self.header)
        assert not isinstance(judge, Violation)
        return judge


def source_groups(work: Work, output: Output, held: int = 0) -> list[SourceGroup]:
    """Group a batch's sources that are read alike, looking at the beginning of each.

    A source that can't be what its contract says becomes an entry in quarantine, and is in no
    group. Of small sources, so many bytes in all are `held` for those who read them. Raises
    SourceError for a source that can't be read.
    """
    validator = Validator(work.contract, work.max_line_bytes)
    found: dict[tuple[bytes | None, bool], SourceGroup] = {}
    for source in work.sources:
        with readable(source.uri):
            nature = examine(source.uri, work.contract, work.max_line_bytes)
        if isinstance(nature, Refusal):
            output.refuse(source, nature.raw, nature.violation, nature.packed)
            continue
        held -= len(nature.content or b"")
        if held < 0:
            nature = replace(nature, content=None)
        columns = None
        if nature.header is not None:
            output.headers[source.uri] = nature.header.decode(errors="backslashreplace")
            checked = validator.columns(nature.header)
            if isinstance(checked, Violation):
                output.refuse(source, nature.header, checked, nature.packing is not None)
                continue
            columns = checked
        key = (nature.header, nature.documents)
        group = found.setdefault(key, SourceGroup(columns, nature.header, nature.documents))
        group.sources[source.uri] = nature
        output.begin(source.uri, nature)
    return list(found.values())


@contextmanager
def readable(uri: str) -> Iterator[None]:
    """Turn an error of the storage into a SourceError that names the source."""
    try:
        yield
    except StorageError as error:
        raise SourceError(uri, str(error)) from error


@contextmanager
def without_collection() -> Iterator[None]:
    """Pause the cyclic garbage collector: verdicts hold no cycles, and it would walk them all."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def judge_piece(
    piece: Piece,
    judge: JudgeLine,
    work: Work,
    output: Output,
    progress: Callable[[int], None] = lambda count: None,
) -> None:
    """Judge the records of a piece into an output. `progress` gets the bytes as they are read.

    Raises SourceError for a source that can't be read.
    """
    stream, told = Stream(piece), 0
    with readable(piece.uri), without_collection():
        try:
            for records in _portions(piece, stream, work, output):
                judge_lines(piece.uri, records, judge, output)
                progress(stream.bytes - told)
                told = stream.bytes
        except BrokenSource as broken:
            output.add_broken(piece.uri, broken)
            stream.drain()
        output.count_bytes(piece.uri, stream.bytes)


def _portions(
    piece: Piece, stream: Stream, work: Work, output: Output
) -> Iterator[Iterable[bytes]]:
    """What is to be judged of a piece, as it is read: records of documents, lines, or rows."""
    contract, limit = work.contract, work.max_line_bytes
    if piece.nature.documents:
        yield from _batched(records_in(stream, contract.envelope_key, limit))
    elif contract.multiline:
        lines = chain.from_iterable(map(BytesIO, blocks(stream)))
        yield from _batched(_not_blank(joined(lines, limit), piece.uri, output))
    else:
        for block in blocks(stream):
            lines_there, blank_bytes = lines_in(block)
            output.count_bytes(piece.uri, 0, blank_bytes)
            yield lines_there


def _batched(records: Iterable[bytes]) -> Iterator[Iterable[bytes]]:
    """The records in portions, each to be used up before the next one is asked for."""
    source = iter(records)
    for record in source:
        yield chain((record,), islice(source, LINES_AT_ONCE - 1))


def _not_blank(rows: Iterable[tuple[bytes, int]], uri: str, output: Output) -> Iterator[bytes]:
    for row, size in rows:
        if is_blank(row):
            output.count_bytes(uri, 0, size)
        else:
            yield row


def judge_lines(uri: str, lines: Iterable[bytes], judge: JudgeLine, output: Output) -> None:
    """Judge lines of one source into an output: all before the one that can't be had, if any."""
    rows: list[Row] = []
    invalid: list[Invalid] = []
    try:
        for line in lines:
            judge(line, rows, invalid)
            if len(rows) >= LINES_AT_ONCE or len(invalid) >= LINES_AT_ONCE:
                output.add(uri, rows, invalid)
                rows, invalid = [], []
    finally:
        output.add(uri, rows, invalid)


class BytesRead:
    """Adds up the bytes that were read for a work's progress."""

    def __init__(self, work: Work) -> None:
        self._work, self._done = work, 0
        self._all = sum(source.size for source in work.sources)

    def __call__(self, count: int) -> None:
        """Report so many more bytes, of unpacked text: at most what there is in all."""
        self._done += count
        self._work.progress(min(self._done, self._all), self._all)


def run(work: Work) -> Written:
    """Judge all sources of a work here, one after the other."""
    output, validator = Output(work), Validator(work.contract, work.max_line_bytes)
    progress = BytesRead(work)
    for group in source_groups(work, output, HELD_CONTENT):
        judge = group.judge(validator)
        for uri, nature in group.sources.items():
            output.add_invalid(uri, ())
            judge_piece(whole(uri, nature), judge, work, output, progress)
    return output.finish()
