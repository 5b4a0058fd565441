"""What has no common form on the three systems: one template a system, by a name of our own.

`sqlglot` changes the meaning of many functions without a word, or passes them through. So a model
calls these, and the compiler writes what stands here. `{0}` is the first argument, compiled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reelhouse.warehouse.targets import Target


@dataclass(frozen=True)
class Macro:
    """A macro: what it gives, a template for each system, and what is special of its arguments.

    `patterns` are the places of the arguments that are regular expressions. `rows` says that it
    stands in FROM and gives rows (position from 1, item).
    """

    meaning: str
    templates: dict[Target, str]
    arguments: int
    patterns: tuple[int, ...] = ()
    rows: bool = False
    groups: tuple[int, ...] = field(default=())
    """The places of the arguments that number a group of the pattern before them."""
    words: tuple[int, ...] = ()
    """The places of the arguments that are texts in a model, and words of the system's SQL."""


def _macro(
    meaning: str,
    duckdb: str,
    bigquery: str,
    snowflake: str,
    arguments: int = 1,
    patterns: Sequence[int] = (),
    rows: bool = False,
    groups: Sequence[int] = (),
    words: Sequence[int] = (),
) -> Macro:
    templates: dict[Target, str] = {
        "duckdb": duckdb,
        "bigquery": bigquery,
        "snowflake": snowflake,
    }
    return Macro(meaning, templates, arguments, tuple(patterns), rows, tuple(groups), tuple(words))


