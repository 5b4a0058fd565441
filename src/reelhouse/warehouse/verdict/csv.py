"""From lines of CSV to rows and their cells, as RFC 4180 has them."""

from reelhouse.contract.model import Contract
from reelhouse.warehouse.canonical import name, names, text
from reelhouse.warehouse.raw import LINE, LOAD
from reelhouse.warehouse.tables import Column, Model, Table
from reelhouse.warehouse.verdict.judged import cell_table
from reelhouse.warehouse.verdict.lines import cleaned

CELL = '(?:"(?:[^"]|"")*"|[^",]*)'
ROW = f"(?:,{CELL})+"
"""A row with a comma before it."""

ONE_CELL = f",({CELL})"


def tables(contract: Contract) -> list[Table]:
    """The lines, the headers of the sources, and the cells of the rows."""
    return [
        Table(
            schema="staging",
            name=f"{contract.dataset}__line",
            meaning="The lines of the running build; the first of each load is its header.",
            columns=(
                LOAD,
                LINE,
                Column("_text", "text"),
                Column("_problem", "text", "the rule by which the line can't be read"),
                Column("_place", "integer", "1 for the header"),
            ),
        ),
        Table(
            schema="staging",
            name=f"{contract.dataset}__header",
            meaning="The header of each load of the running build.",
            columns=(
                LOAD,
                LINE,
                Column("_text", "text", required=True),
                Column("_field", "text", "the first required field that it lacks"),
                Column("_problem", "text", "why the source can't be read by it"),
                Column("_width", "integer", required=True),
                *(Column(each, "integer", "its column") for each in contract.field_names),
            ),
        ),
        cell_table(contract, (Column("_extra", "text"),)),
    ]


def models(contract: Contract) -> list[Model]:
    """Find the headers, read them, and cut the rows into cells."""
    dataset = contract.dataset
    return [
        Model(f"{dataset}_lines", _lines_sql(contract)),
        Model(f"{dataset}_headers", _headers_sql(contract)),
        Model(f"{dataset}_cells", _cells_sql(contract)),
    ]


def _lines_sql(contract: Contract) -> str:
    """Number the lines, so that a header comes first where the system tells no line's number.

    There the header is a line that has all required columns.
    """
    line = name(contract.dataset + "__line")
    required = [field.name for field in contract.fields if field.required] or contract.field_names
    has_all = " and ".join(
        f"rh_has(',' || replace(c._line, '\"', '') || ',', {text(f',{each},')})"
        for each in required
    )
    return f"""\
delete from staging.{line} where true;

insert into staging.{line} (_load_id, _line_number, _text, _problem, _place)
with line as (
  select r._load_id, r._line_number, r._problem, {cleaned("r.line")} as _line
  from raw.{name(contract.dataset)} as r
  join staging.load as l on l.load_id = r._load_id
)
select c._load_id, c._line_number, c._line, c._problem,
  case when c._problem is null then row_number() over (
    partition by c._load_id, c._problem is null
    order by coalesce(c._line_number, case when {has_all} then 0 else 1 end) nulls first,
      c._line nulls first
  ) end
from line as c
where c._problem is not null or rh_trim(c._line) <> ''
"""


def _unquoted(cell: str) -> str:
    return (
        f"case when starts_with({cell}, '\"') "
        f"then replace(substr({cell}, 2, length({cell}) - 2), '\"\"', '\"') else {cell} end"
    )


def _headers_sql(contract: Contract) -> str:
    dataset = contract.dataset
    header, line = name(dataset + "__header"), name(dataset + "__line")
    known = ", ".join(text(each) for each in contract.field_names)
    places = ",\n  ".join(
        f"max(case when n._name = {text(each)} then n._position end) as {name(each)}"
        for each in contract.field_names
    )
    required = [field.name for field in contract.fields if field.required]
    lacking = " ".join(f"when p.{name(each)} is null then {text(each)}" for each in required)
    lacks = f"case {lacking} end" if lacking else "cast(null as varchar)"
    return f"""\
delete from staging.{header} where true;

insert into staging.{header}
  (_load_id, _line_number, _text, _field, _problem, _width, {names(contract.field_names)})
with first_line as (
  select l._load_id, l._line_number, l._text, ',' || l._text as _row
  from staging.{line} as l
  where l._place = 1
), cell as (
  select f._load_id, u.position as _position, {_unquoted("u.item")} as _name
  from first_line as f, rh_explode_matches(f._row, {text(ONE_CELL)}, 1) as u(position, item)
), name_place as (
  select n._load_id, count(*) as _width, count(distinct n._name) as _distinct,
  max(case when n._name in ({known}) then 1 else 0 end) as _known,
  {places}
  from cell as n
  group by n._load_id
), checked as (
  select f._load_id, f._line_number, f._text, p._width, {lacks} as _lacks,
  case when not rh_matches(f._row, {text(ROW)})
      or rh_has(rh_replace_all(f._text, '"[^"]*"', ''), {text(chr(13))})
      or p._known = 0 or p._distinct < p._width then 1 else 0 end as _wrong,
  {names(contract.field_names, "p")}
  from first_line as f
  join name_place as p on p._load_id = f._load_id
)
select c._load_id, c._line_number, c._text, case when c._wrong = 0 then c._lacks end,
  case when c._wrong = 1 or c._lacks is not null then 'header' end, c._width,
  {names(contract.field_names, "c")}
from checked as c
"""


def _cells_sql(contract: Contract) -> str:
    dataset, columns = contract.dataset, contract.field_names
    cell, header, line = (name(dataset + each) for each in ("__cell", "__header", "__line"))
    raw_cells = ",\n  ".join(
        f"nullif(rh_extract_nth(r._row, {text(ONE_CELL)}, 1, r.{name(each)}), '') as {name(each)}"
        for each in columns
    )
    cells = ",\n  ".join(f"nullif({_unquoted(f'c.{name(each)}')}, '')" for each in columns)
    none = ", ".join("cast(null as varchar)" for _ in columns)
    unknown = " + ".join(f"case when h.{name(each)} is null then 0 else 1 end" for each in columns)
    return f"""\
delete from staging.{cell} where true;

insert into staging.{cell}
  (_load_id, _line_number, _text, _field, _problem, _extra, {names(columns)})
select l._load_id, l._line_number, l._text, cast(null as varchar), l._problem,
  cast(null as varchar), {none}
from staging.{line} as l
where l._problem is not null
union all
select h._load_id, h._line_number, h._text, h._field, h._problem, cast(null as varchar), {none}
from staging.{header} as h
where h._problem is not null;

insert into staging.{cell}
  (_load_id, _line_number, _text, _field, _problem, _extra, {names(columns)})
with row_text as (
  select l._load_id, l._line_number, l._text, ',' || l._text as _row, h._width,
  h._width > {unknown} as _has_more, {names(columns, "h")}
  from staging.{line} as l
  join staging.{header} as h on h._load_id = l._load_id
  where h._problem is null and l._place > 1
), checked as (
  select r._load_id, r._line_number, r._text, r._row, r._has_more,
  case when not rh_matches(r._row, {text(ROW)}) then 'quotes'
    when rh_count(r._row, {text(ONE_CELL)}) <> r._width then 'columns' end as _problem,
  {names(columns, "r")}
  from row_text as r
), cut as (
  select r._load_id, r._line_number, r._text, r._problem, r._has_more,
  {raw_cells}
  from checked as r
)
select c._load_id, c._line_number, c._text, cast(null as varchar), c._problem,
  case when c._has_more then c._text end,
  {cells}
from cut as c
"""
