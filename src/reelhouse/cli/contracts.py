"""`reelhouse contracts`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from reelhouse.cli import options
from reelhouse.config import Settings
from reelhouse.errors import DatasetFailed, complain
from reelhouse.text import counted

app = options.group("The contracts: list, show and check them.")


@app.command("list")
def list_contracts(contracts: options.Contracts = None, as_json: options.AsJson = False) -> None:
    """List the contracts."""
    from reelhouse.cli import console

    with console.document(as_json, contracts=[], contracts_passed_over=[]) as document:
        given = options.given(contracts=contracts)
        _tell_unread(given, document)
        known = options.contracts_of(given)
        document["contracts"] = [
            {
                "dataset": each.dataset,
                "version": each.version,
                "format": each.source_format,
                "fields": len(each.fields),
                "partitions": [partition.name for partition in each.partitions],
                "path": each.path,
            }
            for each in known.values()
        ]
    if not as_json:
        found = document["contracts"]
        console.table(
            ("dataset", "version", "format", "fields", "partitioned by"),
            [
                (
                    each["dataset"],
                    each["version"],
                    each["format"],
                    each["fields"],
                    ", ".join(each["partitions"]),
                )
                for each in found
            ],
            notes=[each["path"] for each in found],
            cut_notes=False,
        )
    for error in known.broken.values():
        complain(error)
    if known.broken:
        raise typer.Exit(1)


@app.command()
def show(
    dataset: options.Dataset,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Show a contract's fields and rules."""
    from reelhouse.cli import console
    from reelhouse.contract.describe import rules_of

    with console.document(
        as_json, dataset=dataset, version=None, format=None, fields=[]
    ) as document:
        found = options.contracts_of(options.given(contracts=contracts))
        contract = found[options.datasets_of([dataset], found)[0]]
        document["version"] = contract.version
        document["format"] = contract.source_format
        document["fields"] = [
            {
                "field": each.name,
                "type": each.type.value,
                "required": each.required,
                "rules": rules_of(each),
                "description": each.description,
            }
            for each in contract.fields
        ]
    if not as_json:
        columns = ("field", "type", "required", "rules")
        console.table(
            columns,
            [tuple(each[name] for name in columns) for each in document["fields"]],
            title=f"{dataset} {contract.version}: {document['format']}, {contract.path}",
            notes=[each["description"] or "" for each in document["fields"]],
        )


@app.command()
def lint(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Only these contracts", metavar="[FILE]...")
    ] = None,
    lake: Annotated[
        str | None,
        typer.Option(help="Whether they fit the tables of this lake too", metavar="URI"),
    ] = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Check contracts, and explain each mistake. By its file, its line and the mend."""
    from reelhouse.cli import console
    from reelhouse.contract.odcs import load, problems
    from reelhouse.contract.registry import contract_files
    from reelhouse.flows.places import require_lake
    from reelhouse.lake.conflicts import Conflict
    from reelhouse.lake.targets import all_conflicts
    from reelhouse.storage import open_store

    failures: list[DatasetFailed] = []
    conflicts: list[Conflict] = []
    start: dict[str, Any] = {"files": [], "problems": [], "conflicts": []}
    with console.document(as_json, **start, contracts_passed_over=[]) as document:
        given = options.given(contracts=contracts, lake=lake)
        chosen = files or contract_files(Path(given.contracts) if given.contracts else None)
        by_file = {path: problems(path) for path in chosen}
        found = [problem for each in by_file.values() for problem in each]
        document["files"] = [str(path) for path in chosen]
        document["problems"] = [vars(each) | {"path": str(each.path)} for each in found]
        if lake is not None:
            require_lake(given.lake)
            whole = (load(path) for path in chosen if not by_file[path])
            conflicts = all_conflicts(open_store(given.lake), whole, failures.append)
            document["conflicts"] = [conflict.to_json() for conflict in conflicts]
        if not files:
            _tell_unread(given, document)
    if not as_json:
        for problem in [*found, *conflicts]:
            console.say(str(problem))
        counts = [(len(chosen), "contract"), (len(found), "problem")]
        if lake is not None:
            counts.append((len(conflicts), "conflict"))
        console.say(", ".join(counted(*each) for each in counts))
    for failure in failures:
        complain(failure)
    if found or conflicts or failures:
        raise typer.Exit(1)


def _tell_unread(given: Settings, document: dict[str, Any]) -> None:
    """Tell of the contracts that are not read, because of their name or place."""
    from reelhouse.contract.passed_over import passed_over
    from reelhouse.landing.notices import Notices

    folder = Path(given.contracts) if given.contracts else None
    notices = Notices(contracts_passed_over=passed_over(folder))
    document["contracts_passed_over"] = notices.to_json()["contracts_passed_over"]
    options.tell(notices)
