"""`reelhouse land` and `watch`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelhouse.cli import options
from reelhouse.errors import complain
from reelhouse.text import counted

if TYPE_CHECKING:
    from reelhouse.contract.model import Contract
    from reelhouse.flows.ingest import BatchResult
    from reelhouse.landing.notices import Notices
    from reelhouse.landing.upload import Landed
    from reelhouse.triggers.folder_events import Stop

MOST_ROWS = 40
"""So many files are shown one by one; more are counted by dataset."""


def land(
    files: Annotated[
        list[Path],
        typer.Argument(help="Files, and folders with all that is in them", metavar="FILE..."),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="Landing: a folder, gs://… or s3://… (default: the setting landing)",
            metavar="URI",
            show_default=False,
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="What the files are (default: told by folder, name and content)", metavar="NAME"
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite what is there with other content")
    ] = False,
    location: Annotated[
        str | None,
        typer.Option(
            help="Where a missing bucket is made, such as EU or eu-west-1", metavar="PLACE"
        ),
    ] = None,
    contracts: options.Contracts = None,
    as_json: options.AsJson = False,
) -> None:
    """Put files into landing, each under its dataset. A missing bucket is made."""
    from reelhouse.cli import console, progress
    from reelhouse.landing.buckets import ensure_bucket
    from reelhouse.landing.upload import Upload, plan_upload
    from reelhouse.storage import open_store

    with console.document(as_json, landing=None, bucket_made=False, files=[]) as document:
        given = options.given(landing=to, contracts=contracts)
        known = options.contracts_of(given)
        known.check()  # a file would be taken for one of another dataset
        if dataset is not None:
            options.datasets_of([dataset], known)
        with progress.working("Looking at the files"):
            found = plan_upload(files, known, dataset)
        root = document["landing"] = open_store(given.landing).root
        done = list(found.refused)
        document["files"] = [_told(each, root, known) for each in done]
        if found.items:
            made_in = ensure_bucket(given.landing, location)
            document["bucket_made"] = made_in is not None
            if made_in is not None and not as_json:
                console.say(f"Made the bucket of {root} in {made_in}")
            with progress.sending(sum(item.size for item in found.items)) as tell:
                for each in Upload(given.landing, replace, tell).run(found.items):
                    done.append(each)
                    document["files"].append(_told(each, root, known))
            places = {item.file: place for place, item in enumerate(found.items)}
            done.sort(key=lambda each: places.get(each.file, len(places)))
            document["files"] = [_told(each, root, known) for each in done]
        elif not done and not as_json:
            console.say("There is no file to land")
    if not as_json:
        _show(done, root, known, to)
    for each in done:
        if each.error:
            complain(each.error)
    if any(each.error for each in done):
        raise typer.Exit(1)


def _told(landed: "Landed", root: str, contracts: "Mapping[str, Contract]") -> dict[str, Any]:
    """What `--json` tells of a file."""
    item = landed.item
    return {
        "file": str(landed.file),
        "dataset": item and item.dataset,
        "contract_version": item and contracts[item.dataset].version,
        "uri": item and f"{root}/{item.path}",
        "bytes": item and item.size,
        "outcome": landed.outcome,
        "error": landed.error,
    }


def _show(
    done: "Sequence[Landed]", root: str, contracts: "Mapping[str, Contract]", to: str | None
) -> None:
    from collections import Counter

    from reelhouse.cli import console

    landed = [(each.outcome, each.item) for each in done if each.item and not each.error]
    if not landed:
        return
    if len(landed) <= MOST_ROWS:
        console.table(
            ("dataset", "contract", "MB", "is", "in landing"),
            [
                (
                    item.dataset,
                    contracts[item.dataset].version,
                    item.size / 1e6,
                    outcome,
                    item.path,
                )
                for outcome, item in landed
            ],
            title=f"Landed in {root}",
        )
    else:
        sizes, counts = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for outcome, item in landed:
            sizes[item.dataset, outcome] += item.size
            counts[item.dataset, outcome] += 1
        console.table(
            ("dataset", "contract", "files", "MB", "are"),
            [
                (name, contracts[name].version, counts[name, outcome], size / 1e6, outcome)
                for (name, outcome), size in sorted(sizes.items())
            ],
            title=f"Landed in {root}",
        )
    console.say(f"Take them into the lake: reelhouse ingest{f' --landing {to}' if to else ''}")


def watch(
    datasets: options.Datasets = None,
    engine: options.EngineName = None,
    interval: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            help="How often all of landing is looked through (default: 10; 60 for a local folder, "
            "of whose changes the system tells)",
            metavar="SECONDS",
            show_default=False,
        ),
    ] = None,
    still: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="A local file is taken when it has not changed for so long",
            metavar="SECONDS",
        ),
    ] = 2.0,
    landing: options.Landing = None,
    lake: options.Lake = None,
    contracts: options.Contracts = None,
    master: options.Master = None,
    remote: options.Remote = None,
    max_line_bytes: options.LongestLine = None,
    as_json: options.AsJson = False,
) -> None:
    """Ingest what lands as it lands, until Ctrl-C or SIGTERM. The batch at hand is finished."""
    from reelhouse.cli import progress
    from reelhouse.flows.places import check_lake, check_landing
    from reelhouse.triggers.folder_events import Stop
    from reelhouse.triggers.watch import Watcher

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
    named = options.datasets_of(datasets, known)
    chosen = [name for name in named if name in known]
    if not chosen:
        known.check()
    check_landing(given.landing)
    check_lake(given.lake)
    judge = options.engine_of(given, [given.landing])
    stop = Stop()
    _end_at_signals(stop)  # after the engine: Spark has a handler of its own
    watcher = Watcher(
        given.landing,
        chosen,
        lambda ledger: options.flow_of(given, known, judge, ledger),
        stop,
        interval=interval,
        still=still,
        told=_print_batch if as_json else _say_batch,
        complain=complain,
        shown=lambda: progress.ingesting(given.engine),
        notices=lambda: options.notices_of(given, known),
        noticed=_print_notices if as_json else lambda notices: None,
    )
    how = "as the system tells" if watcher.events.told else f"every {watcher.interval:g} s"
    broken = [known.broken[name] for name in named if name in known.broken]
    for error in broken:
        complain(error)
    complain(f"watching {watcher.store.root} ({', '.join(chosen)}), {how}; Ctrl-C ends it")
    watcher.run()
    if broken:
        raise typer.Exit(1)


def _end_at_signals(stop: "Stop") -> None:
    """Let the first Ctrl-C or SIGTERM end the watcher, and a second one break it off."""
    import signal

    before: dict[int, Any] = {}

    def end(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, end)


def _print_batch(batch: "BatchResult") -> None:
    from reelhouse.cli import console

    console.print_json(batch.to_json())


def _print_notices(notices: "Notices") -> None:
    from reelhouse.cli import console

    console.print_json(notices.to_json())


def _say_batch(batch: "BatchResult") -> None:
    from datetime import UTC, datetime

    from reelhouse.cli import console
    from reelhouse.flows.books import no_record_told

    told = no_record_told(batch.sources)
    console.say(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}  {batch.dataset}: "
        f"{counted(len(batch.sources), 'source')}, "
        f"{counted(batch.records, 'record')}, {batch.valid:,} valid, "
        f"{batch.quarantined:,} quarantined, {batch.seconds:.1f} s"
        f"{f'; {console.shown(told)}' if told else ''}"
    )
