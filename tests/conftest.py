"""One engine fixture and one bucket fixture for all: a test runs on each engine, on each store."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from reelhouse.engines import ENGINES as NATIVE
from reelhouse.engines import engine as make_engine
from reelhouse.engines import reference
from reelhouse.spark import archive
from reelhouse.spark.session import spark_session
from tests.servers.bucket import Bucket, Server

QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m"
"""A JVM that compiles each method once, and never well: half as much work for one of seconds. With
such a compiler Java keeps room for 48 MB of code alone, which many queries in one process fill."""

os.environ.setdefault(archive.OPTIONS, QUICK_START)
archive.use()
ENGINES = ("reference", *NATIVE)
STORES = ("s3", "gs")
DURATIONS = Path(__file__).with_name("durations.txt")
"""How many seconds each file of tests took, and each test of LONG_SECONDS: by it they are shared
out, and what grew is seen."""

LONG_SECONDS = 0.5

SHARED_OUT = ("tests/flows/test_kill.py",)
"""Files whose tests need not stay together: each is long by itself."""

OF_SPARK = (
    *("tests/api/", "tests/conformance/", "tests/engines/test_names", "tests/flows/test_bad_input"),
    *(
        "tests/lake/test_engine_files",
        "tests/lake/test_old_lake",
        "tests/report/test_apart",
        "tests/usecases/",
    ),
)
"""Tests most of which ask Spark in this process: they share one JVM, which is warm."""

OF_CLUSTER = ("tests/cluster/", "tests/flows/test_kill_spark.py")
"""Tests that share one cluster, which takes long to start."""


@pytest.fixture(scope="session")
def spark() -> Any:
    """The one Spark session of all tests in this process; it reads Delta."""
    return spark_session("local[2]", delta=True)


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Any:
    """The engines by name, each made when it is first asked for; `reference` is plain Python."""
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            if name.startswith("spark"):
                request.getfixturevalue("spark")
            master = None if name == "duckdb" else "local[2]"
            made[name] = reference.run if name == "reference" else make_engine(name, master).run
        return made[name]

    return get


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, engines: Any) -> Any:
    """The `run` of each engine in turn."""
    return engines(request.param)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """The object stores by name, each started when it is first asked for."""
    started: dict[str, Server] = {}

    def get(kind: str) -> Server:
        if kind not in started:
            log = tmp_path_factory.mktemp("servers") / f"{kind}.log"
            started[kind] = Server.start(kind, log)
        return started[kind]

    yield get
    for each in started.values():
        each.stop()


@pytest.fixture(params=STORES)
def bucket(
    request: pytest.FixtureRequest,
    servers: Callable[[str], Server],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bucket]:
    """A fresh bucket on each store in turn; the environment leads to its server."""
    made = servers(request.param).bucket()
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    yield made
    made.faults.clear()


@pytest.fixture(params=["local", *STORES])
def place(
    request: pytest.FixtureRequest,
    servers: Callable[[str], Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """An empty folder, and a fresh bucket on each store, in turn: its path or URI."""
    if request.param == "local":
        return str(tmp_path / "place")
    made = servers(request.param).bucket()
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made.uri


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-durations", action="store_true", help=f"write {DURATIONS.name}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The file that takes longest begins first, lest one worker is left at it alone at the end."""
    took = dict[str, float]()
    for line in DURATIONS.read_text().splitlines():
        seconds, name = line.split(maxsplit=1)
        took[name] = float(seconds)
    items.sort(key=lambda item: -took.get(item.nodeid.partition("::")[0], 0))
    for item in items:
        for marker in markers(item, took.get(item.nodeid, 0)):
            item.add_marker(marker)


def markers(item: pytest.Item, seconds: float) -> Iterator[str]:
    """What a test needs, by its fixtures, its engine and how long it took: see pyproject.toml."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    called = getattr(item, "callspec", None)
    values = () if called is None else tuple(called.params.values())
    by_engine = any(isinstance(each, str) and each.startswith("spark") for each in values)
    if "spark" in fixtures or by_engine:
        yield "spark"
    if "servers" in fixtures:
        yield "stores"
    if "browser" in fixtures:
        yield "browser"
    if any(each in ("bigquery", "snowflake") for each in values):
        yield "emulators"
    if item.nodeid.startswith(OF_CLUSTER):
        yield "cluster"
    if seconds >= LONG_SECONDS:
        yield "long"


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if config.getoption("--keep-durations") and not is_worker:
        config.pluginmanager.register(Durations())


class Durations:
    """Keeps how long each file of tests took, and each long test: `make durations`."""

    def __init__(self) -> None:
        self.took: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name in (report.nodeid.partition("::")[0], report.nodeid):
            self.took[name] += report.duration  # type: ignore[assignment]

    def pytest_sessionfinish(self) -> None:
        lines = [
            f"{seconds:7.1f} {name}"
            for name, seconds in self.took.most_common()
            if "::" not in name or seconds >= LONG_SECONDS
        ]
        DURATIONS.write_text("\n".join(lines) + "\n")


class Groups(LoadScopeScheduling):
    """Shares groups of tests out to workers: a file's stay together, and so do all of the cluster.

    In place of the markers of `--dist loadgroup`, which pytest-xdist 3.8 writes into the names of
    tests; pytest 9.2 lets it write, and keeps the names as they are.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith(OF_CLUSTER):
            return "cluster"
        if file.startswith(OF_SPARK):
            return "spark"
        return nodeid if file in SHARED_OUT else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Let pytest-xdist share tests out by these groups."""
    return Groups(config, log)
