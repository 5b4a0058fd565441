"""Dimensions of SCD type 2: every change of a key is kept, and their order is not that of loading.

The changes of a key stand in the order of the time since which they hold, the landing of their
source, and their hash. What a repeat leaves unchanged is folded. Of the keys that a build touches,
all versions are computed anew from all their changes.
"""

from reelhouse.contract.model import Contract, Field
from reelhouse.warehouse.canonical import name, names, unescaped
from reelhouse.warehouse.identity import identity_sql
from reelhouse.warehouse.names import (
    UNKNOWN,
    bridge,
    change_source,
    dimension,
    key,
    log,
    singular,
)
from reelhouse.warehouse.raw import LANDED, LOAD
from reelhouse.warehouse.star.shape import (
    FIRST,
    LAST,
    column,
    derived_column,
    derived_sql,
    effective,
    keys,
    lists,
    scalars,
)
from reelhouse.warehouse.tables import Column, Model, Table
from reelhouse.warehouse.targets import TYPES
from reelhouse.warehouse.verdict.fields import COLUMN_TYPES

VALIDITY = (
    Column("valid_from", "timestamp", "since when it holds", required=True),
    Column("valid_to", "timestamp", "before when", required=True),
    Column("is_current", "boolean", "whether it holds still", required=True),
)


def tables(contract: Contract) -> list[Table]:
    """The log of changes, the dimension, its bridges, and what a build works with."""
    dataset, natural = contract.dataset, tuple(column(field) for field in keys(contract))
    one = singular(dataset)
    list_columns = tuple(
        Column(f.name, "text", "the list's canonical text") for f in lists(contract)
    )
    scalar_columns = tuple(column(field) for field in scalars(contract))
    derived = tuple(derived_column(each) for each in contract.derived)
    version_key = Column(key(dataset), "text", f"the version of the {one}", required=True)
    return [
        Table(
            schema="core",
            name=log(dataset),
            meaning=f"Every change of a {one} that was ever sent, each once.",
            columns=(
                Column("change_id", "text", "the change", required=True),
                Column("attributes_id", "text", "equal where nothing changed", required=True),
                Column("effective_at", "timestamp", "since when it holds", required=True),
                Column("is_stated", "boolean", "whether the change says so itself", required=True),
                LANDED,
                *scalar_columns,
                *list_columns,
                Column("_extra", "text", "what the contract does not know, as JSON"),
            ),
            cluster_by=tuple(each.name for each in natural)[:4],
            reason="A build reads all changes of the keys that it touches.",
        ),
        Table(
            schema="core",
            name=change_source(dataset),
            meaning=f"Which load brought a change of a {one}, and how often.",
            columns=(
                Column("change_id", "text", required=True),
                LOAD,
                Column("copies", "integer", required=True),
            ),
            cluster_by=("_load_id",),
            reason="The check of conservation counts by load.",
        ),
        Table(
            schema="core",
            name=dimension(dataset),
            meaning=f"Every version of a {one}, with the time in which it holds.",
            columns=(
                version_key,
                *scalar_columns,
                *derived,
                *VALIDITY,
                LANDED,
                Column("_extra", "text", "what the contract does not know, as JSON"),
            ),
            cluster_by=tuple(each.name for each in natural)[:4],
            reason="Facts meet their version by the natural key, and then by time.",
            rows=(_unknown(contract),),
        ),
        *(
            Table(
                schema="core",
                name=bridge(dataset, field.name),
                meaning=f"The {field.name} of a version of a {one}.",
                columns=(
                    version_key,
                    Column("position", "integer", "the place in the list, from 1", required=True),
                    _item_column(field),
                ),
                cluster_by=(key(dataset),),
                reason="It is joined with the dimension by the version.",
            )
            for field in lists(contract)
        ),
        Table(
            schema="staging",
            name=f"{dataset}__touched",
            meaning="The keys of which the running build has new changes.",
            columns=natural,
        ),
        Table(
            schema="staging",
            name=f"{dataset}__before",
            meaning="The versions that those keys had before.",
            columns=(version_key, *natural, *VALIDITY[:2]),
        ),
        Table(
            schema="staging",
            name=f"{dataset}__moved",
            meaning="The keys whose versions are others now.",
            columns=natural,
        ),
    ]


