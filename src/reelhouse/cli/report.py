"""`reelhouse report`."""

from typing import Annotated

import typer

from reelhouse.cli import options
from reelhouse.errors import DatasetFailed, ReelhouseError, complain


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
    master: options.Master = None,
    remote: options.Remote = None,
    as_json: options.AsJson = False,
) -> None:
    """Write one HTML file: how is the site doing, and can the data be trusted?

    The file has all that it needs, and opens without a network.
    """
    from reelhouse import console
    from reelhouse.usecases import span

    failures: list[DatasetFailed] = []
    with console.document(as_json, report=None, figures={}) as document:
        asked = span.parse(start, end)
        given = options.given_for_spark(lake, master, remote)
        from reelhouse.engines.session import spark_session
        from reelhouse.report import why_no_packages
        from reelhouse.report.make import make_report

        missing = why_no_packages()
        if missing:
            raise ReelhouseError(missing)
        console.tell("Starting Spark")
        session = spark_session(given.master, given.remote, delta=True, uris=[given.lake])
        made = make_report(
            session,
            given.lake,
            options.uri_of(out),
            asked,
            console.tell,
            examples=examples,
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
