"""The statements that make a warehouse's tables, once: text of each system's own."""

from collections.abc import Iterable, Sequence
from typing import get_args

from reelhouse.warehouse.compiler import compile_sql
from reelhouse.warehouse.tables import Column, Schema, Table
from reelhouse.warehouse.targets import TYPES, Target, comment_sql, name_sql, table_sql


def schemas_sql(target: Target) -> list[str]:
    """Statements that make the schemas, if they are not there."""
    return [f"CREATE SCHEMA IF NOT EXISTS {name_sql(each, target)}" for each in get_args(Schema)]


def tables_sql(tables: Iterable[Table], target: Target) -> list[str]:
    """Statements that make tables, and the rows that they have from the beginning."""
    found: list[str] = []
    for table in tables:
        found.append(_table_sql(table, target))
        found += _rows_sql(table, target)
    return found


def columns_sql(target: Target) -> list[str]:
    """Queries for the columns that there are: schema, table, column."""
    if target != "bigquery":
        places = ["INFORMATION_SCHEMA.COLUMNS"]
    else:
        places = [
            f"{name_sql(each, target)}.INFORMATION_SCHEMA.COLUMNS" for each in get_args(Schema)
        ]
    return [f"SELECT table_schema, table_name, column_name FROM {place}" for place in places]


def column_sql(table: Table, column: Column, target: Target) -> str:
    """A statement that adds a column to a table that is there already; its rows have null in it."""
    name, kind = name_sql(column.name, target), TYPES[target][column.type]
    return f"ALTER TABLE {table_sql(table.schema, table.name, target)} ADD COLUMN {name} {kind}"


def _table_sql(table: Table, target: Target) -> str:
    columns = ",\n".join(f"  {_column_sql(column, target)}" for column in table.columns)
    name = table_sql(table.schema, table.name, target)
    return f"CREATE TABLE IF NOT EXISTS {name} (\n{columns}\n)" + _layout_sql(table, target)


def _column_sql(column: Column, target: Target) -> str:
    written = f"{name_sql(column.name, target)} {TYPES[target][column.type]}"
    if column.required:
        written += " NOT NULL"
    if not column.meaning or target == "duckdb":
        return written
    meaning = comment_sql(column.meaning, target)
    if target == "bigquery":
        return f"{written} OPTIONS (description = {meaning})"
    return f"{written} COMMENT {meaning}"


def _layout_sql(table: Table, target: Target) -> str:
    """How BigQuery and Snowflake lay a table out, and what they say of it."""
    if target == "duckdb":
        return ""
    clusters = ", ".join(name_sql(each, target) for each in table.cluster_by)
    meaning = comment_sql(table.meaning, target)
    if target == "snowflake":
        cluster = f"\nCLUSTER BY ({clusters})" if clusters else ""
        return f"{cluster}\nCOMMENT = {meaning}"
    return f"{_partition_sql(table)}{f'{chr(10)}CLUSTER BY {clusters}' if clusters else ''}\n" + (
        f"OPTIONS (description = {meaning})"
    )


def _partition_sql(table: Table) -> str:
    if table.partition_by is None:
        return ""
    column = next(each for each in table.columns if each.name == table.partition_by)
    name, unit = name_sql(column.name, "bigquery"), table.partition_unit.upper()
    if column.type == "timestamp":
        return f"\nPARTITION BY TIMESTAMP_TRUNC({name}, {unit})"
    return f"\nPARTITION BY {name if unit == 'DAY' else f'DATE_TRUNC({name}, {unit})'}"


def _rows_sql(table: Table, target: Target) -> list[str]:
    name = f'{table.schema}."{table.name}"'
    columns = ", ".join(f'"{each}"' for each in table.column_names)
    return [
        sql
        for row in table.rows
        for sql in compile_sql(
            f"insert into {name} ({columns}) select {_values(row)} from (select 1 as one) as o "
            f"where not exists (select 1 as one from {name} as t where {_same(table, row)})",
            target,
            table.name,
        )
    ]


def _values(row: Sequence[str]) -> str:
    return ", ".join(f"{value} as c{place}" for place, value in enumerate(row))


def _same(table: Table, row: Sequence[str]) -> str:
    """A row is known by its first column."""
    return f't."{table.columns[0].name}" = {row[0]}'
