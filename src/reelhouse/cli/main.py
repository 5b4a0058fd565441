"""The application: its commands, and what becomes of errors."""

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from reelhouse.cli import (
    analyze,
    compact,
    contracts,
    data,
    landing,
    options,
    quarantine,
    report,
    runs,
    warehouse,
)
from reelhouse.errors import (
    StdoutClosed,
    WrongUse,
    complain,
    is_interruption,
    is_reported,
    message_of,
    show_tracebacks,
    shows_tracebacks,
)
from reelhouse.version import __version__

INTERRUPTED = 128 + signal.SIGINT
NOT_READ = 128 + signal.SIGPIPE
TRACEBACK = "--traceback"

app = options.group(
    "A contract-first data platform for a video site: one contract, every engine, the same "
    "verdict, and no record unaccounted for.\n\nWhat a command needs to know comes from its flags, "
    "else from REELHOUSE_… in the environment (such as REELHOUSE_LAKE), else from reelhouse.toml "
    "in the working folder."
)
for command in (
    landing.land,
    landing.watch,
    runs.ingest,
    analyze.analyze,
    report.report,
    runs.status,
    compact.compact,
    runs.doctor,
    data.generate,
    data.demo,
):
    app.command()(command)
app.add_typer(contracts.app, name="contracts")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(warehouse.app, name="warehouse")


@app.command()
def version(as_json: options.AsJson = False) -> None:
    """Print the version."""
    from reelhouse.cli import console

    if as_json:
        console.print_json({"version": __version__})
    else:
        console.say(f"reelhouse {__version__}")


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version"),
    ] = False,
    _traceback: Annotated[
        bool,
        typer.Option(
            TRACEBACK,
            help="Show the traceback of what goes wrong; it may stand anywhere on the command line "
            "(or set REELHOUSE_TRACEBACK=1)",
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line. A user's own mistake is told in words, without a traceback."""
    options.OWN_PROCESS = True
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command, and return its exit status."""
    arguments = _heeding_traceback(arguments)
    try:
        with _threads_told():
            _start()
            return _run(arguments)
    except KeyboardInterrupt:
        return _interrupted()
    except (StdoutClosed, BrokenPipeError):
        # what is still in the buffer has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_READ
    except BaseException as error:
        if not is_reported(error):
            raise
        if is_interruption(error):
            return _interrupted()
        complain(error)
        return 2 if isinstance(error, WrongUse) else 1


def _heeding_traceback(arguments: list[str]) -> list[str]:
    """Show tracebacks if they are wanted; the arguments without the flag, wherever it stands."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    flags = [each for each in arguments[:end] if each != TRACEBACK]
    wanted = len(flags) < end or os.environ.get("REELHOUSE_TRACEBACK", "") not in ("", "0")
    show_tracebacks(wanted)
    return [*flags, *arguments[end:]]


@contextmanager
def _threads_told() -> Iterator[None]:
    """Tell what goes wrong in a thread as what goes wrong elsewhere."""
    before = threading.excepthook
    threading.excepthook = lambda wrong: complain(wrong.exc_value)
    try:
        yield
    finally:
        threading.excepthook = before


def _interrupted() -> int:
    complain("interrupted; what was not committed will be taken next time")
    return INTERRUPTED


def _start() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name or a record may be what this terminal lacks
            stream.reconfigure(errors="backslashreplace")
    level = os.environ.get("REELHOUSE_LOG", "WARNING").upper()
    levels = logging.getLevelNamesMapping()
    if level not in levels:
        raise WrongUse(f"REELHOUSE_LOG is {level}; it must be one of {', '.join(levels)}")
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
        force=True,
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_no_interrupt)
        handler.addFilter(_without_traceback)
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"pyspark\..*")


def _is_no_interrupt(record: logging.LogRecord) -> bool:
    """Ctrl-C is told once, by `run`; what it does to a call to the JVM is no news."""
    return not (record.exc_info and isinstance(record.exc_info[1], KeyboardInterrupt))


def _without_traceback(record: logging.LogRecord) -> bool:
    """Say an error that is logged in words, unless tracebacks are wanted."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and record.levelno > logging.DEBUG and not shows_tracebacks():
        record.msg, record.args = f"{record.getMessage()}: {message_of(error)}", None
        record.exc_info = record.exc_text = None
    return True


def _run(arguments: list[str]) -> int:
    command: Any = typer.main.get_command(app)
    try:
        with command.make_context("reelhouse", arguments) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:
        show: Any = getattr(error, "show", None)
        if show is None:
            raise
        # wrong use, as the parser finds it: no command has begun
        if "--json" in arguments:
            from reelhouse.cli import console

            console.print_json({})
        show()
        return int(getattr(error, "exit_code", 2))
    return 0
