"""The reference validator at work on sources: the RDD engine, and the slow path of the others."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reelhouse.contract.multiline import joined
from reelhouse.contract.rules import Violation
from reelhouse.contract.validator import Invalid, JudgeLine, Row, Validator, clean
from reelhouse.engines.base import Source, SourceError, Work, Written
from reelhouse.engines.output import Output
from reelhouse.engines.reading import BrokenSource, Piece, first_line, read_piece
from reelhouse.storage import StorageError

LINES_AT_ONCE = 10_000


@dataclass
class Layout:
    """Sources that are read alike: for CSV those with the same header, written the same way.

    `starts` has for each source the byte at which its first record begins.
    """

    columns: tuple[str, ...] | None
    header: bytes | None
    starts: dict[str, int] = field(default_factory=dict)

    def judge(self, validator: Validator) -> JudgeLine:
        """The judge of these sources' lines."""
        if self.header is None:
            return validator.judge
        judge = validator.header(self.header)
        assert not isinstance(judge, Violation)
        return judge


def layouts(work: Work, output: Output) -> list[Layout]:
    """Group a batch's sources by their layout, reading the headers of CSV.

    A source whose header can't be used becomes an entry in quarantine, and is in no layout.
    Raises SourceError for a source that can't be read.
    """
    if work.contract.format == "jsonl":
        return [Layout(None, None, {source.uri: 0 for source in work.sources})]
    validator = Validator(work.contract, work.max_line_bytes)
    found: dict[bytes, Layout] = {}
    for source in work.sources:
        header, start, violation = _header(source, work.max_line_bytes)
        output.headers[source.uri] = clean(header).decode(errors="backslashreplace")
        if violation is None:
            columns = validator.columns(header)
            if not isinstance(columns, Violation):
                layout = found.setdefault(clean(header), Layout(columns, clean(header)))
                layout.starts[source.uri] = start
                continue
            violation = columns
        output.add_invalid(source.uri, [(output.headers[source.uri], [violation])])
    return list(found.values())


def _header(source: Source, limit: int) -> tuple[bytes, int, Violation | None]:
    with readable(source.uri):
        try:
            header, start = first_line(source.uri, limit)
        except BrokenSource as broken:
            return broken.rest, 0, broken.violation
    if not header:
        return b"", 0, Violation("", "header", "the source is empty: it has no header")
    return header, start, None


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
    """Judge the lines of a piece into an output. `progress` gets the bytes of each block.

    Raises SourceError for a source that can't be read.
    """
    with readable(piece.uri), without_collection():
        try:
            if work.contract.multiline:
                lines = joined(_lines(read_piece(piece), progress), work.max_line_bytes)
                judge_lines(piece.uri, lines, judge, output)
            else:
                for block in read_piece(piece):
                    judge_lines(piece.uri, _split(block), judge, output)
                    progress(len(block))
        except BrokenSource as broken:
            output.add_invalid(piece.uri, [broken_entry(broken)])


def broken_entry(broken: BrokenSource) -> Invalid:
    """The entry in quarantine that stands for what could not be read of a source."""
    return clean(broken.rest).decode(errors="backslashreplace"), [broken.violation]


def _split(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _lines(blocks: Iterable[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    for block in blocks:
        yield from _split(block)
        progress(len(block))


def judge_lines(uri: str, lines: Iterable[bytes], judge: JudgeLine, output: Output) -> None:
    """Judge lines of one source into an output."""
    rows: list[Row] = []
    invalid: list[Invalid] = []
    for line in lines:
        judge(line, rows, invalid)
        if len(rows) >= LINES_AT_ONCE or len(invalid) >= LINES_AT_ONCE:
            output.add(uri, rows, invalid)
            rows, invalid = [], []
    output.add(uri, rows, invalid)


class Progress:
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
    progress = Progress(work)
    for layout in layouts(work, output):
        judge = layout.judge(validator)
        for uri, start in layout.starts.items():
            output.add_invalid(uri, ())
            judge_piece(Piece(uri, start), judge, work, output, progress)
    return output.finish()
