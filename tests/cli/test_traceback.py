"""What nobody foresaw is told in a line, as a defect; its traceback is shown to those who ask."""

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reelhouse.cli import options
from reelhouse.errors import (
    DatasetFailed,
    EngineEnded,
    StdoutClosed,
    apart,
    concerns_all,
    in_words,
    spark_reason,
)
from reelhouse.storage import Denied, Entry, LocalStore, StorageError
from tests.cli.conftest import COUNTS, Result, Run
from tests.cli.test_apart import counts, land_more

DEFECT = (
    "ZeroDivisionError: made up; this is a defect of Reelhouse: run it again with --traceback, "
    "and report it"
)
COMMANDS = (
    *("ingest", "ingest --dry-run", "status", "compact", "doctor", "contracts list"),
    *("contracts show users", "contracts lint", "quarantine list", "quarantine show users"),
    *("quarantine export users out.csv", "quarantine replay users", "land data", "watch"),
    *("analyze", "report"),
)


def odd(*_: object, **__: object) -> Any:
    raise ZeroDivisionError("made up\nin two lines")


@pytest.fixture
def defective(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that can't be had."""
    monkeypatch.setattr(options, "given", odd)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_defect_is_told_in_a_line(defective: None, reelhouse: Run, command: str) -> None:
    done = reelhouse(*command.split())
    assert done.code == 1
    assert done.err == f"reelhouse: {DEFECT.replace('made up', 'made up: in two lines')}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--traceback", "quarantine", "list"],
        ["quarantine", "--traceback", "list"],
        ["quarantine", "list", "--traceback"],
        ["quarantine", "list", "--traceback", "--", "users"],
        ["quarantine", "list", "users", "--lake", "x", "--traceback"],
    ],
)
def test_its_traceback_is_shown_wherever_the_flag_stands(
    defective: None, reelhouse: Run, arguments: list[str]
) -> None:
    done = reelhouse(*arguments)
    assert done.code == 1
    assert done.err.startswith("Traceback (most recent call last):\n")
    assert "in odd\n" in done.err
    assert done.err.splitlines()[-1].startswith("reelhouse: ZeroDivisionError: made up")
    assert "Traceback" not in reelhouse("quarantine", "list").err  # it is for one command


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("", False)])
def test_a_variable_asks_for_it_too(
    defective: None, reelhouse: Run, monkeypatch: pytest.MonkeyPatch, value: str, shown: bool
) -> None:
    monkeypatch.setenv("REELHOUSE_TRACEBACK", value)
    assert ("Traceback" in reelhouse("status").err) is shown


def test_after_two_dashes_it_is_an_argument(landing: Path, reelhouse: Run) -> None:
    done = reelhouse("ingest", "--", "--traceback")
    assert (done.code, "there is no contract for '--traceback'" in done.err) == (2, True)


def test_a_users_own_mistake_has_one_too(landing: Path, reelhouse: Run) -> None:
    done = reelhouse("ingest", "--landing", "gone", "--traceback")
    assert done.code == 1
    assert done.err.startswith("Traceback")
    assert "is not there: put sources into" in done.err.splitlines()[-1]
    wrong = reelhouse("ingest", "nope", "--traceback")
    assert (wrong.code, wrong.err.startswith("Traceback")) == (2, True)


def test_the_help_tells_of_it(reelhouse: Run) -> None:
    assert "--traceback" in reelhouse("--help").out


