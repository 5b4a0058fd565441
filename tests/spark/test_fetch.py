"""The jars for Spark: fetched once, by one process, whole or not at all.

Most of these ask a repository on this machine; Spark's own Ivy downloads from it.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.spark import fetch, jars
from tests.servers.maven import Repository, jar

Process = subprocess.Popen[str]


@pytest.fixture
def repository() -> Iterator[Repository]:
    started = Repository()
    yield started
    started.stop()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repository: Repository) -> Path:
    """An empty cache in a home of its own; what is fetched comes from the repository."""
    for name in (jars.CACHE, "SPARK_CONF_DIR", "SPARK_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a cache, of mine"))
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", repository.uri)
    return tmp_path / "a cache, of mine" / "reelhouse" / "jars"


def start(*words: str, **environment: str) -> Process:
    return subprocess.Popen(
        [sys.executable, "-m", "reelhouse.spark.fetch", *words],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def names(folder: Path) -> set[str]:
    """What is in a folder, but for the lock."""
    return {path.name for path in folder.iterdir()} - {fetch.LOCK}


def test_one_of_the_processes_that_want_the_same_fetches_it(
    cache: Path, repository: Repository
) -> None:
    processes = [start("s3", "delta") for _ in range(3)]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert "".join(out for out, _ in said).count("Fetching ") == 2
    assert [err for _, err in said] == ["", "", ""]
    assert set(repository.jars_asked().values()) == {1}
    assert len(repository.jars_asked()) == len(jars.S3.packages) + len(jars.DELTA.packages)
    assert names(cache) == {jars.S3.folder.name, jars.DELTA.folder.name}
    assert names(jars.DELTA.folder) == {"io.delta_delta-spark_4.2_2.13-4.4.0.jar"}
    downloaded = repository.asked.total()
    assert start("s3", "delta").wait(60) == 0
    assert repository.asked.total() == downloaded


def test_the_connector_for_gcs_is_the_shaded_one(cache: Path, repository: Repository) -> None:
    fetch.fetch(jars.GCS)
    (path,) = repository.jars_asked()
    assert path.endswith("/gcs-connector-4.0.4-shaded.jar")


def asked_times(repository: Repository, times: int) -> bool:
    return sum(repository.jars_asked().values()) == times


def test_a_fetch_that_is_killed_leaves_nothing_that_disturbs_the_next(
    cache: Path, repository: Repository
) -> None:
    repository.open.clear()
    for times in (1, 2):
        process = start("delta")
        wait_until(partial(asked_times, repository, times))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert names(cache) == {fetch.UNFINISHED}
        kill_orphans(cache)
    process = start("delta")
    repository.open.set()
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert names(cache) == {jars.DELTA.folder.name}
    assert len(names(jars.DELTA.folder)) == 1


def kill_orphans(cache: Path) -> None:
    """Kill the JVMs that work for this cache."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:  # it has ended
            continue
        if b"SparkSubmit" in command and str(cache).encode() in command:
            os.kill(int(path.parent.name), signal.SIGKILL)


def test_nobody_begins_before_the_jvm_of_a_killed_fetch_has_ended(
    cache: Path, repository: Repository
) -> None:
    repository.open.clear()
    killed = start("delta")
    wait_until(repository.jars_asked)
    killed.kill()
    killed.communicate()
    process = start("delta")
    assert process.stdout
    assert "Waiting for another process" in process.stdout.readline()
    assert set(repository.jars_asked().values()) == {1}
    repository.open.set()
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert names(cache) == {jars.DELTA.folder.name}


