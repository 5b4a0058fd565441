"""From lines of JSONL to records and their fields, as they were sent."""

from reelhouse.contract.model import Contract
from reelhouse.warehouse.canonical import name, names, text
from reelhouse.warehouse.raw import LINE, LOAD
from reelhouse.warehouse.tables import Column, Model, Table
from reelhouse.warehouse.verdict import json_text as js
from reelhouse.warehouse.verdict.judged import cell_table
from reelhouse.warehouse.verdict.lines import cleaned

_B = js.BACKSLASH
_KEY = f"{js.LOOSE_STRING}{js.SPACE}:"


def tables(contract: Contract) -> list[Table]:
    """Lines, their items, the cells of records, and the records that need a second look."""
    return [
        Table(
            schema="staging",
            name=f"{contract.dataset}__line",
            meaning="The lines of the running build, and what each is.",
            columns=(
                LOAD,
                LINE,
                Column("_text", "text", "the line; backslashes are masked in what is JSON"),
                Column("_form", "text", "record, what is to be cut, or a rule", required=True),
            ),
        ),
        Table(
            schema="staging",
            name=f"{contract.dataset}__item",
            meaning="What the lines of the running build hold, one after the other.",
            columns=(
                LOAD,
                LINE,
                Column("_text", "text", "the item; backslashes are masked in what is JSON"),
                Column("_kind", "text", "record, what is to be opened, or a rule", required=True),
            ),
        ),
        cell_table(contract, (Column("_odd", "boolean", "whether there is more than fields"),)),
        Table(
            schema="staging",
            name=f"{contract.dataset}__odd",
            meaning="Records with more than the fields, or a key twice; each text once.",
            columns=(
                Column("_text", "text", required=True),
                Column("_field", "text"),
                Column("_problem", "text"),
                Column("_extra", "text"),
            ),
        ),
    ]


def models(contract: Contract) -> list[Model]:
    """Cut lines into records, open envelopes and lists, and take out the fields."""
    dataset = contract.dataset
    return [
        Model(f"{dataset}_lines", _lines_sql(contract)),
        Model(f"{dataset}_items", _items_sql(contract)),
        Model(f"{dataset}_cells", _cells_sql(contract)),
        Model(f"{dataset}_odd", _odd_sql(contract)),
    ]


# --- items


def _plain(contract: Contract) -> str:
    """A pattern of the lines that most are: a plain record, or an envelope of such."""
    if contract.envelope_key is None:
        return js.PLAIN_RECORD
    several = f"{js.PLAIN_RECORD}{js.SPACE}(?:,{js.SPACE}{js.PLAIN_RECORD}{js.SPACE})*"
    key = f'"{contract.envelope_key}"{js.SPACE}:{js.SPACE}'
    envelope = f"[{{]{js.SPACE}{key}[[]{js.SPACE}(?:{several})?[]]{js.SPACE}[}}]"
    return f"(?:{js.PLAIN_RECORD}|{envelope})"


def _may_be_envelope(contract: Contract, line: str) -> str:
    if contract.envelope_key is None:
        return "false"
    return f"rh_has({line}, {text(chr(34) + contract.envelope_key + chr(34))})"


def _masked_json(line: str) -> str:
    """A line's shape: strings, then containers from the inside out, become one character."""
    found = f"rh_replace_all({line}, {text(js.STRICT_STRING)}, {text(js.STRING)})"
    for _ in range(js.DEPTH):
        found = f"rh_replace_all({found}, {text(js.PLAIN_CONTAINER)}, {text(js.CONTAINER)})"
    return found


def _envelope(contract: Contract, group: bool) -> str:
    """A pattern of an envelope that holds nothing but its list."""
    inside = js.inside(js.DEPTH - 2)
    inside = f"({inside})" if group else inside
    key = contract.envelope_key or ""
    return f'[{{]{js.SPACE}"{key}"{js.SPACE}:{js.SPACE}[[]{inside}[]]{js.SPACE}[}}]'


def _opened(contract: Contract, item: str, lists: bool) -> str:
    """What stands in a list, or in an envelope; null for all else."""
    ways = []
    if lists:
        of_list = text(f"^[[]({js.inside(js.DEPTH - 1)})[]]$")
        ways.append(f"when starts_with({item}, '[') then rh_extract({item}, {of_list}, 1)")
    if contract.envelope_key is not None:
        of_envelope = text(f"^{_envelope(contract, True)}$")
        may_be = _may_be_envelope(contract, item)
        ways.append(f"when {may_be} then rh_extract({item}, {of_envelope}, 1)")
    return f"case {' '.join(ways)} end" if ways else "cast(null as varchar)"


