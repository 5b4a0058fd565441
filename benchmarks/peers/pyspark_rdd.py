"""Events from JSONL to Parquet with PySpark's RDD API by hand: orjson and plain Python checks.

python pyspark_rdd.py LANDING_GLOB OUT_DIR
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

import orjson
from pyspark import RDD
from pyspark.sql import SparkSession
from pyspark.sql.types import (
    ArrayType,
    DateType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

EVENTS = {
    "created",
    "viewed",
    "like",
    "dislike",
    "commented",
    "add_tags",
    "remove_tags",
    "share",
}
LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z
MOST = 2**63 - 1

SCHEMA = StructType(
    [
        StructField("user_id", LongType()),
        StructField("video_id", LongType()),
        StructField("event", StringType()),
        StructField("timestamp", TimestampType()),
        StructField("comment", StringType()),
        StructField("tags", ArrayType(StringType())),
        StructField("latitude", DoubleType()),
        StructField("longitude", DoubleType()),
        StructField("event_date", DateType()),
    ]
)

Row = tuple[Any, ...]


def open_session() -> SparkSession:
    return (
        SparkSession.builder.master("local[2]")
        .appName("events by hand, RDD")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .getOrCreate()
    )


def records_of(line: str) -> list[Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return [None]
    if isinstance(value, dict) and isinstance(value.get("events"), list):
        return value["events"]
    return [value]


def is_whole(value: Any, most: int = MOST) -> bool:
    return type(value) is int and 0 <= value <= most


def is_coordinate(value: Any, most: int) -> bool:
    return value is None or (type(value) in (int, float) and -most <= value <= most)


def is_text_list(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def is_valid(record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    get = record.get
    comment = get("comment")
    return (
        is_whole(get("user_id"))
        and is_whole(get("video_id"))
        and isinstance(get("event"), str)
        and get("event") in EVENTS
        and is_whole(get("timestamp"), LAST_SECOND)
        and (comment is None or isinstance(comment, str))
        and is_text_list(get("tags"))
        and is_coordinate(get("latitude"), 90)
        and is_coordinate(get("longitude"), 180)
    )


def to_float(value: float | None) -> float | None:
    return None if value is None else float(value)


def to_row(record: dict[str, Any]) -> Row:
    moment = datetime.fromtimestamp(record["timestamp"], UTC)
    day: date = moment.date()
    return (
        record["user_id"],
        record["video_id"],
        record["event"],
        moment,
        record.get("comment"),
        record.get("tags"),
        to_float(record.get("latitude")),
        to_float(record.get("longitude")),
        day,
    )


def valid_rows(lines: Iterable[str]) -> Iterator[Row]:
    for line in lines:
        if line.strip():
            for record in records_of(line):
                if is_valid(record):
                    yield to_row(record)


def invalid_records(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line.strip():
            for record in records_of(line):
                if not is_valid(record):
                    yield line


def write_valid(spark: SparkSession, lines: "RDD[str]", out: str) -> None:
    rows = spark.createDataFrame(lines.mapPartitions(valid_rows), SCHEMA, verifySchema=False)
    rows.write.partitionBy("event_date").parquet(f"{out}/valid")


def write_invalid(lines: "RDD[str]", out: str) -> None:
    lines.mapPartitions(invalid_records).saveAsTextFile(f"{out}/invalid")


def main(landing: str, out: str) -> dict[str, float]:
    spark = open_session()
    spark.sparkContext.setLogLevel("ERROR")
    started = time.perf_counter()
    lines = spark.sparkContext.textFile(landing)
    write_valid(spark, lines, out)
    write_invalid(lines, out)
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
