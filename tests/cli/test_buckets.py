"""Buckets on the command line: what is missing, and what can't be reached, is told in words."""

import socket
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reelhouse.cli import doctor
from reelhouse.storage import open_store
from reelhouse.storage.failures import why_unreachable
from tests.cli.conftest import USERS, Run
from tests.servers.bucket import Bucket

PLACES = ("AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST")
STORES = {"s3": "S3", "gs": "GCS"}


def places(uri: str) -> list[str]:
    return ["--landing", f"{uri}/landing", "--lake", f"{uri}/lake"]


def checks(reelhouse: Run, uri: str) -> dict[str, tuple[str, str]]:
    found = reelhouse("doctor", *places(uri), "--json").document["checks"]
    return {each["name"]: (each["state"], each["text"]) for each in found}


def no_bucket(kind: str) -> str:
    """The URI of a bucket that is not there."""
    return f"{kind}://reelhouse-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def dead() -> str:
    """The address of a port where nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_a_bucket_that_is_there_is_tried_and_left_as_it_was(reelhouse: Run, bucket: Bucket) -> None:
    bucket.put("landing/users/a.csv", USERS.encode())
    found = checks(reelhouse, bucket.uri)
    assert found["landing"] == ("ok", f"{bucket.uri}/landing")
    assert found["lake"] == ("ok", f"{bucket.uri}/lake can be written")
    assert [each.path for each in open_store(bucket.uri).list()] == ["landing/users/a.csv"]


def test_a_bucket_that_is_not_there(clean: Path, reelhouse: Run, bucket: Bucket) -> None:
    uri = no_bucket(bucket.kind)
    said = f"there is no bucket {uri}: correct its name, or make it"
    found = checks(reelhouse, uri)
    assert (found["landing"], found["lake"]) == (("failed", said), ("failed", said))
    bucket.put("landing/users/a.csv", USERS.encode())
    for lacking in (places(uri), [*places(bucket.uri)[:2], *places(uri)[2:]]):
        for command in (["ingest", "users"], ["status"]):
            done = reelhouse(*command, *lacking)
            assert (done.code, done.err) == (1, f"reelhouse: {said}\n")
    done = reelhouse("ingest", "users", *places(uri)[:2], *places(bucket.uri)[2:])
    assert (done.code, done.err) == (1, f"reelhouse: {said}\n")


@pytest.mark.parametrize("kind", STORES)
def test_a_store_that_is_not_there(
    kind: str, dead: str, clean: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PLACES:
        monkeypatch.setenv(name, dead)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    uri = no_bucket(kind)
    said = f"{uri}: {STORES[kind]} does not answer at {dead} (connection refused): is the network"
    found = checks(reelhouse, uri)
    assert [found[each][0] for each in ("landing", "lake")] == ["failed", "failed"]
    assert found["landing"][1].startswith(said)
    assert found["lake"][1].startswith(said)
    done = reelhouse("ingest", *places(uri))
    assert done.code == 1
    assert done.err.startswith(f"reelhouse: {said}")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("kind", STORES)
def test_a_store_that_says_nothing_is_not_waited_for_by_doctor(
    kind: str, silent: str, clean: Path, reelhouse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PLACES:
        monkeypatch.setenv(name, silent)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setattr(doctor, "PATIENCE", timedelta(seconds=1))
    started = time.monotonic()
    found = checks(reelhouse, no_bucket(kind))
    assert time.monotonic() - started < 60
    for each in ("landing", "lake"):
        state, text = found[each]
        assert state == "failed"
        assert f"{STORES[kind]} does not answer at {silent}" in text


@pytest.mark.parametrize(
    ("kind", "mend"),
    [("s3", "set AWS_ACCESS_KEY_ID and"), ("gs", "run gcloud auth application-default login")],
)
def test_credentials_that_are_missing(
    kind: str,
    mend: str,
    dead: str,
    clean: Path,
    reelhouse: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "GOOGLE_APPLICATION_CREDENTIALS", *PLACES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(clean))
    # where a cloud's machines find theirs; boto3 has a word of its own for that
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", dead)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("GCE_METADATA_HOST", dead.removeprefix("http://"))
    uri = no_bucket(kind)
    found = checks(reelhouse, uri)
    for each in ("landing", "lake"):
        state, text = found[each]
        assert state == "failed"
        assert f"{uri}: no credentials of {STORES[kind]} were found: {mend}" in text


def test_a_store_that_denies_access(clean: Path, reelhouse: Run, bucket: Bucket) -> None:
    bucket.faults.answer(403)
    found = checks(reelhouse, bucket.uri)
    for each in ("landing", "lake"):
        state, text = found[each]
        assert state == "failed"
        assert f"{bucket.uri}/{each}/" in text
        assert "the store denies access" in text
    done = reelhouse("ingest", *places(bucket.uri))
    assert done.code == 1
    assert f"{bucket.uri}/lake" in done.err
    assert "the store denies access" in done.err


@pytest.mark.parametrize("text", ["", "status code: 404", "NoSuchKey", "InvalidRange"])
def test_what_is_about_an_object_is_not_about_its_bucket(text: str) -> None:
    assert why_unreachable("s3://bucket/lake", text) is None
    assert why_unreachable("/lake", "NoSuchBucket") is None
