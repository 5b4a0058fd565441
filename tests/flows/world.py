"""A landing and a lake of their own, runs of the command line on them, and what is in the lake."""

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from reelhouse.cli.main import run
from reelhouse.demo.generate import generate
from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.lake.ledger import Ledger
from reelhouse.storage import open_store
from tests.flows import permissions

DATASETS = ("events", "users", "videos")
OF_A_RUN = ("_ingested_at", "_batch_id")
"""The columns that tell one run from another."""

Rows = Counter[str]

STARTED: list["subprocess.Popen[str] | BaseProcess"] = []


def end_all() -> None:
    """Kill what a test has left, such as a process that it stopped and never woke."""
    for process in STARTED:
        running = process.is_alive() if isinstance(process, BaseProcess) else process.poll() is None
        if running:  # else its number may be another's by now
            process.kill()
    STARTED.clear()


@dataclass(frozen=True)
class World:
    """A landing and a lake, side by side in a folder unless it is said otherwise."""

    folder: Path
    lake: Path

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    def at(self, lake: Path) -> "World":
        """The same landing with another lake."""
        return World(self.folder, lake)

    def land(self, name: str, content: bytes | str) -> Path:
        """Put a source into landing, under its name only when it is whole."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden = path.with_name(".landing")
        hidden.write_bytes(content.encode() if isinstance(content, str) else content)
        hidden.replace(path)
        return path

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start `reelhouse` with these arguments, on this landing and lake."""
        process = subprocess.Popen(
            [sys.executable, "-m", "reelhouse", *arguments],
            env={**os.environ, **self.settings, **environment},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        STARTED.append(process)
        return process

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a run; its scratch goes when the test's folder goes."""
        return {
            "REELHOUSE_LANDING": str(self.landing),
            "REELHOUSE_LAKE": str(self.lake),
            "TMPDIR": str(self.folder),
        }

    def fork(self, *arguments: str, heeding: bool = False, **environment: str) -> "Forked":
        """Start the same, without the half second that an interpreter and the imports take.

        `heeding` makes it heed the permissions of files, also where root runs the tests.
        """
        said = self.folder.parent / f"{uuid.uuid4()}"  # the folder may be shut
        settings = {**self.settings, **environment}
        process = SERVER.Process(
            target=_command, args=(arguments, settings, str(self.folder), str(said), heeding)
        )
        process.start()
        STARTED.append(process)
        return Forked(process, said)

    def run(self, *arguments: str, heeding: bool = False, **environment: str) -> "Finished":
        """Run `reelhouse` to its end."""
        return self.fork(*arguments, heeding=heeding, **environment).finished()

    def ingest(self, *arguments: str, heeding: bool = False, **environment: str) -> "Finished":
        return self.run("ingest", "--json", *arguments, heeding=heeding, **environment)


@dataclass(frozen=True)
class Finished:
    """How a run ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Records, valid and quarantined, by the name of each source that the run took."""
        return {
            Path(each["uri"]).name: (each["records"], each["valid"], each["quarantined"])
            for batch in self.document["batches"]
            for each in batch["sources"]
        }


@dataclass(frozen=True)
class Forked:
    """A run in a process that was forked from one with all imports done."""

    process: BaseProcess
    said: Path

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def finished(self, seconds: float = 120) -> Finished:
        """Wait for its end; it must never show a traceback."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, "it does not end"
        stdout, stderr = (_taken(self.said.with_suffix(each)) for each in (".out", ".err"))
        assert "Traceback" not in stderr, stderr
        return Finished(self.process.exitcode, stdout, stderr)


def _taken(path: Path) -> str:
    text = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    return text


SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        "reelhouse.cli.main",
        "reelhouse.contract.registry",
        "reelhouse.engines.duckdb.engine",
        "reelhouse.flows.ingest",
        "reelhouse.cli.progress",
        "pandas",  # PyArrow imports it with the first array, where it is installed
    ]
)


def _command(
    arguments: tuple[str, ...], settings: dict[str, str], folder: str, said: str, heeding: bool
) -> None:
    os.environ.update(settings)
    os.chdir(folder)
    tempfile.tempdir = None  # TMPDIR is another than the server's
    for number, suffix in ((1, ".out"), (2, ".err")):
        with open(said + suffix, "w") as file:
            os.dup2(file.fileno(), number)
    if heeding:
        permissions.heed()
    os._exit(run(list(arguments)))


def finished(process: "subprocess.Popen[str]", seconds: float = 120) -> Finished:
    """Wait for a run's end; it must never show a traceback."""
    stdout, stderr = process.communicate(timeout=seconds)
    assert "Traceback" not in stderr, stderr
    return Finished(process.returncode, stdout, stderr)


def wait_until_stopped(process: int) -> None:
    """Wait until a process has stopped itself (SIGSTOP)."""
    until = time.monotonic() + 60
    state = ""
    while state != "T":
        assert time.monotonic() < until, "it does not stop"
        time.sleep(0.01)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def small_site(
    landing: Path, events: int = 300, seed: int = 1, files: int = 3, days: int = 2
) -> None:
    """Videos, users and events, a tenth of them broken."""
    generate(
        landing,
        events=events,
        users=30,
        videos=20,
        broken=0.1,
        seed=seed,
        files=files,
        days=days,
    )


def lines(*videos: int) -> str:
    """A source of events, one with each of these videos."""
    return "".join(
        f'{{"user_id": 1, "video_id": {video}, "event": "like", "timestamp": 1767225600}}\n'
        for video in videos
    )


def videos_in(world: World) -> list[int]:
    """The videos of the lake's events, each as often as it is there."""
    return sorted(json.loads(row)["video_id"] for row in rows(world.lake, "events").elements())


def wait_until(true: Callable[[], Any], process: "subprocess.Popen[str]") -> None:
    """Wait until something is true, while a process is alive."""
    until = time.monotonic() + 120
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


# --- what is in the lake, which is a folder or, by its URI, in a bucket


def table_of(lake: Path | str, path: str) -> DeltaTable | None:
    """One of the lake's tables, if it is there."""
    return open_table(open_store(str(lake)).uri(path))


def rows(lake: Path | str, path: str, without: tuple[str, ...] = OF_A_RUN) -> Rows:
    """The rows of one of the lake's tables, each with how often it is there."""
    table = table_of(lake, path)
    if table is None:
        return Counter()
    found = table.to_pyarrow_table()
    kept = found.select([name for name in sorted(found.column_names) if name not in without])
    return Counter(json.dumps(row, default=str) for row in kept.to_pylist())


def contents(lake: Path | str, datasets: tuple[str, ...] = DATASETS) -> dict[str, Rows]:
    """The rows of the lake and of the quarantine, by table."""
    paths = [path for each in datasets for path in (layout.table(each), layout.quarantine(each))]
    return {path: rows(lake, path) for path in paths}


def by_batch(lake: Path | str, path: str) -> Counter[tuple[str, str]]:
    """How many rows of a table each source has, by batch."""
    table = table_of(lake, path)
    if table is None:
        return Counter()
    found = table.to_pyarrow_table(columns=["_batch_id", "_source"])
    batches: list[Any] = found["_batch_id"].to_pylist()
    sources: list[Any] = found["_source"].to_pylist()
    return Counter(zip(batches, sources, strict=True))


def check_ledger(lake: Path | str, datasets: tuple[str, ...] = DATASETS) -> None:
    """No batch is open, and what the ledger counts is what the tables hold."""
    ledger = Ledger(str(lake))
    state = ledger.state()
    assert state.open() == []
    for dataset in datasets:
        counted: dict[str, Counter[tuple[str, str]]] = {
            "valid": Counter(),
            "quarantined": Counter(),
        }
        for batch in state.committed(dataset):
            counts = ledger.counts(batch.batch_id)
            for name, counter in counted.items():
                own = {(batch.batch_id, each.uri): int(getattr(each, name)) for each in counts}
                assert sum(own.values()) == getattr(batch, name)
                counter.update(own)
        assert +counted["valid"] == by_batch(lake, layout.table(dataset))
        assert +counted["quarantined"] == by_batch(lake, layout.quarantine(dataset))


def check_files(lake: Path, path: str) -> None:
    """Every file that a table's log names is there, with as many rows as the log says."""
    table = DeltaTable(str(lake / path))
    assert table.count() == table.to_pyarrow_table().num_rows
