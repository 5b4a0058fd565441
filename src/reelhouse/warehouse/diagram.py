"""The star as a picture and as a table, for people: from the same tables that DDL is made from."""

from collections.abc import Mapping

from reelhouse.contract.model import Contract
from reelhouse.warehouse.names import dimension, fact
from reelhouse.warehouse.project import Project
from reelhouse.warehouse.star.shape import Star
from reelhouse.warehouse.tables import Table

SHOWN = ("dim_", "fct_", "bridge_")


def diagram(contracts: Mapping[str, Contract]) -> str:
    """The star as an entity diagram of Mermaid."""
    star = Star(contracts)
    tables = [each for each in Project(contracts).tables if _is_shown(each)]
    lines = ["erDiagram"]
    for contract in star.facts:
        for relation in star.relations(contract):
            dim = dimension(relation.dimension.dataset)
            lines.append(f"  {dim} ||--o{{ {fact(contract.dataset)} : {relation.version_key}")
    for table in tables:
        if table.name.startswith("bridge_"):
            lines.append(
                f"  {_owner(table, tables)} ||--o{{ {table.name} : {table.columns[0].name}"
            )
    for contract in star.facts:
        for partition in contract.derived:
            if partition.transform == "date":
                lines.append(f"  dim_date ||--o{{ {fact(contract.dataset)} : {partition.name}")
    for table in tables:
        lines.append(f"  {table.name} {{")
        shown = [column for column in table.columns if not column.name.startswith("_")]
        lines += [f"    {column.type} {column.name}" for column in shown]
        lines.append("  }")
    return "\n".join(lines) + "\n"


def _owner(bridge: Table, tables: list[Table]) -> str:
    """The table whose rows a bridge is about: by its key, else by what that key is the id of."""
    first = bridge.columns[0].name
    by_key = [each.name for each in tables if each.columns[0].name == first and each is not bridge]
    plain = [name for name in by_key if not name.startswith("bridge_")]
    return plain[0] if plain else f"dim_{first.removesuffix('_id')}"


def _is_shown(table: Table) -> bool:
    return table.schema == "core" and table.name.startswith(SHOWN)


def layout(contracts: Mapping[str, Contract]) -> str:
    """How BigQuery and Snowflake lay the tables out, and why, as a table of Markdown."""
    lines = [
        "| table | partitions (BigQuery) | clusters | why |",
        "| --- | --- | --- | --- |",
    ]
    for table in Project(contracts).tables:
        if table.schema == "staging" or not table.reason:
            continue
        days = f"{table.partition_unit} of `{table.partition_by}`" if table.partition_by else "–"
        clusters = ", ".join(f"`{each}`" for each in table.cluster_by) or "–"
        lines.append(f"| `{table.schema}.{table.name}` | {days} | {clusters} | {table.reason} |")
    return "\n".join(lines) + "\n"