def _item_column(field: Field) -> Column:
    assert field.item is not None
    return Column(singular(field.name), COLUMN_TYPES[field.item.type], "the item", required=True)


def _unknown(contract: Contract) -> tuple[str, ...]:
    """The member that stands for whom nobody has told of, which holds always."""
    null = [_null(column(field)) for field in scalars(contract)]
    null += [_null(derived_column(each)) for each in contract.derived]
    return (f"'{UNKNOWN}'", *null, FIRST, LAST, "false", FIRST, "cast(null as varchar)")


def _null(of: Column) -> str:
    return f"cast(null as {TYPES['duckdb'][of.type].lower()})"


def models(contract: Contract) -> list[Model]:
    """Add new changes to the log, and compute the versions of their keys anew."""
    dataset = contract.dataset
    return [
        Model(f"{dataset}_log", _log_sql(contract)),
        Model(f"{dataset}_versions", _versions_sql(contract)),
        *(
            Model(f"{dataset}_{field.name}_bridge", _bridge_sql(contract, field))
            for field in lists(contract)
        ),
    ]


def _same_key(contract: Contract, one: str, other: str) -> str:
    return " and ".join(
        f"{one}.{name(field.name)} = {other}.{name(field.name)}" for field in keys(contract)
    )


def _changes_sql(contract: Contract) -> str:
    """The valid records of the build as changes."""
    since = effective(contract)
    stated = f"s.{name(since.name)}" if since else "cast(null as timestamp)"
    attributes = identity_sql(
        [field for field in contract.fields if field is not since], "s", "{}__text"
    )
    return f"""\
  select s._id, s._load_id, l.landed_at as _landed_at, s._extra,
  {attributes} as attributes_id,
  coalesce({stated}, l.landed_at) as effective_at, {stated} is not null as is_stated,
  {names(contract.field_names, "s")}
  from staging.{name(contract.dataset)} as s
  join staging.load as l on l.load_id = s._load_id
  where s._reasons is null"""


def _log_sql(contract: Contract) -> str:
    dataset, fields = contract.dataset, contract.field_names
    touched, source = name(f"{dataset}__touched"), change_source(dataset)
    change_id = (
        "rh_sha256_hex(c._id || '|' || rh_integer_text(rh_micros(c.effective_at)) || '|' "
        "|| rh_integer_text(rh_micros(c._landed_at)) || '|' || coalesce(c._extra, ''))"
    )
    natural = [field.name for field in keys(contract)]
    return f"""\
delete from staging.{touched} where true;

insert into staging.{touched} ({names(natural)})
with change as (
{_changes_sql(contract)}
), identified as (
  select {change_id} as change_id, {names(natural, "c")}
  from change as c
)
select distinct {names(natural, "i")}
from identified as i
where not exists (select 1 as one from core.{log(dataset)} as g where g.change_id = i.change_id);

insert into core.{source} (change_id, _load_id, copies)
with change as (
{_changes_sql(contract)}
), identified as (
  select {change_id} as change_id, c._load_id
  from change as c
)
select i.change_id, i._load_id, count(*)
from identified as i
group by i.change_id, i._load_id;

insert into core.{log(dataset)}
  (change_id, attributes_id, effective_at, is_stated, _landed_at, _extra, {names(fields)})
with change as (
{_changes_sql(contract)}
), identified as (
  select {change_id} as change_id, c.attributes_id, c.effective_at, c.is_stated, c._landed_at,
  c._extra, {names(fields, "c")}
  from change as c
), numbered as (
  select i.change_id, i.attributes_id, i.effective_at, i.is_stated, i._landed_at, i._extra,
  {names(fields, "i")},
  row_number() over (partition by i.change_id order by i.attributes_id nulls first) as _place
  from identified as i
)
select n.change_id, n.attributes_id, n.effective_at, n.is_stated, n._landed_at, n._extra,
  {names(fields, "n")}
from numbered as n
where n._place = 1
  and not exists (select 1 as one from core.{log(dataset)} as g where g.change_id = n.change_id)
"""


