"""A landing and a lake in one bucket, and the function of that bucket's cloud."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reelhouse.demo.generate import generate
from tests.servers.bucket import Bucket
from tests.triggers.platforms import CloudFunction, Function, Inside, Lambda, memory_group
from tests.triggers.site import Site

MEMORY = 512 * 1024 * 1024
"""What a function has, in bytes."""


@pytest.fixture
def site(bucket: Bucket) -> Site:
    return Site(bucket)


@pytest.fixture
def start(site: Site, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start the function of the bucket's cloud; `platform` says how, the rest is environment."""
    started: list[Function] = []

    def start(platform: Mapping[str, Any] | None = None, **environment: str) -> Function:
        kind = CloudFunction if site.bucket.kind == "gs" else Lambda
        function = kind(tmp_path, {**site.environment, **environment}, **(platform or {}))
        started.append(function)
        return function

    yield start
    for each in started:
        each.kill()


@pytest.fixture
def inside(site: Site, tmp_path: Path) -> Callable[..., Inside]:
    """Make the function of the bucket's cloud in this process; keywords are its environment."""

    def make(**environment: str) -> Inside:
        return Inside(tmp_path, {**site.environment, **environment}, site.bucket.kind)

    return make


@dataclass(frozen=True)
class Large:
    """Two sources of about 50 MB each, and how many records and invalid ones are in each."""

    files: dict[str, bytes]
    counts: dict[str, tuple[int, int]]


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Large:
    out = tmp_path_factory.mktemp("large")
    made = generate(out, events=510_000, users=20_000, videos=600_000, broken=0.02, files=1)
    files = {path.parent.name: path.read_bytes() for path in made.files if "0001" in path.name}
    shutil.rmtree(out)
    del files["users"]
    assert all(50_000_000 <= len(data) < 60_000_000 for data in files.values())
    broken = {
        name: sum(count for kind, count in made.broken.items() if kind.startswith(f"{name}:"))
        for name in files
    }
    totals = {"videos": made.videos, "events": made.events}
    return Large(files, {name: (totals[name], broken[name]) for name in files})


@pytest.fixture
def group() -> Iterator[Path | None]:
    """A control group of 512 MB, where one can be made."""
    yield from memory_group(MEMORY)
