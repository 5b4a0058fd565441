"""The compiled SQL as files, which people review and an orchestrator runs."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from reelhouse.contract.model import Contract
from reelhouse.usecases.span import Span
from reelhouse.warehouse.compiler import compile_sql
from reelhouse.warehouse.load import bigquery, snowflake
from reelhouse.warehouse.project import Project
from reelhouse.warehouse.questions import QUESTIONS
from reelhouse.warehouse.targets import TARGETS, Target

INDEX = "index.json"
DEFAULT_TOP = 10
"""How many rows the questions give that are committed: they are about all time."""


def files(contracts: Mapping[str, Contract]) -> dict[str, str]:
    """The text of each file, by its path: init.sql, a file for each model and check, an index."""
    project = Project(contracts)
    needs = project.needs()
    found: dict[str, str] = {}
    for target in TARGETS:
        found |= {f"{target}/{name}": text for name, text in _of(project, target, needs)}
    return found


def _of(
    project: Project, target: Target, needs: Mapping[str, set[str]]
) -> Iterator[tuple[str, str]]:
    yield "init.sql", _text(project.init_sql(target))
    yield from _loads(project, target)
    models, checks = [], []
    for number, (model, statements) in enumerate(project.build_sql(target), 1):
        name = f"build/{number:02}_{model.name}.sql"
        models.append({"name": model.name, "file": name, "needs": sorted(needs[model.name])})
        yield name, _text(statements)
    for check, sql in project.check_sql(target):
        name = f"checks/{check.name}.sql"
        checks.append({"name": check.name, "file": name, "meaning": check.meaning})
        yield name, _text([sql])
    if "events" in project.contracts:
        for name, ask in QUESTIONS.items():
            statements = compile_sql(ask(Span(), DEFAULT_TOP), target, name)
            yield f"questions/{name}.sql", _text(statements)
    yield INDEX, json.dumps({"models": models, "checks": checks}, indent=2) + "\n"


def _loads(project: Project, target: Target) -> Iterator[tuple[str, str]]:
    """How lines come into the raw tables; DuckDB's are read by Reelhouse itself."""
    contracts = project.contracts.values()
    if target == "bigquery":
        yield "landing.sql", _text(bigquery.landing_sql(contracts))
        for contract in contracts:
            yield f"load/{contract.dataset}.sql", _text([bigquery.load_sql(contract)])
    elif target == "snowflake":
        yield "landing.sql", _text(snowflake.landing_sql(contracts))
        for contract in contracts:
            yield f"load/{contract.dataset}.sql", _text(snowflake.load_sql(contract))
            if snowflake.has_pipe(contract):
                yield f"pipes/{contract.dataset}.sql", _text(snowflake.state_sql(contract))


def _text(statements: list[str]) -> str:
    return "".join(f"{statement};\n\n" for statement in statements).rstrip("\n") + "\n"


def write_files(contracts: Mapping[str, Contract], folder: Path) -> list[Path]:
    """Write the files of all targets into a folder, in place of those that are there."""
    texts = files(contracts)
    for target in TARGETS:
        shutil.rmtree(folder / target, ignore_errors=True)
    written = []
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        written.append(path)
    return written
