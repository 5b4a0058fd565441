"""The engines: each judges the records of a batch, and writes Parquet where it is told."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from reelhouse.errors import WrongUse

if TYPE_CHECKING:
    from reelhouse.batch import Written
    from reelhouse.engines.base import Engine, Work


def engine(
    name: str,
    master: str | None = None,
    remote: str | None = None,
    memory_mb: int | None = None,
    *,
    sources: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> "Engine":
    """The engine of that name, one of ENGINES. The Spark ones start a session.

    `sources` are places that it will read from, such as landing. `memory_mb` is how much memory
    this process may use; Spark has settings of its own for that. `tell` gets a line for people
    while jars for Spark are fetched.
    Raises WrongUse for another name, and ReelhouseError if Spark or Java is missing.
    """
    if name not in ENGINES:
        raise WrongUse(f"there is no engine {name!r}; the engines are {', '.join(ENGINES)}")
    return ENGINES[name](master, remote, memory_mb, sources, tell)


Factory = Callable[
    [str | None, str | None, int | None, Sequence[str], Callable[[str], None]], "Engine"
]
"""Makes an engine of `master`, `remote`, `memory_mb`, `sources` and `tell`, as `engine` has them.
"""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came and callable(before):
            before(*came[0])


@dataclass
class _DuckDBWhenNeeded:
    """The engine `duckdb`, that is loaded only when there is something to judge."""

    memory_mb: int | None
    name: str = "duckdb"

    def run(self, work: "Work") -> "Written":
        """Judge and write, as DuckDB does."""
        with uninterrupted():  # DuckDB's part in C++ ends the process where its import breaks off
            from reelhouse.engines.duckdb.engine import DuckDB

        return DuckDB(memory_mb=self.memory_mb).run(work)


def _duckdb(
    master: str | None,
    remote: str | None,
    memory_mb: int | None,
    sources: Sequence[str],
    tell: Callable[[str], None],
) -> "Engine":
    return _DuckDBWhenNeeded(memory_mb)


def _spark(
    master: str | None,
    remote: str | None,
    memory_mb: int | None,
    sources: Sequence[str],
    tell: Callable[[str], None],
) -> "Engine":
    from reelhouse.engines.spark.dataset import SparkDataset
    from reelhouse.spark.session import spark_session

    return SparkDataset(spark_session(master, remote, uris=sources, tell=tell))


def _spark_rdd(
    master: str | None,
    remote: str | None,
    memory_mb: int | None,
    sources: Sequence[str],
    tell: Callable[[str], None],
) -> "Engine":
    from reelhouse.engines.spark.rdd import SparkRDD
    from reelhouse.spark.session import spark_session

    return SparkRDD(spark_session(master, remote))  # it reads as it writes, without Hadoop


ENGINES: dict[str, Factory] = {"duckdb": _duckdb, "spark": _spark, "spark-rdd": _spark_rdd}
"""All engines: by name, what makes each."""

ANSWERING = ("duckdb", "spark")
"""The engines that answer use cases."""
