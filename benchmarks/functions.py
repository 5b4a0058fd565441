"""The Cloud Function and the Lambda: `python -m benchmarks.run --no-compare --functions`.

Each runs in its own platform's runtime on this machine, on a bucket of a store on this machine
(what tests/servers starts), with 512 MB, by a control group where one can be made:

- cold start: from the start of the process to the answer to an event that has nothing to do, and
  to one of a small file, which is then in the lake;
- a small file: the median of the events of files of one record, one after the other, and of the
  same events delivered again; with the requests that the store got for one;
- peak memory: what all processes of the function had resident, for a source of 50 MB.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reelhouse import generate
from tests.servers.bucket import Server
from tests.triggers.platforms import CloudFunction, Lambda, event_of, memory_group, peak_memory
from tests.triggers.site import Site, videos

MEMORY_MB = 512
SMALL_FILES = 20
PLATFORMS: dict[str, tuple[str, Callable[..., Any]]] = {
    "Cloud Function, GCS": ("gs", CloudFunction),
    "Lambda, S3": ("s3", Lambda),
}
Figures = dict[str, float]


def timed(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def deliver(function: Any, event: Any) -> float:
    """Seconds until an event is done with."""

    def act() -> None:
        answer = function.deliver(event)
        if not answer.done:
            raise SystemExit(f"{answer.said}\n{function.log.read_text()}")

    return timed(act)


def measure_one(
    server: Server, start: Callable[..., Any], work: Path, large: list[Path]
) -> Figures:
    """The figures of one platform."""
    found: Figures = {}
    site = Site(server.bucket())
    os.environ.update(site.bucket.environment)
    nothing = site.land("nosuch/a.csv", b"")

    def cold(event: Any) -> float:
        function = None

        def act() -> None:
            nonlocal function
            function = start(work, site.environment)
            deliver(function, event)

        seconds = timed(act)
        assert function
        function.kill()
        return seconds

    found["cold start, s"] = statistics.median(cold(nothing) for _ in range(3))
    found["cold start and a small file, s"] = cold(site.land("videos/cold.csv", videos(1)))
    function = start(work, site.environment)
    deliver(function, site.land("videos/warm.csv", videos(1)))
    taken, requests = [], []
    for number in range(SMALL_FILES):
        event = site.land(f"videos/{number}.csv", videos(number))
        before = site.bucket.faults.requests()
        taken.append(deliver(function, event))
        requests.append(site.bucket.faults.requests() - before)
    found["a small file, s"] = statistics.median(taken)
    found["its requests"] = statistics.median(requests)
    again = event_of(site.bucket, "landing/videos/0.csv")
    found["the same event again, s"] = statistics.median(
        deliver(function, again) for _ in range(10)
    )
    function.kill()
    groups = memory_group(MEMORY_MB * 1024 * 1024)
    group = next(groups)
    for path in large:
        site = Site(server.bucket())
        function = start(work, site.environment, own_group=group)
        event = site.land(f"{path.parent.name}/{path.name}", path.read_bytes())
        megabytes = path.stat().st_size / 1e6
        found[f"{path.parent.name}, {megabytes:.0f} MB: s"] = deliver(function, event)
        found[f"{path.parent.name}, {megabytes:.0f} MB: peak MB"] = peak_memory(function) / 1e6
        function.kill()
    next(groups, None)
    return found


def measure(progress: Callable[[str], None]) -> dict[str, Any]:
    """The figures of both platforms."""
    platforms: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="reelhouse-") as folder:
        work = Path(folder)
        made = generate(work / "large", events=510_000, users=20_000, videos=600_000, files=1)
        large = [path for path in made.files if path.parent.name != "users"]
        for name, (kind, start) in PLATFORMS.items():
            progress(f"functions: {name}")
            server = Server.start(kind, work / f"{kind}.log")
            try:
                platforms[name] = measure_one(server, start, work, large)
            finally:
                server.stop()
    return {"memory_mb": MEMORY_MB, "platforms": platforms}
