"""`reelhouse report`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelhouse.cli import options
from reelhouse.config import Settings, warehouse_settings
from reelhouse.errors import DatasetFailed, ReelhouseError, complain

if TYPE_CHECKING:
    from reelhouse.landing.notices import Notices


def report(
    out: Annotated[
        str,
        typer.Option(help="The HTML file to write: a path, gs://… or s3://…", metavar="FILE.html"),
    ] = "data/report.html",
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="From this day or time on, in UTC (default: 90 days before the end)",
            metavar="TIME",
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="Up to this day or time, which is not in it (default: after the last event)",
            metavar="TIME",
        ),
    ] = None,
    examples: Annotated[
        bool,
        typer.Option(help="Show an example of what was refused: records as they came in"),
    ] = True,
    lake: options.Lake = None,
    landing: options.Landing = None,
    contracts: options.Contracts = None,
    engine: options.AnsweringEngine = None,
    master: options.Master = None,
    remote: options.Remote = None,
    as_json: options.AsJson = False,
) -> None:
    """Write one HTML file with charts. How is the site doing, and can its data be trusted?

    The file has all that it needs, and opens without a network.
    """
    from reelhouse.cli import console
    from reelhouse.usecases import span

    empty: dict[str, Any] = {"report": None, "figures": {}}
    failures: list[DatasetFailed] = []
    with console.document(as_json, **empty, **options.NOTHING_NOTICED) as document:
        asked = span.parse(start, end)
        given = options.given_to_ask(
            lake=lake,
            engine=engine,
            master=master,
            remote=remote,
            landing=landing,
            contracts=contracts,
        )
        from reelhouse.report import why_no_packages
        from reelhouse.report.make import make_report
        from reelhouse.usecases.run import open_lake
        from reelhouse.warehouse.beside import last_reconciled

        missing = why_no_packages()
        if missing:
            raise ReelhouseError(missing)
        notices = _notices(given)
        document |= notices.to_json()
        options.tell(notices)
        made = make_report(
            open_lake(
                given.lake,
                given.engine,
                given.master,
                given.remote,
                given.memory_mb,
                lenient=True,
                tell=console.tell,
            ),
            options.uri_of(out),
            asked,
            console.tell,
            examples=examples,
            notices=notices,
            warehouse=last_reconciled(warehouse_settings().database),
            failed=failures.append,
        )
        document |= {"report": made.uri, "figures": made.figures}
    if not as_json:
        console.say(f"{made.figures['because']}")
        console.say(f"The report is in {made.uri} ({made.size / 1e6:.1f} MB)")
    for failure in failures:
        complain(failure)
    if failures:
        raise typer.Exit(1)


def _notices(given: Settings) -> "Notices":
    """What of landing no run takes; a contract that is wrong is told, and does not end a report."""
    from reelhouse.landing.notices import NO_NOTICES

    try:
        known = options.contracts_of(given)
        for error in known.broken.values():
            complain(error)
        return options.notices_of(given, known)
    except ReelhouseError as error:
        complain(error)
        return NO_NOTICES
