"""A reader of the lake on Spark: how many rows each batch has, again and again, as JSON lines.

Run as `python -m tests.flows.spark_reader LAKE DATASET STOP`: it reads until the file STOP is
there, and then prints all rows once, as the last line.
"""

import json
import sys
from pathlib import Path
from typing import Any

from reelhouse.spark.session import spark_session
from tests.reading import read


def main(lake: str, dataset: str, stop: Path) -> None:
    session = spark_session("local[1]", delta=True)
    for setting in ("spark.databricks.delta.snapshotPartitions", "spark.sql.shuffle.partitions"):
        session.conf.set(setting, 1)  # the table is small

    def rows() -> Any:
        return read(session, lake, dataset)

    done = False
    while not done:
        done = stop.exists()  # once more after the end
        counted = rows().groupBy("_batch_id").count().collect()
        print(json.dumps({row["_batch_id"]: row["count"] for row in counted}), flush=True)
    print(json.dumps([row.asDict() for row in rows().collect()], default=str))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
