"""One engine fixture for all: a test that takes it runs on each engine."""

from typing import Any

import pytest

from reelhouse.engines import engine as make_engine
from reelhouse.engines import reference

ENGINES = ("reference", "duckdb", "spark", "spark-rdd")


@pytest.fixture(scope="session")
def engines() -> Any:
    """The engines by name, each made when it is first asked for; `reference` is plain Python."""
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            master = None if name == "duckdb" else "local[2]"
            made[name] = reference.run if name == "reference" else make_engine(name, master).run
        return made[name]

    return get


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, engines: Any) -> Any:
    """The `run` of each engine in turn."""
    return engines(request.param)
