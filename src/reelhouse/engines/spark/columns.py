"""A contract as Spark's Columns: lines that are surely valid are typed, the rest stay lines.

What is not a field has a name that begins with `_`, as no field's does.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F
from pyspark.sql import types as T

from reelhouse.contract.guard import Residual, by_field, csv_guard, json_guard, residual
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.values import to_json

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def _as_parsed(values: "pa.Array[Any]") -> "pa.Array[Any]":
    return values


ZERO = pa.scalar(0.0)


class Native(NamedTuple):
    """A type in Spark: what a value is parsed to, and the lake's values of what was parsed.

    `typed` is called where the rows have left the JVM; what it gives is cast to the lake's type.
    """

    parsed: T.DataType
    typed: "Callable[[pa.Array[Any]], pa.Array[Any]]" = _as_parsed


TYPES: dict[Type, Native] = {
    Type.STRING: Native(T.StringType()),
    Type.INTEGER: Native(T.LongType()),
    Type.NUMBER: Native(
        T.DoubleType(),
        lambda values: pc.if_else(pc.equal(values, ZERO), ZERO, values),  # no -0.0
    ),
    Type.BOOLEAN: Native(T.BooleanType()),
    Type.DATE: Native(T.StringType()),
    Type.TIMESTAMP: Native(T.StringType()),
}
"""What each type is in Spark. A contract with a type that is not here has no fast path."""

SIZES: dict[str, Callable[["Column"], "Column"]] = {"length": F.length, "items": F.size}
"""What counts the characters of a text, and the items of a list."""

STRICT = {
    "mode": "PERMISSIVE",
    "allowNonNumericNumbers": "false",
    "allowSingleQuotes": "false",
    "allowUnquotedFieldNames": "false",
    "allowNumericLeadingZeros": "false",
    "allowBackslashEscapingAnyCharacter": "false",
    "allowUnquotedControlChars": "false",
    "allowComments": "false",
}


MARKS = ("_line", "_number", "_first", "_size", "_has_record")
"""The columns of rows beside the fields."""

MAX_PARSED_BYTES = 8 * 1024 * 1024
"""A longer line is not surely valid. Jackson, Spark's parser of JSON, has limits for text, which
depend on the versions of both; past them Spark makes nulls, and no error."""

MAX_MATCHED = 256
"""Longer text is not surely of a pattern: java.util.regex recurses for each repetition of a group,
and where the stack overflows the whole JVM ends. In characters."""


def native(each: Field) -> Native:
    """What a field is in Spark. Raises KeyError for a type that is not in TYPES."""
    if each.epoch_unit is not None:
        unit = pa.scalar(each.epoch_unit, pa.int64())
        return Native(T.LongType(), lambda values: pc.multiply(values, unit))
    if each.item is None:
        return TYPES[each.type]
    item = native(each.item)
    if item.typed is _as_parsed:
        return Native(T.ArrayType(item.parsed))
    typed = item.typed

    def typed_list(values: "pa.Array[Any]") -> "pa.Array[Any]":
        assert isinstance(values, pa.ListArray)
        items = typed(values.values)
        return pa.ListArray.from_arrays(values.offsets, items, mask=values.is_null())

    return Native(T.ArrayType(item.parsed), typed_list)


def typed_columns(contract: Contract, rows: pa.RecordBatch) -> "list[pa.Array[Any]]":
    """The fields of rows that have left the JVM, as the lake has them."""
    return [native(each).typed(rows[each.name]).cast(each.arrow_type) for each in contract.fields]


def json_rows(
    lines: "DataFrame", contract: Contract, orders: list[tuple[str, ...]], max_line_bytes: int
) -> "DataFrame | None":
    """From lines to rows (MARKS, the fields), or None: no line would be sure.

    Lines are (_value, _number, _first). `_line` has the bytes of a line that is not surely valid,
    and then the fields are null. `_size` is how many bytes the line had, its LF included, in the
    first of its rows, and 0 in the others. `_has_record` is false where a line holds an empty list.
    """
    guard, known = json_guard(contract, orders, "java"), by_field(contract, native)
    if guard is None or known is None:
        return None
    key = contract.envelope_key
    event = T.StructType([T.StructField(name, type_.parsed) for name, type_ in known.items()])
    shape = T.StructType(list(event))
    if key:
        shape.add(key, T.ArrayType(event))
    line = F.when(_is_text(max_line_bytes) & F.col("_value").rlike(guard), F.col("_value"))
    j = F.from_json(line, shape, STRICT)
    rules = residual(contract, "java")
    if rules:
        sure = _rules(rules, F.col("j"))
        if key:
            of_list = F.forall(F.col("j")[key], lambda each: _rules(rules, each))
            sure = F.when(F.col("j")[key].isNull(), sure).otherwise(of_list)
        parsed = lines.select("*", j.alias("j")).withColumn("j", F.when(sure, F.col("j")))
    else:
        parsed = lines.select("*", j.alias("j"))
    plain = F.array(F.struct(*(F.col("j")[each.name].alias(each.name) for each in contract.fields)))
    events = F.coalesce(F.col("j")[key], plain) if key else plain
    opened = parsed.select(
        F.when(F.col("j").isNull(), F.col("_value").cast("binary")).alias("_line"),
        "_number",
        "_first",
        F.octet_length("_value").alias("_bytes"),
        F.posexplode_outer(events).alias("_place", "e"),
    )
    return opened.select(
        "_line",
        "_number",
        "_first",
        F.when(F.coalesce("_place", F.lit(0)) == 0, F.col("_bytes") + 1)
        .otherwise(0)
        .alias("_size"),
        F.col("_place").isNotNull().alias("_has_record"),
        *(F.col("e")[each.name].alias(each.name) for each in contract.fields),
    )


def csv_rows(
    lines: "DataFrame",
    contract: Contract,
    columns: tuple[str, ...],
    header: str,
    max_line_bytes: int,
) -> "DataFrame | None":
    """The same for the rows of CSV under a header; there is a column `_extra` too."""
    guard, known = csv_guard(contract, columns, "java"), by_field(contract, native)
    if guard is None or known is None:
        return None
    line = F.when(_is_text(max_line_bytes) & F.col("_value").rlike(guard), F.col("_value"))
    # the guard lets quotes stand around a cell and nowhere else, and CRs only at the end
    cells = F.split(F.translate(line, '"\r', ""), ",", -1)
    places = {name: place for place, name in enumerate(columns)}
    values = {
        each.name: _cell_value(each, known[each.name], F.col("_cells")[places[each.name]])
        if each.name in places
        else F.lit(None).cast(known[each.name].parsed)
        for each in contract.fields
    }
    pairs = [
        F.when(
            F.col("_cells")[place] != "",
            F.concat(F.lit(f'{to_json(name)}:"'), F.col("_cells")[place], F.lit('"')),
        )
        for name, place in places.items()
        if name not in known
    ]
    extra = F.nullif(F.concat_ws(",", *pairs), F.lit("")) if pairs else F.lit(None).cast("string")
    typed = lines.select("*", cells.alias("_cells")).select(
        "_value",
        "_number",
        "_first",
        (F.octet_length("_value") + 1).alias("_size"),
        F.lit(True).alias("_has_record"),
        F.col("_cells").isNotNull().alias("_sure"),
        *(value.alias(name) for name, value in values.items()),
        F.concat(F.lit("{"), extra, F.lit("}")).alias("_extra"),
    )
    sure = F.col("_sure")
    if rules := residual(contract, "java"):
        record = F.struct(*(F.col(name) for name in values))
        sure = sure & _rules(rules, record)
    # which of the lines that hold the header's text is the header is told outside of the JVM
    like_header = F.col("_first") & F.contains("_value", F.lit(header))
    line = F.when(~sure | like_header, F.col("_value").cast("binary"))
    return typed.select(line.alias("_line"), *MARKS[1:], *values, "_extra")


def _cell_value(each: Field, type_: Native, cell: "Column") -> "Column":
    text = F.when(cell != "", cell)
    if each.item is not None:
        text = F.split(text, F.lit(f"\\Q{each.separator}\\E"), -1)
    return text.cast(type_.parsed)


def _is_text(max_line_bytes: int) -> "Column":
    limit = min(max_line_bytes, MAX_PARSED_BYTES)
    return (F.octet_length("_value") <= limit) & F.is_valid_utf8("_value")


def _rules(rules: list[Residual], record: "Column") -> "Column":
    """The residual rules of a record, true where all are surely kept; a null keeps each."""
    kept = F.lit(True)
    for rule in rules:
        value = record[rule.field]
        if rule.kind == "regex":
            condition = F.when(F.length(value) <= MAX_MATCHED, value).rlike(rule.regex)
        else:
            condition = SIZES[rule.kind](value).between(rule.least, rule.most)
        kept = kept & F.coalesce(value.isNull() | condition, F.lit(False))
    return kept
