"""Who is measured: Reelhouse's three engines and the scripts written by hand."""

import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data import HERE, Landing, reelhouse_command

PEERS = HERE / "peers"
SPARK_MASTER = "local[2]"


@dataclass(frozen=True)
class Outcome:
    """What a contender says of its own run."""

    records: int
    valid: int
    invalid: int
    job_seconds: float


@dataclass(frozen=True)
class Engine:
    """Reelhouse with one of its engines."""

    name: str
    engine: str
    arguments: tuple[str, ...] = ()
    needs: str = "reelhouse"

    @property
    def label(self) -> str:
        return f"Reelhouse {self.engine}"

    def command(self, landing: Landing, out: Path) -> list[str]:
        return [
            reelhouse_command(),
            *("ingest", "events", "--json"),
            *("--engine", self.engine, *self.arguments),
            *("--landing", str(landing.root)),
            *("--lake", str(out)),
        ]

    def outcome(self, stdout: str) -> Outcome:
        batches: list[dict[str, Any]] = json.loads(stdout)["batches"]
        return Outcome(
            records=sum(batch["records"] for batch in batches),
            valid=sum(batch["valid"] for batch in batches),
            invalid=sum(batch["quarantined"] for batch in batches),
            job_seconds=sum(batch["seconds"] for batch in batches),
        )


@dataclass(frozen=True)
class Peer:
    """A script of `peers/`."""

    name: str
    label: str
    script: str
    needs: str
    arguments: tuple[str, ...] = ()

    def command(self, landing: Landing, out: Path) -> list[str]:
        script = str(PEERS / self.script)
        return [sys.executable, script, landing.glob, str(out), *self.arguments]

    def outcome(self, stdout: str) -> Outcome:
        return Outcome(**json.loads(stdout.strip().splitlines()[-1]))


Contender = Engine | Peer

ENGINES: tuple[Engine, ...] = (
    Engine("duckdb", "duckdb"),
    Engine("spark", "spark", ("--master", SPARK_MASTER)),
    Engine("spark-rdd", "spark-rdd", ("--master", SPARK_MASTER)),
)
SCRIPTS: tuple[Peer, ...] = (
    Peer("duckdb-script", "DuckDB script", "duckdb_script.py", "duckdb"),
    Peer("duckdb-struct", "DuckDB struct script", "duckdb_script.py", "duckdb", ("--struct",)),
    Peer("pyspark-dataset", "PySpark DataFrame script", "pyspark_dataset.py", "pyspark"),
    Peer("pyspark-rdd", "PySpark RDD script", "pyspark_rdd.py", "pyspark"),
    Peer("dlt", "dlt", "dlt_pipeline.py", "dlt"),
    Peer("dlt-arrow", "dlt, Arrow", "dlt_pipeline.py", "dlt", ("--arrow",)),
)
# Each engine next to its peer, so that they meet the same weather on a shared machine.
CONTENDERS: tuple[Contender, ...] = (
    *(ENGINES[0], SCRIPTS[0], SCRIPTS[1]),
    *(ENGINES[1], SCRIPTS[2]),
    *(ENGINES[2], SCRIPTS[3]),
    *(SCRIPTS[4], SCRIPTS[5]),
)


def choose(only: str | None) -> list[Contender]:
    """The contenders named in *only* (commas between them), or all. Raises SystemExit."""
    if only is None:
        return list(CONTENDERS)
    known = {contender.name: contender for contender in CONTENDERS}
    names = [name.strip() for name in only.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"--only: no {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names]


def is_installed(contender: Contender) -> bool:
    return importlib.util.find_spec(contender.needs) is not None
