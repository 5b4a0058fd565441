"""Jobs 2 and 3 by spark-submit on a cluster, in both versions, on both stores, and a question."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.lake import layout
from reelhouse.storage import open_store
from tests.cluster import guide
from tests.cluster.standalone import CREDENTIALS, Cluster, children, wait_until
from tests.engines.lakes import contents, ingest, land_site, rows
from tests.flows.test_kill import KILLS, MANY_KILLS
from tests.servers.bucket import Bucket, Server

JOBS = ("users", "events")
ADDED, REMOVED = "SparkListenerExecutorAdded", "SparkListenerExecutorRemoved"
TASK_ENDED = "SparkListenerTaskEnd"

OF_THE_SITE = {
    "spark.sql.session.timeZone": "Asia/Tokyo",
    "spark.sql.files.openCostInBytes": "2097152",
    "spark.ui.showConsoleProgress": "true",
}
"""What a site has set for itself: all of it counts but the time zone."""


@pytest.fixture
def on_store(
    servers: Callable[[str], Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str], Bucket]:
    """A bucket on a store, with a site in its landing, and engine duckdb's lake in `expected`."""

    def make(kind: str) -> Bucket:
        bucket = servers(kind).bucket()
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)
        land_site(bucket, tmp_path / "site", events=4000, files=12)
        ingest(bucket, JOBS, "duckdb", "expected")
        return bucket

    return make


def environment(cluster: Cluster, bucket: Bucket, **more: str) -> dict[str, str]:
    """What who submits a job has in his environment."""
    store = {"MASTER": cluster.master, "STORES": bucket.kind, "BUCKET": bucket.uri}
    return cluster.environment | bucket.environment | CREDENTIALS | store | more


def events_of(folder: Path) -> list[dict[str, Any]]:
    """What Spark wrote into its event log of one application."""
    (log,) = folder.iterdir()
    return [json.loads(line) for line in log.read_text().splitlines()]


