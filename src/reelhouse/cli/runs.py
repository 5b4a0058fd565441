"""`reelhouse ingest`, `status` and `doctor`."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelhouse.cli import options
from reelhouse.config import Settings
from reelhouse.errors import DatasetFailed, WrongUse, complain
from reelhouse.text import counted

if TYPE_CHECKING:
    from reelhouse.contract.registry import Contracts
    from reelhouse.flows.ingest import BatchResult

Takings = list[tuple[list[str], list[str] | None]]
"""What a run is to take: datasets, each with the sources named, or all that is new."""


def ingest(
    datasets: options.Datasets = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Exactly this source; may be given more than once", metavar="URI"),
    ] = None,
    engine: options.EngineName = None,
    landing: options.Landing = None,
    lake: options.Lake = None,
    contracts: options.Contracts = None,
    master: options.Master = None,
    remote: options.Remote = None,
    max_line_bytes: options.LongestLine = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge, and commit nothing")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Take what is new in landing into lake and quarantine. Every record is judged."""
    from reelhouse.cli import console
    from reelhouse.flows.places import check_lake

    start: dict[str, Any] = {"batches": [], "conflicts": []}
    with console.document(as_json, **start, **options.NOTHING_NOTICED) as document:
        given = options.given(
            engine=engine,
            landing=landing,
            lake=lake,
            contracts=contracts,
            master=master,
            remote=remote,
            max_line_bytes=max_line_bytes,
        )
        known = options.contracts_of(given)
        takings = _takings(datasets, source, given, known)
        check_lake(given.lake)
        _ingest(takings, given, known, dry_run, document, as_json)


def _takings(
    datasets: list[str] | None,
    sources: list[str] | None,
    given: Settings,
    known: "Contracts",
) -> Takings:
    from reelhouse.flows.places import check_landing

    chosen = options.datasets_of(datasets, known)
    if not sources:
        check_landing(given.landing)
        return [(chosen, None)]
    named: dict[str, list[str]] = {}
    for each in sources:
        dataset, uri = _source(each, chosen if datasets else [], given.landing, known)
        named.setdefault(dataset, []).append(uri)
    return [([dataset], uris) for dataset, uris in named.items()]


def _source(given: str, chosen: Sequence[str], landing: str, known: "Contracts") -> tuple[str, str]:
    """The dataset and the full URI of a source that is named on the command line."""
    from reelhouse.landing.discovery import dataset_of
    from reelhouse.storage import open_store

    uri = options.uri_of(given)
    if os.path.isdir(uri):
        raise WrongUse(f"--source {given} is a folder: name its files, or leave --source out")
    lies_in = dataset_of(landing, uri)
    if lies_in in known.names and lies_in is not None:
        if chosen and lies_in not in chosen:
            raise WrongUse(f"--source {given} is one of {lies_in}, not of {', '.join(chosen)}")
        return lies_in, uri
    if len(chosen) != 1:
        raise WrongUse(
            f"--source {given} does not lie in a dataset's folder of {open_store(landing).root}: "
            f"name its dataset, as in: reelhouse ingest {known.names[0]} --source {given}"
        )
    return chosen[0], uri


def _places(takings: Takings, given: Settings) -> list[str]:
    """Where the sources of a run lie."""
    return [given.landing, *(uri for _, uris in takings for uri in uris or ())]


def _ingest(
    takings: Takings,
    given: Settings,
    known: "Contracts",
    dry_run: bool,
    document: dict[str, Any],
    as_json: bool,
) -> None:
    """Run the ingestion, and tell what it has done, also when it fails half way."""
    from reelhouse.cli import console, progress

    if given.engine != "duckdb":
        console.tell("Starting Spark")
    flow = options.flow_of(given, known, options.engine_of(given, _places(takings, given)))
    outcome, failed = flow.outcome, True
    stray_files = ""
    try:
        with progress.ingesting(given.engine) as flow.progress:
            for datasets, uris in takings:
                (flow.rehearse if dry_run else flow.run)(datasets, uris)
        failed = bool(outcome.errors)
        if all(uris is None for _, uris in takings):
            notices = options.notices_of(given, known)
            document |= notices.to_json()
            if not (failed and notices.unseen):  # that was told already
                options.tell(notices)
            stray_files = notices.stray_files
    finally:
        document["batches"] = [batch.to_json() for batch in outcome.batches]
        document["conflicts"] = [conflict.to_json() for conflict in outcome.conflicts]
        if not as_json and (outcome.batches or not failed):
            _show_batches(outcome.batches, given, dry_run, stray_files)
        for error in outcome.errors:
            complain(error)
    if failed:
        raise typer.Exit(1)


