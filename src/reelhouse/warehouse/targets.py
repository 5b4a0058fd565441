"""The systems that a warehouse can be in, and how a name and a text are written for each."""

import re
from typing import Literal, get_args

from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.tables import ColumnType, Schema

Target = Literal["duckdb", "bigquery", "snowflake"]
TARGETS: tuple[Target, ...] = get_args(Target)

TYPES: dict[Target, dict[ColumnType, str]] = {
    "duckdb": {
        "text": "VARCHAR",
        "integer": "BIGINT",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
    },
    "bigquery": {
        "text": "STRING",
        "integer": "INT64",
        "number": "FLOAT64",
        "boolean": "BOOL",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
    },
    "snowflake": {
        "text": "VARCHAR",
        "integer": "NUMBER(38, 0)",
        "number": "FLOAT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP_NTZ(6)",
    },
}
"""How each system writes a type. A timestamp is in UTC on all of them: BigQuery's is an instant,
the others have it without a zone, and nothing asks for their session's."""

LONGEST_COMMENT = 1024
"""What BigQuery and Snowflake keep of a description."""

PLAIN = re.compile(r"[ -~]|[^\x00-\x9f\ud800-\udfff]")
TAG = re.compile(r"\{(?=[{%#])")
NAME = re.compile(r"\A[A-Za-z_][A-Za-z0-9_]*\Z")


def name_sql(name: str, target: Target) -> str:
    """A name as a system takes it, whatever it reserves; Snowflake's are in upper case.

    Raises ReelhouseError for a name that is no identifier.
    """
    if not NAME.match(name):
        raise ReelhouseError(f"{name!r} can be no name in a warehouse")
    if target == "bigquery":
        return f"`{name}`"
    return f'"{name.upper() if target == "snowflake" else name}"'


def table_sql(schema: Schema, name: str, target: Target) -> str:
    """A table's name with its schema's."""
    return f"{name_sql(schema, target)}.{name_sql(name, target)}"


def text_sql(text: str, target: Target) -> str:
    """A text as a literal; control characters are spelled by number, so that a reader sees them.

    So is the brace with which a template's tag would begin: Airflow renders the SQL that it sends.
    """
    if target == "duckdb":
        written = {"'": "''"}
    else:
        written = {"'": "\\'" if target == "bigquery" else "''", "\\": "\\\\"}
    parts: list[str] = []
    run = ""
    for place, character in enumerate(text):
        if PLAIN.match(character) and not TAG.match(text, place):
            run += written.get(character, character)
            continue
        parts += [f"'{run}'"] * bool(run) + [f"CHR({ord(character)})"]
        run = ""
    parts += [f"'{run}'"] * (bool(run) or not parts)
    return parts[0] if len(parts) == 1 else f"({' || '.join(parts)})"


def comment_sql(text: str, target: Target) -> str:
    """A text for people as one literal, which is all that a comment may be, and on one line."""
    words = " ".join(re.sub(r"[^ -~\u00a0-\ud7ff\ue000-\U0010ffff]", " ", text).split())
    return text_sql(TAG.sub("{ ", words)[:LONGEST_COMMENT], target)
