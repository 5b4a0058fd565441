"""What lies in landing and belongs to no dataset, in a folder and in buckets."""

import os
from pathlib import Path

import pytest

from reelhouse.contract.passed_over import PassedOver
from reelhouse.landing.notices import Notices, look
from reelhouse.landing.strays import MOST_FILES, MOST_FOLDERS, MOST_NAMES, Stray, hint_of, strays
from reelhouse.storage import Store, open_store
from tests.servers.bucket import Bucket

DATASETS = ("cities", "events", "users", "videos")


@pytest.fixture
def landing(place: str) -> Store:
    """An empty landing on each store in turn."""
    return open_store(f"{place}/landing")


def put(landing: Store, *paths: str) -> None:
    for path in paths:
        landing.write(path, b"x")


def test_folders_and_files_of_no_dataset_are_strays(landing: Store) -> None:
    assert strays(landing, DATASETS) == []
    put(landing, "cities/a.csv", "events/deep/er/b.jsonl", "users/c.csv")
    assert strays(landing, DATASETS) == []
    put(landing, "Cities/b.csv", "cites/a.csv", "cites/deep/er/b.csv", "towns/d.csv", "c.csv")
    assert strays(landing, DATASETS) == [
        Stray("Cities/", 1, hint="did you mean cities?"),
        Stray("cites/", 2, hint="did you mean cities?"),
        Stray("towns/", 1),
        Stray("c.csv", 1),
    ]


def test_what_is_hidden_or_unfinished_is_no_stray(landing: Store) -> None:
    put(
        landing, ".a", "_b", "c.part", "d.tmp", ".e/f.csv", "_g/h.csv", "new/.i", "new/j.crdownload"
    )
    assert strays(landing, DATASETS) == []
    put(landing, "new/_k/l", "new/m.csv")
    assert strays(landing, DATASETS) == [Stray("new/", 1)]


def test_a_lake_and_contracts_in_landing_are_no_strays(landing: Store, tmp_path: Path) -> None:
    put(landing, "lake/events/part-1.parquet", "deep/lake/x.parquet", "contracts/a.odcs.yaml")
    apart = [landing.uri(name) for name in ("lake", "deep/lake", "contracts")]
    assert strays(landing, DATASETS, apart) == []
    put(landing, "deep/a.csv", "lakes/b.csv")
    assert strays(landing, DATASETS, apart) == [Stray("deep/", 1), Stray("lakes/", 1)]
    above = landing.root.rpartition("/")[0]
    assert [stray.path for stray in strays(landing, DATASETS, [above, landing.root])] == [
        *("contracts/", "deep/", "lake/", "lakes/"),
    ]


def test_a_contract_that_was_not_read_is_the_hint(landing: Store) -> None:
    put(landing, "towns/a.csv", "Towns/b.csv", "town/c.csv")
    towns = PassedOver("c/towns.yaml", "towns", "rename it to towns.odcs.yaml")
    told = "its contract c/towns.yaml is not read"
    assert strays(landing, DATASETS, [], [towns]) == [
        Stray("Towns/", 1, hint=told),
        Stray("town/", 1),
        Stray("towns/", 1, hint=told),
    ]


def test_a_landing_that_is_one_folder_off_is_the_hint(landing: Store) -> None:
    put(landing, "in/users/a.csv", "in/other/b.csv", "other/users.txt")
    assert strays(landing, DATASETS) == [
        Stray("in/", 2, hint=f"did you mean --landing {landing.uri('in')}?"),
        Stray("other/", 1),
    ]
    inner = open_store(landing.uri("in/users"))
    put(inner, "2026/b.csv")
    meant = f"did you mean --landing {landing.uri('in')}?"
    assert strays(inner, DATASETS) == [
        Stray("2026/", 1, hint=meant),
        Stray("a.csv", 1, hint=meant),
    ]
    put(landing, "events/a.jsonl")
    assert [stray.hint for stray in strays(landing, DATASETS)] == [None, None]