def _show_batches(
    batches: "list[BatchResult]", given: Settings, dry_run: bool, stray_files: str
) -> None:
    from reelhouse.cli import console
    from reelhouse.flows.books import no_record_told
    from reelhouse.storage import open_store

    if not batches:
        root = open_store(given.landing).root
        if stray_files:
            root = f"the datasets' folders of {root}; outside of them: {stray_files}"
        console.say(f"Nothing new in {root}")
        return
    console.table(
        ("dataset", "engine", "sources", "records", "valid", "quarantined", "seconds"),
        [
            (b.dataset, b.engine, len(b.sources), b.records, b.valid, b.quarantined, b.seconds)
            for b in batches
        ],
        title="Judged, and not committed" if dry_run else "Ingested",
    )
    if told := no_record_told(count for batch in batches for count in batch.sources):
        console.say(console.shown(told))
    if any(b.quarantined for b in batches) and not dry_run:
        console.say("Why records were refused: reelhouse quarantine list")


def status(
    lake: options.Lake = None,
    landing: options.Landing = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what the lake has, what waits, and what is open."""
    from reelhouse.cli import console
    from reelhouse.flows.places import check_lake
    from reelhouse.flows.status import lake_status

    start: dict[str, Any] = {"lake": None, "datasets": [], "open_batches": [], "conflicts": []}
    failures: list[DatasetFailed] = []
    with console.document(as_json, **start, **options.NOTHING_NOTICED) as document:
        given = options.given(lake=lake, landing=landing, contracts=contracts)
        check_lake(given.lake)
        known = options.contracts_of(given)
        document |= lake_status(given.lake, given.landing, known, failures.append)
        notices = options.notices_of(given, known)
        document |= notices.to_json()
    if not as_json:
        _show_status(document)
    options.tell(notices)
    for failure in failures:
        complain(failure)
    if failures:
        raise typer.Exit(1)


def _show_status(found: dict[str, Any]) -> None:
    from rich.text import Text

    from reelhouse.cli import console

    console.table(
        ("dataset", "sources", "records", "valid", "quarantined", "last batch (UTC)", "waiting"),
        [
            (
                each["dataset"],
                each["sources"],
                each["records"],
                each["valid"],
                each["quarantined"],
                console.moment(each["last_batch"]),
                each["waiting"],
            )
            for each in found["datasets"]
        ],
        title=f"The lake {found['lake']}",
    )
    without = {each["dataset"]: each["sources_without_records"] for each in found["datasets"]}
    if any(without.values()):
        held = counted(sum(without.values()), "source")
        by_dataset = ", ".join(f"{name} {count:,}" for name, count in without.items() if count)
        console.say(f"{held} held no record: {by_dataset}")
    waiting = sum(each["waiting"] or 0 for each in found["datasets"])
    if waiting:
        are = "is" if waiting == 1 else "are"
        console.say(f"{counted(waiting, 'source')} {are} waiting: reelhouse ingest")
    if found["open_batches"]:
        console.say("")
        console.table(
            ("dataset", "batch", "attempt", "engine", "since (UTC)", "owner is"),
            [
                (
                    each["dataset"],
                    each["batch_id"],
                    each["attempt"],
                    each["engine"],
                    console.moment(each["since"]),
                    each["owner_is"],
                )
                for each in found["open_batches"]
            ],
            title="Open batches",
        )
    for conflict in found["conflicts"]:
        console.say(Text(f"{conflict['dataset']}: {conflict['message']}", "bold red"))


def doctor(
    lake: options.Lake = None,
    landing: options.Landing = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Check what this machine has, and say what else to install."""
    from rich.text import Text

    from reelhouse.cli import console
    from reelhouse.cli.doctor import checks, fit, notices_of, of_notices

    styles = {"ok": "green", "found": "yellow", "missing": "yellow", "failed": "bold red"}
    start: dict[str, Any] = {"checks": [], "conflicts": []}
    with console.document(as_json, **start, **options.NOTHING_NOTICED) as document:
        given = options.given(lake=lake, landing=landing, contracts=contracts)
        found = checks(given)
        notices = notices_of(given, found)
        if notices is not None:
            document |= notices.to_json()
            found += of_notices(notices)
        if all(check.state == "ok" for check in found if check.name == "lake"):
            check, conflicts = fit(given)
            found.append(check)
            document["conflicts"] = [conflict.to_json() for conflict in conflicts]
        document["checks"] = [vars(each) for each in found]
    if not as_json:
        console.table(
            ("check", "is", "what was found, or the mend"),
            [(each.name, Text(each.state, styles[each.state]), each.text) for each in found],
        )
    if any(each.state == "failed" for each in found):
        raise typer.Exit(1)
