"""The errors that a user reads, and which of them concern one dataset alone."""

import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

LONGEST = 300
"""After how many characters is cut what a library says."""

SPOILT = re.compile("Parquet (input|magic|file)|corrupt", re.IGNORECASE)
"""What DuckDB and Arrow say of a file of the lake that is damaged or gone."""

DEFECT = "this is a defect of Reelhouse: run it again with --traceback, and report it"

INTERRUPTION = re.compile(r"^Query interrupted$|\bKeyboardInterrupt:?\s*$")
"""What DuckDB says after Ctrl-C: in a query, and where it was asking Python for something."""

NO_ROOM = re.compile(
    "no space left on device|disk quota exceeded|read-only file system|too many open files",
    re.IGNORECASE,
)
"""What an operating system says that refuses every file."""


class ReelhouseError(Exception):
    """Something that a user can mend: the text names the file, the place and the mend.

    `concerns_all` says that no other dataset could go on after it.
    """

    concerns_all = False


class WrongUse(ReelhouseError):
    """A flag or a setting that makes no sense."""


class EngineEnded(ReelhouseError):
    """What judges the records has ended: it takes a new process to go on."""

    concerns_all = True


class DatasetFailed(ReelhouseError):
    """What went wrong with one dataset, while the others go on.

    `error` is what was raised. Each line of the text names the dataset.
    """

    def __init__(self, dataset: str, error: BaseException) -> None:
        super().__init__("\n".join(f"{dataset}: {line}" for line in message_of(error).splitlines()))
        self.dataset, self.error = dataset, error
        self.__cause__ = error


class RunFailed(ReelhouseError):
    """What a run could not do; `errors` are the single errors, the text has each on a line."""

    def __init__(self, errors: Sequence[ReelhouseError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


class StdoutClosed(Exception):
    """Whoever read stdout has gone, as `head` does when it has enough."""


# --- one dataset, or all


@contextmanager
def apart(dataset: str, tell: Callable[[DatasetFailed], object]) -> Iterator[None]:
    """Tell what goes wrong with a dataset in the block, so that the others go on.

    What concerns all of them is raised as it is: Ctrl-C, a disk that is full, a store that does
    not answer, an engine that has ended.
    """
    try:
        yield
    except BaseException as error:
        if not is_reported(error) or concerns_all(error):
            raise
        traceback.clear_frames(error.__traceback__)  # it is kept, and what it was at need not be
        tell(DatasetFailed(dataset, error))


def raised(failure: DatasetFailed) -> None:
    """Raise what went wrong with a dataset: what a function does unless it is told otherwise."""
    raise failure


def concerns_all(error: BaseException) -> bool:
    """Whether after this error no other dataset could go on, or the user wants none to."""
    if isinstance(error, ReelhouseError) and error.concerns_all:
        return True
    if isinstance(error, StdoutClosed | ConnectionError) or is_interruption(error):
        return True
    return _is_of_lost_spark(error) or bool(NO_ROOM.search(str(error)))


def _is_of_lost_spark(error: BaseException) -> bool:
    """Whether PySpark says that its JVM, or its Connect server, is not there any more."""
    status = getattr(error, "_grpc_status_code", None)
    return type(error).__name__ == "Py4JNetworkError" or str(status) == "StatusCode.UNAVAILABLE"


def is_interruption(error: BaseException) -> bool:
    """Whether an error is what DuckDB makes of Ctrl-C."""
    return not isinstance(error, ReelhouseError) and bool(INTERRUPTION.search(str(error)))


def is_reported(error: BaseException) -> bool:
    """Whether an error is told in words: all are, but for Ctrl-C and the like.

    A library in Rust that breaks down raises what is no Exception, a PanicException.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


# --- in words

_with_traceback = threading.Event()


def show_tracebacks(wanted: bool) -> None:
    """Let `complain` show the traceback of each error, or not."""
    if wanted:
        _with_traceback.set()
    else:
        _with_traceback.clear()


def shows_tracebacks() -> bool:
    """Whether tracebacks are shown."""
    return _with_traceback.is_set()


def complain(wrong: object) -> None:
    """Print what is wrong on stderr; of an error, also the traceback, if that is wanted."""
    if isinstance(wrong, BaseException):
        if shows_tracebacks():
            traceback.print_exception(wrong.error if isinstance(wrong, DatasetFailed) else wrong)
        wrong = message_of(wrong)
    for line in str(wrong).splitlines() or [""]:
        print(f"reelhouse: {line}", file=sys.stderr)


def message_of(error: BaseException) -> str:
    """An error in words. What nobody foresaw is told as what it is, a defect."""
    return in_words(error) or f"{type(error).__name__}: {short(error)}; {DEFECT}"


def in_words(error: BaseException) -> str | None:
    """An error of the machine, or of what Reelhouse stands on, in words; None if it is a bug."""
    if isinstance(error, ReelhouseError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    family, text = type(error).__module__.partition(".")[0], short(error)
    if isinstance(error, OSError):  # as Delta Lake tells what a bucket refused
        return f"the lake can't be read or written: {text}"
    if family in ("pyspark", "py4j"):
        return f"Spark failed: {spark_reason(error)}"
    if family in ("deltalake", "_internal", "obstore", "pyo3_runtime"):
        return f"the lake can't be read or written: {text}"
    if family in ("duckdb", "_duckdb", "pyarrow") and SPOILT.search(text):
        return f"a file of the lake can't be read: {text} (put it back as it was, from a copy)"
    if family in ("duckdb", "_duckdb"):
        return f"DuckDB failed: {text}"
    return None


def short(error: BaseException) -> str:
    """What a library says, in one line, and cut where it is very long."""
    text = plain(error)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def plain(error: BaseException) -> str:
    """What a library says in several lines and colours, in one line, without Rust's stack."""
    text = re.sub(r"\x1b\[[0-9;]*m|↳", "", str(error))
    text = re.split(r"^ +0: ", text, maxsplit=1, flags=re.MULTILINE)[0]
    return ": ".join(line.strip() for line in text.splitlines() if line.strip())


def spark_reason(error: BaseException) -> str:
    """The first line of what Spark says, without the JVM's trace; of a Python worker, the error."""
    java = getattr(error, "java_exception", None)
    said = str(java.toString() if java is not None else error).strip()
    said, _, trace = said.partition("Traceback (most recent call last):\n")
    raised = [line for line in trace.splitlines() if line and not line.startswith(" ")]
    lines = said.strip().splitlines()
    return " ".join([*lines[:1], *raised[:1]]) or type(error).__name__
