"""`reelhouse generate` and `demo`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from reelhouse.cli import options
from reelhouse.engines import ENGINES
from reelhouse.errors import WrongUse


def generate(
    out: Annotated[
        Path,
        typer.Argument(help="A folder; videos/, users/ and events/ are put into it", metavar="DIR"),
    ],
    events: Annotated[int, typer.Option(min=0, help="How many events", metavar="N")] = 100_000,
    users: Annotated[
        int | None,
        typer.Option(min=1, help="How many users (default: a tenth of the events)", metavar="N"),
    ] = None,
    videos: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many videos (default: a fortieth of the events)", metavar="N"
        ),
    ] = None,
    broken: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="The share of invalid records, from 0 to 1", metavar="SHARE"
        ),
    ] = 0.02,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed makes the same files", metavar="N")
    ] = 1,
    files: Annotated[int, typer.Option(min=1, help="How many files of events", metavar="N")] = 4,
    gzip: Annotated[bool, typer.Option("--gzip", help="Pack the files of events")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Make realistic data of any size. A known share of its records is broken."""
    from reelhouse.cli import console, progress
    from reelhouse.demo.generate import generate as make

    start = {"files": [], "users": 0, "videos": 0, "events": 0, "user_updates": 0, "broken": {}}
    with console.document(as_json, **start) as document:
        with progress.counting("events") as tell:
            made = make(
                out,
                events=events,
                users=users,
                videos=videos,
                broken=broken,
                seed=seed,
                files=files,
                gzip=gzip,
                progress=tell,
            )
        document |= vars(made)
    if as_json:
        return
    size = sum(path.stat().st_size for path in made.files)
    console.say(
        f"{made.videos:,} videos, {made.users:,} users and {made.events:,} events, "
        f"{sum(made.broken.values()):,} of them broken, in {len(made.files)} files "
        f"({size / 1e6:.1f} MB) in {out}"
    )
    console.say(f"Ingest them: reelhouse ingest --landing {out}")


def demo(
    out: Annotated[
        Path, typer.Option(help="The demo's folder; it is emptied first", metavar="DIR")
    ] = Path("data/demo"),
    events: Annotated[int, typer.Option(min=100, help="How many events", metavar="N")] = 200_000,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            "--engine", help="Only this engine; may be given more than once", metavar="ENGINE"
        ),
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave the report out")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Make a small site's data, ingest it, and report. With each engine that this machine can run.

    The report is an HTML file on the first lake; it takes Spark.
    """
    from reelhouse.cli import console
    from reelhouse.cli.demo import run

    start: dict[str, Any] = {
        "engines": [],
        "same": None,
        "broken": None,
        "reasons": [],
        "report": None,
    }
    with console.document(as_json, **start) as document:
        for name in engine or ():
            if name not in ENGINES:
                raise WrongUse(f"--engine is {name!r}; the engines are {', '.join(ENGINES)}")
        names = list(dict.fromkeys(engine or ENGINES))
        run(out, events, names, document, as_json, report=not no_report)
    if not document["same"]:
        raise typer.Exit(1)
