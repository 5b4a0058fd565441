"""What is in a lake, and what is under way."""

from typing import Any

from reelhouse.contract.model import Contract
from reelhouse.lake.ledger import Ledger, owner_is_gone, total
from reelhouse.landing.discovery import discover


def lake_status(lake: str, landing: str, contracts: dict[str, Contract]) -> dict[str, Any]:
    """The figures of each dataset, and the open batches, ready for JSON.

    `waiting` counts the sources in landing that no batch has. `bytes` are those that were read of
    sources, unpacked, as far as the ledger knows them: None if it knows none.
    """
    ledger = Ledger(lake)
    state = ledger.state()
    datasets = []
    for dataset in contracts:
        batches = state.committed(dataset)
        ingested = [each for each in batches if each["kind"] == "ingest"]
        found = list(discover(landing, dataset))
        known = state.known(dataset, found)
        datasets.append(
            {
                "dataset": dataset,
                "batches": len(batches),
                "sources": sum(each["sources_count"] or 0 for each in batches),
                "records": sum(each["records"] for each in batches),
                "valid": sum(each["valid"] for each in batches),
                "quarantined": sum(each["quarantined"] for each in batches),
                "bytes": total(each["bytes"] for each in ingested),
                "header_bytes": sum(each["header_bytes"] or 0 for each in ingested),
                "blank_bytes": sum(each["blank_bytes"] or 0 for each in ingested),
                "sources_without_records": sum(
                    each["sources_without_records"] or 0 for each in ingested
                ),
                "waiting": sum(source.source_id not in known for source in found),
                "last_batch": max(
                    (each["at"].isoformat(timespec="seconds") for each in batches), default=None
                ),
            }
        )
    return {
        "lake": ledger.store.root,
        "datasets": datasets,
        "open_batches": [
            {
                "batch_id": claim["batch_id"],
                "dataset": claim["dataset"],
                "attempt": claim["attempt"],
                "engine": claim["engine"],
                "since": claim["at"].isoformat(timespec="seconds"),
                "owner": claim["owner"],
                "owner_is": "gone" if owner_is_gone(claim) else "at work",
            }
            for claim in state.open()
        ],
    }