def test_what_is_much_is_counted_to_a_bound(
    landing: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reelhouse.landing.strays.MOST_FILES", 9)
    monkeypatch.setattr("reelhouse.landing.strays.MOST_FOLDERS", 3)
    monkeypatch.setattr("reelhouse.landing.strays.MOST_NAMES", 2)
    put(landing, *(f"a/{number}.csv" for number in range(9)), *(f"b/{n}.csv" for n in range(10)))
    put(landing, *(f"{name}/x.csv" for name in "cdef"), *(f"{name}.csv" for name in "pqrs"))
    found = strays(landing, DATASETS)
    assert found == [
        Stray("a/", 9),
        Stray("b/", 9, more=True),
        Stray("c/", 1),
        Stray("p.csv", 1),
        Stray("q.csv", 1),
        Stray("*/", 3, more=True),
        Stray("*", 2),
    ]
    assert Notices(found).lines() == [
        "26 or more files in landing belong to no dataset: a/, b/, c/, p.csv, q.csv and 5 "
        "more; "
        "sources lie in <landing>/<dataset>/"
    ]


def test_a_bucket_is_asked_little_however_much_it_holds(bucket: Bucket) -> None:
    assert (MOST_FILES, MOST_FOLDERS, MOST_NAMES) == (1_000, 50, 20)
    landing = open_store(f"{bucket.uri}/landing")
    for folder, number in (("events", 1_100), ("much", 1_200), ("other", 1)):
        for name in range(number):
            bucket.put(f"landing/{folder}/{name:04}", b"x")
    before = bucket.faults.requests()
    found = strays(landing, DATASETS)
    # one for the top, one for `other`; of `much` 1,001 objects, on the server's pages of 200
    assert bucket.faults.requests() - before <= 2 + 6 + 1
    assert found == [Stray("much/", 1_000, more=True), Stray("other/", 1)]


def test_names_that_are_no_paths_are_told(bucket: Bucket) -> None:
    landing = open_store(f"{bucket.uri}/landing")
    for name in ("a//b.csv", "ok.csv", "c\x01/d.csv", "/e.csv", "f\x01.csv", "users/a.csv", "g/"):
        bucket.put(f"landing/{name}", b"x" * (not name.endswith("/")))
    (lines,) = Notices(strays(landing, DATASETS)).lines()
    assert lines == (
        "5 or more files in landing belong to no dataset: / (it has an empty part (a / too many); "
        f"rename it), a/ ('{bucket.uri}/landing/a//b.csv': it has an empty part (a / too many); "
        "rename it), c\\x01/ (it has a control character; rename it), f\\x01.csv, ok.csv; "
        "sources lie in <landing>/<dataset>/"
    )


def test_a_landing_that_can_not_be_listed_is_told_and_no_failure(bucket: Bucket) -> None:
    bucket.faults.answer(403)
    notices = look(open_store(f"{bucket.uri}/landing"), DATASETS, "./lake", None)
    (line,) = notices.lines()
    assert line.startswith("landing can't be looked through for files of no dataset: ")
    assert "the store denies access" in line
    assert not notices


def test_another_name_of_a_dataset_s_folder_is_no_stray(tmp_path: Path) -> None:
    landing = open_store(str(tmp_path))
    put(landing, "users/a.csv", "elsewhere/b.csv")
    (tmp_path / "Users").symlink_to("users")
    (tmp_path / "other").symlink_to("elsewhere")
    assert [stray.path for stray in strays(landing, DATASETS)] == ["elsewhere/", "other/"]


def test_local_names_of_any_kind_are_told(tmp_path: Path) -> None:
    for name in (b"caf\xe9", b"li\nne", b"emp/ty"):
        (tmp_path / os.fsdecode(name)).mkdir(parents=True)
    (tmp_path / os.fsdecode(b"caf\xe9/a.csv")).touch()
    (tmp_path / "li\nne" / os.fsdecode(b"\xff.csv")).touch()
    landing = open_store(str(tmp_path))
    first, second = strays(landing, DATASETS)
    assert (first.path, first.files) == ("caf\udce9/", 1)
    assert (second.path, second.files) == ("li\nne/", 1)
    (line,) = Notices([first, second]).lines()
    assert "caf\\udce9/ (" in line
    assert "li\\x0ane/ (" in line
    assert "its name is not UTF-8; rename it" in line


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        *(
            (f"{name}/a.csv", "did you mean cities?")
            for name in ("Cities", "CITY", "citys", "cites")
        ),
        *(
            (f"{name}/", "did you mean users?")
            for name in ("user", "usr", "users_old", "users.bak")
        ),
        ("video-s/x/y", "did you mean videos?"),
        ("evnts/", "did you mean events?"),
        ("events_raw_2026/", "did you mean events?"),
        ("Users_2.csv.gz", "did you mean users/?"),
        ("user.csv", "did you mean users/?"),
        *((path, None) for path in ("views/", "data/", "orders/", "u/", "c.csv", "a/users", "é/")),
    ],
)
def test_near_names_are_hinted_at(path: str, hint: str | None) -> None:
    assert hint_of(path, DATASETS) == hint
