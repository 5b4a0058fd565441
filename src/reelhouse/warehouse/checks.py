"""Checks of a warehouse: queries that find what must not be, a row for each, with its source."""

from collections.abc import Mapping
from dataclasses import dataclass

from reelhouse.contract.model import Contract
from reelhouse.warehouse.canonical import name, names, text
from reelhouse.warehouse.names import (
    UNKNOWN,
    change_source,
    copies,
    dimension,
    fact,
    identity,
    key,
)
from reelhouse.warehouse.star.shape import LAST, Relation, Star, happened, keys

MOST = 100
"""How many rows a check shows."""


@dataclass(frozen=True)
class Check:
    """A check: what must hold, in words, and a query that gives the rows where it does not."""

    name: str
    meaning: str
    text: str


def checks(contracts: Mapping[str, Contract]) -> list[Check]:
    """The checks of a warehouse."""
    star = Star(contracts)
    found: list[Check] = []
    for contract in star.dimensions:
        found += _of_dimension(contract)
    for contract in star.facts:
        found += _of_fact(contract, star)
    return [*found, _conservation(star)]


def _of_dimension(contract: Contract) -> list[Check]:
    dim, version = dimension(contract.dataset), key(contract.dataset)
    natural = [field.name for field in keys(contract)]
    by_key = f"partition by {names(natural, 'd')}"
    order = f"{by_key} order by d.valid_from nulls first, d.valid_to nulls first"
    return [
        _unique(dim, version),
        Check(
            f"{dim}_validity",
            "the versions of a key follow each other without a gap, and the last one holds still",
            f"""\
with following as (
  select d.{version}, {names(natural, "d")}, d.valid_from, d.valid_to, d.is_current,
  lead(d.valid_from) over ({order}) as _next_from
  from core.{dim} as d
  where d.{version} <> '{UNKNOWN}'
)
select f.{version}, {names(natural, "f")}, f.valid_from, f.valid_to, f._next_from
from following as f
where f.valid_to <> coalesce(f._next_from, {LAST}) or f.is_current <> (f._next_from is null)
limit {MOST}""",
        ),
    ]


def _unique(table: str, column: str) -> Check:
    return Check(
        f"{table}_unique",
        f"{column} stands once in {table}",
        f"""\
with counted as (
  select t.{column}, count(*) as times from core.{table} as t group by t.{column}
)
select c.{column}, c.times from counted as c where c.times > 1
limit {MOST}""",
    )


def _of_fact(contract: Contract, star: Star) -> list[Check]:
    fct = fact(contract.dataset)
    found = [_unique(fct, identity(contract.dataset))]
    return found + [_meets(contract, each) for each in star.relations(contract)]


def _meets(contract: Contract, relation: Relation) -> Check:
    fct, dim = fact(contract.dataset), dimension(relation.dimension.dataset)
    version, id_name = key(relation.dimension.dataset), identity(contract.dataset)
    met = name(relation.version_key)
    time = happened(contract)
    at = f"f.{name(time.name)}" if time else "f._landed_at"
    return Check(
        f"{fct}_{relation.version_key}",
        f"each row of {fct} meets the version of {dim} that held then, or {UNKNOWN} if none did",
        f"""\
select f.{id_name}, f.{name(relation.field.name)}, f.{met}, f._source, {at} as _happened_at
from core.{fct} as f
left join core.{dim} as d
  on d.{name(relation.key.name)} = f.{name(relation.field.name)}
  and d.valid_from <= {at} and {at} < d.valid_to
where f.{met} <> coalesce(d.{version}, '{UNKNOWN}')
limit {MOST}""",
    )


RECONCILE = Check(
    "reconcile",
    "the lake and the warehouse, two judges of the same bytes, count the same for each source",
    f"""\
select b.dataset as dataset, b.uri as uri, b.records as records, l.records as lake_records,
  b.valid as valid, l.valid as lake_valid, b.invalid as invalid, l.invalid as lake_invalid
from core.built_load as b
join raw.lake_source as l on l.dataset = b.dataset and l.uri = b.uri and l.version = b.version
where b.records <> l.records or b.valid <> l.valid or b.invalid <> l.invalid
limit {MOST}""",
)

COMPARED = """\
select count(*) as compared
from core.built_load as b
join raw.lake_source as l on l.dataset = b.dataset and l.uri = b.uri and l.version = b.version"""
"""How many sources both have."""


def accounts(contracts: Mapping[str, Contract]) -> str:
    """A query of what became of each source of the last build."""
    star = Star(contracts)
    kept = [
        f"select f._load_id, count(*) as in_core from core.{fact(each.dataset)} as f "
        "join staging.load as l on l.load_id = f._load_id group by f._load_id"
        for each in star.facts
    ] + [
        f"select c._load_id, count(*) as in_core from core.{change_source(each.dataset)} as c "
        "join staging.load as l on l.load_id = c._load_id group by c._load_id"
        for each in star.dimensions
    ]
    return f"""\
with kept as (
  {f"{chr(10)}  union all{chr(10)}  ".join(kept)}
)
select b.dataset as dataset, b.uri as uri, b.records as records,
  coalesce(k.in_core, 0) as in_core, b.invalid as in_errors,
  b.valid - coalesce(k.in_core, 0) as duplicates
from core.built_load as b
join staging.load as l on l.load_id = b.load_id
left join kept as k on k._load_id = b.load_id
order by b.dataset, b.uri"""


def _conservation(star: Star) -> Check:
    """raw = core + errors + duplicates, for each source."""
    stored = []
    for contract in star.facts:
        dataset = contract.dataset
        stored += [
            f"select f._load_id, count(*) as rows_there from core.{fact(dataset)} as f "
            "group by f._load_id",
            f"select c._load_id, sum(c.copies) from core.{copies(dataset)} as c "
            "group by c._load_id",
        ]
    for contract in star.dimensions:
        source = change_source(contract.dataset)
        stored.append(
            f"select c._load_id, sum(c.copies) from core.{source} as c group by c._load_id"
        )
    refused = [
        f"select e._load_id, count(*) as rows_there from errors.{name(dataset)} as e "
        "group by e._load_id"
        for dataset in star.contracts
    ]
    datasets = ", ".join(text(dataset) for dataset in star.contracts)
    return Check(
        "conservation",
        "of each source the records are those in core, those refused, and those that came again",
        f"""\
with kept as (
  {f"{chr(10)}  union all{chr(10)}  ".join(stored)}
), kept_sum as (
  select k._load_id, sum(k.rows_there) as rows_there from kept as k group by k._load_id
), refused as (
  {f"{chr(10)}  union all{chr(10)}  ".join(refused)}
), refused_sum as (
  select r._load_id, sum(r.rows_there) as rows_there from refused as r group by r._load_id
)
select b.dataset, b.uri, b.version, b.records, b.valid, b.invalid,
  coalesce(k.rows_there, 0) as in_core, coalesce(r.rows_there, 0) as in_errors
from core.built_load as b
left join kept_sum as k on k._load_id = b.load_id
left join refused_sum as r on r._load_id = b.load_id
where b.dataset in ({datasets}) and (
  b.records <> b.valid + b.invalid
  or b.valid <> coalesce(k.rows_there, 0)
  or b.invalid <> coalesce(r.rows_there, 0)
)
limit {MOST}""",
    )
