"""How Snowflake loads whole lines from a bucket: text of its own dialect, which nothing translates.

Datasets with a primary key come by Snowpipe, as soon as they land; the others by `COPY INTO`, when
it is run. Each line gets its file's name, its number, the file's content key and time, and a load
id of these. `raw.raw_source` is filled from what arrived, so it does not matter which way it came,
and no memory of Snowflake's own is relied on: of several loads of one version the first one counts.

`{{ params.bucket }}`, such as gcs://bucket, `{{ params.landing }}`, such as gcs://bucket/landing,
`{{ params.integration }}`, `{{ params.notification }}` and `{{ params.errors }}` are filled in when
it is run; they are made in `deploy/snowflake`.
"""

from collections.abc import Iterable

from reelhouse.contract.model import Contract
from reelhouse.warehouse.targets import name_sql, text_sql

BUCKET = "{{ params.bucket }}"
LANDING = "{{ params.landing }}"

PASSED_OVER = r".*(/|^)[^._][^/]*"
MEMORY_DAYS = 15
"""How far back loads are looked for that `raw_source` does not have: a pipe forgets after 14."""


def landing_sql(contracts: Iterable[Contract]) -> list[str]:
    """The file format and the stage, made once, and a pipe for each dataset with a primary key."""
    found = [
        """\
CREATE FILE FORMAT IF NOT EXISTS "RAW"."WHOLE_LINE"
  TYPE = CSV FIELD_DELIMITER = NONE RECORD_DELIMITER = '\\n' SKIP_HEADER = 0
  SKIP_BLANK_LINES = FALSE FIELD_OPTIONALLY_ENCLOSED_BY = NONE ESCAPE = NONE
  ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = FALSE TRIM_SPACE = FALSE
  REPLACE_INVALID_CHARACTERS = TRUE SKIP_BYTE_ORDER_MARK = FALSE ENCODING = 'UTF8'
  COMPRESSION = AUTO""",
        f"""\
CREATE STAGE IF NOT EXISTS "RAW"."LANDING"
  URL = '{LANDING}/'
  STORAGE_INTEGRATION = {{{{ params.integration }}}}
  FILE_FORMAT = (FORMAT_NAME = '"RAW"."WHOLE_LINE"')""",
    ]
    for contract in contracts:
        if has_pipe(contract):
            found.append(
                f"""\
CREATE PIPE IF NOT EXISTS "RAW".{name_sql(f"{contract.dataset}_pipe", "snowflake")}
  AUTO_INGEST = TRUE
  INTEGRATION = {{{{ params.notification }}}}
  ERROR_INTEGRATION = {{{{ params.errors }}}}
AS
{_copy_sql(contract, "SKIP_FILE")}"""
            )
    return found


def has_pipe(contract: Contract) -> bool:
    """Whether a dataset comes by Snowpipe: a dimension does, which is small and wanted soon."""
    return any(field.primary_key for field in contract.fields)


def load_sql(contract: Contract) -> list[str]:
    """Load what is new of a dataset, unless a pipe does, and note which loads there were."""
    raw, dataset = name_sql(contract.dataset, "snowflake"), contract.dataset
    noted = f"""\
INSERT INTO "RAW"."RAW_SOURCE"
  ("LOAD_ID", "DATASET", "URI", "VERSION", "LANDED_AT", "LOADED_AT", "LINES", "SIZE")
SELECT R."_LOAD_ID", {text_sql(dataset, "snowflake")}, R."_SOURCE", R."_VERSION",
  MIN(R."_LANDED_AT"), MIN(R."_LOADED_AT"), COUNT(*), NULL
FROM "RAW".{raw} AS R
WHERE R."_LOADED_AT" > DATEADD(DAY, -{MEMORY_DAYS}, CONVERT_TIMEZONE('UTC', CURRENT_TIMESTAMP()))
  AND NOT EXISTS (SELECT 1 FROM "RAW"."RAW_SOURCE" AS S WHERE S."LOAD_ID" = R."_LOAD_ID")
GROUP BY R."_LOAD_ID", R."_SOURCE", R."_VERSION\""""
    return [noted] if has_pipe(contract) else [_copy_sql(contract, "SKIP_FILE"), noted]


def state_sql(contract: Contract) -> list[str]:
    """Queries that say whether a dataset's pipe runs, and which files it could not load."""
    pipe = f"{contract.dataset}_pipe".upper()
    table = contract.dataset.upper()
    return [
        f"SELECT SYSTEM$PIPE_STATUS('RAW.{pipe}') AS STATUS",
        f"""\
SELECT FILE_NAME, STATUS, FIRST_ERROR_MESSAGE, LAST_LOAD_TIME
FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(
  TABLE_NAME => 'RAW.{table}', START_TIME => DATEADD(DAY, -1, CURRENT_TIMESTAMP())
))
WHERE STATUS <> 'Loaded'""",
    ]


def _copy_sql(contract: Contract, on_error: str) -> str:
    raw = name_sql(contract.dataset, "snowflake")
    return f"""\
COPY INTO "RAW".{raw}
  ("LINE", "_SOURCE", "_VERSION", "_LINE_NUMBER", "_LANDED_AT", "_LOADED_AT", "_LOAD_ID")
FROM (
  SELECT $1, '{BUCKET}/' || METADATA$FILENAME, METADATA$FILE_CONTENT_KEY,
    METADATA$FILE_ROW_NUMBER, METADATA$FILE_LAST_MODIFIED,
    CONVERT_TIMEZONE('UTC', METADATA$START_SCAN_TIME)::TIMESTAMP_NTZ,
    METADATA$FILENAME || '@' || METADATA$FILE_CONTENT_KEY || '@'
      || TO_VARCHAR(METADATA$START_SCAN_TIME)
  FROM @"RAW"."LANDING"/{contract.dataset}/
)
PATTERN = '{PASSED_OVER}'
ON_ERROR = {on_error}"""
