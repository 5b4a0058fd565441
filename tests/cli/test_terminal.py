"""What stands on a terminal of so many columns, and what stands in a file instead."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import REELHOUSE, Run, plain


def on_terminal(width: int, *arguments: object, progress: bool = False, **environment: str) -> str:
    """What a command writes to a terminal, with its colours; its progress too, if wanted."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 100, width, 0, 0))
    with subprocess.Popen(
        [REELHOUSE, *map(str, arguments)],
        env=os.environ | {"TERM": "xterm-256color"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs if progress else subprocess.DEVNULL,
    ) as running:
        os.close(theirs)
        said = b""
        while True:
            try:
                block = os.read(ours, 65536)
            except OSError:  # the last of those who wrote has gone
                break
            if not block:
                break
            said += block
        os.close(ours)
        assert running.wait(120) == 0
    return said.decode()


LONG = '{"user_id":"%s","video_id":7,"event":"viewed","timestamp":1,"comment":"%s"}'
COMMENT = "a comment that is so long that no terminal has room for it " * 5


@pytest.fixture
def deep(landing: Path, reelhouse: Run) -> Path:
    """A landing and a lake in folders with long names, and long records in quarantine."""
    folder = Path(*["a-folder-with-a-long-name"] * 4).absolute()
    folder.mkdir(parents=True)
    os.rename(landing, folder / "landing")
    record = LONG % ("x", COMMENT)
    (folder / "landing/events/b.jsonl").write_text(f"{record}\n" * 3)
    done = reelhouse("ingest", "--landing", folder / "landing", "--lake", folder / "lake")
    assert done.code == 0
    return folder


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_a_terminal_and_break_no_word(deep: Path, reelhouse: Run, width: int) -> None:
    flags = ("--lake", os.path.relpath(deep / "lake"))
    shown = plain(on_terminal(width, "quarantine", "list", *flags))
    lines = shown.splitlines()
    assert max(map(cell_len, lines)) <= width
    words = " ".join(shown.split())
    for reason in reelhouse("quarantine", "list", *flags, "--json").document["reasons"]:
        assert all(word in words.split() for word in reason["message"].split())
        assert all(word in words.split() for word in (reason["field"], reason["rule"]))
        example = reason["example"]
        (line,) = {line for line in lines if line.strip()[:20] == example[:20]}
        assert line.strip() == example or (len(line) == width and line.endswith("…"))


@pytest.mark.parametrize("command", ["contracts show events", "status", "doctor"])
def test_other_tables_fit_a_narrow_terminal(landing: Path, command: str) -> None:
    lines = plain(on_terminal(80, *command.split())).splitlines()
    rows = lines if command == "doctor" else lines[1:]  # the first has a path, whole
    assert max(map(cell_len, [row for row in rows if os.sep + "tmp" not in row])) <= 80


def test_status_keeps_a_moment_on_one_line(deep: Path) -> None:
    shown = plain(on_terminal(80, "status", "--lake", deep / "lake", "--landing", deep / "landing"))
    assert f"The lake {deep}/lake\n" in shown  # as the command wrote it, without line ends
    rows = [line for line in shown.splitlines() if line.startswith(("events", "users", "videos"))]
    assert len(rows) == 3
    assert all(len(row.split()) == 8 for row in rows)


def test_nothing_is_broken_where_there_is_no_terminal(deep: Path, process: Run) -> None:
    flags = ("--lake", deep / "lake")
    environment = {"COLUMNS": "40"}
    shown = process("quarantine", "show", "events", *flags, **environment).out
    assert (LONG % ("x", COMMENT)) in shown.splitlines()
    assert f"    {deep}/landing/events/b.jsonl" in shown.splitlines()
    assert f"The lake {deep}/lake\n" in process("status", *flags, **environment).out
    listed = process("quarantine", "list", *flags, **environment).out
    assert (
        ' "loved" is not one of created, viewed, like, dislike, commented, add_tags, rem' in listed
    )
    assert f"{deep}/landing, is not there" not in listed
    assert "\x1b" not in shown + listed


def test_progress_is_for_a_person_who_looks(clean: Path, process: Run) -> None:
    made = on_terminal(100, "generate", "landing", "--events", "200000", progress=True)
    assert "events" in made
    assert "━" in made
    flags = ("--landing", "landing", "--lake", "lake")
    shown = on_terminal(100, "ingest", "events", *flags, progress=True)
    assert "events, with duckdb" in shown
    assert "MB" in shown
    assert "200,000" in plain(shown)
    piped = process("ingest", "users", "videos", *flags)
    assert piped.err == ""
    assert "━" not in piped.out


def test_colours_can_be_left_out(landing: Path) -> None:
    assert "\x1b[1m" in on_terminal(80, "status")
    assert "\x1b[3" not in on_terminal(80, "doctor", NO_COLOR="1")
