"""`reelhouse watch`: what lands is in the lake within seconds, once, whatever happens."""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from reelhouse import engines
from reelhouse.batch import Source
from reelhouse.cli import progress
from reelhouse.contract.registry import load_all
from reelhouse.engines.base import Engine
from reelhouse.flows.ingest import BatchResult, Ingestion
from reelhouse.flows.status import lake_status
from reelhouse.storage import open_store
from reelhouse.triggers import wait_list as waiting
from reelhouse.triggers.folder_events import NoEvents, Stop, tells_of_changes
from reelhouse.triggers.wait_list import LONGEST_HOLD, Waiting
from reelhouse.triggers.watch import Watcher
from tests.cli.conftest import COUNTS, EVENTS, REELHOUSE, USERS, VIDEOS
from tests.cluster.standalone import children
from tests.flows.permissions import heed
from tests.flows.world import contents
from tests.servers.bucket import Bucket

SOON = 60.0
"""In seconds: much more than it takes, for machines that have other work."""


class Watch:
    """A running `reelhouse watch --json`."""

    def __init__(self, *arguments: object, **environment: str) -> None:
        self.process = subprocess.Popen(
            [REELHOUSE, "watch", "--json", *map(str, arguments)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed,  # noqa: PLW1509
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._said: queue.Queue[str] = queue.Queue()
        self.batches: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []
        self.said: list[str] = []
        for stream, lines in (
            (self.process.stdout, self._lines),
            (self.process.stderr, self._said),
        ):
            threading.Thread(target=self._read, args=(stream, lines), daemon=True).start()

    @staticmethod
    def _read(stream: Any, lines: "queue.Queue[str]") -> None:
        for line in stream:
            lines.put(line)

    def until(self, sources: int) -> "Watch":
        """Wait until so many sources in all are in the lake."""
        until = time.monotonic() + SOON
        while self.sources < sources:
            self._keep(self._lines.get(timeout=until - time.monotonic()))
        return self

    def _keep(self, line: str) -> None:
        document = json.loads(line)
        (self.batches if "batch_id" in document else self.notices).append(document)

    def until_said(self, text: str) -> "Watch":
        """Wait until something is said on stderr."""
        until = time.monotonic() + SOON
        while not any(text in line for line in self.said):
            self.said.append(self._said.get(timeout=until - time.monotonic()))
        return self

    def ready(self) -> "Watch":
        return self.until_said("Ctrl-C ends it")

    @property
    def sources(self) -> int:
        return sum(len(batch["sources"]) for batch in self.batches)

    def end(self, sent: signal.Signals = signal.SIGTERM, status: int = 0) -> str:
        """End it, and return all that it said on stderr; it must end with this status."""
        self.process.send_signal(sent)
        assert self.process.wait(SOON) == (-9 if sent is signal.SIGKILL else status)
        time.sleep(0.1)
        while not self._said.empty():
            self.said.append(self._said.get())
        while not self._lines.empty():
            self._keep(self._lines.get())
        assert "Traceback" not in "".join(self.said)
        return "".join(self.said)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder with an empty landing, and no settings from elsewhere."""
    for name in [*os.environ]:
        if name.startswith("REELHOUSE_"):
            monkeypatch.delenv(name)
    (tmp_path / "data/landing").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def watch() -> Iterator[Callable[..., Watch]]:
    """Start watchers; whatever becomes of the test, they end with it."""
    started: list[Watch] = []

    def start(*arguments: object, **environment: str) -> Watch:
        started.append(Watch(*arguments, **environment))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait()


Start = Callable[..., Watch]
LANDING, LAKE = Path("data/landing"), "data/lake"


def land(name: str, text: str = EVENTS) -> Path:
    """Put a file into landing, by a rename."""
    hidden = LANDING / name.rpartition("/")[0] / ".hidden"
    hidden.parent.mkdir(parents=True, exist_ok=True)
    hidden.write_text(text)
    hidden.rename(LANDING / name)
    return LANDING / name


def status(lake: str = LAKE, landing: str = str(LANDING)) -> dict[str, Any]:
    return cast(dict[str, Any], lake_status(lake, landing, load_all()))


def by_dataset(found: dict[str, Any]) -> dict[str, tuple[int, int, int, int]]:
    return {
        each["dataset"]: (each["sources"], each["valid"], each["quarantined"], each["waiting"])
        for each in found["datasets"]
    }


# --- a folder


def test_what_lands_is_in_the_lake_within_seconds(watch: Start) -> None:
    land("events/before.jsonl")
    running = watch().until(1)
    began = time.monotonic()
    land("events/renamed.jsonl")
    running.until(2)
    assert time.monotonic() - began < 45  # and not at the next look at all of landing
    (LANDING / "events/written.jsonl").write_text(EVENTS)
    running.until(3)
    land("users/a.csv", USERS)  # its folder is new
    running.until(4)
    shutil.copytree(LANDING / "events", "elsewhere")
    os.rename("elsewhere", LANDING / "events/2026")
    land('events/it\'s "é" 日本 a=b.jsonl')
    running.until(8)
    for hidden in (".x.jsonl", "_x.jsonl", "x.tmp"):
        land(f"events/{hidden}")
    said = running.end()
    assert (running.sources, running.notices) == (8, [])
    assert said.splitlines() == [
        f"reelhouse: watching {LANDING.absolute()} (events, users, videos), as the system tells; "
        "Ctrl-C ends it"
    ]
    first = running.batches[0]
    assert (first["dataset"], first["engine"], first["records"]) == ("events", "duckdb", 5)
    assert first["sources"][0]["uri"] == str((LANDING / "events/before.jsonl").absolute())
    found = by_dataset(status())
    _, valid, quarantined = COUNTS["events"]
    assert found["events"] == (7, 7 * valid, 7 * quarantined, 0)
    assert found["users"] == (1, *COUNTS["users"][1:], 0)


def test_a_burst_becomes_few_batches_and_nothing_is_lost(watch: Start) -> None:
    running = watch("events").ready()
    for number in range(300):
        land(f"events/{number}.jsonl")
        time.sleep(0.005)
    running.until(300).end()
    assert len(running.batches) <= 3
    assert by_dataset(status())["events"] == (300, 900, 600, 0)


def test_a_growing_file_is_taken_once_when_it_is_still(watch: Start) -> None:
    running = watch().ready()
    with (LANDING / "a.jsonl").open("w"):
        pass
    (LANDING / "events").mkdir()
    os.rename(LANDING / "a.jsonl", LANDING / "events/a.jsonl")
    with (LANDING / "events/a.jsonl").open("a", buffering=1) as file:
        for _ in range(12):  # each pause is shorter than the time to be still
            file.write(EVENTS)
            time.sleep(0.4)
    assert running._lines.empty()
    running.until(1).end()
    assert by_dataset(status())["events"] == (1, 36, 24, 0)


def test_a_file_that_grows_after_it_was_taken_is_a_new_version(watch: Start) -> None:
    path = land("events/a.jsonl")
    running = watch("--still", "0").until(1)
    path.write_text(EVENTS * 2)
    running.until(2).end()
    assert [batch["records"] for batch in running.batches] == [5, 10]


def the_line_for_people() -> str:
    """What a watcher says of the one batch that it takes."""
    command = [REELHOUSE, "watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        line = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.stdout.read() == ""
    assert running.returncode == 0
    return line


def test_people_see_one_line_a_batch() -> None:
    land("events/a.jsonl")
    line = the_line_for_people()
    assert "  events: 1 source, 5 records, 3 valid, 2 quarantined, " in line
    assert datetime.fromisoformat(line[:19]).replace(tzinfo=UTC).year >= 2026
    assert "no record" not in line


def test_a_source_without_a_record_is_told_in_the_line_of_its_batch() -> None:
    land("videos/header.csv", VIDEOS.partition("\n")[0])
    line = the_line_for_people()
    assert "  videos: 1 source, 0 records, 0 valid, 0 quarantined, " in line
    where = Path.cwd() / "data/landing/videos/header.csv"
    assert line.endswith(f" s; 1 source holds no record: {where} (only a header)\n")


# --- its end, and its death


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_the_batch_at_hand_is_finished(watch: Start, sent: signal.Signals) -> None:
    land("events/a.jsonl", EVENTS * 25_000)
    land("videos/a.csv", VIDEOS)
    running = watch(REELHOUSE_LOG="info")
    while not list(Path(LAKE).glob("events/batch=*")):  # it judges
        assert running.process.poll() is None
        time.sleep(0.01)
    running.end(sent)
    assert [batch["records"] for batch in running.batches] == [125_000]
    assert status()["open_batches"] == []
    assert by_dataset(status())["videos"] == (0, 0, 0, 1)  # that one was not begun


@pytest.mark.parametrize("step", ["claimed", "manifest", "lake"])
def test_a_killed_watcher_is_succeeded_without_loss_or_repetition(watch: Start, step: str) -> None:
    land("events/a.jsonl")
    dying = watch("events", "--still", "0.2", REELHOUSE_DIE_AFTER=step)
    assert dying.process.wait(SOON) == -9
    land("events/b.jsonl")
    running = watch("events", "--still", "0.2")
    deadline = time.monotonic() + SOON
    while by_dataset(status())["events"] != (2, 6, 4, 0) or status()["open_batches"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    running.end()
    assert contents(LAKE)["events"].total() == 6


def test_two_watchers_share_the_work(watch: Start) -> None:
    both = [watch("events", "--still", "0.2").ready() for _ in range(2)]
    for number in range(20):
        land(f"events/{number}.jsonl")
        time.sleep(0.05)
    deadline = time.monotonic() + SOON
    while by_dataset(status())["events"] != (20, 60, 40, 0):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    for each in both:
        each.end()
    taken = Counter(each["uri"] for one in both for b in one.batches for each in b["sources"])
    assert (len(taken), max(taken.values())) == (20, 1)


# --- what goes wrong


def test_a_source_that_can_not_be_read_is_told_and_tried_again(watch: Start) -> None:
    secret = land("events/secret.jsonl")
    secret.chmod(0)
    land("events/a.jsonl")
    running = watch().until(1).until_said("secret.jsonl can't be read")
    land("users/a.csv", USERS)
    running.until(2)
    secret.chmod(0o644)
    running.until(3)
    said = running.end()
    complaints = [line for line in said.splitlines() if line.startswith("reelhouse: ")]
    assert len(complaints) == 2  # the first says what is watched
    assert by_dataset(status())["events"] == (2, 6, 4, 0)


def test_a_lake_that_is_away_is_waited_for(watch: Start) -> None:
    land("events/a.jsonl")
    running = watch().until(1)
    os.rename(LAKE, "away")
    Path(LAKE).write_text("in the way")
    land("events/b.jsonl")
    running.until_said("lake")
    os.remove(LAKE)
    os.rename("away", LAKE)
    running.until(2)
    running.end()
    assert by_dataset(status())["events"] == (2, 6, 4, 0)


def test_a_landing_that_is_made_anew_is_watched_again(watch: Start) -> None:
    land("events/a.jsonl")
    running = watch("--interval", "1").until(1)
    os.rename(LANDING, "old")
    running.until_said("data/landing, is not there; trying again in 2 s")
    LANDING.mkdir()
    land("events/b.jsonl")
    running.until(2)
    time.sleep(1.5)
    land("events/c.jsonl")
    running.until(3).end()


def test_an_idle_watcher_does_next_to_nothing(watch: Start) -> None:
    land("events/a.jsonl")
    running = watch().until(1)
    time.sleep(1)
    before = processor_seconds(running.process.pid)
    time.sleep(3)
    assert processor_seconds(running.process.pid) - before < 0.3
    running.end()


def processor_seconds(process: int) -> float:
    found = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK")


def test_wrong_use_is_told_at_once() -> None:
    for arguments, code, told in (
        (["watch", "nothing"], 2, "there is no contract for 'nothing'"),
        (["watch", "--landing", "no/such"], 1, "is not there: put sources into"),
        (["watch", "--still", "-1"], 2, "--still"),
    ):
        done = subprocess.run([REELHOUSE, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert told in done.stderr
        assert "Traceback" not in done.stderr


# --- one dataset that can't go on


def test_a_contract_that_is_broken_is_told_and_the_others_are_watched(watch: Start) -> None:
    contracts = Path("contracts")
    contracts.mkdir()
    (contracts / "users.odcs.yaml").write_text("a: [\n")
    land("users/a.csv", USERS)
    running = watch("--contracts", contracts).ready()
    land("events/a.jsonl")
    running.until(1)
    said = running.end(status=1)
    assert said.startswith("reelhouse: contracts/users.odcs.yaml:2: it is not YAML: ")
    assert "(events, videos)" in said


def test_a_contract_that_does_not_fit_is_told_once_and_the_others_go_on(watch: Start) -> None:
    land("users/a.csv", USERS)
    watch().until(1).end()
    shipped = Path(load_all()["users"].path).read_text()
    contracts = Path("contracts")
    contracts.mkdir()
    (contracts / "users.odcs.yaml").write_text(shipped.replace("name: lname", "name: Lname"))
    running = watch("--contracts", contracts, "--interval", "0.5").ready()
    land("users/b.csv", USERS)
    running.until_said("the contract says Lname")
    land("events/a.jsonl")
    running.until(1)
    time.sleep(5)  # it is tried again meanwhile
    said = running.end()
    assert said.count("Lname: a column can't change its case") == 1
    assert "users is tried again later" in said
    assert status()["open_batches"] == []
    assert by_dataset(status())["users"][3] == 1


def test_what_nobody_foresaw_is_told_as_a_defect_without_a_traceback(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Odd:
        name = "odd"

        def run(self, work: object) -> None:
            stop.set()
            raise ZeroDivisionError("something odd")

    said: list[str] = []
    stop, known = Stop(), load_all()
    land("events/a.jsonl")
    watcher = Watcher(
        str(LANDING),
        ["events"],
        lambda ledger: Ingestion(LAKE, str(LANDING), known, cast(Engine, Odd()), ledger=ledger),
        stop,
        interval=0.2,
        still=0.0,
        told=lambda batch: None,
        complain=said.append,
        shown=lambda: progress.ingesting("odd"),
    )
    watcher.run()
    assert said == [
        "ZeroDivisionError: something odd; this is a defect of Reelhouse: run it again with "
        "--traceback, and report it; events is tried again later"
    ]
    assert "Traceback" not in capfd.readouterr().err


# --- without events


def test_a_folder_of_a_network_is_looked_through(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"22 21 0:40 / {tmp_path}/a\\040share rw,nosuid shared:1 - nfs4 host:/x rw\n"
        f"23 22 0:41 / {tmp_path}/a\\040share/here rw - ext4 /dev/sdb1 rw\n"
        f"24 21 0:42 / {tmp_path}/bucket rw - fuse.gcsfuse bucket rw\n"
    )
    for name, told in (
        ("elsewhere", True),
        ("a share", False),
        ("a share/landing", False),
        ("a share/here/x", True),
        ("bucket/landing", False),
        ("a share too", True),
    ):
        assert tells_of_changes(tmp_path / name, mounts) is told
    assert tells_of_changes(tmp_path, tmp_path / "no such list")


def test_without_events_files_are_found_by_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST", 1)  # so that there are always more than can wait
    found: list[BatchResult] = []
    said: list[str] = []
    stop, known, judge = Stop(), load_all(), engines.engine("duckdb")
    watcher = Watcher(
        str(LANDING),
        ["events"],
        lambda ledger: Ingestion(LAKE, str(LANDING), known, judge, ledger=ledger),
        stop,
        interval=0.2,
        still=0.5,
        told=found.append,
        complain=said.append,
        shown=lambda: progress.ingesting("duckdb"),
    )
    watcher.events = NoEvents(stop)
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        land("events/a.jsonl")
        growing = LANDING / "events/b.jsonl"
        for number in range(1, 6):
            growing.write_text(EVENTS * number)
            time.sleep(0.2)
        deadline = time.monotonic() + SOON
        while sum(len(batch.sources) for batch in found) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    assert said == []
    assert sum(batch.records for batch in found) == 30


# --- buckets


def test_what_lands_in_a_bucket_is_found_by_looking(bucket: Bucket, watch: Start) -> None:
    landing, lake = f"{bucket.uri}/landing", f"{bucket.uri}/lake"
    store = open_store(landing)
    store.write("events/a.jsonl", EVENTS.encode())
    running = watch("--landing", landing, "--lake", lake, "--interval", "0.5").until(1)
    for number in range(20):
        store.write(f"events/{number}.jsonl", EVENTS.encode())
    store.write("users/a.csv", USERS.encode())
    running.until(22)
    bucket.faults.cut(0.1, seed=1)
    bucket.faults.answer_503(0.1, seed=2)
    store.write("events/later.jsonl", EVENTS.encode())
    running.until(23)
    bucket.faults.clear()
    time.sleep(1)
    before = bucket.faults.requests()
    time.sleep(2)
    assert bucket.faults.requests() - before < 60  # at most 4 looks at 3 datasets
    running.end()
    found = by_dataset(status(lake, landing))
    assert found["events"] == (22, 66, 44, 0)
    assert found["users"] == (1, 2, 1, 0)


def test_spark_reads_the_bucket_that_it_watches(bucket: Bucket, watch: Start) -> None:
    landing, lake = f"{bucket.uri}/landing", f"{bucket.uri}/lake"
    open_store(landing).write("events/a.jsonl", EVENTS.encode())
    spark = ("--engine", "spark", "--master", "local[1]", "--interval", "1")
    running = watch("events", "--landing", landing, "--lake", lake, *spark).until(1)
    assert [batch["engine"] for batch in running.batches] == ["spark"]
    assert by_dataset(status(lake, landing))["events"] == (1, 3, 2, 0)
    # without its JVM it can do nothing more: it ends, for whoever keeps it alive to start it anew
    (jvm,) = (each for each in children(running.process.pid) if is_java(each))
    os.kill(jvm, signal.SIGKILL)
    open_store(landing).write("events/b.jsonl", EVENTS.encode())
    running.until_said("Spark's JVM has ended")
    assert running.process.wait(60) == 1
    again = watch("events", "--landing", landing, "--lake", lake, "--interval", "1").until(1)
    again.end()
    assert by_dataset(status(lake, landing))["events"] == (2, 6, 4, 0)


def is_java(process: int) -> bool:
    return "java" in Path(f"/proc/{process}/comm").read_text()


# --- what no watcher takes


def strays(document: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["path"], each["files"]) for each in document["strays"]]


def test_strays_are_told_at_the_start_and_once_when_they_land(watch: Start) -> None:
    land("user/before.csv", USERS)
    Path("c").mkdir()
    Path("c/ads.yaml").write_text("kind: DataContract")
    running = watch("--contracts", "c", "--interval", "1")
    running.until_said("the contract c/ads.yaml is not read: rename it to ads.odcs.yaml")
    land("others/x.jsonl")
    running.until_said("1 file in landing belongs to no dataset: others/; sources lie in")
    land("user/more.csv", USERS)
    land("events/a.jsonl")
    running.until(1)
    (LANDING / "events/b.jsonl").symlink_to("a.jsonl")
    running.until_said("events/b.jsonl and events/a.jsonl are one file").until(2)
    (LANDING / "others/x.jsonl").unlink()
    time.sleep(2)
    land("z.csv")
    running.until_said("no dataset: z.csv")
    time.sleep(2)
    said = running.end()
    assert said.splitlines()[1:] == [
        "reelhouse: 1 file in landing belongs to no dataset: user/ (did you mean users?)",
        "reelhouse: the contract c/ads.yaml is not read: rename it to ads.odcs.yaml",
        "reelhouse: 1 file in landing belongs to no dataset: others/; sources lie in "
        "<landing>/<dataset>/",
        "reelhouse: events/b.jsonl and events/a.jsonl are one file: it counts as two sources",
        "reelhouse: 1 file in landing belongs to no dataset: z.csv; sources lie in "
        "<landing>/<dataset>/",
    ]
    assert [strays(document) for document in running.notices] == [
        *([("user/", 1)], [("others/", 1)], [], [("z.csv", 1)])
    ]
    assert by_dataset(status())["events"][0] == 2


def test_a_stray_is_told_as_the_system_tells_of_it(watch: Start) -> None:
    running = watch().ready()  # all of landing is looked through in a minute
    began = time.monotonic()
    land("others/x.jsonl")
    running.until_said("1 file in landing belongs to no dataset: others/")
    assert time.monotonic() - began < 45
    assert len(running.end().splitlines()) == 2


def test_strays_in_a_bucket_are_told_once(bucket: Bucket, watch: Start) -> None:
    landing, lake = f"{bucket.uri}/landing", f"{bucket.uri}/lake"
    bucket.put("landing/user/a.csv", USERS.encode())
    running = watch("--landing", landing, "--lake", lake, "--interval", "0.5")
    running.until_said("1 file in landing belongs to no dataset: user/ (did you mean users?)")
    bucket.put("landing/b.csv", USERS.encode())
    running.until_said("1 file in landing belongs to no dataset: b.csv")
    time.sleep(2)
    assert len(running.end().splitlines()) == 3
    assert [strays(document) for document in running.notices] == [[("user/", 1)], [("b.csv", 1)]]


# --- which files wait, by a clock of our own


def source(name: str, version: str = "1") -> Source:
    return Source(name, version, 1, datetime(2026, 11, 24, tzinfo=UTC))


class Landing:
    """Files as they are now."""

    def __init__(self) -> None:
        self.files: dict[str, Source] = {}
        self.waiting = Waiting(still=2.0)

    def see(self, name: str, version: str, now: float) -> None:
        self.files[name] = source(name, version)
        self.waiting.see("events", self.files[name], now)

    def ready(self, now: float) -> list[str]:
        found = self.waiting.ready(now, lambda each: self.files.get(each.uri))
        return sorted(found.get("events", {}))


def test_a_file_waits_until_it_is_still() -> None:
    landing = Landing()
    landing.see("a", "1", 0.0)
    assert landing.waiting.due() == 2.0
    assert landing.ready(1.9) == []
    landing.see("a", "2", 1.9)
    assert landing.ready(2.1) == []
    landing.see("a", "2", 3.0)
    assert landing.ready(3.9) == ["a"]
    landing.waiting.forget(["a"])
    assert (landing.ready(9.0), landing.waiting.due()) == ([], float("inf"))


def test_a_file_that_has_changed_at_the_last_look_waits_on() -> None:
    landing = Landing()
    landing.see("a", "1", 0.0)
    landing.files["a"] = source("a", "2")
    assert landing.ready(2.0) == []
    assert landing.ready(4.0) == ["a"]
    del landing.files["a"]
    assert landing.ready(5.0) == []
    assert len(landing.waiting) == 0


def test_files_that_keep_coming_are_taken_together_but_not_for_ever() -> None:
    landing, taken, now = Landing(), list[int](), 0.0
    while now < 60:
        landing.see(f"file {now}", "1", now)
        if ready := landing.ready(now):
            taken.append(len(ready))
            landing.waiting.forget(ready)
        now += 1
    assert set(taken) <= set(range(int(LONGEST_HOLD) - 1, int(LONGEST_HOLD) + 3))
    assert len(taken) == 5


def test_a_file_that_never_stops_growing_does_not_hold_up_the_others() -> None:
    landing, now = Landing(), 0.0
    landing.see("log", "0", 0.0)
    while now < 10:
        now += 1
        landing.see("log", str(now), now)
    landing.see("a", "1", now)
    landing.see("log", "x", now + 1.5)
    assert landing.ready(now + 2) == ["a"]


def test_what_failed_is_tried_again_after_growing_pauses() -> None:
    landing, tries, now = Landing(), list[float](), 0.0
    landing.see("a", "1", 0.0)
    landing.see("b", "1", 100.0)
    while now < 300:
        if "a" in landing.ready(now):
            tries.append(now)
            landing.waiting.failed(["a"], now)
            landing.waiting.forget(["b"])
        now += 0.5
    assert tries == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]
    landing.waiting.failed(["a"], 300.0, longest=60.0)
    assert landing.ready(359.5) == []
    assert landing.ready(360.0) == ["a"]
    landing.waiting.failed(["a"], 360.0)
    landing.see("a", "2", 361.0)  # mended
    assert landing.ready(363.0) == ["a"]
