"""A landing and a lake in one bucket, and the function of that bucket's cloud."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.landing.platforms import CloudFunction, Function, Lambda
from tests.landing.site import Site
from tests.servers.bucket import Bucket


@pytest.fixture
def site(bucket: Bucket) -> Site:
    return Site(bucket)


@pytest.fixture
def start(site: Site, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start the function of the bucket's cloud, with more of the environment."""
    started: list[Function] = []

    def start(**environment: str) -> Function:
        kind = CloudFunction if site.bucket.kind == "gs" else Lambda
        function = kind(tmp_path, {**site.environment, **environment})
        started.append(function)
        return function

    yield start
    for each in started:
        each.kill()
