"""Into how many parts Spark cuts its work on a lake."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyspark.sql import SparkSession

PARTITIONS = "spark.sql.shuffle.partitions"
DELTA_PARTITIONS = "spark.databricks.delta.snapshotPartitions"
PART_BYTES, PART_FILES = 8 << 20, 2000
"""How many bytes of Parquet, and how many files of a Delta log, are worth a part of their own."""


@contextmanager
def sized(session: SparkSession, events: DeltaTable | None) -> Iterator[None]:
    """Let Spark cut its work into as many parts as the events are worth, if nobody has said it.

    By its defaults, which are for big data, a small lake is asked in hundreds of tiny tasks.
    """
    if events is None:
        yield
        return
    files = pa.table(events.get_add_actions(flatten=True))
    size = pc.sum(files["size_bytes"]).as_py() or 0
    wanted = {
        PARTITIONS: (200, max(4, size // PART_BYTES)),
        DELTA_PARTITIONS: (50, max(2, len(files) // PART_FILES)),
    }
    before = {name: session.conf.get(name, None) for name in wanted}
    for name, (usual, number) in wanted.items():
        if before[name] in (None, str(usual)) and number < usual:
            session.conf.set(name, str(number))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                session.conf.unset(name)
            else:
                session.conf.set(name, value)
