"""The use cases: business questions, answered by Spark on the lake.

Each is a module whose docstring defines its figures exactly, with a function `answer` from a lake
and a span to a DataFrame. Each can also be given to spark-submit as it is.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reelhouse.errors import WrongUse
from reelhouse.usecases.span import Span

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from reelhouse.usecases.lake_frames import LakeFrames

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
        """Where it is answered; PySpark must be installed."""
        return import_module(f"{__name__}.{self.name.replace('-', '_')}")

    @property
    def definition(self) -> str:
        """What its figures are."""
        return str(self.module.__doc__).strip()

    @property
    def question(self) -> str:
        """The question, in one line."""
        return self.definition.partition("\n")[0]

    def answer(self, lake: "LakeFrames", span: Span, top: int | None = None) -> "DataFrame":
        """The rows, in order; without `top`, as many as is usual for the question."""
        given = {} if top is None else {"top": top}
        found: DataFrame = self.module.answer(lake, span, **given)
        return found


def use_case(name: str) -> UseCase:
    """The use case of that name. Raises WrongUse if there is none."""
    if name not in NAMES:
        raise WrongUse(f"there is no use case {name!r}; there are {', '.join(NAMES)}")
    return UseCase(name)
