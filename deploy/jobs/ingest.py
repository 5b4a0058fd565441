"""The ingestion jobs on Spark, as `spark-submit` takes them: users, events, or any dataset.

    spark-submit deploy/jobs/ingest.py users --engine spark-rdd --landing gs://… --lake gs://…

The arguments are those of `reelhouse ingest`; without --engine it is `spark`. Where Reelhouse is
not installed, the archive that `python -m deploy.package spark` builds goes with the job:

    spark-submit --archives reelhouse-spark.tar.gz#reelhouse-packages deploy/jobs/ingest.py …
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from pyspark import SparkConf, SparkContext, SparkFiles
from pyspark.sql import SparkSession

PACKAGES = "reelhouse-packages"
"""The folder that Spark unpacks the archive into, beside each executor and beside the driver."""

WORKERS_PATH = "spark.executorEnv.PYTHONPATH"


def main(arguments: list[str]) -> int:
    """Run `reelhouse ingest` on the cluster that the job was submitted to; return its status."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("REELHOUSE_ENGINE", "spark")
    _find_packages()
    from reelhouse import run_command

    return run_command(["ingest", *arguments])


def _find_packages() -> None:
    """Let this process and Spark's Python workers import what is in the archive, if there is one.

    A worker's working folder is its executor's, where Spark unpacks archives. So it is for the
    driver where that runs on the cluster; elsewhere Spark unpacks them only once it has started.
    """
    here = Path.cwd() / PACKAGES
    if here.is_dir():
        _import_from(here)
    SparkContext.setSystemProperty(WORKERS_PATH, f"./{PACKAGES}")
    if find_spec("reelhouse") is None:
        if f"#{PACKAGES}" not in SparkConf().get("spark.archives", ""):
            sys.exit(
                "Reelhouse is not installed here, and no archive came with the job: add "
                f"--archives reelhouse-spark.tar.gz#{PACKAGES}"
            )
        session = SparkSession.builder.appName("reelhouse").getOrCreate()
        unpacked = Path(SparkFiles.getRootDirectory()) / PACKAGES
        _import_from(unpacked)
        # with the master local[…] the workers are here too
        environment = session.sparkContext.environment
        environment["PYTHONPATH"] = os.pathsep.join([f"./{PACKAGES}", str(unpacked)])


def _import_from(folder: Path) -> None:
    try:
        wanted = (folder / "PYTHON").read_text().strip()
    except OSError as error:
        sys.exit(
            f"{folder} is not what an archive of Reelhouse holds ({error.strerror}: PYTHON): build "
            "one with python -m deploy.package spark"
        )
    here = "{}.{}".format(*sys.version_info)
    if wanted != here:
        sys.exit(
            f"the archive is for Python {wanted}, and this is Python {here}: build it with "
            f"python -m deploy.package spark --python {here}"
        )
    sys.path.insert(0, str(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
