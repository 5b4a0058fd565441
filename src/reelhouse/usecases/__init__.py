"""The use cases: business questions, answered on the lake by DuckDB or by Spark.

Each is a module whose docstring defines its figures exactly, with two functions of a lake and a
span that give the same rows: `on_spark`, a DataFrame, and `on_duckdb`, a query.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reelhouse.errors import WrongUse
from reelhouse.usecases.span import Span

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from reelhouse.usecases.lake_frames import LakeFrames
    from reelhouse.usecases.lake_tables import LakeTables

NAMES = (
    "event-types",
    "likes-over-time",
    "tag-affinity",
    "top-users",
    "top-creators",
    "most-engaged",
    "trending",
    "retention",
)


@dataclass(frozen=True)
class UseCase:
    """One business question; `question` is its first line, `definition` all that is said of it."""

    name: str

    @property
    def module(self) -> Any:
        """Where it is answered."""
        return import_module(f"{__name__}.{self.name.replace('-', '_')}")

    @property
    def definition(self) -> str:
        """What its figures are."""
        return str(self.module.__doc__).strip()

    @property
    def question(self) -> str:
        """The question, in one line."""
        return self.definition.partition("\n")[0]

    def on_spark(self, lake: "LakeFrames", span: Span, top: int | None = None) -> "DataFrame":
        """The rows, in order; without `top`, as many as is usual for the question."""
        found: DataFrame = self.module.on_spark(lake, span, self.most(top))
        return found

    def on_duckdb(self, lake: "LakeTables", span: Span, top: int | None = None) -> str:
        """The query for the rows, in order; without `top`, as many as is usual."""
        return str(self.module.on_duckdb(lake, span, self.most(top)))

    def most(self, top: int | None) -> int | None:
        """How many rows at most: as many as is usual for the question, unless that is said."""
        usual: int | None = getattr(self.module, "TOP", None)
        return usual if top is None else top


def use_case(name: str) -> UseCase:
    """The use case of that name. Raises WrongUse if there is none."""
    if name not in NAMES:
        raise WrongUse(f"there is no use case {name!r}; there are {', '.join(NAMES)}")
    return UseCase(name)
