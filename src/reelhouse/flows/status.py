"""What is in a lake, and what is under way."""

from collections.abc import Callable
from typing import Literal, TypedDict

from reelhouse.contract.registry import Contracts
from reelhouse.errors import DatasetFailed, apart, raised
from reelhouse.lake.conflicts import ConflictStatus
from reelhouse.lake.ledger import Ledger, total
from reelhouse.lake.owner import owner_is_gone
from reelhouse.lake.targets import conflicts_of
from reelhouse.landing.discovery import discover


class DatasetStatus(TypedDict):
    """The figures of one dataset.

    `waiting` counts the sources in landing that no batch has; it is None where they can't be
    listed. `bytes` are those that were read of sources, unpacked, as far as the ledger knows them:
    None if it knows none. `last_batch` is a time in UTC, ISO 8601.
    """

    dataset: str
    batches: int
    sources: int
    records: int
    valid: int
    quarantined: int
    bytes: int | None
    header_bytes: int
    blank_bytes: int
    sources_without_records: int
    waiting: int | None
    last_batch: str | None


class OpenBatch(TypedDict):
    """A batch that is claimed and has not ended; `since` is a time in UTC, ISO 8601."""

    batch_id: str
    dataset: str
    attempt: int
    engine: str
    since: str
    owner: str
    owner_is: Literal["gone", "at work"]


class LakeStatus(TypedDict):
    """What is in a lake, and what is under way."""

    lake: str
    datasets: list[DatasetStatus]
    open_batches: list[OpenBatch]
    conflicts: list[ConflictStatus]


def lake_status(
    lake: str,
    landing: str,
    contracts: Contracts,
    tell: Callable[[DatasetFailed], object] = raised,
) -> LakeStatus:
    """The figures of each dataset, the open batches, and what hinders others, ready for JSON.

    `tell` gets what goes wrong with a dataset.
    """
    ledger = Ledger(lake)
    state = ledger.state()
    datasets, conflicts = list[DatasetStatus](), list[ConflictStatus]()
    for dataset in contracts.names:
        batches, waiting = state.committed(dataset), None
        ingested = [each for each in batches if each.kind == "ingest"]
        with apart(dataset, tell):
            found = list(discover(landing, dataset))
            known = state.known(dataset, found)
            waiting = sum(source.source_id not in known for source in found)
        with apart(dataset, tell):
            conflicts += [each.to_json() for each in conflicts_of(ledger.store, contracts[dataset])]
        datasets.append(
            {
                "dataset": dataset,
                "batches": len(batches),
                "sources": sum(each.sources_count or 0 for each in batches),
                "records": sum(each.records for each in batches),
                "valid": sum(each.valid for each in batches),
                "quarantined": sum(each.quarantined for each in batches),
                "bytes": total(each.bytes for each in ingested),
                "header_bytes": sum(each.header_bytes or 0 for each in ingested),
                "blank_bytes": sum(each.blank_bytes or 0 for each in ingested),
                "sources_without_records": sum(
                    each.sources_without_records or 0 for each in ingested
                ),
                "waiting": waiting,
                "last_batch": max(
                    (each.at.isoformat(timespec="seconds") for each in batches), default=None
                ),
            }
        )
    return {
        "lake": ledger.store.root,
        "datasets": datasets,
        "open_batches": [
            {
                "batch_id": claim.batch_id,
                "dataset": claim.dataset,
                "attempt": claim.attempt,
                "engine": claim.engine,
                "since": claim.at.isoformat(timespec="seconds"),
                "owner": claim.owner,
                "owner_is": "gone" if owner_is_gone(claim) else "at work",
            }
            for claim in state.open()
        ],
        "conflicts": conflicts,
    }
