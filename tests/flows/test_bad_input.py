"""Sources that are broken, or named as no one would: a verdict on each, on every engine."""

import gzip
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reelhouse.contract.registry import load_all
from reelhouse.engines import ENGINES
from reelhouse.flows.ingest import Ingestion
from tests.flows.engine import Disturbed
from tests.flows.world import Rows, World, check_ledger, contents, lines, rows

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DATASETS = ("events", "users")

HEADER = "id,fname,lname,email,country,subscription,categories"
USER = "1,A,B,a@example.com,CH,true,music"
USERS = f"{HEADER}\n{USER}\n".encode()
EVENTS = lines(1, 2).encode()

NOISE = random.Random(1).randbytes(20_000)
PACKED = gzip.compress(b"".join(lines(*range(n, n + 100)).encode() for n in range(0, 9000, 100)))

BAD: dict[str, tuple[bytes, tuple[int, int], str | None]] = {
    # the source, how many of its records are valid and how many are not, and a rule
    "users/empty.csv": (b"", (0, 1), "header"),
    "users/blank.csv": (b"\n\n  \n", (0, 1), "header"),
    "users/only-a-header.csv": (HEADER.encode(), (0, 0), None),
    "users/zeros.csv": (bytes(70_000), (0, 1), "header"),
    "users/json.csv": (EVENTS, (0, 1), "header"),
    "users/lacks-a-column.csv": (USERS.replace(b"email,", b""), (0, 1), "header"),
    "users/doubles-a-column.csv": (USERS.replace(b"fname,", b"lname,"), (0, 1), "header"),
    "users/unknown-column.csv": (
        USERS.replace(b"categories", b"categories,more").replace(b"music", b"music,x"),
        (1, 0),
        None,
    ),
    "users/no-gzip.csv.gz": (USERS, (1, 0), None),
    "users/empty.csv.gz": (b"", (0, 1), "header"),
    "users/unpacked.gz.csv": (USERS, (1, 0), None),
    "events/empty.jsonl": (b"", (0, 0), None),
    "events/blank.jsonl": (b"\n \r\n\n", (0, 0), None),
    "events/zeros.jsonl": (bytes(70_000), (0, 1), "json"),
    "events/csv.jsonl": (USERS, (0, 3), None),
    "events/no-gzip.jsonl.gz": (EVENTS, (2, 0), None),
    "events/packed.jsonl": (gzip.compress(EVENTS), (2, 0), None),
    "events/packed.ZST": (zstd.compress(EVENTS), (2, 0), None),
    "events/plain.bz2": (EVENTS, (2, 0), None),
    "events/zip.jsonl": (b"PK\3\4\n" + EVENTS, (0, 1), "source"),
    "events/utf-16.jsonl": (EVENTS.decode().encode("utf-16"), (0, 1), "source"),
    "users/mac.csv": (USERS.replace(b"\n", b"\r"), (0, 1), "header"),
    "events/good.jsonl": (EVENTS, (2, 0), None),
    "users/good.csv": (USERS, (1, 0), None),
}

