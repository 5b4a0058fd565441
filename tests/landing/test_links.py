"""Links that make one file two sources; what is found of them is what discovery takes."""

import os
from collections import Counter
from pathlib import Path

from reelhouse.landing.discovery import discover
from reelhouse.landing.links import Linked, links
from reelhouse.landing.notices import Notices

DATASETS = ("events", "users")


def put(landing: Path, *names: str) -> None:
    for name in names:
        (landing / name).parent.mkdir(parents=True, exist_ok=True)
        (landing / name).write_text(name)


def taken(landing: Path) -> Counter[str]:
    """How often each file's content is taken."""
    found = (source.uri for name in DATASETS for source in discover(str(landing), name))
    return Counter(Path(uri).read_text() for uri in found)


def lines(landing: Path) -> list[str]:
    found = links(landing, DATASETS)
    return Notices(linked=found.linked, broken_links=found.broken).lines()


def test_without_links_there_is_nothing_to_tell(tmp_path: Path) -> None:
    put(tmp_path, "users/a.csv", "users/deep/a.csv", "events/a.csv", "elsewhere/x.csv")
    assert lines(tmp_path) == []
    assert lines(tmp_path / "nothing") == []


def test_links_to_a_file_are_told(tmp_path: Path) -> None:
    put(tmp_path, "users/a.csv", "users/other.csv", "elsewhere/x.csv", "users/z.csv")
    (tmp_path / "users/b.csv").symlink_to("a.csv")
    os.link(tmp_path / "users/a.csv", tmp_path / "users/c.csv")
    (tmp_path / "events").mkdir()
    os.link(tmp_path / "users/other.csv", tmp_path / "events/other.jsonl")
    (tmp_path / "events/x.jsonl").symlink_to("../elsewhere/x.csv")  # it is one source
    (tmp_path / "users/y.csv").symlink_to("z.csv")
    assert taken(tmp_path) == {
        "users/a.csv": 3,
        "users/other.csv": 2,
        "elsewhere/x.csv": 1,
        "users/z.csv": 2,
    }
    assert lines(tmp_path) == [
        "users/other.csv and events/other.jsonl are one file: it counts as two sources",
        "users/b.csv, users/c.csv and users/a.csv are one file: it counts as three sources",
        "users/y.csv and users/z.csv are one file: it counts as two sources",
    ]


def test_links_to_a_folder_are_told_once(tmp_path: Path) -> None:
    put(tmp_path, "users/2025/a.csv", "users/2025/deep/b.csv", "events/c.jsonl", "out/d/e.csv")
    (tmp_path / "users/1999").symlink_to("2025")  # before it in the order of names
    (tmp_path / "users/events").symlink_to("../events")
    (tmp_path / "users/out").symlink_to(tmp_path / "out")
    (tmp_path / "events/d").symlink_to(tmp_path / "out/d")
    assert taken(tmp_path) == {
        "users/2025/a.csv": 2,
        "users/2025/deep/b.csv": 2,
        "events/c.jsonl": 2,
        "out/d/e.csv": 3,
    }
    found = links(tmp_path, DATASETS)
    assert found.linked == [
        Linked("users/events/", "events/"),
        Linked("users/out/d/", "events/d/"),
        Linked("users/1999/", "users/2025/"),
    ]
    assert lines(tmp_path)[-1] == (
        "users/1999/ and users/2025/ are one folder: each of its files counts as two sources"
    )


def test_links_that_lead_back_are_not_followed_and_not_told(tmp_path: Path) -> None:
    put(tmp_path, "users/a.csv", "users/deep/b.csv")
    for name in ("self", "deep/up", "deep/top"):
        target = {"self": ".", "deep/up": "..", "deep/top": "../.."}[name]
        (tmp_path / "users" / name).symlink_to(target)
    assert taken(tmp_path) == {"users/a.csv": 1, "users/deep/b.csv": 1}
    assert lines(tmp_path) == []


def test_folders_that_are_linked_crosswise_end(tmp_path: Path) -> None:
    put(tmp_path, "users/one/a.csv", "users/two/b.csv")
    (tmp_path / "users/one/to").symlink_to("../two")
    (tmp_path / "users/two/to").symlink_to("../one")
    assert taken(tmp_path) == {"users/one/a.csv": 2, "users/two/b.csv": 2}
    assert links(tmp_path, DATASETS).linked == [
        Linked("users/two/to/", "users/one/"),
        Linked("users/one/to/", "users/two/"),
    ]


def test_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    put(tmp_path, "users/a.csv")
    (tmp_path / "users/gone.csv").symlink_to("nothing")
    (tmp_path / "users/through.csv").symlink_to("a.csv/x")
    (tmp_path / "users/loop.csv").symlink_to("loop.csv")
    (tmp_path / "users/.hidden").symlink_to("nothing")
    assert lines(tmp_path) == [
        f"users/{name}.csv is a link that leads to no file" for name in ("gone", "loop", "through")
    ]
    assert taken(tmp_path) == {"users/a.csv": 1}


def test_what_is_hidden_or_unfinished_is_no_second_source(tmp_path: Path) -> None:
    put(tmp_path, "users/a.csv")
    for name in (".a.csv", "_a.csv", "a.csv.tmp"):
        os.link(tmp_path / "users/a.csv", tmp_path / "users" / name)
    (tmp_path / "users/_old").mkdir()
    os.link(tmp_path / "users/a.csv", tmp_path / "users/_old/a.csv")
    assert lines(tmp_path) == []


def test_of_many_the_first_are_told(tmp_path: Path) -> None:
    for number in range(9):
        put(tmp_path, f"users/{number}.csv")
        os.link(tmp_path / f"users/{number}.csv", tmp_path / f"users/{number}-again.csv")
    *first, last = lines(tmp_path)
    assert len(first) == 5
    assert last == "4 more files have several names"


def test_of_many_names_of_a_file_the_first_are_told(tmp_path: Path) -> None:
    put(tmp_path, "users/a.csv")
    for number in range(9):
        os.link(tmp_path / "users/a.csv", tmp_path / f"users/b{number}.csv")
    names = ", ".join(f"users/b{number}.csv" for number in range(5))
    assert lines(tmp_path) == [
        f"{names}, 4 more and users/a.csv are one file: it counts as 10 sources"
    ]
