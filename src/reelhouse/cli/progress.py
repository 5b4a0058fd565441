"""How far the work is: a line on stderr, if a person is looking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from reelhouse.batch import OnProgress
from reelhouse.cli import console


class _Megabytes(ProgressColumn):
    """The megabytes done, if the engine tells them, and those in all."""

    def render(self, task: Task) -> Text:
        done = f"{task.completed / 1e6:,.1f} of " if task.total is not None else ""
        return Text(f"{done}{task.fields['size'] / 1e6:,.1f} MB")


def _bytes_done() -> Progress:
    """What shows how many bytes are done, and in how much time."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        _Megabytes(),
        TimeElapsedColumn(),
        console=console.err,
        transient=True,
        disable=not console.err.is_terminal,
    )


@contextmanager
def ingesting(engine: str) -> Iterator[OnProgress]:
    """Show how far each dataset is, while it is judged.

    Yields what an Ingestion tells. An engine that tells nothing gets a bar that only moves.
    """
    with _bytes_done() as progress:
        current: dict[str, TaskID] = {}

        def tell(dataset: str, done: int, total: int) -> None:
            if done == 0 or dataset not in current:
                for task in current.values():
                    progress.remove_task(task)
                current.clear()
                what = f"{dataset}, with {engine}"
                current[dataset] = progress.add_task(what, total=None, size=total)
            if done:
                # never finished: when all is read, there is still something to write
                progress.update(current[dataset], completed=done, total=total + 1)

        yield tell


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something is going on whose end is not known."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    shown = console.err.is_terminal
    with Progress(*columns, console=console.err, transient=True, disable=not shown) as progress:
        progress.add_task(what, total=None)
        yield


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for what is counted; yields what is told the number done and that in all."""
    shown = console.err.is_terminal
    with Progress(console=console.err, transient=True, disable=not shown) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def sending(total: int) -> Iterator[Callable[[int], None]]:
    """A bar for the bytes that are sent; yields what is told of some more of them."""
    with _bytes_done() as progress:
        task = progress.add_task("landing", total=total, size=total)
        yield lambda count: progress.advance(task, count)


@contextmanager
def stepping() -> Iterator[OnProgress]:
    """Show one step of some work after the other; yields what is told each, and how far it is."""
    with _bytes_done() as progress:
        task = progress.add_task("looking at the tables", total=None, size=0)

        def tell(what: str, done: int, total: int) -> None:
            progress.update(
                task, description=what, completed=done, total=total if done else None, size=total
            )

        yield tell


@contextmanager
def steps(first: str) -> Iterator[OnProgress]:
    """Show one step of some work after the other, of which so many are done."""
    shown = console.err.is_terminal
    with Progress(console=console.err, transient=True, disable=not shown) as progress:
        task = progress.add_task(first, total=None)
        yield lambda what, done, total: progress.update(
            task, description=what, completed=done, total=total
        )
