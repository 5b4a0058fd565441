"""What `python -m deploy.package` builds is installed and run as the clouds would."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from deploy.package import ROOT, build_aws, build_gcp, find_uv, main, tag_of
from tests.reading import read
from tests.servers.bucket import Bucket, Server
from tests.servers.proxy import free_port
from tests.triggers.platforms import cloud_event, event_of

VIDEOS = (
    "id,name,url,creation_timestamp,creator_id,private\n"
    "1,One,https://example.com/1,1700000000,7,0\n"
    "2,Two,https://example.com/2,1700000000,7,1\n"
    "3,Three,not a URL,1700000000,7,1\n"
)


def run(*command: object, folder: Path = ROOT) -> str:
    done = subprocess.run(
        [str(each) for each in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def installed(requirements: Path) -> Path:
    """A fresh virtual environment with what a requirements.txt asks for; its Python."""
    python = requirements.parent / "venv" / "bin" / "python"
    run(find_uv(), "venv", "--quiet", "--python", sys.executable, python.parent.parent)
    run(
        *(find_uv(), "pip", "install", "--quiet", "--python", python, "--require-hashes"),
        *("--only-binary", ":all:", "-r", requirements.name),
        folder=requirements.parent,
    )
    return python


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Cloud Function's package, unpacked."""
    folder = tmp_path_factory.mktemp("gcp")
    with zipfile.ZipFile(build_gcp(folder)) as archive:
        archive.extractall(folder / "source")
    return folder / "source"


@pytest.fixture(scope="module")
def python(source: Path) -> Path:
    """A Python that has what the Cloud Function's package asks for."""
    return installed(source / "requirements.txt")


@pytest.fixture
def buckets(
    servers: Callable[[str], Server], monkeypatch: pytest.MonkeyPatch
) -> tuple[Bucket, Bucket]:
    """Landing and the lake, on a server of Google Cloud Storage."""
    server = servers("gs")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server.bucket(), server.bucket()


@pytest.fixture
def url(source: Path, python: Path, buckets: tuple[Bucket, Bucket]) -> Iterator[str]:
    """The address of the Cloud Function, which runs from its package."""
    landing, lake = buckets
    port = free_port()
    log = (source.parent / "log").open("w+b")
    process = subprocess.Popen(
        [
            *(python.parent / "functions-framework", "--source", "main.py"),
            *("--target", "ingest_file", "--signature-type", "cloudevent"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        cwd=source,
        env={
            "PATH": os.environ["PATH"],
            "REELHOUSE_LANDING": landing.uri,
            "REELHOUSE_LAKE": lake.uri,
            "REELHOUSE_DATASETS": "videos",
            "REELHOUSE_MEMORY_MB": "512",
            **landing.environment,
        },
        stdout=log,
        stderr=log,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        until = time.monotonic() + 60
        while not answers(url):
            assert process.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < until, Path(log.name).read_text()
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def post(url: str, event: dict[str, object]) -> int:
    headers = {"content-type": "application/cloudevents+json"}
    asked = urllib.request.Request(url, json.dumps(event).encode(), headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return int(answer.status)


def test_the_functions_package_has_no_spark_and_no_airflow(python: Path, source: Path) -> None:
    found = run(find_uv(), "pip", "list", "--python", python, "--format", "freeze")
    names = {line.partition("==")[0] for line in found.splitlines()}
    assert {"deltalake", "duckdb", "functions-framework", "obstore"} <= names
    assert not {each for each in names if "spark" in each or "airflow" in each or "boto" in each}
    assert {path.name for path in source.iterdir()} >= {"main.py", "reelhouse", "requirements.txt"}


def test_the_wheel_tells_type_checkers_that_it_is_typed(source: Path) -> None:
    assert (source / "reelhouse/py.typed").is_file()


def test_the_functions_package_ingests_a_video_file_and_leaves_the_rest_alone(
    url: str, buckets: tuple[Bucket, Bucket]
) -> None:
    landing, lake = buckets
    landing.put("docs/readme.txt", b"none of ours")
    assert 200 <= post(url, event_of(landing, "docs/readme.txt")) < 300
    assert 200 <= post(url, cloud_event("google.cloud.something.else", {})) < 300
    landing.put("videos/2026/a b.csv", VIDEOS.encode())
    assert 200 <= post(url, event_of(landing, "videos/2026/a b.csv")) < 300
    rows = read(duckdb.connect(), lake.uri, "videos").order("id").fetchall()
    assert [row[0] for row in rows] == [1, 2]


def test_a_package_has_the_users_own_contracts(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    shipped = (ROOT / "src/reelhouse/contracts/videos.odcs.yaml").read_text()
    (own / "videos.odcs.yaml").write_text(shipped)
    (own / "ads.odcs.yml").write_text("another")
    (own / "notes.txt").write_text("not a contract")
    with zipfile.ZipFile(build_gcp(tmp_path, own)) as archive:
        inside = [name for name in archive.namelist() if name.startswith("contracts/")]
        assert inside == ["contracts/ads.odcs.yml", "contracts/videos.odcs.yaml"]
        assert archive.read(inside[1]).decode() == shipped
    folder = build_aws(tmp_path, own) / "contracts"
    assert sorted(path.name for path in folder.iterdir()) == ["ads.odcs.yml", "videos.odcs.yaml"]


def test_the_same_checkout_gives_the_same_package(tmp_path: Path) -> None:
    (tmp_path / "later").mkdir()
    first, later = build_gcp(tmp_path), build_gcp(tmp_path / "later")
    assert first.read_bytes() == later.read_bytes()
    tags = [tag_of(build_aws(folder)) for folder in (tmp_path, tmp_path / "later")]
    assert tags[0] == tags[1]


def test_the_image_has_all_that_its_dockerfile_takes(tmp_path: Path) -> None:
    folder = build_aws(tmp_path)
    lines = (folder / "Dockerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY "):
            for pattern in line.split()[1:-1]:
                assert list(folder.glob(pattern)), line
    (command,) = [line for line in lines if line.startswith("CMD")]
    module, _, name = command.split('"')[1].rpartition(".")
    said = run(sys.executable, "-c", f"import {module} as found; print(callable(found.{name}))")
    assert said.strip() == "True"


def test_a_folder_of_contracts_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["gcp", "--out", str(tmp_path), "--contracts", str(tmp_path / "none")])
    assert stopped.value.code == 2
    assert "is no folder" in capsys.readouterr().err
