"""Facts: one row an identity, which meets the versions of its dimensions that held at its time.

Most new facts are new, and are added. Those that are there already, or came twice, are ranked anew
with all their copies, so that the row that stays does not depend on the order of loading. Facts of
a key whose versions changed meet them anew.
"""

from reelhouse.contract.model import Contract
from reelhouse.warehouse.canonical import name, names
from reelhouse.warehouse.names import (
    UNKNOWN,
    bridge,
    copies,
    dimension,
    fact,
    identity,
    key,
    singular,
)
from reelhouse.warehouse.raw import LANDED, LINE, LOAD, SOURCE
from reelhouse.warehouse.star.dimensions import item_sql
from reelhouse.warehouse.star.shape import (
    Relation,
    Star,
    column,
    derived_column,
    derived_sql,
    happened,
    lists,
    scalars,
)
from reelhouse.warehouse.tables import Column, Model, Table
from reelhouse.warehouse.verdict.fields import COLUMN_TYPES

ORIGIN = (LOAD, *SOURCE, LINE, LANDED)


def tables(contract: Contract, star: Star) -> list[Table]:
    """The facts, how often they came again, their bridges, and what a build works with."""
    dataset, one = contract.dataset, singular(contract.dataset)
    id_column = Column(identity(dataset), "text", "who it is: equal ones have the same", True)
    relations = star.relations(contract)
    columns = (
        id_column,
        *(Column(r.version_key, "text", "the version that held then", True) for r in relations),
        *(column(field) for field in scalars(contract)),
        *(derived_column(each) for each in contract.derived),
        *ORIGIN,
        Column("_extra", "text", "what the contract does not know, as JSON"),
    )
    days = [each.name for each in contract.derived if each.transform == "date"]
    clusters = [r.field.name for r in relations] + [
        field.name for field in scalars(contract) if field.valid_values
    ]
    return [
        Table(
            schema="core",
            name=fact(dataset),
            meaning=f"Every {one}, each once.",
            columns=columns,
            partition_by=days[0] if days else None,
            cluster_by=tuple(clusters[:4]),
            reason=(
                "Questions are about a span of days, and join or group by what the fact is about."
            ),
        ),
        Table(
            schema="core",
            name=copies(dataset),
            meaning=f"How often a {one} came again, beside the one that is kept.",
            columns=(id_column, LOAD, Column("copies", "integer", required=True)),
            cluster_by=("_load_id",),
            reason="The check of conservation counts by load.",
        ),
        *(
            Table(
                schema="core",
                name=bridge(dataset, field.name),
                meaning=f"The {field.name} of a {one}.",
                columns=(
                    id_column,
                    Column("position", "integer", "the place in the list, from 1", required=True),
                    Column(
                        singular(field.name),
                        COLUMN_TYPES[field.item.type] if field.item else "text",
                        "the item",
                        required=True,
                    ),
                ),
                cluster_by=(identity(dataset),),
                reason="It is joined with the facts by their identity.",
            )
            for field in lists(contract)
        ),
        Table(
            schema="staging",
            name=f"{dataset}__again",
            meaning="The facts of the running build that were there, or came twice.",
            columns=(id_column,),
        ),
        Table(
            schema="staging",
            name=f"{dataset}__row",
            meaning="The facts that are written anew.",
            columns=columns,
        ),
        Table(
            schema="staging",
            name=f"{dataset}__times",
            meaning="How often each of the facts that came again came with each load.",
            columns=(id_column, LOAD, Column("times", "integer", required=True)),
        ),
    ]


def models(contract: Contract, star: Star) -> list[Model]:
    """Add what is new, merge what came again, and meet versions that changed."""
    dataset = contract.dataset
    bridges = [Model(f"{dataset}_bridges", _bridges_sql(contract))]
    return [
        Model(f"{dataset}_again", _again_sql(contract)),
        *(bridges if lists(contract) else []),
        Model(f"{dataset}_facts", _facts_sql(contract, star)),
    ]


def _again_sql(contract: Contract) -> str:
    dataset = contract.dataset
    id_name, again = identity(dataset), name(f"{dataset}__again")
    return f"""\
delete from staging.{again} where true;

insert into staging.{again} ({id_name})
with counted as (
  select s._id, count(*) as times
  from staging.{name(dataset)} as s
  where s._reasons is null
  group by s._id
)
select c._id
from counted as c
where c.times > 1
  or exists (select 1 as one from core.{fact(dataset)} as f where f.{id_name} = c._id)
"""


def _bridges_sql(contract: Contract) -> str:
    """The lists of facts that were not there before: a list is a part of who a fact is."""
    dataset = contract.dataset
    id_name = identity(dataset)
    return ";\n\n".join(
        f"""\
insert into core.{name(bridge(dataset, field.name))}
  ({id_name}, position, {name(singular(field.name))})
with given as (
  select distinct s._id, s.{name(field.name)} as items
  from staging.{name(dataset)} as s
  where s._reasons is null and s.{name(field.name)} <> ''
    and not exists (select 1 as one from core.{fact(dataset)} as f where f.{id_name} = s._id)
)
select g._id, u.position, {item_sql(field)}
from given as g, rh_explode_matches(g.items, '([^,]*),', 1) as u(position, item)
"""
        for field in lists(contract)
    )


