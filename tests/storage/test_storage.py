"""Local folders and buckets behave alike."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reelhouse.storage import (
    BucketStore,
    NotFound,
    StorageError,
    Store,
    open_store,
    refusals_told,
    resolve,
)
from tests.servers.bucket import Server

ODD_NAMES = [
    "a b.csv",
    "100%.csv",
    "a%20b.csv",
    "it's.csv",
    'say "x".csv',
    "é/日本.csv",
    "k=v/#1?.csv",
]


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


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_local_name_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    store = open_store(str(tmp_path))
    store.write(name, b"x")
    assert (tmp_path / name).read_bytes() == b"x"
    assert [entry.path for entry in store.list()] == [name]
    other, path = resolve(store.uri(name))
    assert other.read(path) == b"x"


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


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd"])
def test_no_name_leaves_the_root(tmp_path: Path, path: str) -> None:
    store = open_store(str(tmp_path / "root"))
    with pytest.raises(StorageError, match="would leave"):
        store.write(path, b"x")


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(StorageError, match="no storage is known for ftp://"):
        open_store("ftp://host/folder")


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    with pytest.raises(TypeError):
        store.write("file", "not bytes")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_path_through_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file"):
        open_store(str(tmp_path)).write("file/below", b"x")


def test_relative_roots_follow_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert open_store("./lake").root == str(tmp_path / name / "lake")


def test_links_that_lead_back_pipes_and_dangling_links_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x")
    (tmp_path / "folder" / "back").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    found = sorted(entry.path for entry in open_store(str(tmp_path)).list())
    assert found == ["folder/file", "link"]


def test_links_that_lead_back_to_one_another_are_followed_once(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
        (tmp_path / name / "link").symlink_to(tmp_path / other)
    found = sorted(entry.path for entry in open_store(str(tmp_path)).list())
    assert found == ["one/file", "one/link/file", "two/file", "two/link/file"]


def test_the_names_at_the_top_are_told_apart(store: Store) -> None:
    assert store.top() == ([], [])
    for path in ("b/deep/1", "b/2", "a b/3", "é.csv", "c.csv", "empty"):
        store.write(path, b"" if path == "empty" else b"x")
    assert store.top() == (["a b", "b"], ["c.csv", "empty", "é.csv"])


def test_at_the_top_of_a_folder_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    for name in ("folder", "file", "nothing", "loop"):
        (tmp_path / f"to {name}").symlink_to(tmp_path / (name if name != "loop" else "to loop"))
    os.mkfifo(tmp_path / "pipe")
    store = open_store(str(tmp_path))
    assert store.top() == (["folder", "to folder"], ["file", "to file"])
    assert open_store(str(tmp_path / "file")).top() == ([], [])


def test_an_io_error_names_the_file() -> None:
    store, path = resolve("/proc/self/mem")  # its first byte can't be read, not even by root
    with pytest.raises(StorageError, match=r"/proc/self/mem: "):
        store.read(path)


def test_a_name_that_is_not_utf8_is_told_and_the_listing_goes_on(tmp_path: Path) -> None:
    for name in (b"a", b"caf\xe9", b"z"):
        (tmp_path / os.fsdecode(name)).write_bytes(b"")
    store, refused = open_store(str(tmp_path)), list[StorageError]()
    assert [entry.path for entry in store.list("", refused.append)] == ["a", "z"]
    assert [str(each) for each in refused] == [
        f"'{tmp_path}/caf\\udce9': its name is not UTF-8; rename it"
    ]
    with pytest.raises(StorageError, match="rename it"):
        list(store.list())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("No space left on device (os error 28)", "/lake: no space left on device"),
        ('IO Error: Could not write file "/a b/c": No space left on device', "/a b/c: no space"),
        ('{"message":"Could not write \\"/a\\": Permission denied"}', "/a: permission denied"),
        ("…\nreelhouse.storage.StorageError: /a: b: permission denied\n …", "/a: b: permission"),
        ("Disk quota exceeded", "/lake: disk quota exceeded"),
    ],
)
def test_what_a_library_says_of_a_refusal_is_told_in_a_line(said: str, told: str) -> None:
    with pytest.raises(StorageError, match=f"^{told}"), refusals_told("/lake"):
        raise RuntimeError(said)


def test_other_errors_stay_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError), refusals_told("/lake"):
        raise ZeroDivisionError("the device has no left space")
    with pytest.raises(NotFound), refusals_told("/lake"):
        raise NotFound("permission denied")
