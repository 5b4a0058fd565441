"""A contract as DuckDB's SQL: lines that are surely valid become typed rows, the rest stay lines.

Values that come from a source (the names of columns that the contract does not know) are bound as
parameters. What is pasted comes from a contract that was checked when it was loaded.
"""

from dataclasses import dataclass, field
from typing import Any

from reelhouse.contract.guard import Residual, csv_guard, json_guard, residual
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.values import to_json

TYPES = {
    Type.STRING: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "DATE",
    Type.TIMESTAMP: "TIMESTAMPTZ",
}


@dataclass
class Query:
    """The query that judges the view `lines` (_line, _number).

    Its columns are `_line` (the bytes of a line that is not surely valid, else null), `_number`
    (its source's), `_records` (how many rows the line has; of one that has no record there is one
    row all the same), the fields, and `_extra`. What is not a field begins with `_`, as no field
    does.
    """

    select: str
    parameters: dict[str, Any] = field(default_factory=dict)


def column_type(each: Field) -> str:
    """The type of a field's column."""
    return f"{TYPES[each.item.type]}[]" if each.item else TYPES[each.type]


# --- JSONL


def json_query(contract: Contract, orders: list[tuple[str, ...]]) -> Query | None:
    """The query for JSONL lines, or None where no line would be surely valid."""
    guard = json_guard(contract, orders, "re2")
    if guard is None:
        return None
    fields, key = contract.fields, contract.envelope_key
    members = ", ".join(f'"{each.name}": {_json_type(each)}' for each in fields)
    envelope = f', "{key}": [{{{members}}}]' if key else ""
    event = "{" + ", ".join(f"'{each.name}': j.\"{each.name}\"" for each in fields) + "}"
    rules = residual(contract, "re2")
    parameters = {"guard": guard}
    events = f"[{event}]"
    if key:
        events = f'CASE WHEN j."{key}" IS NULL THEN {events} ELSE j."{key}" END'
    # the shape is pasted: json_transform needs a constant when the query is planned
    shape = f"{{{members}{envelope}}}".replace("'", "''")
    parsed = (
        "SELECT _number, encode(_line) AS _line, json_transform("
        f"CASE WHEN regexp_matches(_line, $guard) THEN _line END, '{shape}') AS j FROM lines"
    )
    if rules:
        sure = _rules(rules, "j", parameters)
        if key:
            of_each = _rules(rules, "e", parameters)
            of_list = f'len(list_filter(j."{key}", lambda e: NOT ({of_each}))) = 0'
            sure = f'CASE WHEN j."{key}" IS NULL THEN {sure} ELSE {of_list} END'
        parsed = f"SELECT _number, _line, CASE WHEN {sure} THEN j END AS j FROM ({parsed})"
    listed = (
        "SELECT CASE WHEN j IS NULL THEN _line END AS _line, _number, "
        f"CASE WHEN j IS NULL THEN [{event}] ELSE {events} END AS _list FROM ({parsed})"
    )
    opened = (
        "SELECT _line, _number, len(_list)::INT AS _records, "
        f"unnest(CASE WHEN len(_list) = 0 THEN [NULL] ELSE _list END) AS e FROM ({listed})"
    )
    values = [_json_value(each, f'e."{each.name}"') for each in fields]
    return Query(_select(contract, values, "NULL::VARCHAR", opened), parameters)


def _json_type(each: Field) -> str:
    if each.item:
        return f'["{TYPES[each.item.type]}"]'
    if each.type is Type.TIMESTAMP and each.epoch_unit is None:
        return '"VARCHAR"'
    return '"BIGINT"' if each.epoch_unit else f'"{TYPES[each.type]}"'


def _json_value(each: Field, value: str) -> str:
    if each.epoch_unit:
        return f"make_timestamptz({value} * {each.epoch_unit})"
    if each.type is Type.TIMESTAMP:
        return f"{value}::TIMESTAMPTZ"
    return _without_negative_zero(each, value)


