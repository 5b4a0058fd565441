"""A lake of an older version is read, continued and compacted: see old/0.1.0.md."""

import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reelhouse.lake import layout
from reelhouse.lake.commit import open_table, properties
from reelhouse.lake.format import FORMAT, PROPERTY
from reelhouse.storage import open_store
from tests.flows.world import Finished, Rows, World, check_files, check_ledger, contents, rows
from tests.reading import read, read_quarantine
from tests.servers.bucket import Bucket, Faults, Server

PACKED = Path(__file__).parent / "old" / "0.1.0.tar.gz"
SITE = "site"
"""The bucket's name, which stands in the lake."""

DATASETS = ("events", "users", "videos", "stores")
VALID = {"events": 51, "users": 4, "videos": 1, "stores": 2}
QUARANTINED = {"events": 4, "users": 4, "videos": 1, "stores": 1}

EVENT = '{"user_id": 1, "video_id": 9, "event": "like", "timestamp": 1767225600}\n'
NEW = {
    "events/new.jsonl": EVENT + EVENT.replace("like", "hated"),
    "users/new.csv": "id,fname,lname,email,country\n7,Gil,Oz,gil@example.com,IL\n",
    "videos/new.csv": "id,name,url,creation_timestamp,creator_id,private\n"
    "5,Fifth,https://watch.example.com/5,1767225600,1,0\n",
    "stores/new.csv": "id,name,city\n4,New,Basel\n5,,Basel\n",
}
LEFT_OPEN = {"3.jsonl": (3, 2, 1), "2.csv": (2, 1, 1)}
TAKEN = {
    **LEFT_OPEN,
    "new.jsonl": (2, 1, 1),
    "stores/new.csv": (2, 1, 1),
    "users/new.csv": (1, 1, 0),
    "videos/new.csv": (1, 1, 0),
}


@dataclass(frozen=True)
class OldWorld(World):
    """The old lake, and the bucket that its sources lie in."""

    bucket: Bucket

    @property
    def settings(self) -> dict[str, str]:
        return {
            **super().settings,
            **self.bucket.environment,
            "REELHOUSE_LANDING": f"{self.bucket.uri}/landing",
            "REELHOUSE_CONTRACTS": str(self.folder / "contracts"),
        }

    def put(self, name: str, text: str) -> None:
        self.bucket.put(f"landing/{name}", text.encode())


@pytest.fixture
def old(
    tmp_path: Path, servers: Callable[[str], Server], monkeypatch: pytest.MonkeyPatch
) -> Iterator[OldWorld]:
    """The lake, unpacked, and its bucket, filled anew."""
    with tarfile.open(PACKED) as archive:
        archive.extractall(tmp_path, filter="data")
    server = servers("s3")
    bucket = Bucket(f"s3://{SITE}", SITE, server, Faults(server, SITE))
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    server.request("PUT", f"/{SITE}")
    for path in (tmp_path / "bucket").rglob("*"):
        if path.is_file():
            bucket.put(path.relative_to(tmp_path / "bucket").as_posix(), path.read_bytes())
    yield OldWorld(tmp_path, tmp_path / "lake", bucket)
    store = open_store(bucket.uri)
    for entry in list(store.list()):
        store.delete(entry.path)
    server.request("DELETE", f"/{SITE}")


def taken(done: Finished) -> dict[str, tuple[int, int, int]]:
    """Records, valid and quarantined of each source that a run took, by the end of its URI."""
    found = {}
    for batch in done.document["batches"]:
        for source in batch["sources"]:
            dataset, name = source["uri"].split("/")[-2:]
            key = f"{dataset}/{name}" if name == "new.csv" else name
            found[key] = (source["records"], source["valid"], source["quarantined"])
    return found


def figures(done: Finished) -> tuple[int, int, int]:
    found = done.document
    return found["records"], found["valid"], found["still_invalid"]