@pytest.fixture
def odd_users(lake: Path, landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect that shows with the sources of one dataset."""
    land_more(landing)
    listed = LocalStore.list

    def odd_list(self: LocalStore, prefix: str = "", *rest: Any) -> Iterator[Entry]:
        if prefix == "users/":
            odd()
        return listed(self, prefix, *rest)

    monkeypatch.setattr(LocalStore, "list", odd_list)


def check_said(done: Result) -> None:
    assert done.code == 1
    assert done.err == f"reelhouse: users: {DEFECT.replace('made up', 'made up: in two lines')}\n"


def test_a_defect_with_one_dataset_stops_no_other(odd_users: None, reelhouse: Run) -> None:
    for flags in (["--dry-run"], []):
        done = reelhouse("ingest", "--json", *flags)
        assert counts(done) == {name: COUNTS[name] for name in ("events", "videos")}
        check_said(done)
    status = reelhouse("status", "--json")
    assert [each["waiting"] for each in status.document["datasets"]] == [0, None, 0]
    check_said(status)
    shown = reelhouse("ingest", "--traceback")
    assert shown.err.startswith("Traceback")
    assert "odd_list" in shown.err


def test_a_log_line_has_no_traceback_either(
    clean: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def logged(**_: object) -> None:
        try:
            odd()
        except ZeroDivisionError as error:
            logging.getLogger("elsewhere").error("it went wrong", exc_info=error)
        raise StorageError("and so it ended")

    monkeypatch.setattr(options, "given", logged)
    *_, line, last = reelhouse("status").err.splitlines()
    assert line.endswith(
        f"ERROR elsewhere: it went wrong: {DEFECT.replace('up', 'up: in two lines')}"
    )
    assert last == "reelhouse: and so it ended"
    assert "Traceback" in reelhouse("status", "--traceback").err


def test_a_thread_that_fails_is_told_as_all_else(
    clean: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def threaded(**_: object) -> None:
        thread = threading.Thread(target=odd)
        thread.start()
        thread.join()
        raise StorageError("and so it ended")

    before = threading.excepthook
    monkeypatch.setattr(options, "given", threaded)
    assert reelhouse("status").err.splitlines() == [
        f"reelhouse: {DEFECT.replace('made up', 'made up: in two lines')}",
        "reelhouse: and so it ended",
    ]
    assert threading.excepthook is before


class PanicException(BaseException):
    """As a library in Rust raises it when it breaks down: no Exception."""


PanicException.__module__ = "pyo3_runtime"


def test_a_library_that_panics_is_told(
    clean: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic(**_: object) -> None:
        raise PanicException("called `Option::unwrap()` on a `None` value")

    monkeypatch.setattr(options, "given", panic)
    done = reelhouse("status")
    assert (done.code, done.err) == (
        1,
        "reelhouse: the lake can't be read or written: called `Option::unwrap()` on a `None` "
        "value\n",
    )


# --- which errors concern all datasets


def of_unavailable(message: str) -> Exception:
    """As Spark Connect's errors tell that the server does not answer."""
    error = Exception(message)
    error._grpc_status_code = "StatusCode.UNAVAILABLE"  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    "error",
    [
        StorageError("s3://b: S3 does not answer", concerns_all=True),
        StorageError("/lake/x: No space left on device"),
        OSError(28, os.strerror(28)),
        Exception('Generic error: "/lake/x": Disk quota exceeded (os error 122)'),
        OSError(30, os.strerror(30)),
        OSError(24, os.strerror(24)),
        EngineEnded("Spark's JVM has ended"),
        StdoutClosed(),
        ConnectionRefusedError(),
        BrokenPipeError(),
        RuntimeError("Query interrupted"),
        RuntimeError("Python exception occurred: KeyboardInterrupt: "),
        KeyboardInterrupt(),
        SystemExit(1),
        of_unavailable("failed to connect to all addresses"),
    ],
)
def test_what_concerns_all_is_raised(error: BaseException) -> None:
    told: list[DatasetFailed] = []
    with pytest.raises(type(error)) as raised, apart("users", told.append):
        raise error
    assert raised.value is error
    assert told == []


@pytest.mark.parametrize(
    "error",
    [
        StorageError("/lake/users: permission denied"),
        Denied("s3://b/lake/users: the store denies access"),
        OSError(13, os.strerror(13), "/lake/users"),
        MemoryError(),
        KeyError("x"),
        RecursionError("too deep"),
        PanicException("panicked"),
        of_unavailable("x").__class__("KeyboardInterrupt.csv is no CSV"),
    ],
)
def test_what_concerns_one_is_told_and_kept(error: BaseException) -> None:
    told: list[DatasetFailed] = []
    with apart("users", told.append):
        raise error
    (failure,) = told
    assert str(failure).startswith("users: ")
    assert (failure.dataset, failure.error) == ("users", error)
    assert not concerns_all(error)


# --- what libraries say


def test_a_stack_of_rust_is_left_out() -> None:
    class DeltaError(Exception):
        __module__ = "_internal"

    text = (
        "Kernel error: Json error: cut\n   0: <unknown>\n   1: start_thread\n        at ./x.c:4\n"
    )
    assert in_words(DeltaError(text)) == (
        "the lake can't be read or written: Kernel error: Json error: cut"
    )
    assert len(in_words(DeltaError("x" * 9_999)) or "") < 400


def test_the_error_of_a_python_worker_is_told_and_not_its_traceback(spark: Any) -> None:
    with pytest.raises(Exception, match="made up") as raised:
        spark.sparkContext.parallelize([1], 1).map(
            lambda each: dict[str, int]()["made up"]
        ).collect()
    assert spark_reason(raised.value).endswith("KeyError: 'made up'")
    assert "Traceback" not in spark_reason(raised.value)
