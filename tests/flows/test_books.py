"""The books have a denominator: which bytes were read, and why bytes were no record."""

import bz2
import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from reelhouse.batch import SourceCount, Written
from reelhouse.contract.registry import load_all
from reelhouse.engines.base import Work
from reelhouse.engines.duckdb.engine import DuckDB
from reelhouse.engines.output import merged
from reelhouse.flows.books import MOST_NAMED, no_record_told
from reelhouse.flows.ingest import Ingestion
from reelhouse.flows.status import lake_status
from reelhouse.lake.ledger import Ledger
from tests.flows.engine import Disturbed
from tests.flows.world import World, check_ledger, lines, rows

VIDEOS = "id,name,url,creation_timestamp,creator_id,private\n"
VIDEO = "1,First,https://watch.example.com/1,1767225600,1,0\n"
Books = Callable[[SourceCount], SourceCount]
Run = Callable[[Work], Written]


def with_books(change: Books, before: Callable[[], object] = lambda: None) -> Disturbed:
    """An engine whose counts are changed by hand."""

    def run(work: Work) -> Written:
        written = DuckDB().run(work)
        return replace(written, counts=[change(count) for count in written.counts])

    return Disturbed(before=before, engine=run)


def flow(world: World, engine: Disturbed) -> Ingestion:
    return Ingestion(str(world.lake), str(world.landing), load_all(), engine)


def books(count: SourceCount) -> SourceCount:
    """The books of a source that is not packed, counted line by line."""
    sent = Path(count.uri).read_bytes().splitlines(keepends=True)
    blank = [line for line in sent if not line.strip()]
    rest = [line for line in sent if line.strip()]
    header = len(rest[0]) if count.uri.endswith(".csv") and rest else 0
    return replace(
        count,
        bytes=sum(map(len, sent)),
        header_bytes=header,
        blank_bytes=sum(map(len, blank)),
        packed=False,
    )


@pytest.mark.parametrize(
    ("count", "why"),
    [
        (SourceCount("u", 1, 1, 0, "id", 9, 3, 0), None),
        (SourceCount("u", 1, 0, 1), None),
        (SourceCount("u", 0, 0, 0, None, 0), "it is empty"),
        (SourceCount("u", 0, 0, 0, None, 0, packed=True), "it is empty"),
        (SourceCount("u", 0, 0, 0, "id", 3, 3), "only a header"),
        (SourceCount("u", 0, 0, 0, "id", 5, 3, 2), "only a header"),
        (SourceCount("u", 0, 0, 0, None, 2, 0, 2), "only blank lines"),
        (SourceCount("u", 0, 0, 0, None, 5, 0, 2), "only empty lists or envelopes"),
        (SourceCount("u", 0, 0, 0, "id"), "only a header"),
        (SourceCount("u", 0, 0, 0), "why is not known"),
    ],
)
def test_why_a_source_holds_no_record_is_told_in_words(count: SourceCount, why: str | None) -> None:
    assert count.why_no_record == why


def test_a_line_names_some_of_the_sources_that_hold_no_record() -> None:
    held, empty = SourceCount("a", 1, 1, 0), SourceCount("b", 0, 0, 0, None, 0)
    assert no_record_told([held]) is None
    assert no_record_told([held, empty]) == "1 source holds no record: b (it is empty)"
    said = no_record_told([replace(empty, uri=str(number)) for number in range(MOST_NAMED + 1001)])
    assert said
    assert said.startswith("1,006 sources hold no record: 0 (it is empty), 1 (it is empty), ")
    assert said.endswith("4 (it is empty), and 1,001 more")


def test_the_books_of_the_parts_of_a_source_are_added_up() -> None:
    """As the tasks of Spark count them; a part that has only the header may not know its bytes."""
    parts: Sequence[SourceCount] = (
        SourceCount("a", 0, 0, 0, "id"),
        SourceCount("a", 3, 2, 1, None, 20, 3, 1),
        SourceCount("b", 1, 1, 0),
        SourceCount("a", 1, 0, 1, None, 10, 0, 2, packed=True),
    )
    found = merged([Written([], [], [part]) for part in parts])
    assert found.counts == [
        SourceCount("a", 4, 2, 2, "id", 30, 3, 3, packed=True),
        SourceCount("b", 1, 1, 0),
    ]