def _kind(contract: Contract, item: str, envelope: str, lists: str) -> str:
    """What an item is: an envelope, a list, a record, or by which rule it is none."""
    of_envelope = text(_envelope(contract, False))
    is_envelope = (
        f"when {_may_be_envelope(contract, item)} and rh_matches({item}, {of_envelope}) "
        f"then {text(envelope)} "
        if contract.envelope_key is not None
        else ""
    )
    return (
        f"case {is_envelope}when starts_with({item}, '{{') then 'record' "
        f"when starts_with({item}, '[') then {lists} else 'object' end"
    )


def _lines_sql(contract: Contract) -> str:
    """Tell what each line is, and what is to be cut out of it."""
    line = name(contract.dataset + "__line")
    return f"""\
delete from staging.{line} where true;

insert into staging.{line} (_load_id, _line_number, _text, _form)
with line as (
  select r._load_id, r._line_number, r._problem, {cleaned("r.line")} as _line
  from raw.{name(contract.dataset)} as r
  join staging.load as l on l.load_id = r._load_id
), masked as (
  select l._load_id, l._line_number, l._problem, l._line,
  case when l._problem is null and not rh_contains(l._line, {text(js.CONTROL)})
    and not rh_has(l._line, {text(chr(0))})
    then replace(l._line, {text(chr(92))}, {text(_B)}) end as _masked
  from line as l
  where l._problem is not null or rh_trim(l._line) <> ''
), trimmed as (
  select m._load_id, m._line_number, m._problem, m._line, rh_trim(m._masked) as _masked
  from masked as m
), plain as (
  select m._load_id, m._line_number, m._problem, m._line, m._masked,
  {_may_be_envelope(contract, "m._masked")} as _may_be_envelope,
  rh_matches(m._masked, {text(_plain(contract))}) as _plain
  from trimmed as m
), formed as (
  select p._load_id, p._line_number, p._line, p._masked,
  case when p._problem is not null then p._problem
    when p._plain and not p._may_be_envelope then 'record'
    when p._plain then 'values'
    when p._masked is null then 'json'
    when rh_matches({_masked_json("p._masked")}, {text(js.VALUES)}) then 'values'
    when rh_matches({_masked_json("p._masked")}, {text(js.ONE_VALUE)}) then 'object'
    else 'json' end as _form
  from plain as p
), opened as (
  select f._load_id, f._line_number, f._line, f._masked, f._form,
  case when f._form = 'values' then {_opened(contract, "f._masked", True)} end as _inside
  from formed as f
)
select o._load_id, o._line_number,
  case when o._form in ('record', 'values') then coalesce(o._inside, o._masked) else o._line end,
  case when o._inside is not null then 'opened' else o._form end
from opened as o
"""


def _items_sql(contract: Contract) -> str:
    """Cut lines into their values, and open envelopes and lists."""
    item, line = name(contract.dataset + "__item"), name(contract.dataset + "__line")
    of_list = "case when l._form = 'opened' then 'object' else 'list' end"
    token = text(f"({js.value(js.DEPTH)})")
    return f"""\
delete from staging.{item} where true;

insert into staging.{item} (_load_id, _line_number, _text, _kind)
select l._load_id, l._line_number, l._text, l._form
from staging.{line} as l
where l._form not in ('opened', 'values');

insert into staging.{item} (_load_id, _line_number, _text, _kind)
select l._load_id, l._line_number, u.item, {_kind(contract, "u.item", "envelope", of_list)}
from staging.{line} as l, rh_explode_matches(l._text, {token}, 1) as u(position, item)
where l._form in ('opened', 'values');

insert into staging.{item} (_load_id, _line_number, _text, _kind)
select i._load_id, i._line_number, u.item, {_kind(contract, "u.item", "envelope 2", "'object'")}
from staging.{item} as i,
  rh_explode_matches(coalesce({_opened(contract, "i._text", True)}, ''), {token}, 1)
  as u(position, item)
where i._kind in ('envelope', 'list');

insert into staging.{item} (_load_id, _line_number, _text, _kind)
select i._load_id, i._line_number, u.item, {_kind(contract, "u.item", "undecided", "'object'")}
from staging.{item} as i,
  rh_explode_matches(coalesce({_opened(contract, "i._text", False)}, ''), {token}, 1)
  as u(position, item)
where i._kind = 'envelope 2';

delete from staging.{item} where _kind in ('envelope', 'list', 'envelope 2')
"""


# --- cells


def _member(key: str, value: str) -> str:
    return f'(?:^|,){js.SPACE}"{key}"{js.SPACE}:{js.SPACE}({value})'