def _versions_sql(contract: Contract) -> str:
    dataset = contract.dataset
    dim, version = dimension(dataset), key(dataset)
    natural = [field.name for field in keys(contract)]
    values = [field.name for field in scalars(contract)]
    derived = [each.name for each in contract.derived]
    before, touched, moved = (name(f"{dataset}__{each}") for each in ("before", "touched", "moved"))
    derived_values = "".join(f", {derived_sql(contract, each, 'r')}" for each in contract.derived)
    by_key = f"partition by {names(natural, 'g')}"
    order = "order by g.effective_at nulls first, g._landed_at nulls first, g.change_id nulls first"
    bridges = "".join(
        f"""
delete from core.{name(bridge(dataset, field.name))}
where {version} in (select b.{version} from staging.{before} as b);
"""
        for field in lists(contract)
    )
    same_version = (
        f"a.{version} = b.{version} and a.valid_from = b.valid_from and a.valid_to = b.valid_to"
    )
    return f"""\
delete from staging.{before} where true;

insert into staging.{before} ({version}, {names(natural)}, valid_from, valid_to)
select d.{version}, {names(natural, "d")}, d.valid_from, d.valid_to
from core.{dim} as d
join staging.{touched} as t on {_same_key(contract, "t", "d")};
{bridges}
delete from core.{dim}
where {version} in (select b.{version} from staging.{before} as b);

insert into core.{dim}
  ({version}, {names(values)}{"".join(f", {name(each)}" for each in derived)},
  valid_from, valid_to, is_current, _landed_at, _extra)
with ordered as (
  select g.change_id, g.attributes_id, g.effective_at, g.is_stated, g._landed_at, g._extra,
  {names(values, "g")},
  lag(g.attributes_id) over ({by_key} {order}) as _earlier
  from core.{log(dataset)} as g
  join staging.{touched} as t on {_same_key(contract, "t", "g")}
), folded as (
  select o.change_id, o.effective_at, o.is_stated, o._landed_at, o._extra, o._earlier,
  {names(values, "o")}
  from ordered as o
  where o._earlier is null or o._earlier <> o.attributes_id
), ranged as (
  select g.change_id, g.effective_at, g.is_stated, g._landed_at, g._extra, g._earlier,
  {names(values, "g")},
  lead(g.effective_at) over ({by_key} {order}) as _next
  from folded as g
)
select r.change_id, {names(values, "r")}{derived_values},
  case when r._earlier is null and not r.is_stated then {FIRST} else r.effective_at end,
  coalesce(r._next, {LAST}), r._next is null, r._landed_at, r._extra
from ranged as r;

delete from staging.{moved} where true;

insert into staging.{moved} ({names(natural)})
with now_valid as (
  select d.{version}, {names(natural, "d")}, d.valid_from, d.valid_to
  from core.{dim} as d
  join staging.{touched} as t on {_same_key(contract, "t", "d")}
)
select distinct {names(natural, "a")}
from now_valid as a
where not exists (select 1 as one from staging.{before} as b where {same_version})
union all
select distinct {names(natural, "b")}
from staging.{before} as b
where not exists (select 1 as one from now_valid as a where {same_version})
"""


def _bridge_sql(contract: Contract, field: Field) -> str:
    dataset = contract.dataset
    version, item = key(dataset), singular(field.name)
    return f"""\
insert into core.{name(bridge(dataset, field.name))} ({version}, position, {name(item)})
select d.{version}, u.position, {item_sql(field)}
from core.{dimension(dataset)} as d
join staging.{name(f"{dataset}__touched")} as t on {_same_key(contract, "t", "d")}
join core.{log(dataset)} as g on g.change_id = d.{version},
  rh_explode_matches(g.{name(field.name)}, '([^,]*),', 1) as u(position, item)
"""


def item_sql(field: Field) -> str:
    """The typed value of an item `u.item` of a list's canonical text."""
    assert field.item is not None
    return _ITEM[COLUMN_TYPES[field.item.type]]


_ITEM = {
    "text": unescaped("u.item"),
    "integer": "rh_try_integer(u.item)",
    "number": "rh_try_number(u.item)",
    "boolean": "u.item = '1'",
    "date": "rh_try_date(u.item)",
    "timestamp": "rh_timestamp(rh_try_integer(u.item))",
}