def test_ledger_status_and_results_have_the_books_of_each_source(world: World) -> None:
    sent = {
        "events/a.jsonl": lines(1, 2) + "\n  \n",
        "events/blank.jsonl": "\n \r\n",
        "events/empty.jsonl": "",
        "events/nothing.jsonl": '[]\n{"events": []}\n',
        "videos/a.csv": "\n" + VIDEOS + VIDEO,
        "videos/header.csv": VIDEOS + "\n",
    }
    for name, text in sent.items():
        world.land(name, text)
    outcome = flow(world, with_books(books)).run(["events", "videos"])
    assert outcome.failures == []
    told = {
        "/".join(source["uri"].split("/")[-2:]): (
            *(source[name] for name in ("bytes", "header_bytes", "blank_bytes")),
            source["why_no_record"],
        )
        for batch in outcome.batches
        for source in cast(list[dict[str, Any]], batch.to_json()["sources"])
    }
    assert told == {
        "events/a.jsonl": (len(lines(1, 2)) + 4, 0, 4, None),
        "events/blank.jsonl": (4, 0, 4, "only blank lines"),
        "events/empty.jsonl": (0, 0, 0, "it is empty"),
        "events/nothing.jsonl": (18, 0, 0, "only empty lists or envelopes"),
        "videos/a.csv": (1 + len(VIDEOS + VIDEO), len(VIDEOS), 1, None),
        "videos/header.csv": (len(VIDEOS) + 1, len(VIDEOS), 1, "only a header"),
    }
    ledger = Ledger(str(world.lake))
    for batch in outcome.batches:
        assert ledger.counts(batch.batch_id) == batch.sources
    names = ("bytes", "header_bytes", "blank_bytes", "sources_without_records")
    found = {
        each["dataset"]: [cast(Any, each)[name] for name in names]
        for each in lake_status(str(world.lake), str(world.landing), load_all())["datasets"]
    }
    size = {name: len(text) for name, text in sent.items()}
    assert found == {
        "events": [sum(size[name] for name in size if "events" in name), 0, 8, 3],
        "videos": [size["videos/a.csv"] + size["videos/header.csv"], 2 * len(VIDEOS), 2, 1],
        "users": [0, 0, 0, 0],
    }
    check_ledger(world.lake, ("events", "videos"))


def misses_the_last_byte(count: SourceCount) -> SourceCount:
    right = books(count)
    return replace(right, bytes=(right.bytes or 0) - 1, header_bytes=right.header_bytes - 1)


def reads_a_byte_twice(count: SourceCount) -> SourceCount:
    right = books(count)
    return replace(right, bytes=(right.bytes or 0) + 1, blank_bytes=right.blank_bytes + 1)


def explains_more_than_it_read(count: SourceCount) -> SourceCount:
    return replace(books(count), blank_bytes=(books(count).bytes or 0))


def passes_over_what_is_left(count: SourceCount) -> SourceCount:
    return replace(books(count), header_bytes=books(count).header_bytes - 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (misses_the_last_byte, "bytes were read, and its store says that it has"),
        (reads_a_byte_twice, "bytes were read, and its store says that it has"),
        (explains_more_than_it_read, "of blank lines were counted"),
        (passes_over_what_is_left, "1 bytes are of no record, of no header, and not blank"),
    ],
)
def test_books_that_do_not_add_up_commit_nothing(wrong: Books, said: str, world: World) -> None:
    source = world.land("videos/header.csv", VIDEOS)
    for run in ("run", "rehearse"):
        outcome = getattr(flow(world, with_books(wrong)), run)(["videos"])
        (failure,) = outcome.failures
        assert said in failure
        assert str(source) in failure
        assert failure.endswith("nothing was committed")
    assert not rows(world.lake, "videos")
    assert Ledger(str(world.lake)).state().committed() == []
    assert flow(world, with_books(books)).run(["videos"]).failures == []
    check_ledger(world.lake, ("videos",))


