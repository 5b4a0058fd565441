"""The errors that a user reads."""

import re
import sys


class ReelhouseError(Exception):
    """Something that a user can mend: the text names the file, the place and the mend."""


class WrongUse(ReelhouseError):
    """A flag or a setting that makes no sense."""


class EngineEnded(ReelhouseError):
    """What judges the records has ended: it takes a new process to go on."""


class StdoutClosed(Exception):
    """Whoever read stdout has gone, as `head` does when it has enough."""


def complain(message: object) -> None:
    """Print what is wrong on stderr."""
    print(f"reelhouse: {message}", file=sys.stderr)


def in_words(error: Exception) -> str | None:
    """An error of the machine, or of what Reelhouse stands on, in words; None if it is a bug."""
    if isinstance(error, ReelhouseError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, OSError):  # as Delta Lake tells what a bucket refused
        return f"the lake can't be read or written: {plain(error)}"
    family = type(error).__module__.partition(".")[0]
    if family in ("pyspark", "py4j"):
        from reelhouse.engines.session import reason

        return f"Spark failed: {reason(error)}"
    if family in ("deltalake", "_internal", "obstore"):
        return f"the lake can't be read or written: {plain(error)}"
    if family in ("duckdb", "_duckdb"):
        return f"DuckDB failed: {error}"
    return None


def plain(error: BaseException) -> str:
    """What a library says in several lines and colours, in one line."""
    text = re.sub(r"\x1b\[[0-9;]*m|↳", "", str(error))
    return ": ".join(line.strip() for line in text.splitlines() if line.strip())
