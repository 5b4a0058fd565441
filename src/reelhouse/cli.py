"""The command line. Results go to stdout, messages to stderr; 0 done, 1 failed, 2 wrong use."""

import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from reelhouse import __version__
from reelhouse.config import ENGINES, Settings, settings
from reelhouse.errors import ReelhouseError, WrongUse

app = typer.Typer(
    name="reelhouse",
    help="A contract-first data platform for a video site: one contract, every engine, the same "
    "verdict, and no record unaccounted for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
contracts_app = typer.Typer(no_args_is_help=True, help="The contracts: list, show and check them.")
quarantine_app = typer.Typer(no_args_is_help=True, help="Invalid records: see and replay them.")
app.add_typer(contracts_app, name="contracts")
app.add_typer(quarantine_app, name="quarantine")

Landing = Annotated[
    str | None, typer.Option(help="Where sources arrive: a folder, gs://… or s3://…", metavar="URI")
]
Lake = Annotated[
    str | None, typer.Option(help="Where the tables are: a folder, gs://… or s3://…", metavar="URI")
]
Contracts = Annotated[
    str | None, typer.Option(help="A folder of contracts, added to those shipped", metavar="DIR")
]
EngineName = Annotated[
    str | None, typer.Option("--engine", help=f"One of: {', '.join(ENGINES)}", metavar="ENGINE")
]
Master = Annotated[str | None, typer.Option(help="Spark's master, such as local[4]")]
Remote = Annotated[str | None, typer.Option(help="A Spark Connect server, such as sc://host")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines")]
Rule = Annotated[str | None, typer.Option(help="Only records that broke this rule")]
FieldName = Annotated[
    str | None, typer.Option("--field", help="Only records with this field at fault")
]
SourceUri = Annotated[str | None, typer.Option(help="Only records of this source")]
BatchId = Annotated[str | None, typer.Option(help="Only records of this batch")]


def main() -> None:
    """Run the command line. A user's own mistake is told in words, without a traceback."""
    logging.basicConfig(
        stream=sys.stderr,
        level=os.environ.get("REELHOUSE_LOG", "WARNING").upper(),
        format="%(levelname)s %(name)s: %(message)s",
    )
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"pyspark\..*")
    code = 0
    try:
        code = app(standalone_mode=False) or 0
    except typer.Exit as stop:
        code = stop.exit_code
    except typer.Abort:
        code = 1
    except ReelhouseError as error:
        print(f"reelhouse: {error}", file=sys.stderr)
        code = 2 if isinstance(error, WrongUse) else 1
    except KeyboardInterrupt:
        print(
            "reelhouse: interrupted; what was not committed will be taken next time",
            file=sys.stderr,
        )
        code = 130
    except Exception as error:
        code = _told(error)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)


def _told(error: Exception) -> int:
    """Wrong use, as click finds it, and errors of the machine that a user can understand."""
    show: Any = getattr(error, "show", None)
    if show is not None:
        show()
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, OSError) and error.errno is not None:
        place = f"{error.filename}: " if error.filename else ""
        print(f"reelhouse: {place}{error.strerror}", file=sys.stderr)
        return 1
    raise error


def _datasets(given: list[str] | None, contracts: dict[str, Any]) -> list[str]:
    unknown = [name for name in given or () if name not in contracts]
    if unknown:
        raise typer.BadParameter(
            f"there is no contract for {', '.join(unknown)}; there are {', '.join(contracts)}"
        )
    return given or list(contracts)


def _contracts(given: Settings) -> dict[str, Any]:
    from reelhouse.contract.registry import load_all

    return load_all(Path(given.contracts) if given.contracts else None)


# --- ingest, status, doctor


