"""`reelhouse analyze`."""

from typing import Annotated, Any

import typer

from reelhouse.cli import options
from reelhouse.errors import DatasetFailed, WrongUse, apart, complain, message_of
from reelhouse.usecases import NAMES

SHOWN = 20
"""How many rows a person is shown."""


def analyze(
    use_case: Annotated[
        str | None,
        typer.Argument(
            help=f"One of {', '.join(NAMES)}; all of them if none is named", metavar="[USE_CASE]"
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="From this day or time on, in UTC", metavar="TIME"),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="Up to this day or time, which is not in it", metavar="TIME"),
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="How many at most", metavar="N")] = None,
    lake: options.Lake = None,
    engine: options.AnsweringEngine = None,
    master: options.Master = None,
    remote: options.Remote = None,
    parquet: Annotated[
        str | None,
        typer.Option(help="Write the rows of one use case into this Parquet file", metavar="URI"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Answer business questions on the lake."""
    from reelhouse.cli import console
    from reelhouse.usecases import run, span
    from reelhouse.usecases import use_case as find

    start_document: dict[str, Any] = (
        {"use_case": use_case, "rows": []} if use_case else {"use_cases": []}
    )
    with console.document(as_json, **start_document) as document:
        cases = [find(name) for name in ([use_case] if use_case else NAMES)]
        if parquet and not use_case:
            raise WrongUse("--parquet is for one use case: name it")
        asked = span.parse(start, end)
        given = options.given_to_ask(lake=lake, engine=engine, master=master, remote=remote)
        tables = run.open_lake(
            given.lake,
            given.engine,
            given.master,
            given.remote,
            given.memory_mb,
            tell=console.tell,
        )
        failures: list[DatasetFailed] = []
        for case in cases:
            console.tell(case.question)
            with apart(case.name, failures.append):
                rows = tables.answer(case, asked, top)
                if parquet:
                    run.write_parquet(rows, options.uri_of(parquet))
                found = run.to_json(case, rows) if as_json else {}
                if use_case:
                    document |= found
                else:
                    document["use_cases"].append(found)
                if not as_json:
                    _show(case, rows, parquet)
    by_reason: dict[str, list[DatasetFailed]] = {}
    for failure in failures:  # most of them ask the same tables
        by_reason.setdefault(message_of(failure.error), []).append(failure)
    for alike in by_reason.values():
        complain(DatasetFailed(", ".join(each.dataset for each in alike), alike[0].error))
    if failures:
        raise typer.Exit(1)


def _show(case: Any, rows: Any, parquet: str | None) -> None:
    from reelhouse.cli import console
    from reelhouse.usecases.run import shown

    title = f"{case.name}: {case.question}"
    if not rows.num_rows:
        console.say(f"{title}\nThere is nothing in this time.\n")
        return
    console.table(rows.column_names, shown(rows, SHOWN), title=title)
    if rows.num_rows > SHOWN:
        console.say(f"… {rows.num_rows - SHOWN:,} more rows: see --json, --parquet and --top")
    if parquet:
        console.say(f"{rows.num_rows:,} rows in {parquet}")
    console.say("")
