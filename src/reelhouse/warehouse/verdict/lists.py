"""Lists: each text of one that was sent is judged once, item by item."""

from reelhouse.contract.model import Contract, Field, Type
from reelhouse.warehouse.canonical import escaped, name, text
from reelhouse.warehouse.tables import Column, Model, Table
from reelhouse.warehouse.verdict.fields import Sent, broken, typed
from reelhouse.warehouse.verdict.json_text import DEPTH, LOOSE_STRING, SCALAR, container

UNIT = "\x1f"
"""What stands between the items of a cell, in place of a separator of several characters."""


def table_name(contract: Contract, field: Field) -> str:
    """The table of a field's lists."""
    return f"{contract.dataset}__{field.name}"


def tables(contract: Contract) -> list[Table]:
    """A table for each field that is a list."""
    return [
        Table(
            schema="staging",
            name=table_name(contract, field),
            meaning=f"The lists that the running build found in {field.name}, each once.",
            columns=(
                Column("_text", "text", "the list as it was sent", required=True),
                Column("_typed", "text", "its canonical text: each item, and a comma after it"),
                Column("_wrong", "boolean", "whether an item breaks a rule", required=True),
            ),
        )
        for field in _lists(contract)
    ]


def models(contract: Contract) -> list[Model]:
    """Judge the lists of the cells."""
    return [
        Model(f"{contract.dataset}_{field.name}_lists", _sql(contract, field))
        for field in _lists(contract)
    ]


def _lists(contract: Contract) -> list[Field]:
    return [field for field in contract.fields if field.type is Type.ARRAY]


def _sql(contract: Contract, field: Field) -> str:
    item = field.item
    assert item is not None
    table, cell = name(table_name(contract, field)), name(contract.dataset + "__cell")
    column = name(field.name)
    sent: Sent = "json" if contract.format == "jsonl" else "cell"
    if sent == "json":
        is_list, missing = f"starts_with(c.{column}, '[')", "i._item = 'null'"
        source = "substr(d._text, 2, length(d._text) - 2)"
        pattern = f"({LOOSE_STRING}|{SCALAR}|{container(DEPTH - 2)})"
    else:
        is_list, missing = f"c.{column} is not null", "i._item = ''"
        separator = field.separator or ";"
        one = UNIT if len(separator) > 1 or separator in "^]\\-" else separator
        source = f"{text(one)} || replace(d._text, {text(separator)}, {text(one)})"
        pattern = f"[{one}]([^{one}]*)"
    rules = broken(item, "t._item", "t._given", sent)
    is_wrong = " or ".join(f"({condition})" for _, condition in rules)
    return f"""\
delete from staging.{table} where true;

insert into staging.{table} (_text, _typed, _wrong)
with found as (
  select distinct c.{column} as _text
  from staging.{cell} as c
  where {is_list}
), items as (
  select d._text as _text, u.position as _position, u.item as _item
  from found as d, rh_explode_matches({source}, {text(pattern)}, 1) as u(position, item)
), typed as (
  select i._text, i._position, i._item, {missing} as _missing,
  {typed(item, "i._item", sent)} as _given
  from items as i
), judged as (
  select t._text, t._position, case when t._missing or {is_wrong} then 1 else 0 end as _wrong,
  {_item_text(item)} as _written
  from typed as t
), whole as (
  select j._text, max(j._wrong) as _wrong,
  string_agg(j._written || ',', '' order by j._position nulls first) as _typed
  from judged as j
  group by j._text
)
select d._text, case when w._text is null then '' when w._wrong = 0 then w._typed end,
  coalesce(w._wrong, 0) = 1
from found as d
left join whole as w on w._text = d._text
"""


def _item_text(item: Field) -> str:
    """An item in the list's canonical text."""
    if item.type is Type.STRING:
        return escaped("t._given")
    return _WRITTEN[item.type]


_WRITTEN = {
    Type.INTEGER: "rh_integer_text(t._given)",
    Type.NUMBER: "t._item",
    Type.BOOLEAN: "case when t._given then '1' when not t._given then '0' end",
    Type.DATE: "rh_date_text(t._given)",
    Type.TIMESTAMP: "rh_integer_text(rh_micros(t._given))",
}
