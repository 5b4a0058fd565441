"""The tables that a batch goes into, in the order in which it is committed to them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from reelhouse.batch import ParquetFile
from reelhouse.contract.model import QUARANTINE_SCHEMA, Contract
from reelhouse.errors import DatasetFailed, apart
from reelhouse.faults import Step
from reelhouse.lake import layout
from reelhouse.lake.commit import latest
from reelhouse.lake.conflicts import Conflict, ContractConflict, compare
from reelhouse.storage import Store, refusals_told

_REPLAYS: dict[str, pa.DataType] = {
    "batch_id": pa.string(),
    "source": pa.string(),
    "raw_sha256": pa.string(),
    "replay_batch_id": pa.string(),
    "contract_version": pa.string(),
    "replayed_at": pa.timestamp("us", "UTC"),
}
REPLAYS_SCHEMA = pa.schema(_REPLAYS)
"""Which records a replay found valid: all of that text, from that source, in that batch."""


@dataclass(frozen=True)
class Target:
    """One of the tables that a batch goes into, and the files for it that an attempt wrote.

    `step` is what the step of its commit is called in `faults`, and `path` the table's in the lake.
    """

    step: Step
    path: str
    schema: pa.Schema
    partition_by: tuple[str, ...]
    files: tuple[ParquetFile, ...] = ()


def targets(contract: Contract, kind: str) -> tuple[Target, ...]:
    """The tables of a batch of that kind: of an `ingest`, or of a `replay`."""
    dataset = contract.dataset
    partitions = tuple(each.name for each in contract.partitions)
    replays = Target(Step.REPLAYS, layout.replays(dataset), REPLAYS_SCHEMA, ())
    quarantine = Target(Step.QUARANTINE, layout.quarantine(dataset), QUARANTINE_SCHEMA, ())
    lake = Target(Step.LAKE, layout.table(dataset), contract.lake_schema(), partitions)
    return (replays, quarantine, lake) if kind == "replay" else (quarantine, lake)


def holding(tables: Sequence[Target], *files: Sequence[ParquetFile]) -> tuple[Target, ...]:
    """The tables, each with its files."""
    return tuple(
        replace(table, files=tuple(each)) for table, each in zip(tables, files, strict=True)
    )


# --- do they fit?


def conflicts_of(
    store: Store, contract: Contract, kind: str = "replay", *, fresh: bool = True
) -> list[Conflict]:
    """Where a contract does not fit the tables that its batches go into, as they are now.

    Without `fresh`, a table that this process has opened before is not looked at again. Raises
    what `open_table` does.
    """
    found: list[Conflict] = []
    for target in targets(contract, kind):
        uri, is_lake = store.uri(target.path), target.step is Step.LAKE
        with refusals_told(uri), latest(uri, fresh) as table:
            if table is None:
                continue
            for conflict in compare(
                target.schema,
                target.partition_by,
                table.schema(),
                table.metadata().partition_columns,
                uri=uri,
                asked="the contract says" if is_lake else "Reelhouse writes",
            ):
                known = replace(conflict, dataset=contract.dataset)
                if is_lake:
                    found.append(replace(known, place=contract.place(conflict.field)))
                else:
                    found.append(replace(known, mend="move the table away, or use another lake"))
    return found


def check_fits(store: Store, contract: Contract, kind: str, *, fresh: bool = False) -> None:
    """Raise ContractConflict for a contract that the tables of its batches can't follow."""
    if found := conflicts_of(store, contract, kind, fresh=fresh):
        raise ContractConflict(found)


def all_conflicts(
    store: Store, contracts: Iterable[Contract], tell: Callable[[DatasetFailed], object]
) -> list[Conflict]:
    """Where contracts do not fit their tables; `tell` gets what hinders one from being compared."""
    found: list[Conflict] = []
    for contract in contracts:
        with apart(contract.dataset, tell):
            found += conflicts_of(store, contract)
    return found
