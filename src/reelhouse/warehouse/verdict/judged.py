"""From cells to typed records with their reasons, and on to the errors and the counts."""

from collections.abc import Iterable
from dataclasses import replace

from reelhouse.contract.model import Contract, Field, Type
from reelhouse.warehouse.canonical import name, names, text
from reelhouse.warehouse.identity import identity_sql
from reelhouse.warehouse.raw import LANDED, LINE, LOAD, SOURCE
from reelhouse.warehouse.tables import Column, Model, Table
from reelhouse.warehouse.verdict import lists
from reelhouse.warehouse.verdict.fields import Sent, broken, columns, typed
from reelhouse.warehouse.verdict.json_text import BACKSLASH


def cell_table(contract: Contract, of_format: tuple[Column, ...] = ()) -> Table:
    """The records as they were cut out, a column for each field as it was sent."""
    return Table(
        schema="staging",
        name=f"{contract.dataset}__cell",
        meaning="The records of the running build, each field as it was sent.",
        columns=(
            LOAD,
            LINE,
            Column("_text", "text", "the record's text"),
            Column("_field", "text", "the field that is the record's problem"),
            Column("_problem", "text", "the rule by which the record as a whole is refused"),
            *of_format,
            *(Column(field.name, "text") for field in contract.fields),
        ),
    )


def tables(contract: Contract) -> list[Table]:
    """The judged records, their counts, and the errors."""
    return [
        Table(
            schema="staging",
            name=contract.dataset,
            meaning="The judged records of the running build; the valid ones have no reasons.",
            columns=(
                LOAD,
                LINE,
                Column("_reasons", "text", "the rules that it breaks: field: rule; …"),
                Column("_value", "text", "what was sent where the first of them was broken"),
                Column("_raw", "text", "the record's text, if it is refused"),
                Column("_id", "text", "who the record is, if it is valid"),
                *(column for field in contract.fields for column in columns(field)),
                Column("_extra", "text", "what the contract does not know, as JSON"),
            ),
        ),
        Table(
            schema="staging",
            name=f"{contract.dataset}__count",
            meaning="What the running build found in each load.",
            columns=(
                LOAD,
                *(
                    Column(each, "integer", required=True)
                    for each in ("records", "valid", "invalid")
                ),
            ),
        ),
        Table(
            schema="errors",
            name=contract.dataset,
            meaning=f"The records of {contract.dataset} that were refused, each with its reasons.",
            columns=(
                LOAD,
                *SOURCE,
                LINE,
                LANDED,
                Column("_built_at", "timestamp", "when it was judged", required=True),
                Column("field", "text", "the first field that is wrong; null for the record"),
                Column("rule", "text", "the rule that it breaks", required=True),
                Column("value", "text", "what was sent there"),
                Column("reasons", "text", "all that was found: field: rule; …", required=True),
                Column("raw", "text", "the record's text"),
            ),
            partition_by="_built_at",
            cluster_by=("rule", "field"),
            reason="People look for a rule or a field, in the errors of the last days.",
        ),
    ]


def models(contract: Contract) -> list[Model]:
    """Type and judge the cells; then keep what is refused, and count."""
    dataset = contract.dataset
    return [
        Model(f"{dataset}_judge", _judge_sql(contract)),
        Model(f"{dataset}_errors", _errors_sql(dataset)),
        Model(f"{dataset}_count", _count_sql(dataset)),
    ]


def _sent_as(contract: Contract) -> Sent:
    return "json" if contract.format == "jsonl" else "cell"


