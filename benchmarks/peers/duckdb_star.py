"""A star of the same site in DuckDB's SQL by hand: no verdict, no history.

python duckdb_star.py LANDING DATABASE MEMORY_MB

What `json_transform` and the reader of CSV take is taken, whatever it was; the rest vanishes. A
user has one row, of whatever he was sent as.
"""

import sys

import duckdb

STATEMENTS = (
    """
create table dim_user as
select id, any_value(fname) as fname, any_value(lname) as lname, any_value(email) as email,
    any_value(country) as country, max(updated_at) as updated_at
from read_csv('{landing}/users/*', ignore_errors = true, union_by_name = true)
group by id""",
    """
create table dim_video as
select id, any_value(name) as name, any_value(creator_id) as creator_id
from read_csv('{landing}/videos/*', ignore_errors = true, union_by_name = true)
group by id""",
    """
create table fct_event as
with lines as (
    select try_cast(line as json) as doc
    from read_csv('{landing}/events/*', columns = {{'line': 'VARCHAR'}}, header = false,
                  auto_detect = false, delim = '\\x01', quote = '', escape = '', new_line = '\\n',
                  max_line_size = 16777216, store_rejects = true)
), records as (
    select unnest(case when json_type(doc, '$.events') = 'ARRAY' then doc -> '$.events[*]'
                       else [doc] end) as record
    from lines
), fields as (
    select json_transform(record, '{{"user_id": "BIGINT", "video_id": "BIGINT",
        "event": "VARCHAR", "timestamp": "BIGINT", "comment": "VARCHAR", "tags": ["VARCHAR"],
        "latitude": "DOUBLE", "longitude": "DOUBLE"}}') as f
    from records
)
select distinct f.*, make_timestamp(f.timestamp * 1000000)::date as event_date
from fields
where f.user_id is not null and f.timestamp between -62135596800 and 253402300799""",
)


def main(landing: str, database: str, memory_mb: str) -> None:
    """Make the star."""
    connection = duckdb.connect(database, config={"memory_limit": f"{memory_mb}MB", "threads": 2})
    for statement in STATEMENTS:
        connection.execute(statement.format(landing=landing.replace("'", "''")))
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
