"""Run a warehouse: make its tables, load what is new, build, and check."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from reelhouse.batch import Source
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract
from reelhouse.errors import ReelhouseError
from reelhouse.warehouse import canonical
from reelhouse.warehouse.checks import COMPARED, RECONCILE, Check, accounts
from reelhouse.warehouse.compiler import compile_sql
from reelhouse.warehouse.connections import Connection
from reelhouse.warehouse.connections.duckdb import DuckDBWarehouse
from reelhouse.warehouse.ddl import column_sql, columns_sql
from reelhouse.warehouse.load import filled, landing_sql, load_sql
from reelhouse.warehouse.project import Project
from reelhouse.warehouse.raw import LAKE_SOURCE
from reelhouse.warehouse.targets import Target, name_sql, table_sql, text_sql

if TYPE_CHECKING:
    from reelhouse.flows.counts import LakeCount

OnStep = Callable[[str, int, int], None]
"""Told what is done, how much of it, and how much there is in all."""

TAKEN = "select l.load_id as load_id from staging.load as l"
ROWS_AT_ONCE = 500

BYTES_AT_ONCE = 256 * 1024 * 1024
"""Sources of about so many bytes are loaded in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a load brought of a dataset."""

    dataset: str
    sources: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class BuiltSource:
    """What became of a source: its records are in core, in errors, or came again."""

    dataset: str
    uri: str
    records: int
    in_core: int
    in_errors: int
    duplicates: int


@dataclass(frozen=True, kw_only=True)
class Built:
    """A build: how many loads it took, and what became of their sources."""

    loads: int
    seconds: float
    sources: tuple[BuiltSource, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A check: `rows` are those that it found wrong, at most MOST of them."""

    name: str
    meaning: str
    rows: tuple[dict[str, object], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.rows


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """The lake beside the warehouse: how many sources both have, and those that differ."""

    compared: int
    only_in_lake: int
    only_in_warehouse: int
    check: Checked


@dataclass
class WarehouseRun:
    """What a run did, step by step; without a lake there is nothing to reconcile with."""

    loads: list[Loaded] = field(default_factory=list)
    build: Built | None = None
    checks: list[Checked] = field(default_factory=list)
    reconciled: Reconciled | None = None

    @property
    def failed_checks(self) -> list[Checked]:
        """The checks that did not pass."""
        done = [*self.checks, *([self.reconciled.check] if self.reconciled else [])]
        return [check for check in done if not check.passed]

    def raise_for_checks(self) -> None:
        """Raise ReelhouseError if a check did not pass: which, and what it found first."""
        if not self.failed_checks:
            return
        first = self.failed_checks[0]
        rows = ", ".join(f"{name} {value}" for name, value in first.rows[0].items())
        raise ReelhouseError(
            f"{len(self.failed_checks)} of {len(self.checks)} checks of the warehouse failed; "
            f"{first.name}, by which {first.meaning}, found: {rows}"
        )


class Runner:
    """Runs the steps of a warehouse. `progress` is told of what takes time."""

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        connection: Connection,
        max_line_bytes: int = MAX_LINE_BYTES,
        progress: OnStep = lambda what, done, total: None,
    ) -> None:
        self.project = Project(contracts)
        self.connection = connection
        self.max_line_bytes = max_line_bytes
        self.progress = progress

    def init(self) -> None:
        """Make the tables that are not there, and the columns that a contract got since."""
        self.connection.run(self.project.init_sql(self.connection.target))
        self.connection.run(self._new_columns())

    def _new_columns(self) -> list[str]:
        there: set[tuple[str, ...]] = set()
        for sql in columns_sql(self.connection.target):
            rows = self.connection.query(sql).rows
            there |= {tuple(str(part).lower() for part in row) for row in rows}
        return [
            column_sql(table, column, self.connection.target)
            for table in self.project.tables
            for column in table.columns
            if (table.schema, table.name.lower(), column.name.lower()) not in there
        ]

    def load_here(self, dataset: str, sources: Iterable[Source]) -> Loaded:
        """Read what is new of a dataset's sources into DuckDB.

        What a run that ends early loaded stays.
        """
        began, contract, warehouse = monotonic(), self.project.contracts[dataset], self.connection
        assert isinstance(warehouse, DuckDBWarehouse)
        new = warehouse.new_sources(dataset, list(sources))
        done = 0
        for some in _portions(new):
            start = done
            warehouse.load(
                contract,
                some,
                self.max_line_bytes,
                lambda count, start=start: self.progress(  # type: ignore[misc]
                    f"Loading {dataset}", start + count, len(new)
                ),
            )
            done += len(some)
        return Loaded(dataset=dataset, sources=len(new), seconds=monotonic() - began)

    def see_landing(self, params: Mapping[str, str]) -> None:
        """Let the system see the landing bucket: what it takes is made, unless it is there."""
        statements = landing_sql(self.project.contracts.values(), self.connection.target)
        self.connection.run(filled(statements, params))

    def load_there(self, dataset: str, params: Mapping[str, str]) -> Loaded:
        """Let the system load what is new of a dataset from the bucket itself.

        `params` are what the load's text leaves open: landing, connection, and so on.
        """
        began, target, contract = (
            monotonic(),
            self.connection.target,
            self.project.contracts[dataset],
        )
        before = self._loads_of(dataset)
        self.progress(f"Loading {dataset}", 0, 1)
        self.connection.run(filled(load_sql(contract, target), params))
        sources = self._loads_of(dataset) - before
        return Loaded(dataset=dataset, sources=sources, seconds=monotonic() - began)

    def _loads_of(self, dataset: str) -> int:
        (sql,) = compile_sql(
            "select count(*) as n from raw.raw_source as r "
            f"where r.dataset = {canonical.text(dataset)}",
            self.connection.target,
        )
        return int(str(self.connection.query(sql).rows[0][0]))

    def build(self) -> Built:
        """Take the loads that were not built yet, in one transaction: all of them, or none."""
        began = monotonic()
        steps = self.project.build_sql(self.connection.target)
        with self._transaction():
            for number, (model, statements) in enumerate(steps):
                self.progress(f"Building {model.name}", number, len(steps))
                self.connection.run(statements)
        (taken_sql,) = compile_sql(TAKEN, self.connection.target)
        taken = self.connection.query(taken_sql).rows
        seconds = monotonic() - began
        return Built(loads=len(taken), seconds=seconds, sources=tuple(self._sources()))

    def _sources(self) -> Iterator[BuiltSource]:
        """What became of the sources of the last build."""
        for dataset, uri, *counts in self.connection.query(self._accounts_sql()).rows:
            records, in_core, in_errors, duplicates = (int(str(each)) for each in counts)
            yield BuiltSource(
                dataset=str(dataset),
                uri=str(uri),
                records=records,
                in_core=in_core,
                in_errors=in_errors,
                duplicates=duplicates,
            )

    def _accounts_sql(self) -> str:
        return compile_sql(accounts(self.project.contracts), self.connection.target)[0]

    def check(self) -> list[Checked]:
        """Run the checks."""
        found = []
        listed = self.project.check_sql(self.connection.target)
        for number, (check, sql) in enumerate(listed):
            self.progress(f"Checking {check.name}", number, len(listed))
            found.append(self._checked(check, sql))
        return found

    def reconcile(self, counts: "Sequence[LakeCount]") -> Reconciled:
        """Compare the warehouse with what the lake says of its sources."""
        target = self.connection.target
        with self._transaction():
            self.connection.run(compile_sql("delete from raw.lake_source where true", target))
            self.connection.run(list(_insertions(counts, target)))
        (sql,) = compile_sql(RECONCILE.text, target)
        (compared_sql,) = compile_sql(COMPARED, target)
        (built_sql,) = compile_sql("select count(*) as n from core.built_load as b", target)
        compared, built = (
            int(str(self.connection.query(each).rows[0][0])) for each in (compared_sql, built_sql)
        )
        return Reconciled(
            compared=compared,
            only_in_lake=len(counts) - compared,
            only_in_warehouse=built - compared,
            check=self._checked(RECONCILE, sql),
        )

    def _checked(self, check: Check, sql: str) -> Checked:
        rows = self.connection.query(sql).to_dicts()
        return Checked(name=check.name, meaning=check.meaning, rows=tuple(rows))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()


def _insertions(counts: "Sequence[LakeCount]", target: Target) -> Iterator[str]:
    """Statements that put the lake's counts into their table."""
    columns = LAKE_SOURCE.column_names
    into = f"INSERT INTO {table_sql('raw', LAKE_SOURCE.name, target)}"
    names = ", ".join(name_sql(each, target) for each in columns)
    for start in range(0, len(counts), ROWS_AT_ONCE):
        rows = ",\n".join(
            "({})".format(
                ", ".join(
                    text_sql(value, target) if isinstance(value, str) else str(value)
                    for value in (getattr(count, column) for column in columns)
                )
            )
            for count in counts[start : start + ROWS_AT_ONCE]
        )
        yield f"{into} ({names}) VALUES {rows}"


def _portions(sources: Sequence[Source]) -> Iterator[list[Source]]:
    held: list[Source] = []
    size = 0
    for source in sources:
        held.append(source)
        size += source.size
        if size >= BYTES_AT_ONCE:
            yield held
            held, size = [], 0
    if held:
        yield held
