"""The warehouse in DuckDB: `python -m benchmarks.run --no-compare --warehouse`.

All of a site is loaded, judged and built into the star, then one percent more of it; beside it, a
script of SQL by hand makes a star without verdict, errors or history. Each is a process of its own,
on a database in a file, with MEMORY_MB for DuckDB.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.data import HERE, WORK, generate, reelhouse_command, warm
from benchmarks.measure import Run, run

MEMORY_MB = 3_000
"""What DuckDB may take for its own; the process has some of its own beside it."""


def build(landing: Path, database: Path, log: Path) -> Run:
    """Run the warehouse's steps on a landing."""
    return run(
        [
            reelhouse_command(),
            *("warehouse", "run", "--json", "--memory-mb", str(MEMORY_MB)),
            *("--landing", str(landing), "--database", str(database), "--lake", str(log.parent)),
        ],
        log,
    )


def by_hand(landing: Path, database: Path, log: Path) -> Run:
    """Run the script of SQL by hand."""
    script = HERE / "peers" / "duckdb_star.py"
    return run([sys.executable, str(script), str(landing), str(database), str(MEMORY_MB)], log)


def measure(events: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Seconds and memory of the first build, of one percent more, and of the script by hand."""
    landing, more = generate(events), generate(events // 100)
    folder = WORK / "warehouse"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(landing.root, folder / "landing", copy_function=_link)
    warm(landing)
    rows = []
    for what, step in (
        (
            "reelhouse: all of it",
            lambda: build(folder / "landing", folder / "w.duckdb", folder / "log"),
        ),
        ("reelhouse: 1 % more", lambda: _more(folder, more.root)),
        (
            "SQL by hand, no verdict, no history",
            lambda: by_hand(folder / "landing", folder / "hand.duckdb", folder / "hand.log"),
        ),
    ):
        progress(f"warehouse: {what}")
        done = step()
        rows.append(
            {
                "what": what,
                "seconds": done.seconds,
                "peak_mb": done.peak_bytes // 2**20,
            }
        )
    sizes = {name: (folder / name).stat().st_size for name in ("w.duckdb", "hand.duckdb")}
    return {
        "events": events,
        "bytes": landing.bytes,
        "memory_mb": MEMORY_MB,
        "rows": rows,
        "database_bytes": sizes,
    }


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def _more(folder: Path, landing: Path) -> Run:
    for path in sorted(landing.glob("*/*")):
        _link(str(path), str(folder / "landing" / path.parent.name / f"more-{path.name}"))
    return build(folder / "landing", folder / "w.duckdb", folder / "more.log")