def _judge_sql(contract: Contract) -> str:
    dataset, fields, sent = contract.dataset, contract.fields, _sent_as(contract)
    json = sent == "json"
    held = [field for field in fields if field.type is Type.ARRAY]
    joins = "".join(
        f"\n  left join staging.{name(lists.table_name(contract, field))} as l{place}"
        f" on l{place}._text = c.{name(field.name)}"
        for place, field in enumerate(held)
    )
    if json:
        joins += (
            f"\n  left join staging.{name(dataset + '__odd')} as o on c._odd and o._text = c._text"
        )
    problem = "coalesce(c._problem, o._problem)" if json else "c._problem"
    wrong_field = "coalesce(c._field, o._field)" if json else "c._field"
    extra = "o._extra" if json else "c._extra"
    given = [
        "l{0}._typed as {1}, l{0}._wrong as {2}".format(
            held.index(field), _given(field), _wrong(field)
        )
        if field in held
        else f"{typed(field, f'c.{name(field.name)}', sent)} as {_given(field)}"
        for field in fields
    ]
    typed_columns = [
        written
        for field in fields
        for written in (
            [f"j.{_given(field)}"]
            + ([f"j.{name(field.name)}"] if field.type is Type.NUMBER else [])
        )
    ]
    column_names = [column.name for field in fields for column in columns(field)]
    reasons = " || ".join(_reasons_sql(field, sent) for field in fields)
    sent_values = " ".join(f"when {text(f.name)} then j.{name(f.name)}" for f in fields)
    value = _unmasked(f"case rh_extract(j._reasons, '^([^:]+):', 1) {sent_values} end", json)
    raw = _unmasked_if("j._text", "j._masked", json)
    masked = "c._problem is null" if json else "false"
    identified = _identified_sql(fields)
    fields_sent = ", ".join(f"c.{name(field.name)}" for field in fields)
    return f"""\
delete from staging.{name(dataset)} where true;

insert into staging.{name(dataset)}
  (_load_id, _line_number, _reasons, _value, _raw, _id, {names(column_names)}, _extra)
with typed as (
  select c._load_id, c._line_number, c._text, {masked} as _masked, {extra} as _extra,
  {wrong_field} as _field, {problem} as _problem, {fields_sent},
  {f",{chr(10)}  ".join(given)}
  from staging.{name(dataset + "__cell")} as c{joins}
), judged as (
  select t._load_id, t._line_number, t._text, t._masked, t._extra,
  {names(contract.field_names, "t")}, {", ".join(f"t.{_given(field)}" for field in fields)},
  case when t._problem is not null then coalesce(t._field, '') || ': ' || t._problem || '; '
  else {reasons} end as _reasons
  from typed as t
)
select j._load_id, j._line_number, nullif(j._reasons, ''),
  case when j._reasons <> '' then {value} end,
  case when j._reasons <> '' then {raw} end,
  case when j._reasons = '' then {identified} end,
  {", ".join(typed_columns)}, j._extra
from judged as j
"""


def _identified_sql(fields: Iterable[Field]) -> str:
    """The identity of a judged record, whose typed values have names of their own."""
    typed_fields = [
        field if field.type is Type.NUMBER else replace(field, name=f"_typed_{field.name}")
        for field in fields
    ]
    return identity_sql(typed_fields, "j")


def _given(field: Field) -> str:
    return name(f"_typed_{field.name}")


def _wrong(field: Field) -> str:
    return name(f"_wrong_{field.name}")


def _unmasked(sql: str, json: bool) -> str:
    return f"replace({sql}, {text(BACKSLASH)}, {text(chr(92))})" if json else sql


def _unmasked_if(sql: str, condition: str, json: bool) -> str:
    return f"case when {condition} then {_unmasked(sql, json)} else {sql} end" if json else sql


def _reasons_sql(field: Field, sent: Sent) -> str:
    """The rules that a field breaks, as text; '' where it keeps them."""
    value, given = f"t.{name(field.name)}", f"t.{_given(field)}"

    def says(rule: str) -> str:
        return text(f"{field.name}: {rule}; ")

    found = [f"when {value} is null then {says('required') if field.required else text('')}"]
    if field.type is Type.ARRAY:
        if sent == "json":
            found.append(f"when not starts_with({value}, '[') then {says('type')}")
        found.append(f"when t.{_wrong(field)} then {says('items')}")
    rules = broken(field, value, given, sent)
    first = [each for each in rules if each[0] in ("type", "characters")]
    if field.type is not Type.ARRAY:
        found += [f"when {condition} then {says(rule)}" for rule, condition in first]
    others = [
        f"case when {condition} then {says(rule)} else '' end"
        for rule, condition in rules[len(first) :]
    ]
    return f"case {' '.join(found)} else {' || '.join(others) or text('')} end"


def _errors_sql(dataset: str) -> str:
    return f"""\
insert into errors.{name(dataset)}
  (_load_id, _source, _version, _line_number, _landed_at, _built_at,
  field, rule, value, reasons, raw)
select s._load_id, l.uri, l.version, s._line_number, l.landed_at, rh_now(),
  rh_extract(s._reasons, '^([^:]+):', 1), rh_extract(s._reasons, '^[^:]*: ([^;]+);', 1),
  s._value, s._reasons, s._raw
from staging.{name(dataset)} as s
join staging.load as l on l.load_id = s._load_id
where s._reasons is not null
"""


def _count_sql(dataset: str) -> str:
    count = name(dataset + "__count")
    return f"""\
delete from staging.{count} where true;

insert into staging.{count} (_load_id, records, valid, invalid)
select l.load_id, count(s._load_id),
  coalesce(sum(case when s._load_id is not null and s._reasons is null then 1 else 0 end), 0),
  coalesce(sum(case when s._reasons is not null then 1 else 0 end), 0)
from staging.load as l
left join staging.{name(dataset)} as s on s._load_id = l.load_id
where l.dataset = {text(dataset)}
group by l.load_id
"""
