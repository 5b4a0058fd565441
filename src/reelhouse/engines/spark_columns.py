"""A contract as Spark's Columns: lines that are surely valid are typed, the rest stay lines.

What is not a field has a name that begins with `_`, as no field's does.
"""

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from reelhouse.contract.guard import Residual, csv_guard, json_guard, residual
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.values import to_json

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

TYPES: dict[Type, T.DataType] = {
    Type.STRING: T.StringType(),
    Type.INTEGER: T.LongType(),
    Type.NUMBER: T.DoubleType(),
    Type.BOOLEAN: T.BooleanType(),
    Type.DATE: T.StringType(),
    Type.TIMESTAMP: T.StringType(),
}
"""What a field is parsed to. Epoch times are longs; dates and other times are text, as sent."""

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


def parsed_type(each: Field) -> T.DataType:
    """The Spark type of a field as it leaves the JVM."""
    if each.item:
        return T.ArrayType(TYPES[each.item.type])
    return T.LongType() if each.epoch_unit else TYPES[each.type]


def json_rows(
    lines: "DataFrame", contract: Contract, orders: list[tuple[str, ...]], max_line_bytes: int
) -> "DataFrame | None":
    """From lines to rows (MARKS, the fields), or None: no line would be sure.

    Lines are (_value, _number, _first). `_line` has the bytes of a line that is not surely valid,
    and then the fields are null. `_size` is how many bytes the line had, its LF included, in the
    first of its rows, and 0 in the others. `_has_record` is false where a line holds an empty list.
    """
    guard = json_guard(contract, orders, "java")
    if guard is None:
        return None
    key = contract.envelope_key
    event = T.StructType([T.StructField(each.name, parsed_type(each)) for each in contract.fields])
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
    guard = csv_guard(contract, columns, "java")
    if guard is None:
        return None
    line = F.when(_is_text(max_line_bytes) & F.col("_value").rlike(guard), F.col("_value"))
    # the guard lets quotes stand around a cell and nowhere else, and CRs only at the end
    cells = F.split(F.translate(line, '"\r', ""), ",", -1)
    places = {name: place for place, name in enumerate(columns)}
    values = {
        each.name: _cell_value(each, F.col("_cells")[places[each.name]])
        if each.name in places
        else F.lit(None).cast(parsed_type(each))
        for each in contract.fields
    }
    known = set(contract.field_names)
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


def _cell_value(each: Field, cell: "Column") -> "Column":
    text = F.when(cell != "", cell)
    if each.item:
        return F.split(text, F.lit(f"\\Q{each.separator}\\E"), -1).cast(parsed_type(each))
    if each.type is Type.BOOLEAN:
        return F.lower(text).isin("1", "true")
    return text.cast(parsed_type(each))


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
            size = F.length(value) if rule.kind == "length" else F.size(value)
            condition = size >= rule.least
            if rule.most is not None:
                condition = condition & (size <= rule.most)
        kept = kept & F.coalesce(value.isNull() | condition, F.lit(False))
    return kept