MACROS: dict[str, Macro] = {
    "rh_sha256_hex": _macro(
        "the SHA-256 of a text's UTF-8, as 64 hexadecimal digits in lower case",
        "SHA256({0})",
        "TO_HEX(SHA256({0}))",
        "SHA2({0}, 256)",
    ),
    "rh_try_integer": _macro(
        "the integer that a text of digits, perhaps after a minus, is; null past 64 bits",
        "TRY_CAST({0} AS BIGINT)",
        "SAFE_CAST({0} AS INT64)",
        "CASE WHEN TRY_TO_NUMBER({0}, 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 "
        "THEN TRY_TO_NUMBER({0}, 38, 0) END",
    ),
    "rh_try_number": _macro(
        "the number that a JSON number's text is; null where it is not finite; never -0",
        "CASE WHEN ISFINITE(TRY_CAST({0} AS DOUBLE)) THEN TRY_CAST({0} AS DOUBLE) + 0 END",
        "CASE WHEN ABS(SAFE_CAST({0} AS FLOAT64)) <= 1.7976931348623157e308 "
        "THEN SAFE_CAST({0} AS FLOAT64) + 0 END",
        "CASE WHEN ABS(TRY_TO_DOUBLE({0})) <= 1.7976931348623157e308 "
        "THEN TRY_TO_DOUBLE({0}) + 0 END",
    ),
    "rh_nano": _macro(
        "a number's text in billionths, rounded half away from zero, as an integer's text; null "
        "from nine milliards on",
        "CASE WHEN ABS(TRY_CAST({0} AS DOUBLE)) < 9000000000 THEN CAST(TRY_CAST(REPLACE("
        "CAST(TRY_CAST({0} AS DECIMAL(38, 9)) AS VARCHAR), '.', '') AS BIGINT) AS VARCHAR) END",
        "CASE WHEN ABS(SAFE_CAST({0} AS FLOAT64)) < 9000000000 THEN CAST(CAST("
        "SAFE_CAST({0} AS NUMERIC(38, 9)) * 1000000000 AS INT64) AS STRING) END",
        "CASE WHEN ABS(TRY_TO_DOUBLE({0})) < 9000000000 THEN TO_VARCHAR(TO_NUMBER(REPLACE("
        "TO_VARCHAR(TRY_TO_DECIMAL({0}, 38, 9)), '.', ''), 38, 0)) END",
    ),
    "rh_timestamp": _macro(
        "the time so many microseconds after 1970-01-01 in UTC",
        "MAKE_TIMESTAMP({0})",
        "TIMESTAMP_MICROS({0})",
        "TO_TIMESTAMP_NTZ({0}, 6)",
    ),
    "rh_micros": _macro(
        "the microseconds from 1970-01-01 in UTC to a time",
        "EPOCH_US({0})",
        "UNIX_MICROS({0})",
        "DATE_PART(EPOCH_MICROSECOND, {0})",
    ),
    "rh_now": _macro(
        "the time at which the transaction or the statement began, in UTC",
        "CAST(MAKE_TIMESTAMP(EPOCH_US(NOW())) AS TIMESTAMP)",
        "CURRENT_TIMESTAMP()",
        "CONVERT_TIMEZONE('UTC', CURRENT_TIMESTAMP())::TIMESTAMP_NTZ(6)",
        arguments=0,
    ),
    "rh_date": _macro(
        "the day of a time, in UTC",
        "CAST({0} AS DATE)",
        "EXTRACT(DATE FROM {0} AT TIME ZONE 'UTC')",
        "TO_DATE({0})",
    ),
    "rh_month": _macro(
        "the month of a time in UTC, such as 2026-11",
        "STRFTIME({0}, '%Y-%m')",
        "FORMAT_TIMESTAMP('%Y-%m', {0}, 'UTC')",
        "(LPAD(TO_VARCHAR(YEAR({0})), 4, '0') || '-' || LPAD(TO_VARCHAR(MONTH({0})), 2, '0'))",
    ),
    "rh_date_month": _macro(
        "the month of a day, such as 2026-11",
        "STRFTIME({0}, '%Y-%m')",
        "FORMAT_DATE('%Y-%m', {0})",
        "(LPAD(TO_VARCHAR(YEAR({0})), 4, '0') || '-' || LPAD(TO_VARCHAR(MONTH({0})), 2, '0'))",
    ),
    "rh_try_date": _macro(
        "the day that a text such as 2026-11-23 names; null where the calendar has none",
        "TRY_CAST({0} AS DATE)",
        "SAFE_CAST({0} AS DATE)",
        "TRY_TO_DATE({0}, 'YYYY-MM-DD')",
    ),
    "rh_days": _macro(
        "the days from 1970-01-01 to a day",
        "DATE_DIFF('day', DATE '1970-01-01', {0})",
        "UNIX_DATE({0})",
        "DATEDIFF(day, DATE '1970-01-01', {0})",
    ),
    "rh_day": _macro(
        "the day so many days after 1970-01-01",
        "(DATE '1970-01-01' + CAST({0} AS INTEGER))",
        "DATE_FROM_UNIX_DATE({0})",
        "DATEADD(DAY, {0}, DATE '1970-01-01')",
    ),
    "rh_share": _macro(
        "one number of another, as a number with a fraction; null of nothing",
        "(CAST({0} AS DOUBLE) / NULLIF({1}, 0))",
        "SAFE_DIVIDE(CAST({0} AS FLOAT64), {1})",
        "(CAST({0} AS FLOAT) / NULLIF({1}, 0))",
        arguments=2,
    ),
    "rh_quotient": _macro(
        "how often an integer goes into another that is not negative",
        "({0} // {1})",
        "DIV({0}, {1})",
        "CAST(FLOOR({0} / {1}) AS NUMBER(38, 0))",
        arguments=2,
    ),
    "rh_halved": _macro(
        "one, halved so many times",
        "POWER(0.5, {0})",
        "POWER(0.5, {0})",
        "POWER(0.5, {0})",
    ),
    "rh_millionths": _macro(
        "a number, rounded to six decimals",
        "ROUND({0}, 6)",
        "ROUND({0}, 6)",
        "ROUND({0}, 6)",
    ),
    "rh_date_text": _macro(
        "a day as text such as 2026-11-23",
        "STRFTIME({0}, '%Y-%m-%d')",
        "CAST({0} AS STRING)",
        "TO_VARCHAR({0}, 'YYYY-MM-DD')",
    ),
    "rh_integer_text": _macro(
        "an integer as text",
        "CAST({0} AS VARCHAR)",
        "CAST({0} AS STRING)",
        "TO_VARCHAR({0})",
    ),
    "rh_date_part": _macro(
        "the part of a day (year, quarter, month or day) that the first argument names",
        "EXTRACT({0} FROM {1})",
        "EXTRACT({0} FROM {1})",
        "EXTRACT({0} FROM {1})",
        arguments=2,
        words=[0],
    ),
    "rh_weekday": _macro(
        "a day's place in its week, from 1 for Monday",
        "ISODOW({0})",
        "(MOD(EXTRACT(DAYOFWEEK FROM {0}) + 5, 7) + 1)",
        "DAYOFWEEKISO({0})",
    ),
    "rh_has": _macro(
        "whether a text stands in another, as it is",
        "CONTAINS({0}, {1})",
        "(STRPOS({0}, {1}) > 0)",
        "CONTAINS({0}, {1})",
        arguments=2,
    ),
    "rh_trim": _macro(
        "a text without spaces, tabs and line ends at its ends",
        "TRIM({0}, (' ' || CHR(9) || CHR(10) || CHR(13)))",
        "TRIM({0}, (' ' || CHR(9) || CHR(10) || CHR(13)))",
        "REGEXP_REPLACE({0}, ('^[ ' || CHR(9) || CHR(10) || CHR(13) || ']+|[ ' || CHR(9) || "
        "CHR(10) || CHR(13) || ']+$'), '')",
    ),
    "rh_trim_bars": _macro(
        "a text without the character | at its end, however often it stands there",
        "RTRIM({0}, '|')",
        "RTRIM({0}, '|')",
        "REGEXP_REPLACE({0}, '[|]+$', '')",
    ),
    "rh_matches": _macro(
        "whether the whole of a text matches a pattern",
        "REGEXP_FULL_MATCH({0}, {1})",
        "REGEXP_CONTAINS({0}, '^(?:' || {1} || ')$')",
        "REGEXP_LIKE({0}, {1})",
        arguments=2,
        patterns=[1],
    ),
    "rh_contains": _macro(
        "whether a pattern matches somewhere in a text",
        "REGEXP_MATCHES({0}, {1})",
        "REGEXP_CONTAINS({0}, {1})",
        "(REGEXP_INSTR({0}, {1}) > 0)",
        arguments=2,
        patterns=[1],
    ),
    "rh_extract": _macro(
        "what a group of the pattern's first match matched; null without a match, never ''",
        "NULLIF(REGEXP_EXTRACT({0}, {1}, {2}), '')",
        "NULLIF(REGEXP_EXTRACT({0}, {1}), '')",
        "NULLIF(REGEXP_SUBSTR({0}, {1}, 1, 1, 'e', {2}), '')",
        arguments=3,
        patterns=[1],
        groups=[2],
    ),
    "rh_extract_nth": _macro(
        "what the pattern's only group matched in its n-th match; null where there is none",
        "LIST_EXTRACT(REGEXP_EXTRACT_ALL({0}, {1}, {2}), {3})",
        "REGEXP_EXTRACT({0}, {1}, 1, {3})",
        "CAST(REGEXP_SUBSTR_ALL({0}, {1}, 1, 1, 'e', {2})[{3} - 1] AS VARCHAR)",
        arguments=4,
        patterns=[1],
        groups=[2],
    ),
    "rh_count": _macro(
        "how often a pattern matches in a text, without overlap",
        "LEN(REGEXP_EXTRACT_ALL({0}, {1}))",
        "ARRAY_LENGTH(REGEXP_EXTRACT_ALL({0}, {1}))",
        "REGEXP_COUNT({0}, {1})",
        arguments=2,
        patterns=[1],
    ),
    "rh_replace_all": _macro(
        "a text with each match of a pattern replaced; \\1 in the replacement is the group",
        "REGEXP_REPLACE({0}, {1}, {2}, 'g')",
        "REGEXP_REPLACE({0}, {1}, {2})",
        "REGEXP_REPLACE({0}, {1}, {2})",
        arguments=3,
        patterns=[1],
    ),
    "rh_unescape_json": _macro(
        "the text that a strict JSON string, with its quotes, stands for",
        "JSON_EXTRACT_STRING(CAST({0} AS JSON), '$')",
        "JSON_VALUE({0}, '$')",
        "JSON_EXTRACT_PATH_TEXT('{{\"v\":' || {0} || '}}', 'v')",
    ),
    "rh_explode_matches": _macro(
        "rows: each match of a pattern in a text, what its only group matched, with its place",
        "LATERAL (SELECT UNNEST(REGEXP_EXTRACT_ALL({0}, {1}, {2})) AS item, "
        "GENERATE_SUBSCRIPTS(REGEXP_EXTRACT_ALL({0}, {1}, {2}), 1) AS position)",
        "UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item "
        "FROM UNNEST(REGEXP_EXTRACT_ALL({0}, {1})) AS item WITH OFFSET AS place))",
        "LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL({0}, {1}, 1, 1, 'e', {2}))",
        arguments=3,
        patterns=[1],
        rows=True,
        groups=[2],
    ),
}

ITEM_ONLY = "LATERAL (SELECT UNNEST(REGEXP_EXTRACT_ALL({0}, {1}, {2})) AS item)"
"""DuckDB's template for `rh_explode_matches` where nobody asks for the position: half the work."""
