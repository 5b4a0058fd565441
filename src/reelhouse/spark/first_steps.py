"""A little of all that Reelhouse asks of Spark, for `archive` to see which classes that takes.

    python -m reelhouse.spark.first_steps FOLDER

works in an empty folder, and waits until the JVM has ended, which then writes its archive.
"""

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake
from pyspark import SparkContext
from pyspark.sql import Window
from pyspark.sql import functions as F

from reelhouse.spark.session import spark_session


def take(folder: Path) -> None:
    """Do a little of all that Reelhouse asks of Spark, so that its classes are loaded."""
    rows = pa.table({"id": [1, 2, 3], "day": ["a", "b", "b"], "tags": [["x"], None, ["x", "y"]]})
    write_deltalake(str(folder / "table"), rows, partition_by=["day"])
    (folder / "lines.txt").write_text('{"id": 1}\n{"id": "a"}\n')
    session = spark_session("local[1]", delta=True)
    table = session.read.format("delta").load(str(folder / "table"))
    lines = session.read.option("lineSep", "\n").text(str(folder / "lines.txt"))
    parsed = lines.select(F.from_json("value", "id long").alias("record"), "value")
    digits = parsed.where(F.col("value").rlike("[0-9]")).select("record.id", "value")
    digits.mapInArrow(lambda batches: batches, "id long, value string").collect()
    by_day = Window.partitionBy("day").orderBy(F.desc("id"))
    placed = table.withColumn("place", F.row_number().over(by_day))
    counted = placed.groupBy("day").agg(F.count("*").alias("n"), F.countDistinct("id"))
    placed.join(counted, "day").orderBy("id").limit(2).toArrow()
    session.sparkContext.textFile(str(folder / "lines.txt")).mapPartitions(list).count()
    gateway: Any = SparkContext._gateway
    session.stop()
    gateway.proc.stdin.close()  # then it ends, and writes the archive
    gateway.proc.wait()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