def _origin_sql(record: str, load: str) -> str:
    return f"{record}._load_id, {load}.uri, {load}.version, {record}._line_number, {load}.landed_at"


def _facts_sql(contract: Contract, star: Star) -> str:
    dataset = contract.dataset
    fct, id_name = fact(dataset), identity(dataset)
    row, again, times = (name(f"{dataset}__{each}") for each in ("row", "again", "times"))
    copy = copies(dataset)
    relations = star.relations(contract)
    fields = [field.name for field in scalars(contract)]
    derived = [each.name for each in contract.derived]
    origin = [each.name for each in ORIGIN]
    version_keys = [each.version_key for each in relations]
    kept = [*fields, *derived, *origin, "_extra"]
    every = names([id_name, *version_keys, *kept])
    unknown = "".join(f"'{UNKNOWN}', " for _ in relations)
    derived_values = "".join(f", {derived_sql(contract, each, 's')}" for each in contract.derived)
    moved = " or ".join(
        f"f.{name(each.field.name)} in (select m.{name(each.key.name)} "
        f"from staging.{name(each.dimension.dataset + '__moved')} as m)"
        for each in relations
    )
    meet = (
        f"""
insert into staging.{row} ({every})
select {names([id_name, *version_keys, *kept], "f")}
from core.{fct} as f
where ({moved})
  and not exists (select 1 as one from staging.{again} as a where a.{id_name} = f.{id_name});
"""
        if relations
        else ""
    )
    return f"""\
delete from staging.{times} where true;

insert into staging.{times} ({id_name}, _load_id, times)
with each_time as (
  select f.{id_name}, f._load_id, 1 as times
  from core.{fct} as f
  where f.{id_name} in (select a.{id_name} from staging.{again} as a)
  union all
  select c.{id_name}, c._load_id, c.copies
  from core.{copy} as c
  where c.{id_name} in (select a.{id_name} from staging.{again} as a)
  union all
  select s._id, s._load_id, 1
  from staging.{name(dataset)} as s
  where s._reasons is null and s._id in (select a.{id_name} from staging.{again} as a)
)
select e.{id_name}, e._load_id, sum(e.times)
from each_time as e
group by e.{id_name}, e._load_id;

delete from staging.{row} where true;

insert into staging.{row} ({every})
with candidate as (
  select {names([id_name, *version_keys, *kept], "f")}
  from core.{fct} as f
  where f.{id_name} in (select a.{id_name} from staging.{again} as a)
  union all
  select s._id, {unknown}{names(fields, "s")}{derived_values}, {_origin_sql("s", "l")}, s._extra
  from staging.{name(dataset)} as s
  join staging.load as l on l.load_id = s._load_id
  where s._reasons is null and s._id in (select a.{id_name} from staging.{again} as a)
), ranked as (
  select {names([id_name, *version_keys, *kept], "c")},
  row_number() over (
    partition by c.{id_name}
    order by c._landed_at nulls first, c._source nulls first, c._version nulls first,
      c._line_number nulls first, c._extra nulls first
  ) as _place
  from candidate as c
)
select {names([id_name, *version_keys, *kept], "r")}
from ranked as r
where r._place = 1;

delete from core.{copy} where {id_name} in (select a.{id_name} from staging.{again} as a);

insert into core.{copy} ({id_name}, _load_id, copies)
with other as (
  select t.{id_name}, t._load_id,
  t.times - case when r._load_id = t._load_id then 1 else 0 end as copies
  from staging.{times} as t
  join staging.{row} as r on r.{id_name} = t.{id_name}
)
select o.{id_name}, o._load_id, o.copies
from other as o
where o.copies > 0;
{meet}
delete from core.{fct} where {id_name} in (select r.{id_name} from staging.{row} as r);

insert into core.{fct} ({every})
select r.{id_name}, {_keys_sql(contract, relations, "r")}{names(kept, "r")}
from staging.{row} as r{_joins_sql(contract, relations, "r", "r._landed_at")};

insert into core.{fct} ({every})
select s._id, {_keys_sql(contract, relations, "s")}{names(fields, "s")}{derived_values},
  {_origin_sql("s", "l")}, s._extra
from staging.{name(dataset)} as s
join staging.load as l on l.load_id = s._load_id{
        _joins_sql(contract, relations, "s", "l.landed_at")
    }
where s._reasons is null
  and not exists (select 1 as one from staging.{again} as a where a.{id_name} = s._id)
"""


def _keys_sql(contract: Contract, relations: list[Relation], of: str) -> str:
    return "".join(
        f"coalesce(d{place}.{key(each.dimension.dataset)}, '{UNKNOWN}'), "
        for place, each in enumerate(relations)
    )


def _joins_sql(contract: Contract, relations: list[Relation], of: str, landed: str) -> str:
    """Join the version that held when the fact happened, else when its source landed."""
    time = happened(contract)
    at = f"{of}.{name(time.name)}" if time else landed
    return "".join(
        f"""
left join core.{dimension(each.dimension.dataset)} as d{place}
  on d{place}.{name(each.key.name)} = {of}.{name(each.field.name)}
  and d{place}.valid_from <= {at} and {at} < d{place}.valid_to"""
        for place, each in enumerate(relations)
    )
