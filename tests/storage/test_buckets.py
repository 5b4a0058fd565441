"""Buckets on real servers, with and without faults."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError

from reelhouse.lake import entries
from reelhouse.storage import BucketStore, Denied, StorageError, open_store, resolve
from tests.servers.bucket import Bucket, Faults

MEGABYTES_12 = 12 * 1024 * 1024

CONTENTS = [b"%d" % number for number in range(20)]

FAULTS: dict[str, Callable[[Faults], None]] = {
    "503": lambda faults: faults.answer_503(0.2, seed=1),
    "503, carried out": lambda faults: faults.answer_503(0.2, carried_out=True, seed=2),
    "500": lambda faults: faults.answer(500, 0.3, seed=3),
    "cut before": lambda faults: faults.cut(0.2, seed=4),
    "cut after": lambda faults: faults.cut(0.2, when="after", seed=5),
    "cut midway": lambda faults: faults.cut(0.2, when="midway", seed=6),
    "delays": lambda faults: faults.delay(0.05, 0.5, seed=7),
}


def bucket_store(uri: str) -> BucketStore:
    store = open_store(uri)
    assert isinstance(store, BucketStore)
    return store


def create(store: BucketStore, path: str, data: bytes) -> bool:
    try:
        obstore.put(store.objects, path, data, mode="create")
    except AlreadyExistsError:
        return False
    return True


def test_a_replaced_file_has_another_version_wherever_it_is_seen(bucket: Bucket) -> None:
    store, versions = open_store(bucket.uri), set()
    for data in (b"one", b"two", b"x" * MEGABYTES_12, b"y" * MEGABYTES_12):
        store.write("a/file", data)
        (listed,) = store.list("a/")
        assert listed.version
        head = store.head("a/file")
        assert head
        assert (
            (head.version, head.size)
            == (listed.version, listed.size)
            == (
                listed.version,
                len(data),
            )
        )
        versions.add(listed.version)
    assert len(versions) == 4


def test_a_file_replaced_by_the_same_bytes_is_the_same_version(bucket: Bucket) -> None:
    store = open_store(bucket.uri)
    store.write("file", b"same")
    before = store.head("file")
    store.write("file", b"same")
    after = store.head("file")
    assert before
    assert after
    assert before.version == after.version
    assert (before.generation == after.generation) is (bucket.kind == "s3")


def test_a_big_file_goes_in_parts_and_comes_in_ranges(bucket: Bucket, tmp_path: Path) -> None:
    store, data = open_store(bucket.uri), os.urandom(MEGABYTES_12)
    (tmp_path / "big").write_bytes(data)
    before = bucket.faults.requests()
    store.put_file("a b/big", tmp_path / "big")
    assert bucket.faults.requests() - before > 3
    assert store.read("a b/big") == data
    assert b"".join(store.stream("a b/big", 5, 9_000_000, chunk=4_000_000)) == data[5:9_000_000]


def test_of_twenty_creations_at_once_one_wins(bucket: Bucket) -> None:
    store = bucket_store(bucket.uri)
    for path in ("a", "b", "c"):
        with ThreadPoolExecutor(20) as pool:
            won = list(pool.map(partial(create, store, path), CONTENTS))
        assert sum(won) == 1
        assert store.read(path) == CONTENTS[won.index(True)]


@pytest.mark.parametrize("fault", FAULTS)
def test_all_is_done_once_in_spite_of_faults(bucket: Bucket, tmp_path: Path, fault: str) -> None:
    store, data = open_store(bucket.uri), os.urandom(MEGABYTES_12)
    (tmp_path / "big").write_bytes(data)
    FAULTS[fault](bucket.faults)
    files = {f"e/{number}": b"%d" % number * 1000 for number in range(6)}
    for path, content in files.items():
        store.write(path, content)
    store.put_file("e/big", tmp_path / "big")
    assert {entry.path: entry.size for entry in store.list("e/")} == {
        path: len(content) for path, content in files.items()
    } | {"e/big": len(data)}
    for path, content in files.items():
        assert store.read(path) == content
    assert b"".join(store.stream("e/big", 1, chunk=3_000_000)) == data[1:]
    store.delete("e/0")
    assert store.head("e/0") is None
    store.delete_folder("e")
    assert list(store.list("e/")) == []
    assert bucket.faults.happened() > 3
    assert bucket.faults.requests() > 20


def test_each_lost_answer_to_a_big_upload_is_got_over(bucket: Bucket, tmp_path: Path) -> None:
    """GCS knows no more of an upload that is finished, and says so when it is finished again."""
    store, data = open_store(bucket.uri), os.urandom(MEGABYTES_12)
    (tmp_path / "big").write_bytes(data)
    for method, matching in (("POST", "uploads"), ("PUT", "partNumber"), ("POST", "uploadId")):
        bucket.faults.clear()
        bucket.faults.cut(when="after", only=method, matching=matching, times=1)
        store.put_file("big", tmp_path / "big")
        assert bucket.faults.happened() == 1
        assert store.read("big") == data
        store.delete("big")


def test_who_created_a_file_is_told_by_what_is_in_it(bucket: Bucket) -> None:
    """After a lost answer, a creation fails though it was carried out: obstore asks again."""
    store = bucket_store(bucket.uri)
    bucket.faults.cut(when="after", only="PUT", times=1)
    assert not create(store, "file", b"mine")
    assert store.read("file") == b"mine"
    bucket.faults.clear()
    bucket.faults.answer_503(carried_out=True, only="PUT", times=1)
    assert not create(store, "other", b"mine")
    assert store.read("other") == b"mine"


def test_a_creation_that_never_came_through_is_done_again(bucket: Bucket) -> None:
    store = bucket_store(bucket.uri)
    bucket.faults.cut(only="PUT", times=2)
    assert create(store, "file", b"mine")
    assert bucket.faults.happened() == 2


def test_a_conflict_is_not_taken_for_a_file_that_exists(bucket: Bucket) -> None:
    """S3 answers 409 to a creation while others write; obstore says that the file exists."""
    store = bucket_store(bucket.uri)
    bucket.faults.answer(409, only="PUT", times=2)
    assert not create(store, "one", b"mine")
    assert store.head("one") is None
    assert entries.create(store, "one", b"mine")
    assert bucket.faults.happened() == 2
    assert not entries.create(store, "one", b"other")
    assert store.read("one") == b"mine"


def test_a_refused_request_is_told_by_its_uri(bucket: Bucket) -> None:
    store = open_store(bucket.uri)
    store.write("a/file", b"x")
    bucket.faults.answer(403)
    place = f"^{bucket.uri}/a/file: the store denies access: "
    for do in (store.read, store.head, store.delete, lambda path: store.write(path, b"y")):
        with pytest.raises(Denied, match=place):
            do("a/file")
    with pytest.raises(Denied, match=f"^{bucket.uri}/a/: the store denies access"):
        list(store.list("a/"))
    bucket.faults.clear()
    assert store.read("a/file") == b"x"


def test_a_store_that_is_waited_for_is_told_once(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = bucket_store(bucket.uri)
    store.write("a", b"1")
    assert caplog.messages == []
    monkeypatch.setattr("reelhouse.storage.bucket.SLOW_SECONDS", 0.2)
    bucket.faults.delay(0.6)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(store.read, ["a"] * 3)) == [b"1"] * 3
    assert caplog.messages == [f"{bucket.uri}/a: waiting for the store, for 3 minutes at most"]
    assert store.read("a") == b"1"
    assert len(caplog.messages) == 2


def test_a_listing_that_breaks_off_for_ever_is_told(bucket: Bucket) -> None:
    store, refused = open_store(bucket.uri), list[StorageError]()
    store.write("a/file", b"x")
    bucket.faults.cut(when="midway", only="GET")
    assert list(store.list("a/", refused.append)) == []
    assert [str(each).partition(": ")[0] for each in refused] == [f"{bucket.uri}/a/"]


def test_a_listing_that_breaks_off_goes_on_where_it_was(bucket: Bucket) -> None:
    names = [f"e/{number:04}" for number in range(420)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bucket.put, names, [b"x"] * len(names)))
    bucket.faults.cut(when="midway", matching="continuation-token|start-after", times=3)
    assert [entry.path for entry in open_store(bucket.uri).list("e/")] == names
    assert bucket.faults.happened() == 3


@pytest.mark.parametrize(
    "name", ["a b", "100%", "a%20b", "a%2Fb", "it's", '"q"', "é/日本", "k=v/#1?", "+", "x" * 1000]
)
def test_a_name_is_the_same_as_a_uri(bucket: Bucket, name: str) -> None:
    store = open_store(f"{bucket.uri}/a folder")
    store.write(name, b"x")
    other, path = resolve(store.uri(name))
    assert other.read(path) == b"x"
    assert [entry.path for entry in store.list()] == [name]
    store.delete(name)
    assert list(other.list()) == []


def test_no_name_leaves_a_folder_of_a_bucket(bucket: Bucket) -> None:
    store = open_store(f"{bucket.uri}/folder")
    for name, why in (("../x", "is . or .."), ("a/../../x", "is . or .."), ("a//x", "empty part")):
        for do in (store.read, store.head, store.delete, partial(store.write, data=b"x")):
            with pytest.raises(
                StorageError, match=rf"^'{bucket.uri}/folder/{name}': it has .*{why}"
            ):
                do(name)
    assert list(open_store(bucket.uri).list()) == []