def log_events(cluster: Cluster, folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a job that logs Spark's events, with other settings of Spark's too."""
    for each in ("log", "conf"):
        (folder / each).mkdir(parents=True)
    defaults = (cluster.folder / "conf" / "spark-defaults.conf").read_text()
    told = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{folder}/log",
        **settings,
    }
    lines = "".join(f"{name} {value}\n" for name, value in told.items())
    (folder / "conf" / "spark-defaults.conf").write_text(defaults + lines)
    return {"SPARK_CONF_DIR": str(folder / "conf")}


def parquet_files(bucket: Bucket, path: str) -> set[str]:
    """The Parquet files that lie in a table's folder, in the bucket's lake."""
    store = open_store(f"{bucket.uri}/lake")
    return {each.path for each in store.list(f"{path}/") if each.path.endswith(".parquet")}


@pytest.mark.parametrize(("kind", "block"), [("gs", "submit"), ("s3", "submit-rdd")])
def test_the_guides_commands_give_what_duckdb_gives(
    kind: str,
    block: str,
    cluster: Cluster,
    on_store: Callable[[str], Bucket],
    tmp_path: Path,
) -> None:
    bucket = on_store(kind)
    logged = log_events(cluster, tmp_path, **OF_THE_SITE)
    log = tmp_path / "log.txt"
    with guide.running(block, environment(cluster, bucket, **logged), log) as job:
        stdout, _ = job.communicate(timeout=600)
    assert job.returncode == 0, log.read_text()[-3000:]
    assert "Ingested" in stdout
    assert contents(f"{bucket.uri}/lake", JOBS) == contents(f"{bucket.uri}/expected", JOBS)
    events = events_of(tmp_path / "log")
    assert len({each["Executor ID"] for each in events if each["Event"] == ADDED}) == 2
    (told,) = (each["Spark Properties"] for each in events if "Spark Properties" in each)
    for name, value in OF_THE_SITE.items():
        assert told[name] == ("UTC" if "timeZone" in name else value)
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in json.dumps(events)


@pytest.mark.parametrize(
    ("kind", "block"), [("s3", "submit"), ("gs", "submit-rdd")][: 2 if KILLS >= MANY_KILLS else 1]
)
def test_a_killed_executor_and_tasks_that_run_twice_lose_and_double_nothing(
    kind: str,
    block: str,
    cluster: Cluster,
    on_store: Callable[[str], Bucket],
    tmp_path: Path,
) -> None:
    bucket = on_store(kind)
    logged = log_events(
        cluster,
        tmp_path,
        **{
            "spark.default.parallelism": "12",
            "spark.speculation": "true",
            "spark.speculation.interval": "200ms",
            "spark.speculation.quantile": "0.3",
            "spark.speculation.multiplier": "1.2",
        },
    )
    bucket.faults.delay(0.5, only="PUT", matching=r"/users/.*\.parquet")
    bucket.faults.delay(60, only="PUT", matching=r"/events/.*\.parquet", times=1)
    log = tmp_path / "log.txt"
    with guide.running(block, environment(cluster, bucket, **logged), log) as job:
        wait_until(lambda: len(cluster.executors()) == 2, job, log)
        executors = cluster.executors()
        wait_until(lambda: parquet_files(bucket, layout.table("users")), job, log)
        at_work = next(each for each in executors if children(each))
        os.kill(at_work, signal.SIGKILL)
        job.communicate(timeout=600)
    assert job.returncode == 0, log.read_text()[-3000:]
    assert contents(f"{bucket.uri}/lake", JOBS) == contents(f"{bucket.uri}/expected", JOBS)

    ended = [each for each in events_of(tmp_path / "log") if each["Event"] == TASK_ENDED]
    reasons = {each["Task End Reason"]["Reason"] for each in ended}
    assert "ExecutorLostFailure" in reasons
    assert any(each["Task Info"]["Speculative"] for each in ended)


def test_a_use_case_is_a_job(
    cluster: Cluster, on_store: Callable[[str], Bucket], tmp_path: Path
) -> None:
    bucket = on_store("gs")
    ingest(bucket, ["videos", *JOBS], "duckdb", "lake")
    log = tmp_path / "log.txt"
    with guide.running("ask", environment(cluster, bucket), log) as job:
        stdout, _ = job.communicate(timeout=600)
    assert job.returncode == 0, stdout[-3000:] + log.read_text()[-3000:]
    written = pq.read_table(pa.BufferReader(open_store(bucket.uri).read("tag-affinity.parquet")))
    assert written.column_names == ["user_id", "matching", "other"]
    assert written.num_rows == 10
    matching = written["matching"].to_pylist()
    assert matching == sorted(matching, reverse=True)
    assert cast(Any, matching[0]) > 0


def test_a_task_that_dies_too_often_fails_the_job_and_commits_nothing(
    cluster: Cluster, on_store: Callable[[str], Bucket], tmp_path: Path
) -> None:
    bucket = on_store("s3")
    logged = log_events(
        cluster,
        tmp_path,
        **{"spark.executorEnv.REELHOUSE_DIE_AFTER": "file", "spark.task.maxFailures": "2"},
    )
    log = tmp_path / "log.txt"
    with guide.running("submit", environment(cluster, bucket, **logged), log) as job:
        stdout, _ = job.communicate(timeout=600)  # spark-submit puts stderr there too
    assert job.returncode == 1
    assert "Traceback" not in stdout
    said = [line for line in stdout.splitlines() if line.startswith("reelhouse: ")]
    assert said
    for line in said:  # one for each dataset
        assert "Spark failed" in line
        assert "failed 2 times" in line
    ended = [each for each in events_of(tmp_path / "log") if each["Event"] == TASK_ENDED]
    reasons = {each["Task End Reason"]["Reason"] for each in ended}
    # the other tasks of a job that has failed are killed
    assert reasons - {"TaskKilled"} == {"ExceptionFailure"}
    assert rows(f"{bucket.uri}/lake", layout.table("users")) == {}
    assert rows(f"{bucket.uri}/lake", layout.quarantine("users")) == {}
    ingest(bucket, JOBS, "duckdb", "lake")  # any engine may take what is left
    assert contents(f"{bucket.uri}/lake", JOBS) == contents(f"{bucket.uri}/expected", JOBS)
