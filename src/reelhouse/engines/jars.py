"""What Spark is told and given so that it reads Delta Lake and buckets.

The jars come from Maven Central: Spark fetches them once, by `spark.jars.packages`. Only reading
needs them. What is written goes through `obstore`, a whole file in one request, so there is no
committer to choose: no file of a bucket is ever renamed.

    python -m reelhouse.engines.jars s3 gs delta

prints the same as options of spark-submit, for the stores named and, with `delta`, for reading the
lake: for jobs that spark-submit starts, and for a Spark Connect server.
"""

import os
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from reelhouse.errors import WrongUse
from reelhouse.storage import gcs_endpoint, s3_endpoint

DELTA = "io.delta:delta-spark_4.2_2.13:4.4.0"
"""What Spark needs to read the lake."""

_SDK = "2.35.4"
S3 = (
    "org.apache.hadoop:hadoop-aws:3.5.0",
    # a few parts of AWS's SDK, 19 MB, in place of its bundle, 690 MB
    *(
        f"software.amazon.awssdk:{part}:{_SDK}"
        for part in ("s3", "s3-transfer-manager", "sts", "apache-client", "netty-nio-client")
    ),
)
S3_BUNDLE = "software.amazon.awssdk:bundle"
GCS = "com.google.cloud.bigdataoss:gcs-connector:4.0.4"

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


def packages(uris: Iterable[str], delta: bool) -> list[str]:
    """The Maven coordinates of the jars that it takes to read from these places."""
    schemes = set(map(scheme, uris))
    found = [DELTA] if delta else []
    if "s3" in schemes:
        found += S3
    if "gs" in schemes:
        found.append(GCS)
    return found


def package_settings(uris: Iterable[str], delta: bool) -> dict[str, str]:
    """How a Spark that is started here gets these jars."""
    wanted = packages(uris, delta)
    if not wanted:
        return {}
    settings = {"spark.jars.packages": ",".join(wanted)}
    if S3[0] in wanted:
        settings["spark.jars.excludes"] = S3_BUNDLE
    if GCS in wanted:
        settings["spark.jars.ivySettings"] = str(files("reelhouse.engines") / "ivysettings.xml")
    return settings


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


def is_cached(coordinates: str) -> bool:
    """Whether Spark has fetched a jar already."""
    group, name, number = coordinates.split(":")
    return any(Path.home().glob(f".ivy2*/jars/{group}_{name}-{number}.jar"))


def submit_options(words: Iterable[str]) -> list[str]:
    """The options of spark-submit for the stores `s3` and `gs`, and for `delta`.

    Raises WrongUse for another word.
    """
    words = list(words)
    if not words or set(words) - {"s3", "gs", "delta"}:
        raise WrongUse("name what Spark is to read: one or more of s3, gs and delta")
    uris, delta = [f"{word}://" for word in words if word != "delta"], "delta" in words
    settings = package_settings(uris, delta) | store_settings(uris) | executor_settings()
    if delta:
        settings |= DELTA_SETTINGS
    return [each for name, value in settings.items() for each in ("--conf", f"{name}={value}")]


if __name__ == "__main__":
    try:
        print("\n".join(submit_options(sys.argv[1:])))
    except WrongUse as wrong:
        print(f"python -m reelhouse.engines.jars: {wrong}", file=sys.stderr)
        sys.exit(2)
