"""The use cases on a large lake: `python -m benchmarks.run --no-compare --use-cases`.

Each question is asked of one lake, of Spark by `Lake.analyze` and of DuckDB in SQL by hand,
each in a process of its own that has read nothing before. Both read the same Parquet, count an
event once that was sent twice, and give the same rows; where they do not, it says so.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import reelhouse as rh
from benchmarks.data import WORK, generate

SPARK = """
import json, sys, time
import reelhouse as rh
lake = rh.Lake(sys.argv[2])
rh.spark_session(delta=True, uris=[lake.uri])
started = time.perf_counter()
rows = lake.analyze(sys.argv[1], top=int(sys.argv[3]), engine="spark")
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "rows": rows.to_pylist()}, default=str))
"""

DUCKDB = """
import json, sys, time
import duckdb
from benchmarks.usecases_sql import sql
name, lake, top, scratch = sys.argv[1:]
connection = duckdb.connect(config={"memory_limit": "6GB", "temp_directory": scratch})
connection.execute("SET TimeZone = 'UTC'")
started = time.perf_counter()
rows = connection.sql(sql(name, lake, int(top))).fetchall()
print(json.dumps({"seconds": time.perf_counter() - started, "rows": rows}, default=str))
"""

TOP = 10


def lake_of(events: int) -> Path:
    """A lake of so many generated events; it is made if it is not there."""
    lake = WORK / f"lake-{events}"
    rh.Lake(lake, engine="duckdb").ingest(generate(events).root).raise_for_failures()
    return lake


def ask(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script in a process of its own; its last line of output is a JSON document."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"failed": done.stderr[-2000:]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found | {"process": time.perf_counter() - started}


def same(spark: list[dict[str, Any]], duckdb: list[list[Any]]) -> bool:
    """Whether two answers agree, times and rounding aside."""

    def plain(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, 4)
        return value[:10] if isinstance(value, str) and value[4:5] == "-" else value

    left = [[plain(value) for value in row.values()] for row in spark]
    return left == [[plain(value) for value in row] for row in duckdb]


def measure(events: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Seconds of each use case, of Spark and of DuckDB, or what went wrong."""
    progress(f"use cases: a lake of {events:,} events")
    lake = str(lake_of(events))
    rows = []
    for name in rh.USE_CASES:
        progress(f"use cases: {name}")
        spark = ask(SPARK, name, lake, str(TOP))
        duckdb = ask(DUCKDB, name, lake, str(TOP), str(WORK / "scratch"))
        for each in (spark, duckdb):
            if "failed" in each:
                progress(each["failed"])
        answered = "rows" in spark and "rows" in duckdb
        rows.append(
            {
                "use_case": name,
                "spark": spark.get("seconds"),
                "duckdb": duckdb.get("seconds"),
                "same": answered and same(spark["rows"], duckdb["rows"]),
            }
        )
    return {"events": events, "top": TOP, "rows": rows}
