"""How long the commands take that do little: `python -m benchmarks.run --no-compare --startup`.

Each round runs, in turn, an interpreter that does nothing (`python -c pass`), `reelhouse --help`,
an ingestion with nothing new, and one of a small file, of 200 events, into a lake that has some
batches. Seconds are of the whole process, the median of the rounds; the ratio is to the
interpreter's.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.data import reelhouse_command
from reelhouse import Lake, generate

ROUNDS = 15
NOTHING = "python -c pass"


def seconds(command: list[str], folder: Path) -> float:
    """How long a command takes."""
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def measure(progress: Callable[[str], None]) -> dict[str, Any]:
    """The median seconds of each command."""
    progress("startup")
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="reelhouse-") as name:
        folder = Path(name)
        generate(folder / "data/landing", events=1_000)
        Lake(folder / "data/lake").ingest(folder / "data/landing").raise_for_failures()
        small = (folder / "small.jsonl", folder / "data/landing/events")
        lines = next(small[1].iterdir()).read_text().splitlines(keepends=True)
        for number in range(ROUNDS):
            commands = {
                NOTHING: [sys.executable, "-c", "pass"],
                "reelhouse --help": [reelhouse_command(), "--help"],
                "ingest, nothing new": [reelhouse_command(), "ingest"],
                "ingest, a small file": [reelhouse_command(), "ingest"],
            }
            for what, command in commands.items():
                if what == "ingest, a small file":
                    (small[1] / f"small-{number}.jsonl").write_text("".join(lines[:200]))
                taken.setdefault(what, []).append(seconds(command, folder))
    return {
        "rounds": ROUNDS,
        "rows": [
            {"command": what, "seconds": statistics.median(each)} for what, each in taken.items()
        ],
    }
