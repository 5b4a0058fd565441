"""What a build takes, and what was built."""

from reelhouse.contract.model import Contract
from reelhouse.warehouse.canonical import text
from reelhouse.warehouse.raw import LAKE_SOURCE, RAW_SOURCE, STAGING_LOAD
from reelhouse.warehouse.tables import Column, Model, Table

BUILT_LOAD = Table(
    schema="core",
    name="built_load",
    meaning="The loads that were built, with what became of their records.",
    columns=(
        Column("load_id", "text", required=True),
        Column("dataset", "text", required=True),
        Column("uri", "text", required=True),
        Column("version", "text", required=True),
        Column("landed_at", "timestamp", required=True),
        Column("records", "integer", required=True),
        Column("valid", "integer", required=True),
        Column("invalid", "integer", required=True),
        Column("built_at", "timestamp", required=True),
    ),
    cluster_by=("dataset", "uri"),
    reason="A build asks for a source whether it was built.",
)

BUILD_LOCK = Table(
    schema="core",
    name="build_lock",
    meaning="One row, which each build changes first: so two builds at once meet here.",
    columns=(Column("one", "integer", required=True), Column("builds", "integer", required=True)),
    rows=(("1", "0"),),
)

TABLES = (RAW_SOURCE, LAKE_SOURCE, STAGING_LOAD, BUILT_LOAD, BUILD_LOCK)


def take(contracts: list[Contract]) -> Model:
    """Take the first load of each source that was not built yet."""
    datasets = ", ".join(text(contract.dataset) for contract in contracts)
    return Model(
        "take_loads",
        f"""\
update core.build_lock set builds = builds + 1 where one = 1;

delete from staging.load where true;

insert into staging.load (load_id, dataset, uri, version, landed_at)
with ranked as (
  select r.load_id, r.dataset, r.uri, r.version, r.landed_at,
  row_number() over (
    partition by r.dataset, r.uri, r.version
    order by r.loaded_at nulls first, r.load_id nulls first
  ) as place
  from raw.raw_source as r
  where r.dataset in ({datasets})
)
select r.load_id, r.dataset, r.uri, r.version, r.landed_at
from ranked as r
where r.place = 1 and not exists (
  select 1 as one from core.built_load as b
  where b.dataset = r.dataset and b.uri = r.uri and b.version = r.version
)
""",
    )


def mark(contract: Contract) -> Model:
    """Mark a dataset's loads as built."""
    return Model(
        f"{contract.dataset}_built",
        f"""\
insert into core.built_load
  (load_id, dataset, uri, version, landed_at, records, valid, invalid, built_at)
select l.load_id, l.dataset, l.uri, l.version, l.landed_at, c.records, c.valid, c.invalid, rh_now()
from staging.load as l
join staging."{contract.dataset}__count" as c on c._load_id = l.load_id
where l.dataset = {text(contract.dataset)}
""",
    )
