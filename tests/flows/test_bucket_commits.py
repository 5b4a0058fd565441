"""Commits on S3 and on GCS whose answer is lost: each is known for what it is, and done once."""

import json
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest

from reelhouse.batch import Batch, Source
from reelhouse.lake.commit import open_or_create, open_table, prepare
from reelhouse.lake.ledger import Ledger
from reelhouse.storage import Denied, open_store
from tests.flows.bucket_world import COMMITS, BucketWorld
from tests.flows.world import lines
from tests.servers.bucket import Bucket, Faults

AT_ONCE = 2


def lost(faults: Faults, path: str) -> None:
    """The answer to the first commit of that path is lost."""
    faults.cut(1, "after", only="PUT", matching=f"{re.escape(path)}$", times=1)


def refused_though_done(faults: Faults, path: str) -> None:
    """It is 503, and the commit was carried out."""
    faults.answer_503(1, carried_out=True, only="PUT", matching=f"{re.escape(path)}$", times=1)


@pytest.fixture
def world(bucket: Bucket, tmp_path: Path) -> BucketWorld:
    """An empty landing, and no lake yet."""
    return BucketWorld(tmp_path, Path("lake"), bucket)


def commits(world: BucketWorld) -> list[str]:
    """The paths of all entries in the logs of a lake, from the lake's root."""
    found = (entry.path for entry in open_store(world.uri).list())
    return sorted(path for path in found if re.search(COMMITS, path))


def check_each(
    world: BucketWorld, land: Callable[[BucketWorld], None], check: Callable[[BucketWorld], None]
) -> None:
    """Let the answer to each commit of a run be lost in turn; it must be as if it were not."""
    land(world)
    status = world.ingest("events").status
    check(world)
    paths = commits(world)
    losses = (
        (lost, refused_though_done) if world.bucket.kind == "s3" else (refused_though_done, lost)
    )

    def disturb(number: int) -> None:
        path, loss = paths[number], losses[number % 2]
        here = world.in_another_bucket()
        land(here)
        loss(here.bucket.faults, path)
        done = here.ingest("events")
        assert here.bucket.faults.happened() >= 1
        assert done.status == status, (path, loss, done.stderr)
        check(here)
        # what has no name of its own, as the end of a batch, is written once more
        again = len(commits(here)) - len(paths)
        assert again == (path.startswith("_ledger") and not is_claim(here, path)), path

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(disturb, range(len(paths))))


def is_claim(world: BucketWorld, path: str) -> bool:
    """Whether an entry of the ledger's log makes the table, or is a claim."""
    actions = map(json.loads, open_store(world.uri).read(path).splitlines())
    return any("metaData" in action or "txn" in action for action in actions)


def test_each_commit_of_a_run_is_known_though_its_answer_was_lost(world: BucketWorld) -> None:
    def land(here: BucketWorld) -> None:
        here.put("events/a.jsonl", lines(1, 2) + "{}\n")

    def check(here: BucketWorld) -> None:
        contents = here.contents(("events",))
        assert {path: sum(rows.values()) for path, rows in contents.items()} == {
            "events": 2,
            "_quarantine/events": 1,
        }
        assert attempts(here) == [1], "the run knows its own claim"
        here.check(contents)

    check_each(world, land, check)


def test_a_batch_is_given_up_once_though_an_answer_was_lost(world: BucketWorld) -> None:
    def land(here: BucketWorld) -> None:
        here.put("events/a.jsonl", lines(1, 2))
        here.put("events/hidden.jsonl", lines(3))
        here.bucket.faults.answer(403, only="GET", matching=r"/hidden\.jsonl$")

    def check(here: BucketWorld) -> None:
        state = Ledger(here.uri).state()
        assert (len(state.released()), len(state.committed())) == (1, 1)
        assert attempts(here) == [1, 1]
        contents = here.contents(("events",))
        assert sum(contents["events"].values()) == 2
        here.check(contents)

    check_each(world, land, check)


def attempts(world: BucketWorld) -> list[int]:
    entries = Ledger(world.uri).state().entries
    kinds, numbers = entries["entry"].to_pylist(), entries["attempt"].to_pylist()
    claimed = [number for kind, number in zip(kinds, numbers, strict=True) if kind == "claimed"]
    return cast(list[int], claimed)


def test_a_claim_that_went_through_unknown_to_its_process_is_taken_over_at_once(
    bucket: Bucket,
) -> None:
    ledger, now = Ledger(f"{bucket.uri}/lake"), datetime.now(UTC)
    source = Source(f"{bucket.uri}/landing/events/a.jsonl", "1", 1, now)
    batch = Batch(
        dataset="events",
        batch_id="batch",
        attempt=1,
        contract_version="1.0.0",
        engine="duckdb",
        ingested_at=now,
        sources=[source],
    )
    assert ledger.claim("events", lambda state: None) is None
    bucket.faults.cut(1, "after", only="PUT", matching=r"/0+1\.json$", times=1)
    bucket.faults.answer(403, only="GET", matching=r"/0+1\.json$")
    with pytest.raises(Denied):
        ledger.claim("events", lambda state: batch)
    bucket.faults.clear()
    assert [claim.batch_id for claim in ledger.state().open()] == ["batch"]
    taken = ledger.take_over("events", "duckdb", "ingest")
    assert taken
    assert (taken.batch_id, taken.attempt) == ("batch", 2)


def test_a_table_that_two_make_at_once_keeps_all_columns(bucket: Bucket) -> None:
    uri, one, two = f"{bucket.uri}/table", ("a", pa.int64()), ("b", pa.string())
    bucket.faults.delay(1.5, only="PUT", matching=r"/0+\.json$", times=1)
    slow = threading.Thread(target=open_or_create, args=(uri, pa.schema([one]), ()))
    slow.start()
    time.sleep(0.5)
    open_or_create(uri, pa.schema(cast(Any, [one, two])), ())
    slow.join()
    table = open_table(uri)
    assert table
    assert (table.version(), [each.name for each in table.schema().fields]) == (0, ["a", "b"])


def test_a_column_is_added_once_though_the_answer_was_lost(bucket: Bucket) -> None:
    uri, one, two = f"{bucket.uri}/table", ("a", pa.int64()), ("b", pa.string())
    prepare(uri, pa.schema([one]), (), "batch")
    bucket.faults.cut(1, "after", only="PUT", matching=COMMITS, times=1)
    prepare(uri, pa.schema(cast(Any, [one, two])), (), "batch")
    table = open_table(uri)
    assert table
    assert (table.version(), [each.name for each in table.schema().fields]) == (1, ["a", "b"])
