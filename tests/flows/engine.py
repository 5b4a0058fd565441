"""Engines for the tests of the flow around them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from reelhouse.batch import Written
from reelhouse.engines.base import Work
from reelhouse.engines.duckdb.engine import DuckDB


class Disturbed:
    """An engine, with something that happens before it reads, and after."""

    name = "disturbed"

    def __init__(
        self,
        before: Any = lambda: None,
        after: Any = lambda: None,
        engine: Callable[[Work], Written] | None = None,
    ) -> None:
        self.before, self.after = before, after
        self.engine = engine or DuckDB().run
        self.runs: list[list[str]] = []

    def run(self, work: Work) -> Written:
        self.runs.append([Path(source.uri).name for source in work.sources])
        self.before()
        written = self.engine(work)
        self.after()
        return written
