"""The verdict in SQL, compiled from a contract: which records of the raw lines are valid.

It judges raw text by regular expressions, for no system's own parser of JSON or CSV gives the
verdict of the reference validator. It is sound: what that refuses, it refuses. What it can't decide
it refuses too, by the rule `undecided` or `json`, and keeps the text.
"""

from reelhouse.contract.model import Contract
from reelhouse.warehouse.tables import Model, Table
from reelhouse.warehouse.verdict import csv, jsonl, judged, lists


def verdict_tables(contract: Contract) -> list[Table]:
    """The tables that a verdict works with, and the one of errors."""
    cells = jsonl.tables(contract) if contract.format == "jsonl" else csv.tables(contract)
    return [*cells, *lists.tables(contract), *judged.tables(contract)]


def verdict(contract: Contract) -> list[Model]:
    """From the raw lines of the loads that a build takes to valid records, and to errors."""
    cells = jsonl.models(contract) if contract.format == "jsonl" else csv.models(contract)
    return [*cells, *lists.models(contract), *judged.models(contract)]
