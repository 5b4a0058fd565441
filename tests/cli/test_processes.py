"""Reelhouse as a process: pipes, signals, and what is not installed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from reelhouse.errors import is_interruption
from tests.cli.conftest import REELHOUSE, Result, Run

INTERRUPTED = "reelhouse: interrupted; what was not committed will be taken next time\n"


def test_the_version_is_told_in_three_ways(process: Run) -> None:
    said = process("version")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("reelhouse 0.")
    assert process("--version") == said
    assert process("version", "--json").document == {"version": said.out.split()[1]}
    module = subprocess.run(
        [sys.executable, "-m", "reelhouse", "version"], capture_output=True, text=True, check=True
    )
    assert module.stdout == said.out


@pytest.mark.parametrize(
    "command",
    [
        *(
            "",
            "land",
            "watch",
            "ingest",
            "status",
            "doctor",
            "generate",
            "demo",
            "version",
            "contracts",
        ),
        *("contracts list", "contracts show", "contracts lint", "quarantine", "quarantine list"),
        *("quarantine show", "quarantine export", "quarantine replay"),
    ],
)
def test_help_is_there_for_all(reelhouse: Run, command: str) -> None:
    for flag in ("-h", "--help"):
        done = reelhouse(*command.split(), flag)
        assert done.code == 0
        assert f"Usage: {' '.join(['reelhouse', *command.split()])}" in done.out
        assert "--ENGINE" not in done.out
        assert not re.search(r"\w\.\.\.$", done.out, re.MULTILINE)  # no line is cut


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_traceback(
    landing: Path, reelhouse: Run, unbuffered: str
) -> None:
    (landing / "events/b.jsonl").write_text('{"user_id":"no"}\n' * 10_000)
    assert reelhouse("ingest").code == 0
    for flags in ([], ["--json"]):
        with subprocess.Popen(
            [REELHOUSE, "quarantine", "show", "events", "--limit", "10000", *flags],
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            assert running.stdout is not None
            assert running.stderr is not None
            assert running.stdout.read(10)
            running.stdout.close()
            assert running.stderr.read() == b""
            assert running.wait(60) == 128 + signal.SIGPIPE


def test_an_interrupted_run_says_so_and_loses_nothing(clean: Path, process: Run) -> None:
    made = process("generate", "landing", "--events", "400000", "--json").document
    command = [REELHOUSE, "ingest", "--landing", "landing", "--lake", "lake", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        while not (clean / "lake/events/_delta_log").exists():
            assert running.poll() is None
            time.sleep(0.01)
        time.sleep(0.2)  # now it judges
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    interrupted = Result(running.returncode, out, err)
    assert (interrupted.code, interrupted.err) == (130, INTERRUPTED)
    assert interrupted.document["batches"] == []
    assert process("status", "--lake", "lake", "--json").document["open_batches"] == []
    batches = process(*command[1:]).document["batches"]
    assert sum(each["records"] for each in batches) == sum(
        made[name] for name in ("events", "users", "videos")
    )
    assert sum(each["quarantined"] for each in batches) == sum(made["broken"].values())


def test_an_interrupt_while_duckdb_asks_python_is_known_as_one() -> None:
    """DuckDB makes an error of its own of it; by chance one Ctrl-C in a hundred ends there."""

    class Lines:
        def __arrow_c_stream__(self, requested_schema: object = None) -> None:
            raise KeyboardInterrupt

    connection = duckdb.connect()
    with pytest.raises(duckdb.Error) as raised:
        connection.register("lines", Lines())
    assert is_interruption(raised.value)
    assert not is_interruption(duckdb.Error("no such file: KeyboardInterrupt.csv"))


def test_an_interrupt_while_starting_is_no_traceback(clean: Path) -> None:
    code = (
        "import os, signal, sys; from reelhouse.cli import main; import reelhouse.cli.options as o;"
        "o.contracts_of = lambda given: os.kill(os.getpid(), signal.SIGINT);"
        "sys.argv = ['reelhouse', 'ingest']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, INTERRUPTED)


def test_without_java_the_spark_engines_say_what_to_install(landing: Path, process: Run) -> None:
    for engine in ("spark", "spark-rdd"):
        done = process("ingest", "--engine", engine, "--json", PATH="/nonexistent", JAVA_HOME="")
        assert done.code == 1
        assert done.document["batches"] == []
        assert "need Java 17 or newer, and there is none" in done.err
        assert "apt-get install openjdk-17-jre-headless" in done.err
        assert "Traceback" not in done.err


def without_pyspark(*arguments: str) -> Result:
    code = (
        "import sys; sys.modules['pyspark'] = None; from reelhouse.cli import main;"
        f"sys.argv = ['reelhouse', *{arguments!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def test_without_pyspark_duckdb_works_and_spark_says_what_to_install(landing: Path) -> None:
    done = without_pyspark("ingest", "--engine", "spark")
    assert done.code == 1
    assert done.err == "reelhouse: The Spark engines need PySpark: pip install 'reelhouse[spark]'\n"
    checked = {
        each["name"]: each for each in without_pyspark("doctor", "--json").document["checks"]
    }
    assert checked["spark"]["state"] == "missing"
    assert "pip install 'reelhouse[spark]'" in checked["spark"]["text"]
    assert len(without_pyspark("ingest", "--json").document["batches"]) == 3
    demo = without_pyspark("demo", "--events", "500", "--out", "demo")
    assert demo.code == 0
    assert "spark-rdd is left out. The Spark engines need PySpark" in demo.out


def test_settings_come_from_the_environment(landing: Path, process: Run) -> None:
    os.rename(landing, landing.parent / "bucket")
    done = process(
        "ingest", "--json", REELHOUSE_LANDING="data/bucket", REELHOUSE_LAKE="data/other lake"
    )
    assert len(done.document["batches"]) == 3
    assert Path("data/other lake/events/_delta_log").is_dir()


def test_logs_are_on_stderr(landing: Path, process: Run) -> None:
    (landing / "events/b.jsonl").write_text("{}\n")
    assert process("ingest", "events", REELHOUSE_DIE_AFTER="claimed").code == -9
    done = process("ingest", "events", "--json")
    assert len(done.document["batches"]) == 1
    assert "WARNING reelhouse." in done.err
    assert process("ingest", REELHOUSE_LOG="error").err == ""
