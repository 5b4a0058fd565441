"""The tables that a batch goes into, in the order in which it is committed to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from reelhouse.contract.model import QUARANTINE_SCHEMA, Contract
from reelhouse.engines.base import ParquetFile
from reelhouse.lake import layout

REPLAYS_SCHEMA = pa.schema(
    [
        ("batch_id", pa.string()),
        ("source", pa.string()),
        ("raw_sha256", pa.string()),
        ("replay_batch_id", pa.string()),
        ("contract_version", pa.string()),
        ("replayed_at", pa.timestamp("us", "UTC")),
    ]
)
"""Which records a replay found valid: all of that text, from that source, in that batch."""


@dataclass(frozen=True)
class Target:
    """One of the tables that a batch goes into, and the files for it that an attempt wrote.

    `step` is what the step of its commit is called in `faults`, and `path` the table's in the lake.
    """

    step: str
    path: str
    schema: pa.Schema
    partition_by: tuple[str, ...]
    files: tuple[ParquetFile, ...] = ()


def targets(contract: Contract, kind: str) -> tuple[Target, ...]:
    """The tables of a batch of that kind: of an `ingest`, or of a `replay`."""
    dataset = contract.dataset
    partitions = tuple(each.name for each in contract.partitions)
    replays = Target("replays", layout.replays(dataset), REPLAYS_SCHEMA, ())
    quarantine = Target("quarantine", layout.quarantine(dataset), QUARANTINE_SCHEMA, ())
    lake = Target("lake", layout.table(dataset), contract.lake_schema(), partitions)
    return (replays, quarantine, lake) if kind == "replay" else (quarantine, lake)


def holding(tables: Sequence[Target], *files: Sequence[ParquetFile]) -> tuple[Target, ...]:
    """The tables, each with its files."""
    return tuple(
        replace(table, files=tuple(each)) for table, each in zip(tables, files, strict=True)
    )
