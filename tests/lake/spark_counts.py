"""How many rows of a dataset Spark finds with each of some conditions, as one line of JSON.

Run as `python -m tests.lake.spark_counts LAKE DATASET CONDITION…`.
"""

import json
import sys
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.functions import lit

from reelhouse.engines.session import spark_session
from reelhouse.lake.read import read


def main(lake: str, dataset: str, conditions: list[str]) -> None:
    session = spark_session("local[1]", delta=True)
    for setting in ("spark.databricks.delta.snapshotPartitions", "spark.sql.shuffle.partitions"):
        session.conf.set(setting, 1)  # the table is small
    found: Any = read(session, lake, dataset)
    # one job for all, and each condition prunes for itself
    each = [found.filter(condition).select(lit(condition).alias("c")) for condition in conditions]
    counted = reduce(DataFrame.union, each).groupBy("c").count().collect()
    print(json.dumps({row["c"]: row["count"] for row in counted}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
