"""Run a command and measure it: seconds, peak memory, what it printed."""

import os
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.2
TIME_LIMIT_SECONDS = 3600
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SESSION_FIELD = 3  # in /proc/PID/stat, counted from the field after the command's name
RSS_FIELD = 21


class RunFailed(Exception):
    """A measured command failed; the message has its last words."""


@dataclass(frozen=True)
class Run:
    """One finished process: wall seconds, peak resident bytes of its whole tree, its stdout."""

    seconds: float
    peak_bytes: int
    stdout: str


def run(command: list[str], log: Path) -> Run:
    """Run *command* to its end in a session of its own, its stderr in *log*.

    Raises RunFailed when it exits with another status than 0 or takes over an hour.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    output = log.with_suffix(".out")
    with log.open("wb") as stderr, output.open("wb") as stdout:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, start_new_session=True)
        try:
            peak = watch(process, command, started)
        except BaseException:
            end_session(process.pid)
            process.wait()
            raise
        seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise RunFailed(f"{shlex.join(command)}\n{last_words(log)}")
    return Run(seconds, peak, output.read_text())


def watch(process: "subprocess.Popen[bytes]", command: list[str], started: float) -> int:
    peak = 0
    ended = os.pidfd_open(process.pid)  # readable at the moment the process ends
    try:
        while not select.select([ended], [], [], POLL_SECONDS)[0]:
            peak = max(peak, sum(rss for _, rss in members(process.pid)))
            if time.perf_counter() - started > TIME_LIMIT_SECONDS:
                raise RunFailed(f"{shlex.join(command)}\ntook over {TIME_LIMIT_SECONDS} s")
    finally:
        os.close(ended)
    process.wait()
    return peak


def members(session: int) -> Iterator[tuple[int, int]]:
    """Process ids and resident bytes of a session: the tree of the process that leads it."""
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            try:
                text = Path(entry.path, "stat").read_text()
            except OSError:
                continue  # it has ended
            fields = text.rpartition(")")[2].split()
            if int(fields[SESSION_FIELD]) == session:
                yield int(entry.name), int(fields[RSS_FIELD]) * PAGE_BYTES


def end_session(session: int) -> None:
    for pid, _ in list(members(session)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def last_words(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").strip().splitlines()[-lines:])
