"""The command line as a user has it: in this process for speed, or in one of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reelhouse.cli.main import run
from reelhouse.spark import jars

REELHOUSE = str(Path(sys.executable).with_name("reelhouse"))

EVENTS = """\
{"user_id":1,"video_id":7,"event":"viewed","timestamp":1767225600,"latitude":48.8,"longitude":2.3}
{"events":[{"user_id":1,"video_id":7,"event":"like","timestamp":1767225601},{"user_id":1,\
"video_id":7,"event":"loved","timestamp":1767225602},{"user_id":2,"video_id":7,"event":"share",\
"timestamp":1767225603}]}
{"user_id":"3","video_id":7,"event":"viewed","timestamp":1767225604}
"""
USERS = """\
id,fname,lname,email,country,subscription,categories
1,Ann,Ito,ann@example.com,JP,1,music;sport
2,Bo,,nobody,xx,1,
3,José,"Díaz, Jr.",jose@example.com,ES,0,
"""
VIDEOS = """\
id,name,url,creation_timestamp,creator_id,private
7,First,https://watch.example.com/7,1767225600,1,0
8,Second,https://watch.example.com/8,yesterday,1,0
"""

COUNTS = {"events": (5, 3, 2), "users": (3, 2, 1), "videos": (2, 1, 1)}
"""Of the sources above: records, valid, quarantined."""


@dataclass
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one document on stdout, and nothing else."""
        assert self.out.endswith("\n")
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working folder, and no settings from elsewhere."""
    for name in {*os.environ} - {jars.CACHE}:
        if name.startswith("REELHOUSE_") or name in ("FORCE_COLOR", "COLUMNS", "SPARK_REMOTE"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def reelhouse(clean: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(each) for each in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def process(clean: Path) -> Run:
    """Run a command in a process of its own; keywords are added to its environment."""

    def call(*arguments: object, **environment: str) -> Result:
        done = subprocess.run(
            [REELHOUSE, *map(str, arguments)],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def landing(clean: Path) -> Path:
    """The default landing, with a source of each dataset."""
    folder = clean / "data" / "landing"
    for name, text in (
        ("events/a.jsonl", EVENTS),
        ("users/a.csv", USERS),
        ("videos/a.csv", VIDEOS),
    ):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def lake(landing: Path, reelhouse: Run) -> Path:
    """The default lake, with all of landing in it."""
    assert reelhouse("ingest").code == 0
    return landing.parent / "lake"


def plain(text: str) -> str:
    """Text without a terminal's colours and movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")
