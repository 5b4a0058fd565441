"""The engine `spark-rdd`: the RDD API on classic Spark.

An RDD of byte ranges of the sources is mapped, partition by partition, with the reference
validator; each task writes its own Parquet files, and returns what it wrote.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reelhouse.batch import SourceError, Written
from reelhouse.contract.validator import Validator
from reelhouse.engines.base import Work
from reelhouse.engines.output import Output, merged
from reelhouse.engines.reference import SourceGroup, judge_piece, source_groups
from reelhouse.errors import ReelhouseError
from reelhouse.sources.pieces import Piece, split, whole
from reelhouse.spark.session import ended_told

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PIECE_BYTES = 128 * 1024 * 1024
"""The most that one task reads, of sources that can be split."""

SMALL_SOURCE_BYTES = 1024 * 1024
"""What opening a source costs, in bytes that could have been read: many small ones share a task."""


@dataclass(frozen=True)
class Part:
    """A piece of a source of so many bytes, and the source's header if it is CSV."""

    header: bytes | None
    piece: Piece
    size: int


@dataclass(frozen=True)
class Failed:
    """A source that a task could not read."""

    uri: str
    reason: str


class SparkRDD:
    """The engine, on a session of classic Spark."""

    name = "spark-rdd"

    def __init__(self, session: "SparkSession") -> None:
        if not hasattr(session, "sparkContext"):
            raise ReelhouseError(
                "The engine spark-rdd needs classic Spark: Spark Connect has no RDD. "
                "Use --master, or --engine spark"
            )
        self.session = session

    @ended_told()
    def run(self, work: Work) -> Written:
        """Judge a work's sources on the cluster, and write them.

        Raises SourceError, and EngineEnded if Spark's JVM is gone.
        """
        output = Output(work)
        context = self.session.sparkContext
        parts = list(pieces(work, source_groups(work, output), context.defaultParallelism))
        tasks = grouped(parts, context.defaultParallelism)
        judge = task_judge(work)
        if not tasks:
            return output.finish()
        rdd = context.parallelize(tasks, len(tasks))
        written = rdd.mapPartitions(lambda groups: (judge(group) for group in groups)).collect()
        return merged([output.finish(), *unfailed(written)])


def pieces(work: Work, found: list[SourceGroup], parallelism: int) -> Iterator[Part]:
    """Cut the sources of all groups into pieces, so that each processor has some."""
    by_uri = {source.uri: source for source in work.sources}
    total = sum(source.size for source in work.sources)
    size = min(PIECE_BYTES, max(SMALL_SOURCE_BYTES, -(-total // parallelism)))
    for group in found:
        for uri, nature in group.sources.items():
            source_size = by_uri[uri].size
            if work.contract.multiline:
                cut = [whole(uri, nature)]
            else:
                cut = split(uri, nature, source_size, size)
            for piece in cut:
                end = source_size if piece.end is None else piece.end
                yield Part(group.header, piece, end - piece.start)


def grouped(parts: list[Part], parallelism: int) -> list[list[Part]]:
    """Put the pieces of small sources together into tasks, in order."""
    weights = [max(part.size, SMALL_SOURCE_BYTES) for part in parts]
    limit = min(PIECE_BYTES, max(max(weights, default=0), -(-sum(weights) // parallelism)))
    groups: list[list[Part]] = []
    room = 0
    for part, weight in zip(parts, weights, strict=True):
        if weight > room:
            groups.append([])
            room = limit
        groups[-1].append(part)
        room -= weight
    return groups


def task_judge(work: Work) -> Any:
    """The function of one task: from its parts to what was written, or to what it failed on."""
    work = replace(work, progress=no_progress)

    def judge(parts: list[Part]) -> Written | Failed:
        output, validator = Output(work), Validator(work.contract, work.max_line_bytes)
        judges: dict[tuple[bytes | None, bool], Any] = {}
        for part in parts:
            key = (part.header, part.piece.nature.documents)
            if key not in judges:
                judges[key] = SourceGroup(None, *key).judge(validator)
            output.add_invalid(part.piece.uri, ())
            try:
                judge_piece(part.piece, judges[key], work, output)
            except SourceError as error:
                return Failed(error.uri, error.reason)
        return output.finish()

    return judge


def unfailed(written: list[Written | Failed]) -> list[Written]:
    """What the tasks wrote. Raises SourceError if one of them could not read a source."""
    for each in written:
        if isinstance(each, Failed):
            raise SourceError(each.uri, each.reason)
    return [each for each in written if isinstance(each, Written)]


def no_progress(done: int, total: int) -> None:
    """Tell nobody: a task runs elsewhere."""
