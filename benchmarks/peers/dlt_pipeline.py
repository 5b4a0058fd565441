"""Events from JSONL to Parquet with dlt: a resource, a data contract, the filesystem destination.

python dlt_pipeline.py LANDING_GLOB OUT_DIR [--arrow]

Rows are handed to dlt as dictionaries, the usual way; with --arrow, as Arrow tables, which it
takes as they are.
"""

import argparse
import glob
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
# Recommended for many rows: big buffers, processes to normalize in, files small enough to share.
os.environ.setdefault("DATA_WRITER__BUFFER_MAX_ITEMS", "100000")
os.environ.setdefault("SOURCES__DATA_WRITER__FILE_MAX_ITEMS", "250000")
os.environ.setdefault("NORMALIZE__WORKERS", str(os.cpu_count() or 1))
os.environ.setdefault("NORMALIZE__START_METHOD", "spawn")

import dlt
import orjson
import pyarrow as pa

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
CHUNK = 10_000

COLUMNS: Any = {
    "user_id": {"data_type": "bigint", "nullable": False},
    "video_id": {"data_type": "bigint", "nullable": False},
    "event": {"data_type": "text", "nullable": False},
    "timestamp": {"data_type": "timestamp", "nullable": False},
    "comment": {"data_type": "text"},
    "tags": {"data_type": "json"},
    "latitude": {"data_type": "double"},
    "longitude": {"data_type": "double"},
    "event_date": {"data_type": "date", "nullable": False},
}
ARROW_SCHEMA = pa.schema(
    list[Any](
        [
            pa.field("user_id", pa.int64(), nullable=False),
            pa.field("video_id", pa.int64(), nullable=False),
            pa.field("event", pa.string(), nullable=False),
            pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False),
            pa.field("comment", pa.string()),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("latitude", pa.float64()),
            pa.field("longitude", pa.float64()),
            pa.field("event_date", pa.date32(), nullable=False),
        ]
    )
)
CONTRACT: Any = {"tables": "evolve", "columns": "freeze", "data_type": "freeze"}
VALID_HINTS = dlt.mark.make_hints(
    table_name="valid_events", columns=COLUMNS, schema_contract=CONTRACT
)
ARROW_HINTS = dlt.mark.make_hints(table_name="valid_events", schema_contract=CONTRACT)
INVALID_HINTS = dlt.mark.make_hints(
    table_name="invalid_events", columns={"raw": {"data_type": "text", "nullable": False}}
)


def records_of(line: bytes) -> list[Any]:
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


def to_row(record: dict[str, Any]) -> dict[str, Any]:
    moment = datetime.fromtimestamp(record["timestamp"], UTC)
    row = {name: record[name] for name in COLUMNS if name in record}
    return {**row, "timestamp": moment, "event_date": moment.date()}


def read_lines(landing: str) -> Iterator[bytes]:
    for path in sorted(glob.glob(landing)):
        with open(path, "rb") as file:
            yield from (line for line in file if line.strip())


def judge(landing: str) -> Iterator[tuple[bool, dict[str, Any]]]:
    for line in read_lines(landing):
        for record in records_of(line):
            if is_valid(record):
                yield True, to_row(record)
            else:
                yield False, {"raw": line.decode(errors="backslashreplace").strip()}


def as_rows(rows: list[dict[str, Any]]) -> Any:
    return dlt.mark.with_hints(rows, VALID_HINTS, create_table_variant=True)


def as_arrow(rows: list[dict[str, Any]]) -> Any:
    table = pa.Table.from_pylist(rows, schema=ARROW_SCHEMA)
    return dlt.mark.with_hints(table, ARROW_HINTS, create_table_variant=True)


@dlt.source
def events_source(landing: str, arrow: bool) -> Any:
    hand_over = as_arrow if arrow else as_rows

    @dlt.resource(write_disposition="append")
    def events() -> Iterator[Any]:
        judged = judge(landing)
        while chunk := list(islice(judged, CHUNK)):
            yield hand_over([row for valid, row in chunk if valid])
            invalid = [row for valid, row in chunk if not valid]
            if invalid:
                yield dlt.mark.with_hints(invalid, INVALID_HINTS, create_table_variant=True)

    return events


def run(source: Any, out: Path) -> dict[str, int]:
    pipeline = dlt.pipeline(
        pipeline_name="events_by_hand",
        pipelines_dir=str(out / "pipelines"),
        destination=dlt.destinations.filesystem(bucket_url=(out / "lake").as_uri()),
        dataset_name="lake",
    )
    info = pipeline.run(source, loader_file_format="parquet")
    info.raise_on_failed_jobs()
    return pipeline.last_trace.last_normalize_info.row_counts


def main(landing: str, out: Path, arrow: bool) -> dict[str, float]:
    out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    rows = run(events_source(landing, arrow), out.resolve())
    seconds = time.perf_counter() - started
    valid, invalid = rows["valid_events"], rows.get("invalid_events", 0)
    return {
        "records": valid + invalid,
        "valid": valid,
        "invalid": invalid,
        "job_seconds": round(seconds, 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("landing")
    parser.add_argument("out", type=Path)
    parser.add_argument("--arrow", action="store_true")
    given = parser.parse_args()
    print(json.dumps(main(given.landing, given.out, given.arrow)))
