"""What Spark is told and given so that it reads Delta Lake and buckets.

The jars come from Maven Central, and are fetched once, into a cache of Reelhouse's own (`fetch`).
Only reading needs them. What is written goes through `obstore`, a whole file in one request, so
there is no committer to choose: no file of a bucket is ever renamed.

`python -m reelhouse.spark.jars` prints the same as options of spark-submit.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.storage import gcs_endpoint, s3_endpoint

CACHE = "REELHOUSE_JARS"
"""The variable that may name another folder for the jars, such as one that an image ships."""


@dataclass(frozen=True)
class JarSet:
    """The jars for one purpose: Maven coordinates, those that they bring along and are left out."""

    word: str
    title: str
    packages: tuple[str, ...]
    megabytes: int
    excludes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its jars are, all of them, once they are fetched."""
        version = self.packages[0].rpartition(":")[2]
        digest = sha256(" ".join((*self.packages, "-", *self.excludes)).encode()).hexdigest()
        return cache() / f"{self.word}-{version}-{digest[:8]}"


DELTA = JarSet("delta", "Delta Lake for Spark", ("io.delta:delta-spark_4.2_2.13:4.4.0",), 87)
_SDK = "2.35.4"
S3 = JarSet(
    "s3",
    "Spark's connector for S3",
    (
        "org.apache.hadoop:hadoop-aws:3.5.0",
        # a few parts of AWS's SDK, 19 MB, in place of its bundle, 690 MB
        *(
            f"software.amazon.awssdk:{part}:{_SDK}"
            for part in ("s3", "s3-transfer-manager", "sts", "apache-client", "netty-nio-client")
        ),
    ),
    19,
    ("software.amazon.awssdk:bundle",),
)
GCS = JarSet(
    "gs",
    "Spark's connector for GCS",
    ("com.google.cloud.bigdataoss:gcs-connector:4.0.4",),
    39,
)
SETS = {jar_set.word: jar_set for jar_set in (DELTA, S3, GCS)}
"""All that Spark may need, by the words of the commands."""

IVY_SETTINGS = Path(str(files("reelhouse.spark") / "ivysettings.xml")).as_uri()

DELTA_SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}

HADOOP = "spark.hadoop."

S3_SETTINGS = {
    "fs.s3a.aws.credentials.provider": (
        "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
    ),
}

GCS_SETTINGS = {
    "fs.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem",
    "fs.AbstractFileSystem.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFS",
    "fs.gs.auth.type": "APPLICATION_DEFAULT",
    # Hadoop's own defaults for these have units ("64m"), which Google's connector can't read
    "fs.gs.block.size": "67108864",
    "fs.gs.outputstream.buffer.size": "8388608",
    "fs.gs.inputstream.min.range.request.size": "2097152",
    "fs.gs.inputstream.inplace.seek.limit": "8388608",
    "fs.gs.rewrite.max.chunk.size": "536870912",
}

ENVIRONMENT = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "GOOGLE_BASE_URL",
    "STORAGE_EMULATOR_HOST",
)
"""What executors are told of the stores: where they are, and nothing secret."""


def scheme(uri: str) -> str:
    """The scheme of a URI, and nothing for a path."""
    return uri.partition("://")[0] if "://" in uri else ""


def cache() -> Path:
    """The folder of the sets of jars. Raises ReelhouseError if there is no home to have it in."""
    if os.environ.get(CACHE):
        return Path(os.environ[CACHE]).absolute()
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError as error:
        raise ReelhouseError(f"{error}: let {CACHE} name a folder for Spark's jars") from error
    return Path(home).absolute() / "reelhouse" / "jars"


def needed(uris: Iterable[str], delta: bool) -> list[JarSet]:
    """The sets of jars that it takes to read from these places, and to read the lake."""
    schemes = set(map(scheme, uris))
    return [DELTA] * delta + [SETS[word] for word in ("s3", "gs") if word in schemes]


def package_settings(sets: Iterable[JarSet]) -> dict[str, str]:
    """How Spark fetches these sets itself, each time anew or from its own cache."""
    sets = list(sets)
    settings = {"spark.jars.packages": ",".join(name for each in sets for name in each.packages)}
    excludes = [name for jar_set in sets for name in jar_set.excludes]
    if excludes:
        settings["spark.jars.excludes"] = ",".join(excludes)
    if GCS in sets:
        settings["spark.jars.ivySettings"] = IVY_SETTINGS
    return settings


def spark_default(name: str) -> str | None:
    """What the user's spark-defaults.conf says of a setting of Spark's, if anything."""
    from pyspark.find_spark_home import _find_spark_home

    folder = os.environ.get("SPARK_CONF_DIR") or os.path.join(_find_spark_home(), "conf")
    path = Path(folder) / "spark-defaults.conf"
    text = path.read_text(errors="replace") if path.is_file() else ""
    values = re.findall(rf"^[ \t]*{re.escape(name)}[ \t=:]+(.*?)\s*$", text, re.MULTILINE)
    return values[-1] if values else None


def store_settings(uris: Iterable[str]) -> dict[str, str]:
    """How Spark reaches the stores of these places: addresses, and the cloud's own credentials."""
    schemes = set(map(scheme, uris))
    found: dict[str, str] = {}
    if "s3" in schemes:
        found |= S3_SETTINGS | _s3_address()
    if "gs" in schemes:
        found |= GCS_SETTINGS | _gcs_address()
    return {HADOOP + name: value for name, value in found.items()}


def executor_settings() -> dict[str, str]:
    """What the Python workers on a cluster, which write to the lake, are told of the stores."""
    return {
        f"spark.executorEnv.{name}": os.environ[name]
        for name in ENVIRONMENT
        if os.environ.get(name)
    }


def _s3_address() -> dict[str, str]:
    endpoint = s3_endpoint()
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    found = {"fs.s3a.endpoint.region": region} if region else {}
    if endpoint:
        found["fs.s3a.endpoint"] = endpoint
        found["fs.s3a.path.style.access"] = "true"
        found["fs.s3a.connection.ssl.enabled"] = str(endpoint.startswith("https://")).lower()
        found.setdefault("fs.s3a.endpoint.region", "us-east-1")
    return found


def _gcs_address() -> dict[str, str]:
    endpoint, signed = gcs_endpoint()
    found = {} if endpoint is None else {"fs.gs.storage.root.url": endpoint.rstrip("/") + "/"}
    if not signed:
        # what an emulator can't do: folders of its own, moving an object
        found |= {
            "fs.gs.auth.type": "UNAUTHENTICATED",
            "fs.gs.hierarchical.namespace.folders.enable": "false",
            "fs.gs.operation.move.enable": "false",
        }
    return found
