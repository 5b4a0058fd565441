"""Job 3's Dataset version through a Spark Connect server that runs on the cluster."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import guide
from tests.cluster.standalone import CREDENTIALS, ROOT, Cluster, Log
from tests.engines.lakes import contents, ingest, land_site
from tests.servers.bucket import Bucket, Server

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
    ingest(bucket, ["events"], "duckdb", "expected")
    places = {"REMOTE": remote, "BUCKET": bucket.uri}
    client = cluster.environment | bucket.environment | CREDENTIALS | places
    done = subprocess.run(
        ["bash", "-euc", guide.command("client")],
        cwd=ROOT,
        env=client | {"JAVA_HOME": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert contents(f"{bucket.uri}/lake", ["events"]) == contents(
        f"{bucket.uri}/expected", ["events"]
    )