def status(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.run("status", "--json").document
    return found


def continued(old: OldWorld) -> OldWorld:
    """New sources land, and a run takes them, and what was left open."""
    for name, text in NEW.items():
        old.put(name, text)
    done = old.ingest()
    assert (done.status, taken(done)) == (0, TAKEN), done.stderr
    return old


def counted(lake: Path) -> dict[str, tuple[int, int]]:
    """Rows in the lake and in quarantine, by dataset."""
    found = contents(lake, DATASETS)
    return {
        name: (found[layout.table(name)].total(), found[layout.quarantine(name)].total())
        for name in DATASETS
    }


def test_duckdb_reads_it(old: OldWorld) -> None:
    connection = duckdb.connect()
    for dataset in DATASETS:
        assert read(connection, str(old.lake), dataset).shape[0] == VALID[dataset]
        assert read_quarantine(connection, str(old.lake), dataset).shape[0] == QUARANTINED[dataset]
    events = read(connection, str(old.lake), "events")
    assert events.aggregate("event, count(*)").order("event").fetchall() == [
        ("created", 1),
        ("like", 45),
        ("loved", 3),
        ("share", 1),
        ("viewed", 1),
    ]
    stores = read(connection, str(old.lake), "stores").order("id")
    assert [row[:2] for row in stores.select("id", "name").fetchall()] == [
        (1, "Two\nlines"),
        (3, "Plain"),
    ]


def test_spark_reads_it(old: OldWorld, spark: Any) -> None:
    for dataset in DATASETS:
        assert read(spark, str(old.lake), dataset).count() == VALID[dataset]
        assert read_quarantine(spark, str(old.lake), dataset).count() == QUARANTINED[dataset]
    stores = read(spark, str(old.lake), "stores").orderBy("id").collect()
    assert [(row["id"], row["name"], row["city"]) for row in stores] == [
        (1, "Two\nlines", "Bern"),
        (3, "Plain", "Bern"),
    ]


def test_status_tells_what_is_in_it_and_what_was_left_open(old: OldWorld) -> None:
    found = status(old)
    told = {
        each["dataset"]: tuple(each[name] for name in ("sources", "records", "valid", "waiting"))
        for each in found["datasets"]
    }
    assert told == {
        "events": (4, 55, 51, 0),
        "users": (5, 8, 4, 0),
        "videos": (2, 2, 1, 0),
        "stores": (1, 3, 2, 0),
    }
    assert {each["bytes"] for each in found["datasets"]} == {None}  # it did not count them
    assert {each["dataset"]: each["owner_is"] for each in found["open_batches"]} == {
        "events": "gone",
        "videos": "gone",
    }


def test_its_sources_are_known(old: OldWorld) -> None:
    """By the names that the older version gave them: none is taken a second time."""
    done = old.ingest("--dry-run")
    assert (done.status, done.document["batches"]) == (0, []), done.stderr


def test_its_quarantine_is_told(old: OldWorld) -> None:
    done = old.run("quarantine", "list", "--json")
    told = Counter[tuple[str, str]]()
    for each in done.document["reasons"]:
        told[each["dataset"], each["rule"]] += each["records"]
    assert told == {
        ("events", "source"): 1,
        ("events", "validValues"): 1,
        ("stores", "exclusiveMinimum"): 1,
        ("users", "format"): 2,
        ("users", "header"): 1,
        ("users", "pattern"): 1,
        ("users", "required"): 1,
        ("videos", "type"): 1,
    }


def test_its_quarantine_is_replayed(old: OldWorld) -> None:
    """Under a newer contract: each record by the header of its source, or its source anew."""
    dry = [old.run("quarantine", "replay", name, "--json") for name in DATASETS]
    assert [figures(done) for done in dry] == [(2, 0, 2), (3, 0, 3), (1, 0, 1), (1, 0, 1)]
    for name, before, after in (
        ("events", "- loved\n", "- loved\n                - hated\n"),
        ("users", "format: email", "minLength: 1"),
        ("stores", "exclusiveMinimum: 0", "minimum: 0"),
    ):
        path = old.folder / "contracts" / f"{name}.odcs.yaml"
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after).replace("version: ", "version: 9"))
    apply = ("quarantine", "replay", "--apply", "--json")
    done = {name: figures(old.run(*apply, name)) for name in DATASETS}
    assert done == {
        "events": (2, 1, 1),
        "users": (3, 1, 2),
        "videos": (1, 0, 1),
        "stores": (1, 1, 0),
    }
    assert old.ingest().status == 0
    check_ledger(old.lake, DATASETS)


def number(old: OldWorld) -> str | None:
    ledger = open_table(str(old.lake / layout.LEDGER))
    assert ledger
    return properties(ledger).get(PROPERTY)


def test_it_is_continued(old: OldWorld) -> None:
    assert number(old) is None
    continued(old)
    assert number(old) == str(FORMAT)
    assert counted(old.lake) == {
        "events": (51 + 2 + 1, 4 + 1 + 1),
        "users": (4 + 1, 4),
        "videos": (1 + 1 + 1, 1 + 1),
        "stores": (2 + 1, 1 + 1),
    }
    check_ledger(old.lake, DATASETS)
    assert status(old)["open_batches"] == []
    again = old.ingest()
    assert (again.status, again.document["batches"]) == (0, [])


def test_a_batch_that_was_written_is_ended_without_its_source(old: OldWorld) -> None:
    open_store(old.bucket.uri).delete("landing/events/3.jsonl")
    done = old.ingest()
    assert (done.status, taken(done)) == (0, LEFT_OPEN)
    check_ledger(old.lake, DATASETS)


@pytest.mark.parametrize("is_continued", [False, True])
def test_it_is_compacted(is_continued: bool, old: OldWorld) -> None:
    if is_continued:
        continued(old)
    before, told = everything(old.lake), status(old)
    done = old.run("compact", "--json")
    assert done.status == 0, done.stderr
    merged = {each["path"]: each["files_after"] for each in done.document["tables"]}
    assert merged["_ledger"] == 1
    assert len(merged) == 2 * len(DATASETS) + 2 + 1
    assert everything(old.lake) == before
    assert status(old) == told
    for path in merged:
        check_files(old.lake, path)
    assert (old.ingest().status, old.run("status").status) == (0, 0)
    check_ledger(old.lake, DATASETS)


def everything(lake: Path) -> dict[str, Rows]:
    """All rows of all tables, with all of their columns."""
    paths = [path for name in DATASETS for path in (name, f"_quarantine/{name}")]
    paths += ["_replays/events", "_replays/users", "_ledger"]
    return {path: rows(lake, path, ()) for path in paths}
