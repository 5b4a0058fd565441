"""The ingestion jobs on Spark, as `spark-submit` takes them: users, events, or any dataset.

    spark-submit deploy/jobs/ingest.py users --engine spark-rdd --landing gs://… --lake gs://…

The arguments are those of `reelhouse ingest`; without --engine it is `spark`. Where Reelhouse is not
installed, the archive that `python -m deploy.package spark` builds goes with the job:

    spark-submit --archives reelhouse-spark.tar.gz#reelhouse-packages deploy/jobs/ingest.py …
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from pyspark import SparkFiles
from pyspark.sql import SparkSession

PACKAGES = "reelhouse-packages"
"""The folder beside the job that Spark unpacks the archive into."""


def main(arguments: list[str]) -> int:
    """Run `reelhouse ingest` in the session that spark-submit opened, and return its status."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("REELHOUSE_ENGINE", "spark")
    session = SparkSession.builder.appName(" ".join(["reelhouse", *arguments[:1]])).getOrCreate()
    try:
        _use_packages(session)
        from reelhouse.cli.main import run

        return run(["ingest", *arguments])
    finally:
        session.stop()


def _use_packages(session: SparkSession) -> None:
    """Let this process and Spark's Python workers find what is in the archive, if there is one."""
    folder = _unpacked()
    if folder is None:
        if find_spec("reelhouse") is None:
            sys.exit(
                "Reelhouse is not installed here, and no archive came with the job: add "
                f"--archives reelhouse-spark.tar.gz#{PACKAGES}"
            )
        return
    wanted, here = (folder / "PYTHON").read_text().strip(), "{}.{}".format(*sys.version_info)
    if wanted != here:
        sys.exit(
            f"the archive is for Python {wanted}, and this is Python {here}: build it with "
            f"python -m deploy.package spark --python {here}"
        )
    sys.path.insert(0, str(folder))
    # a worker's folder is its executor's, where Spark unpacks archives too; in local mode the
    # worker is here
    paths = [f"./{PACKAGES}", str(folder)]
    environment = session.sparkContext.environment
    environment["PYTHONPATH"] = os.pathsep.join(
        [*paths, *filter(None, [environment.get("PYTHONPATH")])]
    )


def _unpacked() -> Path | None:
    """Where Spark unpacked the archive: in this folder on a cluster, else in one of its own."""
    for folder in (Path.cwd() / PACKAGES, Path(SparkFiles.getRootDirectory()) / PACKAGES):
        if (folder / "PYTHON").is_file():
            return folder
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
