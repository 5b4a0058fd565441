"""What the tests' stores must do as the real ones do, for all the clients that are used."""

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import boto3
import deltalake
import obstore
import pyarrow as pa
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from reelhouse.storage import BucketStore, Denied, open_store, options
from tests.servers.bucket import Bucket
from tests.servers.faults import Fault, Rule

only_gs = pytest.mark.parametrize("bucket", ["gs"], indirect=True)
only_s3 = pytest.mark.parametrize("bucket", ["s3"], indirect=True)


def ask(bucket: Bucket, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    try:
        return 200, bucket.server.request(method, path, body)
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def upload(bucket: Bucket, kind: str, name: str, data: bytes, condition: str = "") -> int:
    """Upload through the JSON API, as `media`, `multipart` or `resumable`; gives the status."""
    path = f"/upload/storage/v1/b/{bucket.name}/o?uploadType={kind}{condition}"
    if kind == "media":
        return ask(bucket, "POST", f"{path}&name={quote(name, safe='')}", data)[0]
    about = json.dumps({"name": name}).encode()
    if kind == "resumable":
        status, location = start_resumable(bucket, path, about)
        return ask(bucket, "PUT", location, data)[0] if status == 200 else status
    body = b"".join(
        [
            b"--edge\r\nContent-Type: application/json\r\n\r\n" + about,
            b"\r\n--edge\r\nContent-Type: text/plain\r\n\r\n" + data + b"\r\n--edge--\r\n",
        ]
    )
    return send(bucket, "POST", path, body, {"content-type": "multipart/related; boundary=edge"})[0]


def start_resumable(bucket: Bucket, path: str, about: bytes) -> tuple[int, str]:
    status, headers = send(bucket, "POST", path, about, {"content-type": "application/json"})
    location = headers.get("location", "")
    assert not location or location.startswith(bucket.server.url)
    return status, location.removeprefix(bucket.server.url)


def send(
    bucket: Bucket, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, str]]:
    asked = urllib.request.Request(bucket.server.url + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, {}


def about(bucket: Bucket, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        bucket.server.request("GET", f"/storage/v1/b/{bucket.name}/o/{quote(name, safe='')}")
    )
    return found


@only_gs
@pytest.mark.parametrize("kind", ["media", "multipart", "resumable"])
def test_preconditions_hold_for_each_way_to_upload(bucket: Bucket, kind: str) -> None:
    name = "a b/é"
    assert upload(bucket, kind, name, b"one", "&ifGenerationMatch=0") == 200
    first = about(bucket, name)["generation"]
    assert upload(bucket, kind, name, b"two", "&ifGenerationMatch=0") == 412
    assert upload(bucket, kind, name, b"two", f"&ifGenerationMatch={first}") == 200
    assert about(bucket, name)["generation"] != first
    assert upload(bucket, kind, name, b"three", f"&ifGenerationMatch={first}") == 412
    assert open_store(bucket.uri).read(name) == b"two"
    path = f"/storage/v1/b/{bucket.name}/o/{quote(name, safe='')}?ifGenerationMatch="
    assert ask(bucket, "DELETE", path + first)[0] == 412
    assert ask(bucket, "DELETE", path + about(bucket, name)["generation"])[0] == 200
    assert open_store(bucket.uri).head(name) is None


@only_gs
@pytest.mark.parametrize("kind", ["media", "multipart", "resumable"])
def test_of_twenty_uploads_at_once_one_wins(bucket: Bucket, kind: str) -> None:
    def create(number: int) -> int:
        return upload(bucket, kind, "once", b"%d" % number, "&ifGenerationMatch=0")

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(create, range(20)))
    assert (found.count(200), found.count(412)) == (1, 19)
    assert open_store(bucket.uri).read("once") == b"%d" % found.index(200)


@only_gs
def test_both_apis_of_gcs_see_the_same_objects(bucket: Bucket) -> None:
    store = open_store(bucket.uri)
    store.write("by/xml", b"x")
    upload(bucket, "media", "by/json", b"y")
    listed = json.loads(bucket.server.request("GET", f"/storage/v1/b/{bucket.name}/o?prefix=by"))
    assert [each["name"] for each in listed["items"]] == ["by/json", "by/xml"]
    assert [entry.path for entry in store.list("by/")] == ["by/json", "by/xml"]
    entry = store.head("by/json")
    assert entry
    assert entry.generation == about(bucket, "by/json")["generation"]


