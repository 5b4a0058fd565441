"""A warehouse as a whole: its tables, the models of a build in their order, and its checks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from reelhouse.contract.model import Contract
from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.checks import Check, checks
from reelhouse.warehouse.compiler import compile_sql, tables_read, tables_written
from reelhouse.warehouse.ddl import schemas_sql, tables_sql
from reelhouse.warehouse.raw import raw_table
from reelhouse.warehouse.star import control, star_models, star_tables
from reelhouse.warehouse.tables import Model, Table
from reelhouse.warehouse.targets import Target
from reelhouse.warehouse.verdict import verdict, verdict_tables


@dataclass(frozen=True)
class Project:
    """The warehouse of some contracts. Raises ReelhouseError if they can't have one."""

    contracts: Mapping[str, Contract]

    @cached_property
    def tables(self) -> list[Table]:
        """All tables, each once."""
        contracts = list(self.contracts.values())
        found = [
            *(raw_table(contract) for contract in contracts),
            *(table for contract in contracts for table in verdict_tables(contract)),
            *star_tables(self.contracts),
        ]
        _check_names(found)
        return found

    @cached_property
    def models(self) -> list[Model]:
        """The models of a build, in an order in which they can run."""
        contracts = list(self.contracts.values())
        found = [
            control.take(contracts),
            *(model for contract in contracts for model in verdict(contract)),
            *star_models(self.contracts),
            *(control.mark(contract) for contract in contracts),
        ]
        twice = [name for name, times in Counter(each.name for each in found).items() if times > 1]
        if twice:
            raise ReelhouseError(f"two models would be {twice[0]}: rename a dataset or a field")
        return found

    @cached_property
    def checks(self) -> list[Check]:
        """The checks."""
        return checks(self.contracts)

    def init_sql(self, target: Target) -> list[str]:
        """The statements that make the tables, once."""
        return [*schemas_sql(target), *tables_sql(self.tables, target)]

    def build_sql(self, target: Target) -> list[tuple[Model, list[str]]]:
        """The statements of each model: those of a build, in one transaction."""
        return [(model, compile_sql(model.text, target, model.name)) for model in self.models]

    def check_sql(self, target: Target) -> list[tuple[Check, str]]:
        """The query of each check."""
        return [(check, compile_sql(check.text, target, check.name)[0]) for check in self.checks]

    def needs(self) -> dict[str, set[str]]:
        """Which models must have run before each: found in what their SQL reads and writes."""
        read = {model.name: tables_read(model.text, model.name) for model in self.models}
        written = {model.name: tables_written(model.text, model.name) for model in self.models}
        found: dict[str, set[str]] = {}
        for place, model in enumerate(self.models):
            found[model.name] = {
                earlier.name
                for earlier in self.models[:place]
                if written[earlier.name] & (read[model.name] | written[model.name])
                or read[earlier.name] & written[model.name]
            }
        return found


def _check_names(tables: list[Table]) -> None:
    """Raise ReelhouseError for two tables, or two columns of one, that have one name."""
    seen: dict[tuple[str, str], Table] = {}
    for table in tables:
        other = seen.setdefault((table.schema, table.name.lower()), table)
        if other is not table:
            raise ReelhouseError(
                f"two tables would be {table.schema}.{table.name}: {other.meaning} {table.meaning} "
                "Rename a dataset or a field"
            )
        columns = [each.lower() for each in table.column_names]
        twice = sorted({each for each in columns if columns.count(each) > 1})
        if twice:
            raise ReelhouseError(
                f"{table.schema}.{table.name} would have two columns {twice[0]}: rename a field"
            )
