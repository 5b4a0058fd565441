"""Job 3's Dataset version, and questions, through a Spark Connect server on the cluster."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reelhouse.storage import open_store
from reelhouse.usecases import NAMES
from tests.cluster import guide
from tests.cluster.standalone import CREDENTIALS, Cluster, Log
from tests.commands import done
from tests.engines.lakes import contents, ingest, land_site
from tests.reading import read
from tests.servers.bucket import Bucket, Server

DATASETS = ("videos", "users", "events")
STARTED = r"Spark Connect server started at: \S*:(\d+)"


@pytest.fixture(scope="module")
def remote(
    cluster: Cluster,
    servers: Callable[[str], Server],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The URL of a server that can read both stores."""
    folder = tmp_path_factory.mktemp("connect")
    defaults = (cluster.folder / "conf" / "spark-defaults.conf").read_text()
    (folder / "spark-defaults.conf").write_text(f"{defaults}spark.connect.grpc.binding.port 0\n")
    stores = servers("s3").environment | servers("gs").environment
    environment = {
        **cluster.environment,
        **stores,
        **CREDENTIALS,
        "MASTER": cluster.master,
        "STORES": "s3 gs",
        "SPARK_CONF_DIR": str(folder),
    }
    log = Log(folder / "log.txt")
    with guide.running("connect", environment, log.path) as log.process:
        yield f"sc://127.0.0.1:{log.wait_for(STARTED, 1)[0]}"


def test_a_client_without_java_gives_what_duckdb_gives(
    remote: str, bucket: Bucket, cluster: Cluster, tmp_path: Path
) -> None:
    land_site(bucket, tmp_path / "site", events=3000)
    ingest(bucket, DATASETS, "duckdb", "expected")
    places = {"REMOTE": remote, "BUCKET": bucket.uri}
    client = cluster.environment | bucket.environment | CREDENTIALS | places
    client |= {"JAVA_HOME": "/nowhere"}
    assert done(["bash", "-euc", guide.command("client")], client).err == ""
    assert contents(f"{bucket.uri}/lake", DATASETS) == contents(f"{bucket.uri}/expected", DATASETS)
    if bucket.kind == "s3":  # what is asked takes minutes, and knows nothing of stores
        return
    said = done(["bash", "-euc", guide.command("client-ask")], client)
    (answers,) = (line for line in said.out.splitlines() if line.startswith("{"))
    by_name = {each["use_case"]: each["rows"] for each in json.loads(answers)["use_cases"]}
    assert list(by_name) == list(NAMES)
    found = {row["event"]: row["count"] for row in by_name["event-types"]}
    assert found == counts_of_events(f"{bucket.uri}/lake")
    assert sum(row["matching"] + row["other"] for row in by_name["tag-affinity"]) == sum(
        found.values()
    )
    assert b"<html" in open_store(bucket.uri).read("report.html")[:500]


def counts_of_events(lake: str) -> dict[str, int]:
    """How many events there are of each type, as DuckDB counts them."""
    events: Any = read(duckdb.connect(), lake, "events")
    once = "user_id, video_id, event, timestamp, comment, tags, latitude, longitude"
    rows = events.query(
        "events",
        f"""
        SELECT event, count(*) FROM (SELECT DISTINCT {once} FROM events) GROUP BY event
    """,
    ).fetchall()
    return dict(rows)
