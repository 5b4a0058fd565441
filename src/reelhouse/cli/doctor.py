"""What this machine has, and what to install for the rest. Nothing is fetched to find out."""

import os
import platform
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from reelhouse.config import Settings
from reelhouse.contract.registry import load_all, load_each
from reelhouse.errors import DatasetFailed, ReelhouseError
from reelhouse.lake.commit import open_table
from reelhouse.lake.conflicts import Conflict
from reelhouse.lake.layout import LEDGER
from reelhouse.lake.targets import all_conflicts
from reelhouse.landing.notices import Notices, look
from reelhouse.report import why_no_packages
from reelhouse.spark import jars
from reelhouse.spark.java import find_java, why_no_java, why_no_pyspark
from reelhouse.storage import BucketStore, Store, open_store

State = Literal["ok", "found", "missing", "failed"]

SCRATCH_BYTES = 1 << 30
"""What the engines may need for what does not fit into memory."""


PATIENCE = timedelta(seconds=4)
"""For how long a bucket is asked that does not answer."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    "found" is what should perhaps not be there, and "missing" what only some commands need.
    """

    name: str
    state: State
    text: str


def checks(settings: Settings) -> list[Check]:
    """Look at all that the commands need. A lake that is there is written to, and left clean."""
    return [
        Check("python", "ok", platform.python_version()),
        _package("duckdb"),
        _package("deltalake"),
        _spark(),
        _java(),
        *_jars(),
        _report(),
        _contracts(settings),
        _landing(settings),
        _lake(settings),
        _scratch(),
    ]


def notices_of(settings: Settings, found: Sequence[Check]) -> Notices | None:
    """What of landing no run takes; None where checks found that it can't be looked through."""
    folder = Path(settings.contracts) if settings.contracts else None
    if any(check.state != "ok" for check in found if check.name == "landing"):
        return None
    if folder is not None and not folder.is_dir():
        return None
    return look(_store(settings.landing), load_each(folder).names, settings.lake, folder)


def of_notices(notices: Notices) -> list[Check]:
    """The checks of what is in landing."""
    return [Check("strays", "found", line) for line in notices.lines()] or [
        Check("strays", "ok", "each file in landing belongs to a dataset")
    ]


def _package(package: str, name: str | None = None) -> Check:
    return Check(name or package, "ok", version(package))


def _spark() -> Check:
    missing = why_no_pyspark()
    return Check("spark", "missing", missing) if missing else _package("pyspark", "spark")


def _java() -> Check:
    missing = why_no_java()
    if missing:
        return Check("java", "missing", missing)
    java = find_java()
    return Check("java", "ok", f"{java.said} ({java.path})" if java else "")


def _jars() -> list[Check]:
    """Whether there is what Spark needs to read the lake, and buckets."""
    return [
        _jar_set("delta jar", jars.DELTA, "to read the lake with Spark"),
        _jar_set("s3 jars", jars.S3, "to read S3 with Spark"),
        _jar_set("gcs jar", jars.GCS, "to read GCS with Spark"),
    ]


def _jar_set(name: str, jar_set: jars.JarSet, purpose: str) -> Check:
    try:
        if jar_set.folder.is_dir():
            return Check(name, "ok", str(jar_set.folder))
    except ReelhouseError as error:
        return Check(name, "missing", str(error))
    return Check(
        name,
        "missing",
        f"{purpose}: fetched from Maven Central at the first use ({jar_set.megabytes} MB, once), "
        f"or now, with python -m reelhouse.spark.fetch {jar_set.word}",
    )


def _report() -> Check:
    missing = why_no_packages()
    return Check("report", "missing", missing) if missing else _package("altair", "report")


def _contracts(settings: Settings) -> Check:
    try:
        found = load_all(Path(settings.contracts) if settings.contracts else None)
    except ReelhouseError as error:
        return Check("contracts", "failed", str(error))
    return Check(
        "contracts", "ok", ", ".join(f"{each.dataset} {each.version}" for each in found.values())
    )


def _store(root: str) -> Store:
    """The store of landing or lake. Of a bucket, an answer is expected within seconds."""
    store = open_store(root)
    return store if store.local("") else BucketStore(root, PATIENCE)


def _landing(settings: Settings) -> Check:
    try:
        store = _store(settings.landing)
        next(iter(store.list()), None)
    except ReelhouseError as error:
        return Check("landing", "failed", str(error))
    local = store.local("")
    if local is None or local.is_dir():
        return Check("landing", "ok", store.root)
    if local.exists():
        return Check("landing", "failed", f"{store.root} is no folder: name one with --landing")
    return Check(
        "landing",
        "missing",
        f"{store.root} is not there yet: put sources into <landing>/<dataset>/, or name another "
        "folder with --landing",
    )


def _lake(settings: Settings) -> Check:
    try:
        store = _store(settings.lake)
        local = store.local("")
        if local is not None and not local.exists():
            return _to_be_made(local)
        tried = _tried(store)
        open_table(store.uri(LEDGER))  # raises for one of a newer format
        return tried
    except ReelhouseError as error:
        return Check("lake", "failed", str(error))


def _tried(store: Store) -> Check:
    probe = f"_probe-{uuid.uuid4()}/probe"
    store.write(probe, b"probe")
    given_back = store.read(probe)
    store.delete_folder(probe.partition("/")[0])
    if given_back != b"probe":
        return Check("lake", "failed", f"{store.root} does not give back what was written")
    return Check("lake", "ok", f"{store.root} can be written")


def _to_be_made(lake: Path) -> Check:
    above = next(each for each in lake.parents if each.exists())
    if above.is_dir() and os.access(above, os.W_OK):
        return Check("lake", "ok", f"{lake} is not there yet, and can be made")
    return Check("lake", "failed", f"{lake} can't be made: {above} is no folder to write in")


def fit(settings: Settings) -> tuple[Check, list[Conflict]]:
    """Whether each contract fits the tables that it would go into, and where it does not."""
    failures: list[DatasetFailed] = []
    try:
        contracts = load_each(Path(settings.contracts) if settings.contracts else None)
        conflicts = all_conflicts(open_store(settings.lake), contracts.values(), failures.append)
    except ReelhouseError as error:
        return Check("tables", "failed", str(error)), []
    wrong = [*map(str, failures), *(f"{each.dataset}: {each}" for each in conflicts)]
    if wrong:
        return Check("tables", "failed", "\n".join(wrong)), conflicts
    return Check("tables", "ok", "those that are there fit their contracts"), []


def _scratch() -> Check:
    try:
        folder = tempfile.gettempdir()
    except OSError as error:
        return Check("scratch", "failed", f"{error.strerror}: set TMPDIR")
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB free in {folder} for what does not fit into memory"
    if free < SCRATCH_BYTES:
        return Check("scratch", "failed", f"only {said}: set TMPDIR to a folder with more")
    return Check("scratch", "ok", said)
