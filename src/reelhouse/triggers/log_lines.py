"""Log lines that Cloud Logging and CloudWatch read: each one JSON object, on stderr."""

import logging
import sys
import traceback
from typing import Any

import orjson


def say(severity: str, message: str, **fields: Any) -> None:
    """Write a line; fields that are None are left out."""
    known = {name: value for name, value in fields.items() if value is not None}
    line = orjson.dumps({"severity": severity, "message": message, **known}, default=str)
    sys.stderr.write(line.decode(errors="backslashreplace") + "\n")  # whole, also from threads
    sys.stderr.flush()


def say_exception(message: str, error: BaseException) -> None:
    """Write a line for an error that nobody foresaw, with its traceback."""
    say("ERROR", f"{message}: {error}", traceback="".join(traceback.format_exception(error)))


class JsonLines(logging.Handler):
    """Writes what is logged as such lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        said = record.exc_info[1] if record.exc_info else None
        trace = "".join(traceback.format_exception(said)) if said else None
        say(record.levelname, record.getMessage(), logger=record.name, traceback=trace)


def log_json(level: str = "WARNING") -> None:
    """Let all that Reelhouse logs come out as such lines, and no second time otherwise."""
    logger = logging.getLogger("reelhouse")
    logger.handlers = [JsonLines()]
    logger.propagate = False
    logger.setLevel(level if level in logging.getLevelNamesMapping() else "WARNING")