def _cells_sql(contract: Contract) -> str:
    dataset, columns = contract.dataset, contract.field_names
    cell, item = name(dataset + "__cell"), name(dataset + "__item")
    inner = "substr(i._text, 2, length(i._text) - 2)"
    nested = text(f"({js.LOOSE_STRING})|[{{]{js.inside(js.DEPTH - 1)}[}}]")
    mark = text("\\1" + js.CONTAINER)
    value = f"{js.LOOSE_STRING}|{js.SCALAR}|{js.container(js.DEPTH - 2)}"
    sent = ",\n  ".join(
        f"rh_extract(f._flat, {text(_member(each, value))}, 1) as {name(each)}" for each in columns
    )
    found = " + ".join(f"case when v.{name(each)} is null then 0 else 1 end" for each in columns)
    given = ",\n  ".join(f"nullif(v.{name(each)}, 'null')" for each in columns)
    return f"""\
delete from staging.{cell} where true;

insert into staging.{cell}
  (_load_id, _line_number, _text, _field, _problem, _odd, {names(columns)})
with flat as (
  select i._load_id, i._line_number, i._text, i._kind,
  case when i._kind <> 'record' then ''
    when not rh_has({inner}, '{{') then {inner}
    else replace(rh_replace_all({inner}, {nested}, {mark}),
      {text('"' + js.CONTAINER)}, {text('"')}) end as _flat
  from staging.{item} as i
), sent as (
  select f._load_id, f._line_number, f._text, f._kind, f._flat,
  {sent}
  from flat as f
)
select v._load_id, v._line_number, v._text, cast(null as varchar),
  case when v._kind <> 'record' then v._kind end,
  v._kind = 'record'
    and (rh_count(v._flat, {text(f"({_KEY})")}) <> {found} or rh_has(substr(v._text, 2), '{{')),
  {given}
from sent as v
"""


# --- records with more than the contract's fields


def _odd_sql(contract: Contract) -> str:
    """What is wrong with such records, and what the contract does not know of them."""
    dataset = contract.dataset
    odd, cell = name(dataset + "__odd"), name(dataset + "__cell")
    member = text(f"({_KEY}{js.SPACE}(?:{js.value(js.DEPTH - 1)}))")
    known = ", ".join(text(f'"{each}"') for each in contract.field_names)
    key = text(f"^({js.LOOSE_STRING})")
    envelope = ""
    envelope_field = "cast(null as varchar)"
    if contract.envelope_key is not None:
        of_list = text(f'^"{contract.envelope_key}"{js.SPACE}:{js.SPACE}[[]')
        envelope = f"max(case when rh_contains(m._member, {of_list}) then 1 else 0 end)"
        envelope_field = (
            f"case when s._envelope = 1 and s._twice = 0 then {text(contract.envelope_key)} end"
        )
    return f"""\
delete from staging.{odd} where true;

insert into staging.{odd} (_text, _field, _problem, _extra)
with found as (
  select distinct c._text as _text, substr(c._text, 2, length(c._text) - 2) as _inner
  from staging.{cell} as c
  where c._odd
), member as (
  select f._text, u.position as _position, u.item as _member,
  rh_extract(u.item, {key}, 1) as _key
  from found as f, rh_explode_matches(f._inner, {member}, 1) as u(position, item)
), every as (
  select f._text, rh_extract(u.item, {key}, 1) as _key
  from found as f, rh_explode_matches(f._inner, {text(f"({_KEY})")}, 1) as u(position, item)
), top_key as (
  select m._text, m._key, count(*) as _times from member as m group by m._text, m._key
), every_key as (
  select e._text, e._key, count(*) as _times from every as e group by e._text, e._key
), keys as (
  select e._text,
  max(case when coalesce(t._times, 0) > 1 then 1 else 0 end) as _twice,
  max(case when e._times - coalesce(t._times, 0) > 1 then 1 else 0 end) as _within,
  max(case when rh_has(e._key, {text(_B)}) then 1 else 0 end) as _escaped
  from every_key as e
  left join top_key as t on t._text = e._text and t._key = e._key
  group by e._text
), extra as (
  select m._text,
  string_agg(
    case when m._key not in ({known}) then m._member end, ',' order by m._position nulls first
  ) as _extra,
  {envelope or "0"} as _envelope
  from member as m
  group by m._text
), summed as (
  select k._text, k._twice, k._within, k._escaped, x._envelope, x._extra
  from keys as k
  join extra as x on x._text = k._text
)
select s._text, {envelope_field},
  case when s._twice = 1 then 'duplicateKey'
    when s._envelope = 1 then 'envelope'
    when s._within = 1 then 'duplicateKey'
    when s._escaped = 1 then 'undecided'
    when not rh_matches(rh_replace_all(s._extra, {text(js.TEXT_OR_NUL)}, ''), '[^"]*')
      then 'characters' end,
  '{{' || replace(s._extra, {text(_B)}, {text(chr(92))}) || '}}'
from summed as s
"""
