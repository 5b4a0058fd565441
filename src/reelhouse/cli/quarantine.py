"""`reelhouse quarantine`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reelhouse.cli import options
from reelhouse.config import Settings
from reelhouse.errors import DatasetFailed, WrongUse, complain
from reelhouse.text import counted, escape

if TYPE_CHECKING:
    from reelhouse.flows.quarantine import Filter
    from reelhouse.flows.replay import Replayed

app = options.group("Invalid records: see, export and replay them.")


@app.command("list")
def list_reasons(
    datasets: options.Datasets = None,
    lake: options.Lake = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Show which rules were broken, how often, with an example of each."""
    from reelhouse.cli import console, progress
    from reelhouse.flows.places import require_lake
    from reelhouse.flows.quarantine import Quarantine

    failures: list[DatasetFailed] = []
    with console.document(as_json, reasons=[]) as document:
        given = options.given(lake=lake, contracts=contracts)
        chosen = options.datasets_of(datasets, options.contracts_of(given))
        require_lake(given.lake)
        with progress.working("Reading the quarantine"):
            found = Quarantine(given.lake).reasons(chosen, failures.append)
        document["reasons"] = found
    if found and not as_json:
        console.reasons(found, "Why records were refused")
        console.say("A record that broke several rules counts for each of them.")
    elif not failures and not as_json:
        console.say("No record is in quarantine")
    for failure in failures:
        complain(failure)
    if failures:
        raise typer.Exit(1)


@app.command()
def show(
    dataset: options.Dataset,
    rule: options.Rule = None,
    field: options.FieldName = None,
    source: options.SourceUri = None,
    batch: options.BatchId = None,
    limit: Annotated[
        int, typer.Option(help="At most so many, the newest first", min=1, metavar="N")
    ] = 20,
    lake: options.Lake = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Show invalid records as they were sent. With every rule that each broke."""
    from rich.text import Text

    from reelhouse.cli import console, progress
    from reelhouse.flows.quarantine import Quarantine

    with console.document(as_json, dataset=dataset, records=[]) as document:
        quarantine = Quarantine(_checked(dataset, lake, contracts).lake)
        wanted = _filter(rule, field, source, batch)
        with progress.working("Reading the quarantine"):
            found = document["records"] = quarantine.records(dataset, wanted, limit)
            count = len(found) if len(found) < limit else quarantine.count(dataset, wanted)
    if as_json:
        return
    for record in found:
        console.say(Text(escape(record["raw"])))
        for each in record["violations"]:
            name = f"{each['field']}: " if each["field"] else ""
            console.say(Text(f"    {name}{each['message']} ({each['rule']})", "red"))
        console.say(Text(f"    {record['_source']}", "dim"))
    if len(found) < count:
        console.say(f"{len(found):,} of {counted(count, 'record')}; for more: --limit N")
    else:
        console.say(counted(count, "record"))


@app.command()
def export(
    dataset: options.Dataset,
    file: Annotated[str, typer.Argument(help="Ends in .jsonl, .csv or .parquet", metavar="FILE")],
    rule: options.Rule = None,
    field: options.FieldName = None,
    source: options.SourceUri = None,
    batch: options.BatchId = None,
    lake: options.Lake = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Write invalid records to a file of this machine."""
    from reelhouse.cli import console, progress
    from reelhouse.flows.quarantine import Quarantine

    with console.document(as_json, dataset=dataset, file=file, records=0) as document:
        if "://" in file:
            raise WrongUse(f"{file}: an export is a file of this machine; name a path")
        quarantine = Quarantine(_checked(dataset, lake, contracts).lake)
        with progress.working("Writing the file"):
            count = quarantine.export(dataset, Path(file), _filter(rule, field, source, batch))
        document["records"] = count
    if not as_json:
        console.say(f"{counted(count, 'record')} written to {file}")


@app.command()
def replay(
    dataset: options.Dataset,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Do it; without this it is only shown what would be done"),
    ] = False,
    lake: options.Lake = None,
    contracts: options.Contracts = None,
    max_line_bytes: options.LongestLine = None,
    as_json: options.AsJson = False,
) -> None:
    """Judge invalid records again, under the contract as it is now."""
    from reelhouse.cli import console, progress
    from reelhouse.flows.replay import Replay, Replayed

    start = Replayed(dataset=dataset, contract_version="")
    with console.document(as_json, **start.to_json()) as document:
        given = _checked(dataset, lake, contracts, max_line_bytes)
        contract = options.contracts_of(given)[dataset]
        work = Replay(given.lake, contract, given.max_line_bytes, given.lease_seconds)
        with progress.working("Judging the quarantine"):
            done = work.apply() if apply else work.rehearse()
        document |= done.to_json()
    if not as_json:
        _show_replay(done, apply)


def _checked(
    dataset: str, lake: str | None, contracts: str | None, max_line_bytes: int | None = None
) -> Settings:
    """The settings, once the dataset has a contract and the lake is there."""
    from reelhouse.flows.places import require_lake

    given = options.given(lake=lake, contracts=contracts, max_line_bytes=max_line_bytes)
    options.datasets_of([dataset], options.contracts_of(given))
    require_lake(given.lake)
    return given


def _filter(rule: str | None, field: str | None, source: str | None, batch: str | None) -> "Filter":
    from reelhouse.flows.quarantine import Filter

    return Filter(rule, field, None if source is None else options.uri_of(source), batch)


def _show_replay(done: "Replayed", apply: bool) -> None:
    from reelhouse.cli import console

    console.say(
        f"Of {counted(done.records, 'invalid record')} of {done.dataset}, {done.valid:,} "
        f"{'went' if done.applied else 'would go'} into the lake under contract "
        f"{done.contract_version}; {done.still_invalid:,} "
        f"{'stays' if done.still_invalid == 1 else 'stay'} in quarantine."
    )
    if done.reasons:
        console.table(
            ("records", "field", "rule"),
            [(count, field, rule) for (field, rule), count in done.reasons.most_common()],
            title="Why the rest stays" if done.applied else "Why the rest would stay",
        )
    if done.valid and not apply:
        console.say(f"To do it: reelhouse quarantine replay {done.dataset} --apply")
