"""Names that a bucket takes and obstore does not stop no other source."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from reelhouse.storage import StorageError, open_store
from reelhouse.storage.names import past_unfit, unfit
from tests.servers.bucket import Bucket

FIT = [
    *("a b", " a ", "it's", '"q"', "k=v/x", "a%2Fb", "100%", "%25", "a#b", "a?b", "a+b", "&amp;"),
    *("a\\b", "~a", "*|<>^`[]{}", "é", "e\u0301", "日本", "🎬", "..a", "...", ".hidden", "x\u0085"),
    "x" * 1017,
]
UNFIT = {
    "e//a": "an empty part",
    "e/../a": r"a part that is \. or \.\.",
    "e/a/..": r"a part that is \. or \.\.",
    "e/./a": r"a part that is \. or \.\.",
    "e/a\tb": "a control character",
    "e/a\x01": "a control character",
    "e/z\x7f/b": "a control character",
}


@pytest.mark.parametrize("name", FIT)
def test_a_name_of_letters_is_fit(name: str) -> None:
    assert unfit(f"e/{name}") is None


def test_fit_names_are_listed_and_read_as_they_are(bucket: Bucket) -> None:
    for name in FIT:
        bucket.put(f"e/{name}", name.encode())
    store = open_store(bucket.uri)
    listed = [entry.path for entry in store.list("e/")]
    assert listed == sorted((f"e/{name}" for name in FIT), key=str.encode)
    for name in listed:
        assert store.read(name) == name.removeprefix("e/").encode()


def test_unfit_names_stop_no_other_and_each_is_told_once(bucket: Bucket) -> None:
    fit = [f"e/{name}" for name in ("!", "-", "0", "a", "a b", "b/c", "z", "é")]
    for name in [*fit, *UNFIT, "e//", "e/x\x01/", "e//also"]:
        bucket.put(name, b"" if name.endswith("/") else b"x")
    store, refused = open_store(bucket.uri), list[StorageError]()
    entries = list(store.list("e/", refused.append))
    assert [entry.path for entry in entries] == sorted(fit, key=str.encode)
    assert entries == [store.head(name) for name in sorted(fit, key=str.encode)]
    told = sorted(str(each).partition(": it has")[0] for each in refused)
    assert told == sorted(repr(f"{bucket.uri}/{name}") for name in [*UNFIT, "e//also"])


@pytest.mark.parametrize(("name", "why"), UNFIT.items())
def test_an_unfit_name_is_told_with_the_mend(bucket: Bucket, name: str, why: str) -> None:
    bucket.put(name, b"x")
    with pytest.raises(StorageError, match=rf"^'{bucket.uri}/e/.+': it has {why}.*; rename it$"):
        list(open_store(bucket.uri).list("e/"))


def test_an_unfit_name_beside_many_pages_is_passed(bucket: Bucket) -> None:
    fit = [f"e/{number:04}" for number in range(220)]
    names = [*fit, "e/0040//x", "e/0210\t"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bucket.put, names, [b"x"] * len(names)))
    refused = list[StorageError]()
    store = open_store(f"{bucket.uri}/e")
    assert [f"e/{entry.path}" for entry in store.list("", refused.append)] == fit
    assert [str(each).partition("': ")[0] for each in refused] == [
        f"'{bucket.uri}/e/0040//x",
        f"'{bucket.uri}/e/0210\\t",
    ]


def test_unfit_names_are_passed_in_spite_of_faults(bucket: Bucket) -> None:
    for name in ("e/a", "e//b", "e/c"):
        bucket.put(name, b"x")
    bucket.faults.answer_503(0.3, seed=1)
    bucket.faults.cut(0.2, seed=2)
    bucket.faults.cut(0.2, when="after", seed=3)
    store, refused = open_store(bucket.uri), list[StorageError]()
    for _ in range(3):
        assert [entry.path for entry in store.list("e/", refused.append)] == ["e/a", "e/c"]
    assert len(refused) == 3
    assert bucket.faults.happened() > 3


def test_placeholders_of_folders_are_no_files(bucket: Bucket) -> None:
    for name in ("e/", "e/empty/", "e/full/", "e/full/file", "e/none"):
        bucket.put(name, b"x" if name == "e/full/file" else b"")
    assert [entry.path for entry in open_store(bucket.uri).list("e/")] == ["e/full/file", "e/none"]


def test_a_bucket_that_is_not_there_is_told(bucket: Bucket) -> None:
    with pytest.raises(StorageError, match=f"there is no bucket {bucket.uri}-not"):
        list(open_store(f"{bucket.uri}-not").list("e/"))


def test_the_way_past_unfit_names_ends() -> None:
    assert past_unfit(["a", "b//", "b//c", "d"], "") == (["a"], ["b//", "b//c"], "d")
    assert past_unfit(["a", "b//", "b//c", "d"], "a") == ([], ["b//", "b//c"], "d")
    assert past_unfit(["a", "b//c"], "") == (["a"], ["b//c"], None)
    assert past_unfit(["a", "d"], "b") == (["d"], [], None)
