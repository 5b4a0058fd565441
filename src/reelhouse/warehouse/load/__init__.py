"""From the landing bucket to the raw tables: how each system loads whole lines."""

import re
from collections.abc import Iterable, Mapping

from reelhouse.contract.model import Contract
from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.load import bigquery, snowflake
from reelhouse.warehouse.targets import Target

OPEN = re.compile(r"\{\{ params\.(\w+) \}\}")
"""What a text leaves open, in the form that Airflow fills in too."""

SAFE = re.compile(r"[\w./:@-]+")


def load_sql(contract: Contract, target: Target) -> list[str]:
    """The statements by which a system loads what is new of a dataset from the bucket itself."""
    if target == "bigquery":
        return [bigquery.load_sql(contract)]
    return snowflake.load_sql(contract)


def landing_sql(contracts: Iterable[Contract], target: Target) -> list[str]:
    """The statements by which a system gets to see the bucket, once."""
    if target == "bigquery":
        return bigquery.landing_sql(contracts)
    return snowflake.landing_sql(contracts)


def filled(statements: Iterable[str], params: Mapping[str, str]) -> list[str]:
    """The statements with what they leave open filled in.

    Raises ReelhouseError for what is not given, and for a value that could be SQL.
    """

    def value(match: "re.Match[str]") -> str:
        name = match[1]
        if not params.get(name):
            raise ReelhouseError(f"the warehouse's {name} is not set: see docs/warehouse.md")
        if not SAFE.fullmatch(params[name]):
            raise ReelhouseError(
                f"the warehouse's {name} is {params[name]!r}: use plain characters"
            )
        return params[name]

    return [OPEN.sub(value, statement) for statement in statements]
