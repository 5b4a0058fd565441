"""The days on which facts happened, and the kinds of events, as dimensions."""

from reelhouse.contract.model import Type
from reelhouse.warehouse.canonical import literal, name
from reelhouse.warehouse.names import fact
from reelhouse.warehouse.star.shape import Star
from reelhouse.warehouse.tables import Column, Model, Table

DIM_DATE = Table(
    schema="core",
    name="dim_date",
    meaning="Every day on which something happened, in UTC.",
    columns=(
        Column("date", "date", "the day", required=True),
        Column("year", "integer", required=True),
        Column("quarter", "integer", "from 1 to 4", required=True),
        Column("month", "integer", "from 1 to 12", required=True),
        Column("day", "integer", "the day of the month", required=True),
        Column("weekday", "integer", "from 1 for Monday to 7", required=True),
    ),
)


def _days(star: Star) -> list[tuple[str, str]]:
    """The columns of facts that are days."""
    return [
        (fact(contract.dataset), partition.name)
        for contract in star.facts
        for partition in contract.derived
        if partition.transform == "date"
    ]


def tables(star: Star) -> list[Table]:
    """The days, and a dimension for each kind that a fact can be of."""
    found = [DIM_DATE] if _days(star) else []
    for contract in star.facts:
        for field in contract.fields:
            if field.valid_values and field.type is Type.STRING and field.required:
                found.append(
                    Table(
                        schema="core",
                        name=kind_table(contract.dataset, field.name),
                        meaning=f"What {field.name} of {contract.dataset} can be.",
                        columns=(Column(field.name, "text", field.description, required=True),),
                        rows=tuple((literal(each),) for each in field.valid_values),
                    )
                )
    return found


def kind_table(dataset: str, field: str) -> str:
    """The dimension of what a field can be: dim_event_type for the event of an event."""
    one = fact(dataset).removeprefix("fct_")
    return f"dim_{one}_type" if field == one else f"dim_{one}_{field}"


def models(star: Star) -> list[Model]:
    """Add the days that are new."""
    return [
        Model(
            f"{table}_{column}_dates",
            f"""\
insert into core.dim_date (date, year, quarter, month, day, weekday)
with found as (
  select distinct f.{name(column)} as date
  from core.{table} as f
)
select f.date, rh_date_part('year', f.date), rh_date_part('quarter', f.date),
  rh_date_part('month', f.date), rh_date_part('day', f.date), rh_weekday(f.date)
from found as f
where not exists (select 1 as one from core.dim_date as d where d.date = f.date)
""",
        )
        for table, column in _days(star)
    ]
