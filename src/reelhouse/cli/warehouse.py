"""`reelhouse warehouse`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelhouse.cli import options
from reelhouse.config import TARGETS
from reelhouse.errors import complain
from reelhouse.text import counted

if TYPE_CHECKING:
    from reelhouse.api import Warehouse
    from reelhouse.warehouse.connections import Answer
    from reelhouse.warehouse.runner import Built, Checked, Loaded, Reconciled

app = options.group("The warehouse: raw lines, a star schema, and what was refused.")

Target = Annotated[
    str | None,
    typer.Option(help=f"One of {', '.join(TARGETS)} (default: duckdb)", metavar="TARGET"),
]
Database = Annotated[
    str | None,
    typer.Option(
        help="DuckDB's file (default: ./data/warehouse.duckdb)", metavar="PATH", show_default=False
    ),
]
Memory = Annotated[
    int | None, typer.Option("--memory-mb", help="How much memory DuckDB may use", metavar="MB")
]
SHOWN = 20


def _opened(
    target: str | None, database: str | None, contracts: str | None, memory_mb: int | None = None
) -> "Warehouse":
    from reelhouse.api import Warehouse

    return Warehouse(target, database=database, contracts=contracts, memory_mb=memory_mb)


@app.command()
def init(
    target: Target = None,
    database: Database = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Make the tables that are not there."""
    from reelhouse.cli import console, progress

    with console.document(as_json) as document:
        warehouse = _opened(target, database, contracts)
        with progress.working("making the tables"):
            warehouse.init()
        document |= {"target": warehouse.settings.target, "database": warehouse.settings.database}
    if not as_json:
        console.say(f"The tables are in {warehouse.settings.database}")


