"""A class-data archive: Spark's classes as a JVM has read and checked them, for the next to map.

To read them anew is half of what it takes a session to start and to answer something small. The
archive stands in the Python environment that has PySpark, for it is of no use to another; `python
-m reelhouse.spark.fetch` makes it. Each JVM looks whether it was made by one of its kind, from the
same jars, and passes over one that was not.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.spark.java import find_java

OPTIONS = "SPARK_SUBMIT_OPTS"
"""The variable from which Spark's scripts take options of the JVM that they start."""

QUIET = "-Xlog:cds*=off -Xlog:class+path=off"
"""Nobody is told of an archive that does not fit: that costs time, and nothing else."""

UNFINISHED = ".classes-"
SECONDS = 300


def folder() -> Path:
    """Where archives are: in the environment, and each of them of no use to another."""
    return Path(sys.prefix) / "share" / "reelhouse"


def find() -> Path | None:
    """The archive for this machine's Java and PySpark, or None if there is none that is whole.

    Java would not start with one that was cut off, so its size is a part of its name.
    """
    whole = (path for path in folder().glob(f"classes-{_made_of()}-*.jsa") if _is_whole(path))
    return next(whole, None)


def _is_whole(path: Path) -> bool:
    return path.stat().st_size == int(path.stem.rpartition("-")[2])


def _made_of() -> str:
    import pyspark

    java = find_java()
    of = "" if java is None else f"{os.path.realpath(java.path)}\n{java.said}"
    return sha256(f"{of}\n{pyspark.__version__}".encode()).hexdigest()[:8]


def use() -> None:
    """Let the JVMs that Spark's scripts start from here on map the archive, if there is one."""
    options = os.environ.get(OPTIONS, "")
    if "-XX:SharedArchiveFile" in options:
        return
    archive = find()
    if archive is not None:
        os.environ[OPTIONS] = f'{options} "-XX:SharedArchiveFile={archive}" {QUIET}'.strip()


def make() -> None:
    """Make the archive in its folder, in place of those of an older Java or PySpark.

    Raises ReelhouseError if the JVM wrote none, and OSError if the environment can't keep it.
    """
    for left in folder().glob(f"{UNFINISHED}*"):  # of one who was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=folder(), prefix=UNFINISHED) as name:
        made = Path(name) / "classes.jsa"
        options = f'{os.environ.get(OPTIONS, "")} "-XX:ArchiveClassesAtExit={made}" {QUIET}'
        try:
            done = subprocess.run(
                [sys.executable, "-m", "reelhouse.spark.first_steps", name],
                env={**os.environ, OPTIONS: options.strip()},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ReelhouseError(
                f"Java wrote no archive of Spark's classes within {SECONDS} seconds"
            ) from None
        if done.returncode or not made.is_file():
            said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
            raise ReelhouseError(f"Java wrote no archive of Spark's classes: {said[-1]}")
        with made.open("rb") as file:
            os.fsync(file.fileno())
        for older in folder().glob("classes-*.jsa"):
            older.unlink()
        made.rename(folder() / f"classes-{_made_of()}-{made.stat().st_size}.jsa")
