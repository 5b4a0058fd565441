"""What the lake says became of each source, for a warehouse to be compared with."""

from dataclasses import dataclass

from reelhouse.lake.ledger import Ledger


@dataclass(frozen=True)
class LakeCount:
    """A source that was ingested: its records, the valid ones, and those in quarantine then."""

    dataset: str
    uri: str
    version: str
    records: int
    valid: int
    invalid: int


def lake_counts(lake: str) -> list[LakeCount]:
    """What became of each source of a lake when it was ingested. Raises StorageError."""
    ledger = Ledger(lake)
    found: list[LakeCount] = []
    for batch in ledger.state().committed():
        versions = {source.uri: source.version for source in ledger.sources(batch.batch_id)}
        for count in ledger.counts(batch.batch_id):
            version = versions.get(count.uri, "")
            found.append(
                LakeCount(
                    batch.dataset, count.uri, version, count.records, count.valid, count.quarantined
                )
            )
    return found
