"""Reelhouse: one contract, every engine, the same verdict.

    import reelhouse as rh

    lake = rh.Lake("./data/lake")
    run = lake.ingest("./data/landing")
    run.raise_for_failures()
    print(lake.duckdb("events").aggregate("event, count(*)"))

What `__all__` names is the public API, and nothing deeper is promised. Each name is loaded when it
is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from reelhouse.version import __version__

if TYPE_CHECKING:
    from reelhouse.api import (
        DatasetQuarantine,
        Lake,
        Value,
        Verdict,
        Warehouse,
        load_contracts,
        validate,
    )
    from reelhouse.batch import SourceCount, SourceError
    from reelhouse.cli.main import run as run_command
    from reelhouse.contract.model import Contract, Field, Partition, Type
    from reelhouse.contract.odcs import ContractError
    from reelhouse.contract.registry import Contracts
    from reelhouse.contract.rules import Violation
    from reelhouse.demo.generate import Generated, generate
    from reelhouse.errors import DatasetFailed, ReelhouseError, RunFailed, WrongUse
    from reelhouse.flows.ingest import BatchResult, Run
    from reelhouse.flows.quarantine import BrokenRule, QuarantinedRecord, Reason
    from reelhouse.flows.replay import Replayed
    from reelhouse.flows.status import DatasetStatus, LakeStatus, OpenBatch
    from reelhouse.lake.compact import CompactionResult, TableResult
    from reelhouse.lake.conflicts import ConflictStatus, ContractConflict
    from reelhouse.lake.format import NewerFormat
    from reelhouse.report.make import Report
    from reelhouse.spark.session import spark_session
    from reelhouse.storage import StorageError
    from reelhouse.triggers.aws_lambda import handler as lambda_handler
    from reelhouse.triggers.cloud_function import ingest_file, sweep
    from reelhouse.usecases import NAMES as USE_CASES
    from reelhouse.warehouse.connections import Answer
    from reelhouse.warehouse.runner import (
        Built,
        BuiltSource,
        Checked,
        Loaded,
        Reconciled,
        WarehouseRun,
    )

_PLACES = {
    "reelhouse.api": "DatasetQuarantine Lake Value Verdict Warehouse load_contracts validate",
    "reelhouse.batch": "SourceCount SourceError",
    "reelhouse.cli.main": "run_command",
    "reelhouse.contract.model": "Contract Field Partition Type",
    "reelhouse.contract.odcs": "ContractError",
    "reelhouse.contract.registry": "Contracts",
    "reelhouse.contract.rules": "Violation",
    "reelhouse.demo.generate": "Generated generate",
    "reelhouse.errors": "DatasetFailed ReelhouseError RunFailed WrongUse",
    "reelhouse.flows.ingest": "BatchResult Run",
    "reelhouse.flows.quarantine": "BrokenRule QuarantinedRecord Reason",
    "reelhouse.flows.replay": "Replayed",
    "reelhouse.flows.status": "DatasetStatus LakeStatus OpenBatch",
    "reelhouse.lake.compact": "CompactionResult TableResult",
    "reelhouse.lake.conflicts": "ConflictStatus ContractConflict",
    "reelhouse.lake.format": "NewerFormat",
    "reelhouse.report.make": "Report",
    "reelhouse.spark.session": "spark_session",
    "reelhouse.storage": "StorageError",
    "reelhouse.triggers.aws_lambda": "lambda_handler",
    "reelhouse.triggers.cloud_function": "ingest_file sweep",
    "reelhouse.usecases": "USE_CASES",
    "reelhouse.warehouse.connections": "Answer",
    "reelhouse.warehouse.runner": "Built BuiltSource Checked Loaded Reconciled WarehouseRun",
}
"""Where each name is."""

_ALIASES = {"run_command": "run", "lambda_handler": "handler", "USE_CASES": "NAMES"}
"""What a name is called where it is."""

_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names.split()}

__all__ = [  # noqa: RUF022 - the names are lazy, and stand by what they are for
    # a lake, and what is done with it
    "Lake",
    "DatasetQuarantine",
    "Run",
    "BatchResult",
    "SourceCount",
    "LakeStatus",
    "DatasetStatus",
    "OpenBatch",
    "ConflictStatus",
    "Reason",
    "QuarantinedRecord",
    "BrokenRule",
    "Replayed",
    "CompactionResult",
    "TableResult",
    "USE_CASES",
    "Report",
    "spark_session",
    # a warehouse, and what is done with it
    "Warehouse",
    "WarehouseRun",
    "Loaded",
    "Built",
    "BuiltSource",
    "Checked",
    "Reconciled",
    "Answer",
    # contracts and verdicts
    "load_contracts",
    "Contracts",
    "Contract",
    "Field",
    "Partition",
    "Type",
    "validate",
    "Verdict",
    "Value",
    "Violation",
    # errors
    "ReelhouseError",
    "WrongUse",
    "ContractError",
    "ContractConflict",
    "StorageError",
    "SourceError",
    "DatasetFailed",
    "RunFailed",
    "NewerFormat",
    # data to try it with
    "generate",
    "Generated",
    # what starts it elsewhere
    "run_command",
    "ingest_file",
    "sweep",
    "lambda_handler",
    "__version__",
]


if not TYPE_CHECKING:  # else a type checker takes any name to be here

    def __getattr__(name: str) -> object:
        if name not in _PLACE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(_PLACE_OF[name]), _ALIASES.get(name, name))
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
