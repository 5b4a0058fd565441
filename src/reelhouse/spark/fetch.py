"""Fetch what Spark reads Delta Lake and buckets with, once for all processes of a machine.

    python -m reelhouse.spark.fetch [delta|s3|gs|classes …]

fetches beforehand what would else be fetched when it is first needed, and makes the archive of
classes with which Spark starts sooner (`archive`).

Spark itself finds out which jars there are to a package, and downloads them, with Ivy. Ivy's cache
knows nothing of other processes, so each fetch has one of its own, under a lock, in a temporary
folder that is renamed when all is there: a set of jars is whole, or not there.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.spark import archive, jars
from reelhouse.spark.jars import JarSet
from reelhouse.spark.java import why_no_java, why_no_pyspark

TRIES = 3
PAUSE_SECONDS = 2
"""Before the second try, and twice that before the third."""

PATIENCE_SECONDS = 3
"""For so long another process is waited for without a word."""

LOCK = ".lock"
CLASSES = "classes"
UNFINISHED = ".unfinished"

REASONS = (
    r"Server access error at url .*",
    r"Host \S+ not found.*",
    r'(?<=Exception in thread "main" ).*',
    r"\S.*",
)
"""What tells best why Ivy failed, among all that it says."""

LONGEST_REASON = 300


def local_jars(sets: Iterable[JarSet], tell: Callable[[str], None]) -> list[str]:
    """The URIs of the jars of these sets, each name once; they are fetched if they are not here.

    `tell` gets a line for people where it takes long. Raises ReelhouseError if they can't be.
    """
    by_name: dict[str, Path] = {}
    for jar_set in sets:
        fetch(jar_set, tell)
        for path in sorted(jar_set.folder.glob("*.jar")):
            by_name.setdefault(path.name, path)
    return [path.as_uri() for path in by_name.values()]


def fetch(jar_set: JarSet, tell: Callable[[str], None] = lambda line: None) -> None:
    """Fetch a set of jars, unless it is here. Raises ReelhouseError if that fails."""
    if jar_set.folder.is_dir():
        return
    if lacking := _lacking():
        raise ReelhouseError(lacking)
    folder = jars.cache()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / LOCK, tell) as lock:
            if not jar_set.folder.is_dir():
                tell(f"Fetching {jar_set.title} ({jar_set.megabytes} MB, once)")
                _fetch(jar_set, folder / UNFINISHED, lock)
    except OSError as error:
        raise ReelhouseError(
            f"{folder} can't keep {jar_set.title}: {error.strerror}: mend that, or let "
            f"{jars.CACHE} name another folder"
        ) from error


def _lacking() -> str | None:
    """What of PySpark and Java is missing, and how to mend it."""
    return why_no_pyspark() or why_no_java()


def archive_classes(tell: Callable[[str], None] = lambda line: None) -> None:
    """Archive Spark's classes, unless that was done. Raises ReelhouseError if it fails."""
    if lacking := _lacking():
        raise ReelhouseError(lacking)
    fetch(jars.DELTA, tell)
    if archive.find() is not None:
        return
    try:
        archive.folder().mkdir(parents=True, exist_ok=True)
        with _locked(archive.folder() / LOCK, tell):
            if archive.find() is None:
                tell("Archiving Spark's classes (190 MB, once), so that it starts sooner")
                archive.make()
    except OSError as error:
        raise ReelhouseError(
            f"{archive.folder()} can't keep an archive of Spark's classes: {error.strerror}: Spark "
            "runs without it too, and starts more slowly"
        ) from error


