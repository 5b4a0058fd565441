"""`reelhouse compact`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelhouse.cli import options
from reelhouse.errors import complain

if TYPE_CHECKING:
    from reelhouse.lake.compact import TableResult


def compact(
    datasets: options.Datasets = None,
    lake: options.Lake = None,
    keep: Annotated[
        int,
        typer.Option(
            min=1,
            max=720,
            help="How long files are kept that only readers of older versions need",
            metavar="HOURS",
        ),
    ] = 168,
    contracts: options.Contracts = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Merge the lake's small files, and delete what nobody needs.

    It is proved that no record was changed.
    """
    from reelhouse.cli import console, progress
    from reelhouse.flows.places import require_lake
    from reelhouse.lake.compact import Compaction

    with console.document(as_json, tables=[]) as document:
        given = options.given(lake=lake, contracts=contracts)
        chosen = options.datasets_of(datasets, options.contracts_of(given))
        work = Compaction(given.lake, keep_hours=keep, lease_seconds=given.lease_seconds)
        require_lake(given.lake)
        outcome, failed = work.outcome, True
        try:
            with progress.stepping() as work.progress:
                (work.rehearse if dry_run else work.run)(chosen)
            failed = bool(outcome.errors)
        finally:
            document["tables"] = [each.to_json() for each in outcome.tables]
            if not as_json and (outcome.tables or not failed):
                _show(outcome.tables, dry_run)
            for error in outcome.errors:
                complain(error)
    if failed:
        raise typer.Exit(1)


def _show(tables: "list[TableResult]", dry_run: bool) -> None:
    from reelhouse.cli import console

    rows: list[tuple[Any, ...]] = [
        (
            each.place.dataset or "",
            each.place.table,
            each.files_before,
            each.files_after,
            each.bytes_before / 1e6,
            each.bytes_after / 1e6,
            each.rows,
            each.deleted_files,
        )
        for each in tables
    ]
    console.table(
        ("dataset", "table", "files", "then", "MB", "then", "records moved", "files deleted"),
        rows,
        title="What would be done" if dry_run else "Compacted",
        notes=["another compaction is at work on it" if each.gave_way else "" for each in tables],
    )
    if not dry_run and any(each.rows for each in tables):
        console.say("The records that were moved are the same as before: that was proved.")
