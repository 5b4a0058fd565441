"""A Spark session for the engines and for readers of the lake."""

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

from reelhouse.errors import ReelhouseError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
}
"""What the engines need, on classic Spark and on a Spark Connect server."""

CLASSIC_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.log.level": "ERROR",
    "spark.sql.execution.pyspark.udf.simplifiedTraceback.enabled": "true",
}

DELTA_PACKAGE = "io.delta:delta-spark_4.2_2.13:4.4.0"
"""What Spark needs to read the lake; Maven Central has it, and Spark fetches it once."""

DELTA_SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}


def spark_session(
    master: str | None = None, remote: str | None = None, *, delta: bool = False
) -> "SparkSession":
    """The active Spark session, or a new one.

    `remote` is the URL of a Spark Connect server, `master` that of a cluster; with neither, and
    outside of spark-submit, Spark runs here on all processors. `delta` adds what it takes to read
    the lake. Raises ReelhouseError if Spark or Java is missing.
    """
    missing = why_no_spark(remote)
    if missing:
        raise ReelhouseError(missing)
    from pyspark.sql import SparkSession

    # Python workers must be this interpreter, with these packages.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    builder: Any = SparkSession.builder.appName("reelhouse")
    settings = dict(SETTINGS)
    if remote:
        builder = builder.remote(remote)
    else:
        settings |= CLASSIC_SETTINGS
        settings["spark.ui.showConsoleProgress"] = str(sys.stderr.isatty()).lower()
        if master or "SPARK_ENV_LOADED" not in os.environ:
            builder = builder.master(master or "local[*]")
            if (master or "local").startswith("local"):
                os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
                settings["spark.driver.memory"] = "2g"
        if delta:
            settings |= DELTA_SETTINGS | {"spark.jars.packages": DELTA_PACKAGE}
    for name, value in settings.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    return session


def why_no_spark(remote: str | None = None) -> str | None:
    """What is missing for Spark to run here, and how to mend it; None if nothing is."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "The Spark engines need PySpark: pip install 'reelhouse[spark]'"
    if remote or shutil.which("java") or _java_home():
        return None
    return (
        "The Spark engines need Java 17 or newer, and there is none: on Debian and Ubuntu, "
        "apt-get install openjdk-17-jre-headless; or set JAVA_HOME; or use --engine duckdb"
    )


def _java_home() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=os.path.join(home, "bin")) if home else None
