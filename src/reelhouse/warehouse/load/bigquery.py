"""How BigQuery loads whole lines from a bucket: text of its own dialect, which nothing translates.

An object table says which files there are, with their generation and their time; `raw.raw_source`
says which of them were loaded. `LOAD DATA` tells nobody from which file a line came, so a source is
a load job of its own, into a temporary table. Where more than MOST_JOBS sources are new, they are
read through an external table instead, which names the file, in one statement: 1,500 load jobs a
table and day is a quota that can't be raised.

`{{ params.landing }}`, such as gs://bucket/landing, and `{{ params.connection }}`, such as
project.eu.reelhouse, are filled in when it is run.
"""

from collections.abc import Iterable

from reelhouse.contract.model import Contract
from reelhouse.warehouse.targets import name_sql, text_sql

LANDING = "{{ params.landing }}"
CONNECTION = "{{ params.connection }}"

MOST_JOBS = 200
"""How many sources of a dataset are loaded by a job each, in one run."""

PASSED_OVER = r"(^|/)[._]|[.](tmp|part|crc|crdownload)$"
"""Hidden and unfinished files, as in landing."""

_LINES = """format = 'CSV', field_delimiter = '\\\\x01', quote = '', null_marker = '\\\\x02',
    preserve_ascii_control_characters = true, encoding = 'UTF-8', max_bad_records = 0,
    skip_leading_rows = 0, allow_jagged_rows = false"""
"""Options by which a row of CSV is a whole line: nothing is a delimiter, a quote or a null. A line
that holds U+0001 fails the job, and the source is named."""


def landing_sql(contracts: Iterable[Contract]) -> list[str]:
    """The tables through which the bucket is seen, made once: they need the connection."""
    found = [
        f"""\
CREATE EXTERNAL TABLE IF NOT EXISTS `raw`.`landing_object`
WITH CONNECTION `{CONNECTION}`
OPTIONS (object_metadata = 'SIMPLE', uris = ['{LANDING}/*'])"""
    ]
    for contract in contracts:
        options = _LINES.replace("\\\\", "\\")
        found.append(
            f"""\
CREATE EXTERNAL TABLE IF NOT EXISTS `raw`.{name_sql(_lines_of(contract), "bigquery")} (line STRING)
WITH CONNECTION `{CONNECTION}`
OPTIONS (
    {options},
    uris = ['{LANDING}/{contract.dataset}/*']
)"""
        )
    return found


def _lines_of(contract: Contract) -> str:
    return f"landing_{contract.dataset}"


def load_sql(contract: Contract) -> str:
    """The script that loads what is new of a dataset. It can be killed and run again."""
    dataset = contract.dataset
    raw, lines = name_sql(dataset, "bigquery"), name_sql(_lines_of(contract), "bigquery")
    prefix = f"{LANDING}/{dataset}/"
    columns = "line, _source, _version, _line_number, _landed_at, _loaded_at, _load_id, _problem"
    load_columns = "load_id, dataset, uri, version, landed_at, loaded_at, lines, size"
    return f"""\
DECLARE new_sources ARRAY<STRUCT<uri STRING, version STRING, landed_at TIMESTAMP, size INT64>>;
DECLARE run STRING DEFAULT GENERATE_UUID();
DECLARE started TIMESTAMP DEFAULT CURRENT_TIMESTAMP();
DECLARE failed ARRAY<STRING> DEFAULT [];

SET new_sources = (
  SELECT ARRAY_AGG(STRUCT(o.uri, CAST(o.generation AS STRING), o.updated, o.size) ORDER BY o.uri)
  FROM `raw`.`landing_object` AS o
  WHERE STARTS_WITH(o.uri, '{prefix}') AND o.size > 0
    AND NOT REGEXP_CONTAINS(SUBSTR(o.uri, LENGTH('{prefix}') + 1), r'{PASSED_OVER}')
    AND NOT EXISTS (
      SELECT 1 FROM `raw`.`raw_source` AS s
      WHERE s.dataset = {text_sql(dataset, "bigquery")}
        AND s.uri = o.uri AND s.version = CAST(o.generation AS STRING)
    )
);

IF ARRAY_LENGTH(new_sources) <= {MOST_JOBS} THEN
  FOR source IN (SELECT n.uri, n.version, n.landed_at, n.size FROM UNNEST(new_sources) AS n) DO
    BEGIN
      EXECUTE IMMEDIATE FORMAT(\"\"\"
        LOAD DATA OVERWRITE TEMP TABLE one_source (line STRING) FROM FILES (
          {_LINES}, uris = [%T]%s)\"\"\",
        source.uri, IF(ENDS_WITH(source.uri, '.gz'), ", compression = 'GZIP'", ''));
      BEGIN
        BEGIN TRANSACTION;
        INSERT INTO `raw`.{raw} ({columns})
        SELECT line, source.uri, source.version, NULL, source.landed_at, started,
          CONCAT(run, '-', source.uri), NULL
        FROM one_source WHERE TRIM(line, ' \\t\\r') <> '';
        INSERT INTO `raw`.`raw_source` ({load_columns})
        SELECT CONCAT(run, '-', source.uri), {text_sql(dataset, "bigquery")}, source.uri,
          source.version, source.landed_at, started, COUNT(*), source.size
        FROM one_source;
        COMMIT TRANSACTION;
      EXCEPTION WHEN ERROR THEN
        ROLLBACK TRANSACTION;
        RAISE;
      END;
    EXCEPTION WHEN ERROR THEN
      SET failed = ARRAY_CONCAT(failed, [CONCAT(source.uri, ': ', @@error.message)]);
    END;
  END FOR;
ELSEIF ARRAY_LENGTH(new_sources) > {MOST_JOBS} THEN
  BEGIN TRANSACTION;
  INSERT INTO `raw`.{raw} ({columns})
  SELECT l.line, n.uri, n.version, NULL, n.landed_at, started, CONCAT(run, '-', n.uri), NULL
  FROM `raw`.{lines} AS l
  JOIN UNNEST(new_sources) AS n ON n.uri = l._FILE_NAME
  WHERE TRIM(l.line, ' \\t\\r') <> '';
  INSERT INTO `raw`.`raw_source` ({load_columns})
  SELECT CONCAT(run, '-', n.uri), {text_sql(dataset, "bigquery")}, n.uri, n.version, n.landed_at,
    started, NULL, n.size
  FROM UNNEST(new_sources) AS n;
  COMMIT TRANSACTION;
END IF;

IF ARRAY_LENGTH(failed) > 0 THEN
  RAISE USING MESSAGE = CONCAT('not loaded: ', ARRAY_TO_STRING(failed, '; '));
END IF"""
