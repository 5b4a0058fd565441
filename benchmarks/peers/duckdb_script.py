"""Events from JSONL to Parquet with DuckDB SQL by hand.

python duckdb_script.py LANDING_GLOB OUT_DIR [--struct]

JSON functions take the fields out one by one and see to their types; with --struct, one
json_transform takes all of them out at once, and is lenient about types.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

# Lines that are not UTF-8 go to the table reject_errors.
LINES = """
create view lines as
select line
from read_csv('{landing}', columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false,
              delim = '\\x01', quote = '', escape = '', new_line = '\\n',
              max_line_size = 16777216, store_rejects = true)
where trim(line) <> ''
"""

# A line is an event, or an envelope {"events": [...]}; one that is no JSON stays as it is.
RECORDS = """
create view records as
select line, unnest(case when json_type(doc, '$.events') = 'ARRAY' then doc -> '$.events[*]'
                         else [doc] end) as record
from (select line, try_cast(line as json) as doc from lines)
"""

MEMBERS = """
create view members as
select
    line,
    record,
    record -> '$.user_id' as user_id,
    record -> '$.video_id' as video_id,
    record -> '$.event' as event,
    record -> '$.timestamp' as timestamp,
    record -> '$.comment' as comment,
    record -> '$.tags' as tags,
    record -> '$.latitude' as latitude,
    record -> '$.longitude' as longitude
from records
"""

# json_type tells 1 from "1" and from 1.5; a cast alone would take all three.
FIELDS = """
create view fields as
select
    line,
    record,
    case when json_type(user_id) = 'UBIGINT' then try_cast(user_id as bigint) end as user_id,
    case when json_type(video_id) = 'UBIGINT' then try_cast(video_id as bigint) end as video_id,
    case when json_type(event) = 'VARCHAR' then event ->> '$' end as event,
    case when json_type(timestamp) = 'UBIGINT' then try_cast(timestamp as bigint) end as epoch,
    comment ->> '$' as comment,
    try_cast(tags as varchar[]) as tags,
    try_cast(latitude as double) as latitude,
    try_cast(longitude as double) as longitude,
    coalesce(json_type(comment) in ('VARCHAR', 'NULL'), true)
        and coalesce(json_type(tags) in ('ARRAY', 'NULL'), true)
        and coalesce(len(list_filter(json_type(tags, '$[*]'), lambda t: t <> 'VARCHAR')) = 0, true)
        and coalesce(json_type(latitude) in ('UBIGINT', 'BIGINT', 'DOUBLE', 'NULL'), true)
        and coalesce(json_type(longitude) in ('UBIGINT', 'BIGINT', 'DOUBLE', 'NULL'), true)
        as typed
from members
"""

STRUCTURE = {
    "user_id": "BIGINT",
    "video_id": "BIGINT",
    "event": "VARCHAR",
    "timestamp": "BIGINT",
    "comment": "VARCHAR",
    "tags": ["VARCHAR"],
    "latitude": "DOUBLE",
    "longitude": "DOUBLE",
}

# json_transform casts: 1.5 and "1" become whole numbers, and an optional field that can't be
# read becomes NULL, as if it were absent.
STRUCT_FIELDS = f"""
create view fields as
select
    line,
    record,
    s.user_id as user_id,
    s.video_id as video_id,
    s.event as event,
    s.timestamp as epoch,
    s.comment as comment,
    s.tags as tags,
    s.latitude as latitude,
    s.longitude as longitude,
    true as typed
from (select line, record, json_transform(record, '{json.dumps(STRUCTURE)}') as s from records)
"""

JUDGED = """
create temp table judged as
select
    user_id,
    video_id,
    event,
    make_timestamp(case when epoch between 0 and 253402300799 then epoch * 1000000 end)
        as timestamp,
    comment,
    tags,
    latitude,
    longitude,
    coalesce(
        typed
        and user_id >= 0
        and video_id >= 0
        and event in ('created', 'viewed', 'like', 'dislike', 'commented', 'add_tags',
                      'remove_tags', 'share')
        and epoch between 0 and 253402300799
        and coalesce(latitude between -90 and 90, true)
        and coalesce(longitude between -180 and 180, true),
        false
    ) as valid,
    case when not valid then coalesce(record::varchar, line) end as raw
from fields
"""

WRITE_VALID = """
copy (select user_id, video_id, event, timestamp, comment, tags, latitude, longitude,
             timestamp::date as event_date
      from judged where valid)
to '{out}/valid' (format parquet, compression zstd, partition_by (event_date))
"""

WRITE_INVALID = """
copy (select raw from judged where not valid union all select csv_line from reject_errors)
to '{out}/invalid' (format parquet, compression zstd, per_thread_output true)
"""


COUNTS = """
select count(*) filter (valid), count(*) filter (not valid) + (select count(*) from reject_errors)
from judged
"""


def main(landing: str, out: Path, fields: tuple[str, ...]) -> dict[str, float]:
    started = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
    for statement in (LINES.format(landing=landing), RECORDS, *fields, JUDGED):
        connection.execute(statement)
    connection.execute(WRITE_VALID.format(out=out))
    connection.execute(WRITE_INVALID.format(out=out))
    seconds = time.perf_counter() - started
    valid, invalid = connection.execute(COUNTS).fetchone()
    return {
        "records": valid + invalid,
        "valid": valid,
        "invalid": invalid,
        "job_seconds": round(seconds, 3),
    }


if __name__ == "__main__":
    chosen = (STRUCT_FIELDS,) if "--struct" in sys.argv else (MEMBERS, FIELDS)
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), chosen)))