def _without_negative_zero(each: Field, value: str) -> str:
    if each.type is Type.NUMBER:
        return f"CASE WHEN {value} = 0 THEN 0.0::DOUBLE ELSE {value} END"
    if each.item and each.item.type is Type.NUMBER:
        return f"list_transform({value}, lambda x: CASE WHEN x = 0 THEN 0.0::DOUBLE ELSE x END)"
    return value


# --- CSV


def csv_query(contract: Contract, columns: tuple[str, ...]) -> Query | None:
    """The query for the rows of CSV under these columns, or None: no row would be surely valid."""
    guard = csv_guard(contract, columns, "re2")
    if guard is None:
        return None
    parameters: dict[str, Any] = {"guard": guard}
    places = {name: place for place, name in enumerate(columns, 1)}
    values = {
        each.name: _cell_value(each, f"_cells[{places[each.name]}]")
        if each.name in places
        else f"NULL::{column_type(each)}"
        for each in contract.fields
    }
    known = set(contract.field_names)
    unknown = [(place, f"name{place}", name) for name, place in places.items() if name not in known]
    parameters |= {parameter: f"{to_json(name)}:" for _, parameter, name in unknown}
    pairs = ", ".join(
        f"CASE WHEN _cells[{place}] <> '' THEN ${parameter}::VARCHAR "
        f"|| '\"' || _cells[{place}] || '\"' END"
        for place, parameter, _ in unknown
    )
    extra = f"'{{' || nullif(concat_ws(',', {pairs}), '') || '}}'" if unknown else "NULL::VARCHAR"
    split = (
        "SELECT _number, _line, CASE WHEN regexp_matches(_line, $guard) THEN list_transform("
        "string_split(rtrim(_line, chr(10) || chr(13)), ','), "
        "lambda x: CASE WHEN x[1] = '\"' THEN x[2:-2] ELSE x END) END AS _cells FROM lines"
    )
    typed = ", ".join(f'{value} AS "{name}"' for name, value in values.items())
    rows = f"SELECT _number, _line, _cells, {typed}, {extra} AS _extra FROM ({split})"
    sure = "_cells IS NOT NULL"
    rules = residual(contract, "re2")
    if rules:
        sure += f" AND ({_rules(rules, 'r', parameters)})"
    left = f"CASE WHEN {sure} THEN NULL ELSE encode(_line) END AS _line"
    judged = f"SELECT r.* EXCLUDE (_cells, _line), 1 AS _records, {left} FROM ({rows}) r"
    return Query(
        _select(contract, [f'e."{name}"' for name in values], "e._extra", judged, "e"), parameters
    )


def _cell_value(each: Field, cell: str) -> str:
    text = f"nullif({cell}, '')"
    if each.item:
        return f"string_split({text}, '{(each.separator or '').replace(chr(39), chr(39) * 2)}')"
    if each.epoch_unit:
        return f"make_timestamptz({text}::BIGINT * {each.epoch_unit})"
    if each.type is Type.BOOLEAN:
        return f"lower({text}) IN ('1', 'true')"
    if each.type is Type.STRING:
        return text
    return _without_negative_zero(each, f"{text}::{TYPES[each.type]}")


# --- both


def _select(contract: Contract, values: list[str], extra: str, origin: str, alias: str = "") -> str:
    typed = zip(values, contract.field_names, strict=True)
    columns = ", ".join(f'{value} AS "{name}"' for value, name in typed)
    marks = "_line, _number, _records"
    return f"SELECT {marks}, {columns}, {extra} AS _extra FROM ({origin}) {alias}"


def _rules(rules: list[Residual], record: str, parameters: dict[str, Any]) -> str:
    """The residual rules of a record, true where all are kept; a null keeps each."""
    kept = []
    for rule in rules:
        value = f'{record}."{rule.field}"'
        if rule.kind == "regex":
            name = f"pattern{len(parameters)}"
            parameters[name] = rule.regex
            condition = f"regexp_matches({value}, ${name})"
        else:
            size = f"length({value})" if rule.kind == "length" else f"len({value})"
            condition = f"{size} >= {rule.least}"
            if rule.most is not None:
                condition += f" AND {size} <= {rule.most}"
        kept.append(f"coalesce({condition}, true)")
    return " AND ".join(kept)