@app.command()
def ingest(
    datasets: Annotated[
        list[str] | None, typer.Argument(help="By default all", metavar="DATASET")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Exactly this source; may be given more than once")
    ] = None,
    engine: EngineName = None,
    landing: Landing = None,
    lake: Lake = None,
    contracts: Contracts = None,
    master: Master = None,
    remote: Remote = None,
    max_line_bytes: Annotated[
        int | None, typer.Option(help="The longest line that is judged")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge, and commit nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Judge what is new in landing: valid records go to the lake, invalid ones to quarantine."""
    from reelhouse import console, engines
    from reelhouse.ingest import Ingestion

    given = settings(
        {
            "engine": engine,
            "landing": landing,
            "lake": lake,
            "contracts": contracts,
            "master": master,
            "remote": remote,
            "max_line_bytes": max_line_bytes,
        }
    )
    known = _contracts(given)
    chosen = _datasets(datasets, known)
    named = _named(source, chosen if datasets else None, given, known)
    runner = engines.engine(given.engine, given.master, given.remote)
    with console.ingest_progress() as progress:
        flow = Ingestion(
            given.lake,
            given.landing,
            known,
            runner,
            max_line_bytes=given.max_line_bytes,
            lease_seconds=given.lease_seconds,
            progress=progress,
        )
        act = flow.rehearse if dry_run else flow.run
        try:
            if named is None:
                act(chosen)
            else:
                for dataset, uris in named.items():
                    act([dataset], uris)
        finally:
            outcome = flow.outcome
    if as_json:
        console.print_json({"batches": [batch.to_json() for batch in outcome.batches]})
    else:
        _show_batches(outcome.batches, given, dry_run)
    for failure in outcome.failures:
        print(f"reelhouse: {failure}", file=sys.stderr)
    if outcome.failures:
        raise typer.Exit(1)


def _named(
    sources: list[str] | None, chosen: list[str] | None, given: Settings, known: dict[str, Any]
) -> dict[str, list[str]] | None:
    """The sources named on the command line, by dataset; a local path is made absolute."""
    from reelhouse.landing.discovery import dataset_of
    from reelhouse.storage import open_store, resolve

    if not sources:
        return None
    named: dict[str, list[str]] = {}
    for each in sources:
        uri = each if "://" in each else os.path.abspath(each)
        store, path = resolve(uri)
        uri = store.uri(path)
        dataset = chosen[0] if chosen and len(chosen) == 1 else dataset_of(given.landing, uri)
        if dataset not in known:
            raise typer.BadParameter(
                f"{each} does not lie in a dataset's folder of {open_store(given.landing).root}: "
                "name its dataset too, as in: reelhouse ingest events --source …"
            )
        named.setdefault(str(dataset), []).append(uri)
    return named


def _show_batches(batches: list[Any], given: Settings, dry_run: bool) -> None:
    from reelhouse import console
    from reelhouse.storage import open_store

    if not batches:
        console.out.print(f"Nothing new in {open_store(given.landing).root}")
        return
    console.table(
        "Judged, and not committed" if dry_run else "Ingested",
        ("dataset", "engine", "sources", "records", "valid", "quarantined", "seconds"),
        [
            (b.dataset, b.engine, len(b.sources), b.records, b.valid, b.quarantined, b.seconds)
            for b in batches
        ],
    )
    if any(b.quarantined for b in batches) and not dry_run:
        console.out.print("See why records were refused: reelhouse quarantine list")


@app.command()
def status(
    lake: Lake = None, landing: Landing = None, contracts: Contracts = None, as_json: AsJson = False
) -> None:
    """Show what is in the lake, and which batches are open."""
    from reelhouse import console
    from reelhouse.status import lake_status

    given = settings({"lake": lake, "landing": landing, "contracts": contracts})
    found = lake_status(given.lake, given.landing, _contracts(given))
    if as_json:
        console.print_json(found)
        return
    console.table(
        f"The lake {found['lake']}",
        (
            "dataset",
            "batches",
            "sources",
            "records",
            "valid",
            "quarantined",
            "waiting",
            "last batch",
        ),
        [tuple(each.values()) for each in found["datasets"]],
    )
    if found["open_batches"]:
        console.table(
            "Open batches",
            ("dataset", "batch", "attempt", "engine", "since", "owner is"),
            [
                (b["dataset"], b["batch_id"], b["attempt"], b["engine"], b["since"], b["owner_is"])
                for b in found["open_batches"]
            ],
        )


@app.command()
def doctor(
    lake: Lake = None, landing: Landing = None, contracts: Contracts = None, as_json: AsJson = False
) -> None:
    """Check what this machine has, and say what to install for the rest."""
    from reelhouse import console
    from reelhouse.doctor import checks

    given = settings({"lake": lake, "landing": landing, "contracts": contracts})
    found = checks(given)
    if as_json:
        console.print_json({"checks": [vars(each) for each in found]})
    else:
        console.table(
            "This machine",
            ("check", "is", "what was found, or the mend"),
            [
                (
                    each.name,
                    {"ok": "ok", "missing": "missing", "failed": "FAILED"}[each.state],
                    each.text,
                )
                for each in found
            ],
        )
    if any(each.state == "failed" for each in found):
        raise typer.Exit(1)


# --- contracts


@contracts_app.command("list")
def contracts_list(contracts: Contracts = None, as_json: AsJson = False) -> None:
    """List the contracts."""
    from reelhouse import console

    found = _contracts(settings({"contracts": contracts}))
    rows = [
        {
            "dataset": each.dataset,
            "version": each.version,
            "format": each.format,
            "fields": len(each.fields),
            "partitions": [partition.name for partition in each.partitions],
            "path": each.path,
        }
        for each in found.values()
    ]
    if as_json:
        console.print_json({"contracts": rows})
    else:
        columns = ("dataset", "version", "format", "fields", "partitioned by", "file")
        shown = [
            (*list(row.values())[:4], ", ".join(row["partitions"]), row["path"]) for row in rows
        ]
        console.table("Contracts", columns, shown)


@contracts_app.command("show")
def contracts_show(dataset: str, contracts: Contracts = None, as_json: AsJson = False) -> None:
    """Show a contract's fields and rules."""
    from reelhouse import console
    from reelhouse.contract.describe import rules_of

    found = _contracts(settings({"contracts": contracts}))
    contract = found[_datasets([dataset], found)[0]]
    rows = [
        {
            "field": each.name,
            "type": each.type.value,
            "required": each.required,
            "rules": rules_of(each),
            "description": each.description,
        }
        for each in contract.fields
    ]
    if as_json:
        console.print_json({"dataset": dataset, "version": contract.version, "fields": rows})
        return
    console.table(
        f"{dataset} {contract.version}: {contract.format.upper()}, {contract.path}",
        ("field", "type", "required", "rules", "description"),
        [tuple(row.values()) for row in rows],
    )


@contracts_app.command("lint")
def contracts_lint(
    files: Annotated[list[Path] | None, typer.Argument(help="By default all contracts")] = None,
    contracts: Contracts = None,
    as_json: AsJson = False,
) -> None:
    """Check contracts, and explain each mistake with its file, its line and the mend."""
    from reelhouse import console
    from reelhouse.contract.odcs import problems
    from reelhouse.contract.registry import contract_files

    given = settings({"contracts": contracts})
    folder = Path(given.contracts) if given.contracts else None
    chosen = files or contract_files(folder)
    found = [problem for path in chosen for problem in problems(path)]
    if as_json:
        console.print_json(
            {
                "files": [str(path) for path in chosen],
                "problems": [vars(p) | {"path": str(p.path)} for p in found],
            }
        )
    else:
        for problem in found:
            print(problem)
        console.out.print(f"{len(chosen)} contracts, {len(found)} problems")
    if found:
        raise typer.Exit(1)


# --- quarantine


@quarantine_app.command("list")
def quarantine_list(
    datasets: Annotated[
        list[str] | None, typer.Argument(help="By default all", metavar="DATASET")
    ] = None,
    lake: Lake = None,
    contracts: Contracts = None,
    as_json: AsJson = False,
) -> None:
    """Show which rules were broken, how often, with an example of each."""
    from reelhouse import console
    from reelhouse.quarantine import Quarantine

    given = settings({"lake": lake, "contracts": contracts})
    chosen = _datasets(datasets, _contracts(given))
    found = Quarantine(given.lake).reasons(chosen)
    if as_json:
        console.print_json({"reasons": found})
    else:
        show_reasons(found)


def show_reasons(found: list[dict[str, Any]], title: str = "Why records were refused") -> None:
    """Print the reasons as a table for people."""
    from reelhouse import console

    console.table(
        title,
        ("dataset", "field", "rule", "records", "for example", "the record"),
        [
            (
                each["dataset"],
                each["field"],
                each["rule"],
                each["records"],
                console.shorten(each["message"], 60),
                console.shorten(each["example"], 60),
            )
            for each in found
        ],
    )


@quarantine_app.command("show")
def quarantine_show(
    dataset: str,
    rule: Rule = None,
    field: FieldName = None,
    source: SourceUri = None,
    batch: BatchId = None,
    limit: Annotated[int, typer.Option(help="At most so many", min=1)] = 20,
    lake: Lake = None,
    contracts: Contracts = None,
    as_json: AsJson = False,
) -> None:
    """Show invalid records as they were sent, with every rule that each broke."""
    from rich.text import Text

    from reelhouse import console
    from reelhouse.contract.rules import escape
    from reelhouse.quarantine import Quarantine

    given = settings({"lake": lake, "contracts": contracts})
    _datasets([dataset], _contracts(given))
    records = Quarantine(given.lake).records(
        dataset, rule=rule, field=field, source=source, batch=batch, limit=limit
    )
    if as_json:
        console.print_json({"dataset": dataset, "records": records})
        return
    for record in records:
        console.out.print(Text(escape(record["raw"])))
        for each in record["violations"]:
            name = f"{each['field']}: " if each["field"] else ""
            console.out.print(Text(f"    {name}{each['message']} ({each['rule']})", "red"))
        console.out.print(Text(f"    {record['_source']}", "dim"))
    console.out.print(f"{len(records)} records")


@quarantine_app.command("export")
def quarantine_export(
    dataset: str,
    file: Annotated[Path, typer.Argument(help="Ends in .jsonl, .csv or .parquet")],
    rule: Rule = None,
    field: FieldName = None,
    source: SourceUri = None,
    batch: BatchId = None,
    lake: Lake = None,
    contracts: Contracts = None,
    as_json: AsJson = False,
) -> None:
    """Write invalid records to a file."""
    from reelhouse import console
    from reelhouse.quarantine import Quarantine

    given = settings({"lake": lake, "contracts": contracts})
    _datasets([dataset], _contracts(given))
    count = Quarantine(given.lake).export(
        dataset, file, rule=rule, field=field, source=source, batch=batch
    )
    if as_json:
        console.print_json({"dataset": dataset, "file": str(file), "records": count})
    else:
        console.out.print(f"{count:,} records written to {file}")


@quarantine_app.command("replay")
def quarantine_replay(
    dataset: str,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Do it; without this it is only shown what would be done"),
    ] = False,
    lake: Lake = None,
    contracts: Contracts = None,
    max_line_bytes: Annotated[
        int | None, typer.Option(help="The longest line that is judged")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge invalid records again, under the contract as it is now."""
    from reelhouse import console
    from reelhouse.replay import Replay

    given = settings({"lake": lake, "contracts": contracts, "max_line_bytes": max_line_bytes})
    known = _contracts(given)
    contract = known[_datasets([dataset], known)[0]]
    replay = Replay(given.lake, contract, given.max_line_bytes, given.lease_seconds)
    done = replay.apply() if apply else replay.rehearse()
    if as_json:
        console.print_json(done.to_json())
        return
    said = "are in the lake now" if done.applied else "would go into the lake"
    console.out.print(
        f"Of {done.records:,} invalid records of {dataset}, {done.valid:,} {said} under contract "
        f"{done.contract_version}; {done.still_invalid:,} stay in quarantine."
    )
    if done.valid and not apply:
        console.out.print(f"To do it: reelhouse quarantine replay {dataset} --apply")


# --- data


@app.command()
def generate(
    out: Annotated[
        Path, typer.Argument(help="A folder; videos/, users/ and events/ are put into it")
    ],
    events: Annotated[int, typer.Option(min=0)] = 100_000,
    users: Annotated[
        int | None, typer.Option(min=1, help="By default a tenth of the events")
    ] = None,
    videos: Annotated[
        int | None, typer.Option(min=1, help="By default a fortieth of the events")
    ] = None,
    broken: Annotated[
        float, typer.Option(min=0, max=1, help="The share of invalid records")
    ] = 0.02,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same files")] = 1,
    files: Annotated[int, typer.Option(min=1, help="How many files of events")] = 4,
    gzip: Annotated[bool, typer.Option("--gzip", help="Pack the files of events")] = False,
    as_json: AsJson = False,
) -> None:
    """Make realistic data of any size, with a known share of broken records."""
    from rich.progress import Progress

    from reelhouse import console
    from reelhouse.demo.generate import generate as make

    with Progress(console=console.err, transient=True, disable=not console.err.is_terminal) as bar:
        task = bar.add_task("events", total=events)
        made = make(
            out,
            events=events,
            users=users,
            videos=videos,
            broken=broken,
            seed=seed,
            files=files,
            gzip=gzip,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        console.print_json(vars(made))
        return
    size = sum(path.stat().st_size for path in made.files)
    console.out.print(
        f"{made.videos:,} videos, {made.users:,} users and {made.events:,} events, "
        f"{sum(made.broken.values()):,} of them broken, in {len(made.files)} files "
        f"({size / 1e6:.1f} MB) in {out}"
    )
    console.out.print(f"Ingest them: reelhouse ingest --landing {out}")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The demo's folder; it is emptied first")] = Path(
        "data/demo"
    ),
    events: Annotated[int, typer.Option(min=100)] = 50_000,
    engine: Annotated[
        list[str] | None, typer.Option(help="Only this engine; may be given more than once")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a small site's data, and ingest it with each engine that this machine can run."""
    from reelhouse.demo.run import run

    unknown = [name for name in engine or () if name not in ENGINES]
    if unknown:
        raise typer.BadParameter(f"no engine {', '.join(unknown)}; there are {', '.join(ENGINES)}")
    if not run(out, events, engine or list(ENGINES), as_json):
        raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


if __name__ == "__main__":
    main()