def test_what_fails_is_tried_again(
    cache: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PAUSE_SECONDS", 0)
    repository.failures = 2
    fetch.fetch(jars.DELTA)
    assert list(repository.jars_asked().values()) == [3]
    assert names(cache) == {jars.DELTA.folder.name}


def test_a_repository_that_is_not_there(
    cache: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "http://127.0.0.1:9/"
    process = start("delta", "gs", DEFAULT_ARTIFACT_REPOSITORY=nowhere)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert out == "Fetching Delta Lake for Spark (87 MB, once)\n"
    assert err.count("\n") == 1
    assert "Spark could not fetch Delta Lake for Spark: Server access error at url" in err
    assert "(java.net.ConnectException: Connection refused): mend the way to Maven Central" in err
    assert names(cache) == set()
    fetch.fetch(jars.DELTA)
    assert names(cache) == {jars.DELTA.folder.name}


def test_ones_own_repositories_count(
    cache: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Those of spark-defaults.conf, whatever else it says to jobs."""
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", "http://127.0.0.1:9/")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    monkeypatch.setenv("SPARK_REMOTE", "sc://nowhere")
    (tmp_path / "spark-defaults.conf").write_text(
        f"spark.jars.repositories {repository.uri}\nspark.master yarn\n"
        "spark.submit.deployMode cluster\nspark.jars s3a://nowhere/own.jar\n"
        "spark.jars.packages com.example:own:1\n"
    )
    fetch.fetch(jars.DELTA)
    assert len(names(jars.DELTA.folder)) == 1
    settings = tmp_path / "ivy.xml"
    settings.write_text(
        '<ivysettings><settings defaultResolver="own"/><resolvers><ibiblio name="own" '
        f'root="{repository.uri}" m2compatible="true"/></resolvers></ivysettings>'
    )
    (tmp_path / "spark-defaults.conf").write_text(f"spark.jars.ivySettings = {settings}\n")
    fetch.fetch(jars.S3)
    assert len(names(jars.S3.folder)) == len(jars.S3.packages)


def test_a_process_that_waits_says_so_to_a_person(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PATIENCE_SECONDS", 0)
    cache.mkdir(parents=True)
    said: list[str] = []
    with (cache / fetch.LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def tell(text: str) -> None:
            said.append(text)
            jars.DELTA.folder.mkdir()  # as the other process would
            fcntl.flock(lock, fcntl.LOCK_UN)

        fetch.fetch(jars.DELTA, tell)
    assert said == ["Waiting for another process, which fetches jars for Spark"]


def test_a_folder_that_can_not_be_made(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(jars.CACHE, "/dev/null/jars")
    with pytest.raises(ReelhouseError) as error:
        fetch.fetch(jars.GCS)
    assert str(error.value) == (
        "/dev/null/jars can't keep Spark's connector for GCS: Not a directory: mend that, or let "
        "REELHOUSE_JARS name another folder"
    )


def test_without_java_it_says_how_to_get_it(cache: Path) -> None:
    process = start(JAVA_HOME="/nowhere")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "need Java 17 or newer, and JAVA_HOME, /nowhere, has no bin/java" in err
    for jar_set in jars.SETS.values():
        jar_set.folder.mkdir(parents=True)
    assert start(JAVA_HOME="/nowhere").wait(60) == 0
    process = start(fetch.CLASSES, JAVA_HOME="/nowhere")
    assert "need Java 17 or newer" in process.communicate(timeout=60)[1]
    assert process.returncode == 1


def test_a_word_that_is_not_known() -> None:
    process = start("hdfs")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "hdfs is none of delta, s3, gs" in err


SESSION = """
from pyspark import SparkContext
from reelhouse.errors import ReelhouseError
from reelhouse.spark.session import spark_session

session = spark_session("local[1]", uris=["s3://bucket", "gs://bucket"], tell=print)
loader = SparkContext._jvm.Thread.currentThread().getContextClassLoader()
for name in ("hadoop-aws", "gcs-connector", "package", "jar"):
    print(name, loader.getResource(f"{name}.txt") is not None)
print(session.sparkContext.getConf().get("spark.jars"))
try:
    spark_session("local[1]", delta=True)
except ReelhouseError as error:
    print(error, session.sql("select 1").count())
"""


def test_ones_own_jars_and_packages_are_loaded_too(
    cache: Path, repository: Repository, tmp_path: Path
) -> None:
    own = tmp_path / "own.jar"
    own.write_bytes(jar("jar"))
    defaults = f"spark.jars.ivy {tmp_path}/ivy\nspark.jars {own}\n"
    (tmp_path / "spark-defaults.conf").write_text(defaults)
    arguments = "--packages com.example:package:1 pyspark-shell"
    done = subprocess.run(
        [sys.executable, "-c", SESSION],
        env=os.environ | {"SPARK_CONF_DIR": str(tmp_path), "PYSPARK_SUBMIT_ARGS": arguments},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    s3, gcs, *there, settings, without = done.stdout.splitlines()
    assert s3 == "Fetching Spark's connector for S3 (19 MB, once)"
    assert gcs == "Fetching Spark's connector for GCS (39 MB, once)"
    assert there == ["hadoop-aws True", "gcs-connector True", "package True", "jar True"]
    listed = [uri.rpartition("/")[2] for uri in settings.split(",")]
    assert len(listed) == len(set(listed)) == len(jars.S3.packages) + 3
    assert {"own.jar", "com.example_package-1.jar"} < set(listed)
    assert without.startswith("the Spark session of this process was started without Delta Lake: ")
    assert without.endswith(" 1")