def unpacked(count: SourceCount) -> SourceCount:
    return replace(books(count), bytes=10**6, packed=True)


@pytest.mark.parametrize("right", [unpacked, lambda count: count])
def test_books_that_can_not_be_compared_are_taken(right: Books, world: World) -> None:
    """A packed source has another size than what is in it; a refused one is not looked into."""
    world.land("videos/refused.csv", "no header\n" + VIDEO)
    outcome = flow(world, with_books(right)).run(["videos"])
    (batch,) = outcome.batches
    assert (outcome.failures, batch.quarantined) == ([], 1)


def test_jsonl_may_hold_bytes_that_are_no_record(world: World) -> None:
    world.land("events/a.jsonl", "[]\n")
    (batch,) = flow(world, with_books(books)).run(["events"]).batches
    assert batch.sources[0].why_no_record == "only empty lists or envelopes"


def test_a_source_that_grows_while_it_is_read_is_taken_anew(world: World) -> None:
    """Its bytes are not those that were claimed: it was replaced, and nobody has miscounted."""
    path = world.land("events/a.jsonl", lines(1))
    grown: list[None] = []

    def grow() -> None:
        if not grown:
            grown.append(None)
            path.write_text(lines(1, 2))

    outcome = flow(world, with_books(books, before=grow)).run(["events"])
    assert outcome.failures == []
    (batch,) = outcome.batches
    assert (batch.records, batch.sources[0].bytes) == (2, len(lines(1, 2)))


MARK = b"\xef\xbb\xbf"
SENT = {
    "events/blank.jsonl": b"\n\n  ",
    "events/mark.jsonl": MARK + b"\n" + lines(1, 2, 3).encode(),
    "events/only-mark.jsonl": MARK,
    "events/packed": bz2.compress(b"\n" + lines(1).encode()),
    "events/packed-blank": gzip.compress(b"\n\r\n"),
    "events/document.json": b"[\n" + lines(1).encode() + b"\n]",
    "events/empty": b"",
    "videos/mark.csv": MARK + VIDEOS.encode() + VIDEO.encode().rstrip(),
    "videos/marks.csv": 2 * MARK + b"\n" + MARK + VIDEOS.encode() + b" \n" + VIDEO.encode(),
    "videos/header.csv": MARK + VIDEOS.encode().rstrip(),
    "videos/packed-header": gzip.compress(b"\n" + VIDEOS.encode()),
    "videos/refused.csv": b"no header\n" + 9 * VIDEO.encode(),
}


def test_every_engine_keeps_the_same_books(world: World, engine: Run) -> None:
    """Through the flow, which holds them to what the store says of the sources."""
    for name, data in SENT.items():
        path = world.land(name, data)
        assert path.stat().st_size == len(data)
    header = len(VIDEOS)
    outcome = flow(world, Disturbed(engine=engine)).run(["events", "videos"])
    assert outcome.failures == []
    kept = {
        "/".join(source.uri.split("/")[-2:]): (
            source.bytes,
            source.header_bytes,
            source.blank_bytes,
        )
        for batch in outcome.batches
        for source in batch.sources
    }
    size = {name: len(data) for name, data in SENT.items()}
    assert kept == {
        "events/blank.jsonl": (4, 0, 4),
        "events/mark.jsonl": (size["events/mark.jsonl"], 0, 4),
        "events/only-mark.jsonl": (3, 0, 3),
        "events/packed": (1 + len(lines(1)), 0, 1),
        "events/packed-blank": (3, 0, 3),
        "events/document.json": (size["events/document.json"], 0, 0),
        "events/empty": (0, 0, 0),
        "videos/mark.csv": (size["videos/mark.csv"], 3 + header, 0),
        "videos/marks.csv": (size["videos/marks.csv"], 3 + header, 9),
        "videos/header.csv": (3 + header - 1, 3 + header - 1, 0),
        "videos/packed-header": (1 + header, header, 1),
        "videos/refused.csv": (size["videos/refused.csv"], 0, 0),
    }