@contextmanager
def _locked(path: Path, tell: Callable[[str], None]) -> Iterator[int]:
    """Hold a lock that processes share; yields its descriptor. It ends with those who hold it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        tell_at = time.monotonic() + PATIENCE_SECONDS
        while not _is_taken(lock):
            if time.monotonic() > tell_at:
                tell("Waiting for another process, which fetches jars for Spark")
                tell_at = float("inf")
            time.sleep(0.1)
        yield lock
        fcntl.flock(lock, fcntl.LOCK_UN)
    finally:
        os.close(lock)


def _is_taken(lock: int) -> bool:
    """Take a lock, if it is free."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fetch(jar_set: JarSet, unfinished: Path, lock: int) -> None:
    """Fetch a set of jars into a folder beside its own, which then gets its name."""
    for tried in range(TRIES):
        time.sleep(tried * PAUSE_SECONDS)
        if unfinished.exists():  # of the last try, or of a fetch that was killed
            shutil.rmtree(unfinished)
        submitted = _submit(jar_set, unfinished, lock)
        if submitted.returncode == 0:
            break
    else:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise ReelhouseError(
            f"Spark could not fetch {jar_set.title}: {_reason(submitted.stdout)}: mend the way to "
            "Maven Central, or let DEFAULT_ARTIFACT_REPOSITORY name a mirror, or "
            f"{jars.CACHE} a folder that python -m reelhouse.spark.fetch filled elsewhere"
        )
    fetched = unfinished / "jars"
    for path in fetched.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    fetched.rename(jar_set.folder)
    shutil.rmtree(unfinished)


def _submit(jar_set: JarSet, ivy: Path, lock: int) -> "subprocess.CompletedProcess[str]":
    """Let spark-submit fetch a set of jars for a main class that only prints Hadoop's version.

    It gets the lock too: if this process is killed, nobody else begins before that one has ended.
    """
    from pyspark.find_spark_home import _find_spark_home

    settings = jars.package_settings([jar_set]) | {"spark.jars.ivy": str(ivy)}
    own = jars.spark_default("spark.jars.ivySettings") or jars.IVY_SETTINGS
    settings.setdefault("spark.jars.ivySettings", own)
    packages = settings.pop("spark.jars.packages")
    script = os.path.join(_find_spark_home(), "bin", "spark-submit")
    if not os.path.exists(script):
        raise ReelhouseError(f"{script} is not there: correct SPARK_HOME")
    return subprocess.run(
        [
            script,
            # what spark-defaults.conf may have for jobs
            *("--master", "local", "--deploy-mode", "client", "--jars", ""),
            *("--packages", packages),
            *(part for name, value in settings.items() for part in ("--conf", f"{name}={value}")),
            *("--class", "org.apache.hadoop.util.VersionInfo", "spark-internal"),
        ],
        env={name: value for name, value in os.environ.items() if name != "SPARK_REMOTE"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(lock,),
        check=False,
    )


def _reason(said: str) -> str:
    """Why spark-submit failed, in one line."""
    found = (re.search(reason, said) for reason in REASONS)
    line = next((match[0].strip() for match in found if match), "it said nothing")
    return line if len(line) <= LONGEST_REASON else f"{line[:LONGEST_REASON]}…"


def main(arguments: list[str]) -> int:
    """Fetch sets of jars and say so; return the exit status: 0 they are here, 1 they are not."""
    from rich.console import Console

    parser = argparse.ArgumentParser(
        prog="python -m reelhouse.spark.fetch",
        description="Fetch what Spark reads Delta Lake, S3 and GCS with.",
    )
    steps = {word: (each.title, partial(fetch, each)) for word, each in jars.SETS.items()}
    steps[CLASSES] = ("Spark's classes", partial(archive_classes))
    parser.add_argument("words", nargs="*", metavar="|".join(steps), help="default: all of them")
    # the jars may be here all the same, and then there is nothing to say
    words = parser.parse_args(arguments).words or (jars.SETS if _lacking() else steps)
    unknown = [word for word in words if word not in steps]
    if unknown:
        parser.error(f"{unknown[0]} is none of {', '.join(steps)}")
    try:
        for word in words:
            title, take = steps[word]
            with Console(stderr=True).status(title):
                take(partial(print, flush=True))
    except ReelhouseError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    places = [jars.cache()] * any(word in jars.SETS for word in words)
    places += [archive.folder()] * (CLASSES in words)
    print(f"What Spark needs for {', '.join(words)} is in {' and '.join(map(str, places))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
