"""One cluster for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.cluster.standalone import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A master and two workers, until the tests end."""
    started = Cluster.start(tmp_path_factory.mktemp("cluster"))
    yield started
    started.stop()
