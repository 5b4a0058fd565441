"""What the generator calls broken is just what the engine finds invalid."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from reelhouse.contract.model import Contract
from reelhouse.contract.registry import load_all
from reelhouse.demo import broken as damage
from reelhouse.demo.generate import generate
from reelhouse.engines.duckdb.engine import DuckDB
from reelhouse.flows.ingest import BatchResult, Ingestion
from reelhouse.flows.quarantine import Quarantine

EVENT = {"user_id": "12", "video_id": "34", "event": '"like"', "timestamp": "1767225600"}
VIDEO = {
    "id": "12",
    "name": '"A ""b"""',
    "url": "https://example.com",
    "creation_timestamp": "1767225600",
    "creator_id": "3",
    "private": "0",
}
USER = {
    "id": "12",
    "fname": "Ann",
    "lname": "Ito",
    "email": "ann@example.com",
    "country": "US",
    "subscription": "1",
    "updated_at": "1767225600",
}
TURNS = 40


@pytest.fixture(scope="module")
def contracts() -> Mapping[str, Contract]:
    return load_all(None)


def ingested(folder: Path, contracts: Mapping[str, Contract]) -> list[BatchResult]:
    flow = Ingestion(str(folder / "lake"), str(folder / "landing"), contracts, DuckDB())
    outcome = flow.run(contracts)
    assert outcome.failures == []
    return outcome.batches


@pytest.mark.parametrize("gzip", [False, True])
def test_the_broken_records_are_quarantined_and_no_others(
    tmp_path: Path, contracts: Mapping[str, Contract], gzip: bool
) -> None:
    made = generate(tmp_path / "landing", events=20_000, broken=0.05, seed=7, gzip=gzip)
    told: Counter[str] = Counter()
    for kind, count in made.broken.items():
        told[kind.partition(":")[0]] += count
    batches = {batch.dataset: batch for batch in ingested(tmp_path, contracts)}
    assert {name: batch.quarantined for name, batch in batches.items()} == told
    assert {name: batch.records for name, batch in batches.items()} == {
        "events": made.events,
        "users": made.users,
        "videos": made.videos,
    }


def test_nothing_is_quarantined_where_nothing_is_broken(
    tmp_path: Path, contracts: Mapping[str, Contract]
) -> None:
    made = generate(tmp_path / "landing", events=20_000, broken=0)
    batches = ingested(tmp_path, contracts)
    assert sum(batch.quarantined for batch in batches) == 0
    assert sum(batch.valid for batch in batches) == made.events + made.users + made.videos


def test_every_kind_is_found_invalid_in_every_turn(
    tmp_path: Path, contracts: Mapping[str, Contract]
) -> None:
    for kind in damage.PLAIN_KINDS:
        lines = [damage.broken_event(kind, turn, dict(EVENT), "") for turn in range(TURNS)]
        write(tmp_path / f"landing/events/{kind}.jsonl", lines)
    for dataset, row, kinds in (
        ("videos", VIDEO, damage.VIDEO_KINDS),
        ("users", USER, damage.USER_UPDATE_KINDS),
    ):
        for kind in kinds:
            lines = [damage.broken_row(kind, turn, dict(row)) for turn in range(TURNS)]
            write(tmp_path / f"landing/{dataset}/{kind}.csv", [",".join(row), *lines])
    for batch in ingested(tmp_path, contracts):
        for source in batch.sources:
            assert (source.uri, source.records, source.quarantined) == (source.uri, TURNS, TURNS)


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\n".join([*lines, ""]).encode("utf-8", "surrogateescape"))


def test_every_rule_of_the_contracts_that_a_record_may_break_is_broken(
    tmp_path: Path, contracts: Mapping[str, Contract]
) -> None:
    generate(tmp_path / "landing", events=20_000, broken=0.1)
    ingested(tmp_path, contracts)
    reasons = Quarantine(str(tmp_path / "lake")).reasons(contracts)
    found = {(each["dataset"], each["field"], each["rule"]) for each in reasons}
    for contract in contracts.values():
        broken = {field for dataset, field, _ in found if dataset == contract.dataset}
        assert broken >= {each.name for each in contract.fields} - {"categories"}
    general = {rule for _, field, rule in found if not field}
    assert general >= {"json", "object", "duplicateKey", "encoding", "columns", "quotes"}
    of_fields = {rule for _, field, rule in found if field}
    assert of_fields >= {
        *("required", "type", "pattern", "format", "minimum", "maximum"),
        *("validValues", "items", "characters"),
    }
