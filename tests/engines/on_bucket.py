"""Both Spark engines through the command line, and a reader, in one process and one session.

Run as `python -m tests.engines.on_bucket BUCKET DAY`: it takes the bucket's landing into the lakes
`spark` and `spark-rdd`, and prints, as JSON, what Spark reads of each: how many events, how many of
the day, and how many invalid records.
"""

import json
import sys
from typing import Any

from pyspark.sql import functions as F

from reelhouse.cli.main import run
from reelhouse.spark.session import spark_session
from tests.reading import read, read_quarantine

MASTER = "local[2]"
ENGINES = ("spark", "spark-rdd")


def main(bucket: str, day: str) -> int:
    session = spark_session(MASTER, delta=True, uris=[bucket])
    for setting in ("spark.databricks.delta.snapshotPartitions", "spark.sql.shuffle.partitions"):
        session.conf.set(setting, 1)  # the tables are small
    found = {}
    for engine in ENGINES:
        lake = f"{bucket}/{engine}"
        places = ("--landing", f"{bucket}/landing", "--lake", lake)
        status = run(["ingest", "--engine", engine, "--master", MASTER, *places])
        if status:
            return status
        events: Any = read(session, lake, "events")
        refused: Any = read_quarantine(session, lake, "events")
        found[engine] = [
            events.count(),
            events.where(F.col("event_date") == day).count(),
            refused.count(),
        ]
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
