"""The systems, each started once a process when it is first asked for."""

from collections.abc import Callable, Iterator

import pytest

from reelhouse.warehouse.targets import TARGETS, Target
from tests.warehouse.systems import System, bigquery_system, duckdb_system, snowflake_system


@pytest.fixture(scope="session")
def bigquery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    yield from bigquery_system(tmp_path_factory.mktemp("bigquery"))


@pytest.fixture(scope="session")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    yield from snowflake_system(tmp_path_factory.mktemp("snowflake"))


@pytest.fixture
def duckdb_warehouse() -> Iterator[System]:
    yield from duckdb_system()


@pytest.fixture
def system_of(request: pytest.FixtureRequest) -> Callable[[Target], System]:
    def get(target: Target) -> System:
        name = "duckdb_warehouse" if target == "duckdb" else target
        found: System = request.getfixturevalue(name)
        return found

    return get


@pytest.fixture(params=TARGETS)
def system(request: pytest.FixtureRequest, system_of: Callable[[Target], System]) -> System:
    """Each of the three systems."""
    return system_of(request.param)
