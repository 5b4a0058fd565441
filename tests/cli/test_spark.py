"""Spark, as it is started from the command line: quiet, and told in words when it can't start."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from reelhouse.errors import spark_reason
from reelhouse.spark import jars, session
from reelhouse.spark.fetch import LOCK
from tests.cli.conftest import COUNTS, REELHOUSE, USERS, Run
from tests.servers.bucket import Bucket

ANSWER = {"viewed": 1, "like": 1, "share": 1}
"""What `event-types` counts in the lake of these tests."""

BY_THE_JVM_ITSELF = "WARNING: Using incubator modules: jdk.incubator.vector\n"


@pytest.mark.parametrize("engine", ["spark", "spark-rdd"])
def test_spark_starts_quietly(landing: Path, process: Run, engine: str) -> None:
    done = process("ingest", "users", "--engine", engine, "--master", "local[2]", "--json")
    assert done.code == 0
    assert done.err.replace(BY_THE_JVM_ITSELF, "") == ""
    found = {
        each["dataset"]: (each["records"], each["valid"], each["quarantined"])
        for each in done.document["batches"]
    }
    assert found == {"users": COUNTS["users"]}
    assert {each["engine"] for each in done.document["batches"]} == {engine}


@pytest.mark.parametrize("bucket", ["gs"], indirect=True)
def test_results_alone_are_on_stdout_with_connectors_too(
    clean: Path, process: Run, bucket: Bucket
) -> None:
    bucket.put("landing/users/a b.csv", USERS.encode())
    places = ("--landing", f"{bucket.uri}/landing", "--lake", f"{bucket.uri}/lake")
    spark = ("--engine", "spark", "--master", "local[2]")
    done = process("ingest", "users", *places, *spark, "--json")
    assert done.code == 0, done.err
    (batch,) = done.document["batches"]
    assert (batch["records"], batch["valid"], batch["quarantined"]) == COUNTS["users"]


def test_questions_asked_at_once_on_a_machine_without_jars(lake: Path, tmp_path: Path) -> None:
    """One of them downloads Delta Lake, from Maven Central; all are answered."""
    ask = [REELHOUSE, "analyze", "event-types", "--master", "local[1]", "--json"]
    processes = [
        subprocess.Popen(
            ask,
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=600) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    for out, err in said:
        assert {row["event"]: row["count"] for row in json.loads(out)["rows"]} == ANSWER
        assert err.replace(BY_THE_JVM_ITSELF, "") == ""
    folder = tmp_path / "cache/reelhouse/jars"
    assert {path.name for path in folder.iterdir()} == {LOCK, jars.DELTA.folder.name}


def test_ones_own_log_configuration_is_left_alone(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = "LOG4J_CONFIGURATION_FILE"
    monkeypatch.setenv(variable, "mine.properties")
    session._log_quietly()
    assert os.environ[variable] == "mine.properties"
    monkeypatch.delenv(variable)
    monkeypatch.setenv("SPARK_CONF_DIR", str(clean))
    (clean / "log4j2.xml").touch()
    session._log_quietly()
    assert variable not in os.environ
    (clean / "log4j2.xml").unlink()
    session._log_quietly()
    assert Path(os.environ[variable]).is_file()


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["--master", "nonsense"], 2, "nonsense is no master that Spark knows: those are such as"),
        (["--master", "local[x]"], 2, "local[x] is no master that Spark knows"),
        (["--remote", "nonsense"], 2, "nonsense is no Spark Connect server's URL, such as sc://"),
        (["--remote", "sc://host:x"], 2, "sc://host:x is no Spark Connect server's URL"),
    ],
)
def test_urls_that_are_none(
    landing: Path, reelhouse: Run, flags: list[str], code: int, said: str
) -> None:
    done = reelhouse("ingest", "--engine", "spark", *flags, "--json")
    assert said in done.err
    assert (done.code, done.document["batches"]) == (code, [])
    assert done.err.count("\n") == 1


def test_a_server_that_does_not_answer(
    landing: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CONNECT_SECONDS", 1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"sc://127.0.0.1:{silent.getsockname()[1]}"
        done = reelhouse("ingest", "--engine", "spark", "--remote", url)
        assert done.code == 1
        assert f"no Spark Connect server answers at {url} (waited 1 seconds)" in done.err
        monkeypatch.setenv("SPARK_REMOTE", url)
        assert f"answers at {url}" in reelhouse("ingest", "--engine", "spark").err


def test_a_java_that_is_too_old(landing: Path, process: Run) -> None:
    java = landing / "java/bin/java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    home = str(java.parent.parent)
    done = process("ingest", "--engine", "spark", JAVA_HOME=home)
    assert done.code == 1
    assert f"need Java 17 or newer, and {java} is Java 11" in done.err


def test_the_first_line_of_what_spark_says_is_told() -> None:
    assert spark_reason(ValueError("one\n\tat two")) == "one"
    assert spark_reason(ValueError()) == "ValueError"
