"""The manifest: what an attempt wrote, on the disk before any of it is committed."""

import json
from dataclasses import asdict

from reelhouse.engines.base import ParquetFile, SourceCount, Written
from reelhouse.lake.layout import manifest
from reelhouse.storage import NotFound, Store


def save(store: Store, dataset: str, batch_id: str, attempt: int, written: Written) -> None:
    """Write the manifest of an attempt, whole or not at all."""
    store.write(manifest(dataset, batch_id, attempt), json.dumps(asdict(written)).encode())


def load(store: Store, dataset: str, batch_id: str, attempt: int) -> Written | None:
    """The manifest of an attempt, or None if it did not come so far."""
    try:
        found = json.loads(store.read(manifest(dataset, batch_id, attempt)))
    except NotFound:
        return None
    return Written(
        [ParquetFile(**each) for each in found["valid_files"]],
        [ParquetFile(**each) for each in found["quarantine_files"]],
        [SourceCount(**each) for each in found["counts"]],
        [ParquetFile(**each) for each in found["replayed_files"]],
    )
