"""Local folders and buckets behave alike."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reelhouse.storage import BucketStore, NotFound, StorageError, Store, open_store
from tests.servers.bucket import Server


@pytest.fixture(params=["local", "memory", "s3", "gs"])
def store(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    servers: Callable[[str], Server],
    monkeypatch: pytest.MonkeyPatch,
) -> Store:
    if request.param == "local":
        return open_store(str(tmp_path))
    if request.param == "memory":
        return BucketStore("memory://test")
    bucket = servers(request.param).bucket()
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return open_store(f"{bucket.uri}/root folder")


def test_what_is_written_is_read_and_listed(store: Store) -> None:
    store.write("folder/deep/one", b"0123456789")
    store.write("folder/two", b"")
    store.write("folder-not/three", b"x")
    assert sorted(entry.path for entry in store.list("folder/")) == [
        "folder/deep/one",
        "folder/two",
    ]
    assert store.read("folder/deep/one") == b"0123456789"
    assert list(store.stream("folder/deep/one", 2, 9, chunk=3)) == [b"234", b"567", b"8"]
    assert list(store.stream("folder/deep/one", 8)) == [b"89"]
    assert list(store.stream("folder/two")) == []


def test_the_version_changes_when_the_file_does(store: Store) -> None:
    store.write("file", b"one")
    before = store.head("file")
    store.write("file", b"two and more")
    after = store.head("file")
    assert before
    assert after
    assert (before.version != after.version, after.size) == (True, 12)
    assert after.modified.tzinfo is not None


def test_a_missing_file_is_told_by_its_uri(store: Store) -> None:
    assert store.head("nothing") is None
    with pytest.raises(NotFound, match=r"/nothing: there is no such file"):
        store.read("nothing")
    with pytest.raises(NotFound, match=r"/nothing: there is no such file"):
        list(store.stream("nothing"))
    assert list(store.list("no/such/folder/")) == []


def test_a_local_file_is_copied_whole(store: Store, tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.write_bytes(b"abc" * 1000)
    store.put_file("copy/of/it", local)
    assert store.read("copy/of/it") == local.read_bytes()


def test_a_folder_is_deleted_with_all_in_it_and_nothing_else(store: Store) -> None:
    for path in ("a/1", "a/b/2", "ab/3"):
        store.write(path, b"x")
    store.delete_folder("a")
    store.delete_folder("a")
    assert [entry.path for entry in store.list()] == ["ab/3"]


def test_a_file_is_deleted_and_may_be_gone_already(store: Store) -> None:
    store.write("a/1", b"x")
    store.write("a/2", b"x")
    store.delete("a/1")
    store.delete("a/1")
    assert [entry.path for entry in store.list()] == ["a/2"]


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(StorageError, match="no storage is known for ftp://"):
        open_store("ftp://host/folder")


def test_the_names_at_the_top_are_told_apart(store: Store) -> None:
    assert store.top() == ([], [])
    for path in ("b/deep/1", "b/2", "a b/3", "é.csv", "c.csv", "empty"):
        store.write(path, b"" if path == "empty" else b"x")
    assert store.top() == (["a b", "b"], ["c.csv", "empty", "é.csv"])