@only_s3
def test_boto3_writes_on_conditions(bucket: Bucket) -> None:
    client = boto3.client("s3")
    made = client.put_object(Bucket=bucket.name, Key="a b/é", Body=b"one", IfNoneMatch="*")
    for condition in ({"IfNoneMatch": "*"}, {"IfMatch": '"0"'}):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            client.put_object(Bucket=bucket.name, Key="a b/é", Body=b"two", **condition)
    client.put_object(Bucket=bucket.name, Key="a b/é", Body=b"two", IfMatch=made["ETag"])
    assert open_store(bucket.uri).read("a b/é") == b"two"
    assert [e["Key"] for e in client.list_objects_v2(Bucket=bucket.name)["Contents"]] == ["a b/é"]


@only_s3
def test_of_twenty_boto3_writes_at_once_one_wins(bucket: Bucket) -> None:
    client = boto3.client("s3", config=Config(max_pool_connections=20))

    def create(number: int) -> bool:
        try:
            client.put_object(Bucket=bucket.name, Key="x", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(create, range(20)))
    assert sum(won) == 1
    assert open_store(bucket.uri).read("x") == b"%d" % won.index(True)


def test_obstore_pages_copies_and_lists_folders(bucket: Bucket) -> None:
    store = BucketStore(bucket.uri)
    for name in ("a/1", "a/b/2", "a/b/3", "a-c", "d"):
        store.write(name, name.encode())
    found = obstore.list_with_delimiter(store.objects, "a")
    assert list(found["common_prefixes"]) == ["a/b"]
    assert [each["path"] for each in found["objects"]] == ["a/1"]
    obstore.copy(store.objects, "a/1", "copy of/é")
    assert store.read("copy of/é") == b"a/1"
    with pytest.raises(obstore.exceptions.NotModifiedError):
        obstore.get(
            store.objects, "d", options={"if_none_match": obstore.head(store.objects, "d")["e_tag"]}
        )
    with pytest.raises(obstore.exceptions.PreconditionError):
        obstore.get(store.objects, "d", options={"if_match": '"other"'})


def test_deltalake_commits_from_many_threads(bucket: Bucket) -> None:
    uri, table = f"{bucket.uri}/lake/a b/t", pa.table({"id": [1, 2], "kind": ["x", "y/é"]})
    told = options(uri)
    deltalake.write_deltalake(uri, table, partition_by=["kind"], storage_options=told)

    def append(number: int) -> None:
        rows = pa.table({"id": [number], "kind": ["x"]})
        deltalake.write_deltalake(uri, rows, mode="append", storage_options=told)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(100, 108)))
    found = deltalake.DeltaTable(uri, storage_options=told)
    assert found.version() == 8
    ids = found.to_pyarrow_table().column("id").to_pylist()
    assert sorted(ids) == [1, 2, *range(100, 108)]
    found.optimize.compact()
    found.create_checkpoint()
    removed = found.vacuum(0, enforce_retention_duration=False, dry_run=False)
    assert len(removed) == 9
    again = deltalake.DeltaTable(uri, storage_options=told)
    assert sorted(again.to_pyarrow_table().column("id").to_pylist()) == sorted(ids)


def test_faults_strike_what_they_are_for_and_no_other(bucket: Bucket) -> None:
    store, other = open_store(bucket.uri), bucket.server.bucket()
    bucket.faults.answer(403, only="PUT", matching="é/", times=2)
    open_store(other.uri).write("é/x", b"x")
    store.write("e/x", b"x")
    assert bucket.faults.happened() == 0
    for _ in range(2):
        with pytest.raises(Denied):
            store.write("é/x", b"x")
    store.write("é/x", b"x")
    assert bucket.faults.happened() == 2
    bucket.faults.clear()
    assert bucket.faults.happened() == 0
    assert store.read("é/x") == b"x"


def test_a_delay_holds_up_only_its_own_request(bucket: Bucket) -> None:
    store, done = open_store(bucket.uri), threading.Event()
    bucket.faults.delay(1.0, matching="slow")

    def write() -> None:
        store.write("slow", b"x")
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    store.write("quick", b"x")
    assert not done.is_set()
    thread.join()
    assert [entry.path for entry in store.list()] == ["quick", "slow"]


def test_faults_are_the_same_each_time() -> None:
    def drawn(seed: int) -> list[bool]:
        rule = Rule(Fault("cut", 0.3, seed=seed))
        return [rule.strikes("GET", "/x") for _ in range(100)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 15 < sum(drawn(1)) < 45
