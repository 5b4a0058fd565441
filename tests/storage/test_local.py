"""Folders of this machine: their names, links, and what is no file."""

import os
from pathlib import Path

import pytest

from reelhouse.storage import StorageError, open_store, resolve

ODD_NAMES = [
    "a b.csv",
    "100%.csv",
    "a%20b.csv",
    "it's.csv",
    'say "x".csv',
    "é/日本.csv",
    "k=v/#1?.csv",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_local_name_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    store = open_store(str(tmp_path))
    store.write(name, b"x")
    assert (tmp_path / name).read_bytes() == b"x"
    assert [entry.path for entry in store.list()] == [name]
    other, path = resolve(store.uri(name))
    assert other.read(path) == b"x"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd"])
def test_no_name_leaves_the_root(tmp_path: Path, path: str) -> None:
    store = open_store(str(tmp_path / "root"))
    with pytest.raises(StorageError, match="would leave"):
        store.write(path, b"x")


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
