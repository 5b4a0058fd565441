"""The manifest: what an attempt wrote, on the disk before any of it is committed.

It says all that a commit needs, so that another run can finish what a dead one has written, also
under a contract that was changed since.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from reelhouse.batch import BOOKS, ParquetFile, SourceCount
from reelhouse.errors import ReelhouseError
from reelhouse.faults import Step
from reelhouse.lake import layout
from reelhouse.lake.format import FORMAT, check_format
from reelhouse.lake.targets import Target
from reelhouse.storage import NotFound, Store


class Damaged(ReelhouseError):
    """A manifest that can't be read, though it is written whole or not at all."""


@dataclass(frozen=True)
class Manifest:
    """What an attempt wrote: its targets in the order in which they are committed."""

    attempt: int
    targets: tuple[Target, ...]
    counts: tuple[SourceCount, ...]


def save(store: Store, dataset: str, batch_id: str, manifest: Manifest) -> None:
    """Write the manifest of an attempt, whole or not at all."""
    document = {
        "format": FORMAT,
        "targets": [_target_document(each) for each in manifest.targets],
        "counts": [
            {name: value for name, value in vars(each).items() if name not in BOOKS}
            for each in manifest.counts
        ],
        # beside the counts, for 0.1.0, which knows no other members of theirs
        "books": [each.books for each in manifest.counts],
    }
    path = layout.manifest(dataset, batch_id, manifest.attempt)
    store.write(path, json.dumps(document).encode())


def load(store: Store, dataset: str, batch_id: str, attempt: int) -> Manifest | None:
    """The manifest of an attempt, or None if it did not come so far.

    Raises NewerFormat, and Damaged for one that can't be read.
    """
    path = layout.manifest(dataset, batch_id, attempt)
    try:
        data = store.read(path)
    except NotFound:
        return None
    try:
        found = json.loads(data)
        check_format(store.uri(path), found.get("format"))
        return Manifest(
            attempt,
            tuple(_target(each) for each in found["targets"]),
            tuple(
                SourceCount(**count, **book)
                for count, book in zip(found["counts"], _books(found), strict=True)
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{store.uri(path)} is damaged ({error!r}): restore it") from error


def _books(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The books of the counts; 0.1.0 wrote none."""
    return found.get("books") or [{}] * len(found["counts"])


def _target_document(target: Target) -> dict[str, Any]:
    return {
        "step": target.step,
        "path": target.path,
        "schema": base64.b64encode(target.schema.serialize()).decode(),
        "partition_by": target.partition_by,
        "files": [asdict(each) for each in target.files],
    }


def _target(found: dict[str, Any]) -> Target:
    return Target(
        Step(found["step"]),
        found["path"],
        pa.ipc.read_schema(pa.py_buffer(base64.b64decode(found["schema"]))),
        tuple(found["partition_by"]),
        tuple(ParquetFile(**each) for each in found["files"]),
    )