SURPRISING = {
    # how many records of it there are is for the reference validator to say
    "users/noise.csv": NOISE,
    "events/noise.jsonl": NOISE,
    "events/noise.jsonl.gz": NOISE,
    "events/cut-off.jsonl.gz": PACKED[: len(PACKED) // 2],
    "events/followed-by-noise.jsonl.gz": PACKED + NOISE,
}

NAMES = (
    "a b",
    " ",
    "it's",
    'say "x"',
    "ünï-日本-\U0001f600",
    "a=b",
    "country=CH/part",
    "100%",
    "a%20b",
    "%2e%2e",
    "new\nline",
    "tab\t",
    "*",
    "[x]",
    "{a,b}",
    "back\\slash",
    "#hash?query",
    "a:b",
    "a:b/c",
    "a,b;c",
    "$HOME",
    "-rf",
    "x" * 200,
)
PASSED_OVER = (".hidden", "_hidden", ".folder/a", "_folder/a")


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("bad")
    world = World(folder, folder / "lake")
    for name, (content, _, _) in BAD.items():
        world.land(name, content)
    for name, content in SURPRISING.items():
        world.land(name, content)
    for name in (*NAMES, *PASSED_OVER):
        world.land(f"users/names/{name}.csv", USERS)
        world.land(f"events/names/{name}.jsonl", EVENTS)
    world.land("events/unfinished.jsonl.tmp", EVENTS)
    world.land("events/.good.jsonl.crc", b"crc\0\0\0\2\0of an older one")
    return world


@pytest.fixture(scope="module")
def reference(landed: World) -> dict[str, Rows]:
    """What the reference validator makes of all of it."""
    done = landed.at(landed.folder / "reference")
    from reelhouse.engines import reference as engine

    ingest(done, engine.run)
    return contents(done.lake, DATASETS)


def ingest(world: World, engine: Any) -> dict[str, tuple[int, int]]:
    """Take all there is; the counts of valid and quarantined records by source."""
    flow = Ingestion(str(world.lake), str(world.landing), load_all(), Disturbed(engine=engine))
    outcome = flow.run(DATASETS)
    assert outcome.failures == []
    return {
        os.path.relpath(each.uri, world.landing): (each.valid, each.quarantined)
        for batch in outcome.batches
        for each in batch.sources
    }


@pytest.fixture(params=ENGINES)
def taken(
    request: pytest.FixtureRequest, engines: Any, landed: World
) -> tuple[World, dict[str, tuple[int, int]]]:
    """The lake of one engine, and its counts."""
    world = landed.at(landed.folder / request.param)
    if request.param not in TAKEN:
        TAKEN[request.param] = ingest(world, engines(request.param))
    return world, TAKEN[request.param]


TAKEN: dict[str, dict[str, tuple[int, int]]] = {}


def test_every_source_gets_its_verdict(
    taken: tuple[World, dict[str, tuple[int, int]]], reference: dict[str, Rows]
) -> None:
    world, counts = taken
    assert {name: counts[name] for name in BAD} == {name: it[1] for name, it in BAD.items()}
    assert set(SURPRISING) <= set(counts)
    assert contents(world.lake, DATASETS) == reference
    check_ledger(world.lake, DATASETS)


def test_the_reason_stands_in_quarantine(
    taken: tuple[World, dict[str, tuple[int, int]]],
) -> None:
    world, _ = taken
    rules: Counter[tuple[str, str]] = Counter()
    for dataset in DATASETS:
        for row in rows(world.lake, f"_quarantine/{dataset}").elements():
            found = json.loads(row)
            name = os.path.relpath(found["_source"], world.landing)
            rules.update({(name, each["rule"]) for each in found["violations"]})
    for name, (_, (_, invalid), rule) in BAD.items():
        if rule is not None:
            assert rules[name, rule] == invalid, name
    assert rules["events/cut-off.jsonl.gz", "source"] == 1
    assert rules["events/followed-by-noise.jsonl.gz", "source"] == 1


def test_a_name_is_taken_as_it_is(taken: tuple[World, dict[str, tuple[int, int]]]) -> None:
    world, counts = taken
    for name in NAMES:
        assert counts[f"users/names/{name}.csv"] == (1, 0)
        assert counts[f"events/names/{name}.jsonl"] == (2, 0)
    for name in PASSED_OVER:
        assert f"users/names/{name}.csv" not in counts
    assert "events/unfinished.jsonl.tmp" not in counts
    sources = Counter(json.loads(row)["_source"] for row in rows(world.lake, "users").elements())
    for name in NAMES:
        assert sources[str(world.landing / f"users/names/{name}.csv")] == 1


def test_the_command_line_takes_it_all_without_a_word(
    landed: World, reference: dict[str, Rows], tmp_path: Path
) -> None:
    world = landed.at(tmp_path / "lake")
    done = world.ingest(*DATASETS)
    assert (done.status, done.stderr) == (0, "")
    assert contents(world.lake, DATASETS) == reference
    named = [word for path in files(world) for word in ("--source", str(path))]
    again = landed.at(tmp_path / "named")
    assert again.ingest(*named).status == 0
    assert contents(again.lake, DATASETS) == reference


def files(world: World) -> Iterator[Path]:
    for path in sorted(world.landing.rglob("*")):
        inner = path.relative_to(world.landing).parts[1:]
        hidden = any(part.startswith((".", "_")) for part in inner) or path.suffix == ".tmp"
        if path.is_file() and not hidden:
            yield path
