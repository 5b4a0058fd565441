"""What this machine has, and what to install for the rest."""

import os
import platform
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from reelhouse.config import Settings
from reelhouse.contract.registry import load_all
from reelhouse.engines.session import why_no_spark
from reelhouse.errors import ReelhouseError
from reelhouse.storage import open_store


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: "missing" is something that only some commands need."""

    name: str
    state: Literal["ok", "missing", "failed"]
    text: str


def checks(settings: Settings) -> list[Check]:
    """Look at all that the commands need."""
    return [
        Check("python", "ok", platform.python_version()),
        Check("duckdb", "ok", version("duckdb")),
        Check("deltalake", "ok", version("deltalake")),
        _spark(),
        _java(),
        _contracts(settings),
        _landing(settings),
        _lake(settings),
        _room(),
    ]


def _spark() -> Check:
    try:
        return Check("spark", "ok", version("pyspark"))
    except ImportError:
        return Check(
            "spark", "missing", "for --engine spark and spark-rdd: pip install 'reelhouse[spark]'"
        )


def _java() -> Check:
    missing = why_no_spark()
    if missing:
        return Check("java", "missing", missing)
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    return Check("java", "ok", said.splitlines()[0] if said else java)


def _contracts(settings: Settings) -> Check:
    try:
        found = load_all(Path(settings.contracts) if settings.contracts else None)
    except ReelhouseError as error:
        return Check("contracts", "failed", str(error))
    return Check(
        "contracts", "ok", ", ".join(f"{each.dataset} {each.version}" for each in found.values())
    )


def _landing(settings: Settings) -> Check:
    try:
        store = open_store(settings.landing)
        next(iter(store.list()), None)
    except ReelhouseError as error:
        return Check("landing", "failed", str(error))
    local = store.local("")
    if local is not None and not local.is_dir():
        return Check(
            "landing",
            "missing",
            f"{store.root} is not there yet: put sources into {store.root}/<dataset>/",
        )
    return Check("landing", "ok", store.root)


def _lake(settings: Settings) -> Check:
    probe = f"_probe-{uuid.uuid4()}/probe"
    try:
        store = open_store(settings.lake)
        store.write(probe, b"probe")
        if store.read(probe) != b"probe":
            return Check("lake", "failed", f"{store.root} does not give back what was written")
        store.delete_folder(probe.partition("/")[0])
    except ReelhouseError as error:
        return Check("lake", "failed", str(error))
    return Check("lake", "ok", f"{store.root} can be written")


def _room() -> Check:
    free = shutil.disk_usage(os.environ.get("TMPDIR", "/tmp")).free
    state: Literal["ok", "failed"] = "ok" if free > 1 << 30 else "failed"
    return Check("scratch", state, f"{free / 1e9:.1f} GB free for what does not fit into memory")
