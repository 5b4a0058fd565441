"""Events from JSONL to Parquet with PySpark's DataFrame API by hand.

python pyspark_dataset.py LANDING_GLOB OUT_DIR
"""

import json
import os
import sys
import time

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
)

EVENTS = (
    "created",
    "viewed",
    "like",
    "dislike",
    "commented",
    "add_tags",
    "remove_tags",
    "share",
)
LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z

EVENT_FIELDS = [
    StructField("user_id", LongType()),
    StructField("video_id", LongType()),
    StructField("event", StringType()),
    StructField("timestamp", LongType()),
    StructField("comment", StringType()),
    StructField("tags", ArrayType(StringType())),
    StructField("latitude", DoubleType()),
    StructField("longitude", DoubleType()),
]
# A line is an event, or an envelope {"events": [...]}.
LINE = StructType(
    [
        *EVENT_FIELDS,
        StructField("events", ArrayType(StructType(EVENT_FIELDS))),
        StructField("_corrupt_record", StringType()),
    ]
)


def open_session() -> SparkSession:
    return (
        SparkSession.builder.master("local[2]")
        .appName("events by hand")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .getOrCreate()
    )


def read_records(spark: SparkSession, landing: str) -> DataFrame:
    lines = spark.read.text(landing).where(F.trim("value") != "")
    parsed = lines.select("value", F.from_json("value", LINE).alias("line"))
    names = [field.name for field in EVENT_FIELDS]
    alone = F.array(F.struct(*[F.col(f"line.{name}").alias(name) for name in names]))
    return parsed.select(
        "value",
        (F.col("line.events").isNull() & F.col("line._corrupt_record").isNotNull()).alias("broken"),
        F.explode(F.coalesce("line.events", alone)).alias("record"),
    ).select("value", "broken", "record.*")


def is_valid() -> Column:
    rules = [
        ~F.col("broken"),
        F.col("user_id") >= 0,
        F.col("video_id") >= 0,
        F.col("event").isin(*EVENTS),
        F.col("timestamp").between(0, LAST_SECOND),
        F.col("latitude").isNull() | F.col("latitude").between(-90, 90),
        F.col("longitude").isNull() | F.col("longitude").between(-180, 180),
        F.col("tags").isNull() | F.forall("tags", lambda tag: tag.isNotNull()),
    ]
    verdict = rules[0]
    for rule in rules[1:]:
        verdict = verdict & rule
    return F.coalesce(verdict, F.lit(False))


def write_valid(records: DataFrame, out: str) -> None:
    (
        records.where(is_valid())
        .drop("value", "broken")
        .withColumn("timestamp", F.timestamp_seconds("timestamp"))
        .withColumn("event_date", F.to_date("timestamp"))
        .write.partitionBy("event_date")
        .parquet(f"{out}/valid")
    )


def write_invalid(records: DataFrame, out: str) -> None:
    records.where(~is_valid()).select("value").write.text(f"{out}/invalid")


def main(landing: str, out: str) -> dict[str, float]:
    spark = open_session()
    spark.sparkContext.setLogLevel("ERROR")
    started = time.perf_counter()
    records = read_records(spark, landing)
    write_valid(records, out)
    write_invalid(records, out)
    seconds = time.perf_counter() - started
    valid = spark.read.parquet(f"{out}/valid").count()
    invalid = spark.read.text(f"{out}/invalid").count()
    spark.stop()
    return {
        "records": valid + invalid,
        "valid": valid,
        "invalid": invalid,
        "job_seconds": round(seconds, 3),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2])))
