"""Each engine, from a bucket to a bucket, by the command line: as from folder to folder."""

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb

from reelhouse.demo.generate import generate
from tests.commands import done
from tests.engines.lakes import contents
from tests.engines.on_bucket import ENGINES
from tests.reading import read, read_quarantine
from tests.servers.bucket import Bucket

DATASETS = ("events", "users", "videos")
DAY = "2026-01-02"
EVENT = b'{"user_id":1,"video_id":2,"event":"like","timestamp":1767312000}\n{"user_id":1}\n'

ODD_NAMES = [
    "a b.jsonl",
    "day=1/x.jsonl",
    "q'u\"o.jsonl",
    "é😀.jsonl",
    "p%2Fx.jsonl",
    "p%.jsonl",
    "a+b#c?d.jsonl",
    "[x]{y}*z.jsonl",
    "a\\b.jsonl",
    "c:d.jsonl",
]


def land(folder: Path, bucket: Bucket) -> None:
    """Put the same sources into a folder, and into a bucket's landing."""
    generate(folder, events=3000, users=200, videos=40, broken=0.1, seed=7, files=3, days=3)
    for source in (next(folder.glob("events/*")), next(folder.glob("users/*"))):
        packed = source.with_name(f"{source.name}.gz")
        packed.write_bytes(gzip.compress(source.read_bytes()))
        source.unlink()
    for name in ODD_NAMES:
        path = folder / "events" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(EVENT)
    for path in folder.rglob("*"):
        if path.is_file():
            bucket.put(f"landing/{path.relative_to(folder)}", path.read_bytes())


def run(*arguments: str) -> str:
    """Run a module in a process of its own, and return what it printed."""
    own = {name: value for name, value in os.environ.items() if "REELHOUSE" not in name}
    return done([sys.executable, "-m", *arguments], own).out


def ingest_on_duckdb(landing: str, lake: str) -> None:
    run("reelhouse", "ingest", "--landing", landing, "--lake", lake)


def counts_on_duckdb(lake: str) -> list[int]:
    """All events, those of the day, and the quarantine, as `on_bucket` has them of Spark."""
    connection = duckdb.connect()
    events: Any = read(connection, lake, "events")
    refused: Any = read_quarantine(connection, lake, "events")
    of_day = events.filter(f"event_date = '{DAY}'")
    return [len(each.project("_source").fetchall()) for each in (events, of_day, refused)]


def test_rows_are_those_of_local_files(bucket: Bucket, tmp_path: Path) -> None:
    local = tmp_path / "landing"
    land(local, bucket)
    ingest_on_duckdb(str(local), f"{tmp_path}/lake")
    expected = contents(f"{tmp_path}/lake", DATASETS, below=str(local))

    ingest_on_duckdb(f"{bucket.uri}/landing", f"{bucket.uri}/duckdb")
    said = json.loads(run("tests.engines.on_bucket", bucket.uri, DAY).splitlines()[-1])

    counts = counts_on_duckdb(f"{tmp_path}/lake")
    assert counts[0] > counts[1] > len(ODD_NAMES) < counts[2]
    assert counts_on_duckdb(f"{bucket.uri}/duckdb") == counts
    for engine in ("duckdb", *ENGINES):
        found = contents(f"{bucket.uri}/{engine}", DATASETS, below=f"{bucket.uri}/landing")
        assert found == expected, engine
    assert said == dict.fromkeys(ENGINES, counts)