@app.command()
def load(
    datasets: options.Datasets = None,
    landing: options.Landing = None,
    target: Target = None,
    database: Database = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Load what is new in landing into the raw tables."""
    from reelhouse.cli import console, progress

    with console.document(as_json, loads=[]) as document:
        given = options.given(landing=landing, contracts=contracts)
        warehouse = _opened(target, database, contracts)
        with progress.working("loading"):
            warehouse.init()
            loads = warehouse.load(given.landing, datasets=datasets)
        document["loads"] = _loads_json(loads)
    if not as_json:
        _show_loads(loads)


@app.command()
def build(
    target: Target = None,
    database: Database = None,
    contracts: options.Contracts = None,
    memory_mb: Memory = None,
    as_json: options.AsJson = False,
) -> None:
    """Judge what was loaded, and bring it into the star or to the errors."""
    from reelhouse.cli import console, progress

    with console.document(as_json, build=None) as document:
        warehouse = _opened(target, database, contracts, memory_mb)
        with progress.working("building"):
            built = warehouse.build()
        document["build"] = _build_json(built)
    if not as_json:
        _show_build(built)


@app.command()
def check(
    target: Target = None,
    database: Database = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Run the checks. One that fails shows rows, and their source."""
    from reelhouse.cli import console, progress

    with console.document(as_json, checks=[]) as document:
        warehouse = _opened(target, database, contracts)
        with progress.working("checking"):
            checks = warehouse.check()
        document["checks"] = _checks_json(checks)
    _end_with(checks, as_json)


@app.command()
def reconcile(
    lake: options.Lake = None,
    target: Target = None,
    database: Database = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare the warehouse with the lake, source by source."""
    from reelhouse.cli import console, progress

    with console.document(as_json, reconciled=None) as document:
        given = options.given(lake=lake, contracts=contracts)
        warehouse = _opened(target, database, contracts)
        with progress.working("comparing"):
            reconciled = warehouse.reconcile(given.lake)
        document["reconciled"] = _reconciled_json(reconciled)
    if not as_json:
        _show_reconciled(reconciled)
    _end_with([reconciled.check], as_json=True)


@app.command()
def run(
    datasets: options.Datasets = None,
    landing: options.Landing = None,
    target: Target = None,
    database: Database = None,
    contracts: options.Contracts = None,
    memory_mb: Memory = None,
    lake: options.Lake = None,
    as_json: options.AsJson = False,
) -> None:
    """Make tables, load what is new, build, check, and reconcile with the lake if there is one."""
    from reelhouse.cli import console, progress
    from reelhouse.flows.places import is_lake

    empty: dict[str, Any] = {"loads": [], "build": None, "checks": [], "reconciled": None}
    with console.document(as_json, **empty) as document:
        given = options.given(landing=landing, lake=lake, contracts=contracts)
        warehouse = _opened(target, database, contracts, memory_mb)
        beside = given.lake if is_lake(given.lake) else None
        with progress.steps("warehouse") as tell:
            done = warehouse.run(given.landing, datasets=datasets, lake=beside, on_progress=tell)
        assert done.build is not None
        document |= {
            "loads": _loads_json(done.loads),
            "build": _build_json(done.build),
            "checks": _checks_json(done.checks),
            "reconciled": done.reconciled and _reconciled_json(done.reconciled),
        }
        if not as_json:
            _show_loads(done.loads)
            _show_build(done.build)
            _show_checks(done.checks)
            if done.reconciled:
                _show_reconciled(done.reconciled)
    _end_with(done.failed_checks, as_json=True)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="A query, in the target's SQL", metavar="SQL")],
    target: Target = None,
    database: Database = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Print the rows of a query."""
    from reelhouse.cli import console

    with console.document(as_json, rows=[]) as document:
        answer = _opened(target, database, contracts).query(sql)
        document["rows"] = _rows_json(answer)
        if not as_json:
            console.table(answer.columns, answer.rows)


@app.command()
def ask(
    question: Annotated[
        str, typer.Argument(help="A use case, as reelhouse analyze has it", metavar="QUESTION")
    ],
    start: Annotated[
        str | None,
        typer.Option("--from", help="From this day or time on, in UTC", metavar="TIME"),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="Up to this day or time, which is not in it", metavar="TIME"),
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="How many at most", metavar="N")] = None,
    target: Target = None,
    database: Database = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Answer a business question from the star."""
    from reelhouse.cli import console

    with console.document(as_json, question=question, rows=[]) as document:
        warehouse = _opened(target, database, contracts)
        answer = warehouse.ask(question, start=start, end=end, top=top)
        document["rows"] = _rows_json(answer)
        if not as_json:
            console.table(answer.columns, answer.rows)


@app.command("compile")
def compile_(
    out: Annotated[Path, typer.Option(help="Where the SQL goes", metavar="DIR")] = Path(
        "warehouse/sql"
    ),
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Write the SQL of all targets, as files."""
    from reelhouse.cli import console
    from reelhouse.warehouse.files import write_files

    with console.document(as_json, files=[]) as document:
        given = options.given(contracts=contracts)
        known = options.contracts_of(given)
        known.check()
        written = write_files(known, out)
        document["files"] = [str(path) for path in written]
    if not as_json:
        console.say(f"{counted(len(written), 'file')} in {out}")


# --- what was done, for people and machines


def _rows_json(answer: "Answer") -> list[dict[str, object]]:
    return [{name: _plain(value) for name, value in row.items()} for row in answer.to_dicts()]


def _plain(value: object) -> object:
    """A value for JSON: a time is in UTC."""
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value


def _loads_json(loads: "Sequence[Loaded]") -> list[dict[str, Any]]:
    return [
        {"dataset": each.dataset, "sources": each.sources, "seconds": round(each.seconds, 3)}
        for each in loads
    ]


def _build_json(built: "Built") -> dict[str, Any]:
    return {
        "loads": built.loads,
        "seconds": round(built.seconds, 3),
        "sources": [vars(source) for source in built.sources],
    }


def _checks_json(checks: "Sequence[Checked]") -> list[dict[str, Any]]:
    return [
        {"name": each.name, "meaning": each.meaning, "passed": each.passed, "rows": [*each.rows]}
        for each in checks
    ]


def _show_loads(loads: "Sequence[Loaded]") -> None:
    from reelhouse.cli import console

    console.table(
        ("dataset", "new sources", "seconds"),
        [(each.dataset, each.sources, round(each.seconds, 2)) for each in loads],
        title="Loaded into raw",
    )
    console.say("")


def _show_build(built: "Built") -> None:
    from reelhouse.cli import console

    if not built.loads:
        console.say("Nothing new was loaded since the last build.\n")
        return
    console.table(
        ("dataset", "records", "in core", "in errors", "duplicates", "source"),
        [
            (s.dataset, s.records, s.in_core, s.in_errors, s.duplicates, s.uri)
            for s in built.sources[:SHOWN]
        ],
        title=f"Built in {built.seconds:.1f} s: records = in core + in errors + duplicates",
    )
    if len(built.sources) > SHOWN:
        console.say(f"… {counted(len(built.sources) - SHOWN, 'more source')}: see --json")
    console.say("")


def _reconciled_json(done: "Reconciled") -> dict[str, Any]:
    return {
        "compared": done.compared,
        "only_in_lake": done.only_in_lake,
        "only_in_warehouse": done.only_in_warehouse,
        "differences": [*done.check.rows],
    }


def _show_reconciled(done: "Reconciled") -> None:
    from reelhouse.cli import console

    words = f"The lake and the warehouse count the same for {counted(done.compared, 'source')}."
    if not done.check.passed:
        words = f"OF {counted(done.compared, 'source')}, SOME DIFFER BETWEEN LAKE AND WAREHOUSE."
    for where, count in (("lake", done.only_in_lake), ("warehouse", done.only_in_warehouse)):
        words += f" {counted(count, 'more')} only in the {where}." if count else ""
    console.say(words)


def _show_checks(checks: "Sequence[Checked]") -> None:
    from reelhouse.cli import console

    console.table(
        ("check", "result", "what must hold"),
        [(each.name, "ok" if each.passed else "FAILED", each.meaning) for each in checks],
        title="Checks",
    )
    console.say("")


def _end_with(checks: "Sequence[Checked]", as_json: bool) -> None:
    """Show the checks, unless that was done, and end with 1 if one failed."""
    if not as_json:
        _show_checks(checks)
    failed = [each for each in checks if not each.passed]
    for each in failed:
        rows = "; ".join(
            ", ".join(f"{name} {value}" for name, value in row.items()) for row in each.rows[:3]
        )
        complain(f"the check {each.name} failed: {rows}")
    if failed:
        raise typer.Exit(1)
