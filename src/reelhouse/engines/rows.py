"""Verdicts as Arrow tables: the lake's rows and the quarantine's."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from reelhouse.contract.model import QUARANTINE_SCHEMA, Contract, Field, Type
from reelhouse.contract.validator import Invalid, Row

MICROSECONDS_A_DAY = 86_400_000_000


def column(field: Field, values: Sequence[Any]) -> "pa.Array[Any]":
    """An Arrow array of a field's typed values, in the type of the lake's column."""
    if field.item is not None:
        stored = pa.array(values, pa.list_(_stored(field.item)))
        return stored.cast(field.arrow_type)
    return pa.array(values, _stored(field)).cast(field.arrow_type)


def _stored(field: Field) -> pa.DataType:
    """The type in which the typed values of the validator are numbers."""
    if field.type is Type.DATE:
        return pa.int32()
    return pa.int64() if field.type is Type.TIMESTAMP else field.arrow_type


def lake_table(
    contract: Contract,
    rows: Sequence[Row],
    sources: "pa.DictionaryArray[Any, Any]",
    ingested_at: datetime,
    batch_id: str,
) -> pa.Table:
    """Valid rows as a table of the lake's columns; `sources` has the URI of each."""
    values = list(zip(*rows, strict=True)) or [()] * (len(contract.fields) + 1)
    columns = [
        column(field, each) for field, each in zip(contract.fields, values[:-1], strict=True)
    ]
    extra = pa.array(values[-1], pa.string())
    return complete(contract, [*columns, extra], sources, ingested_at, batch_id)


def complete(
    contract: Contract,
    columns: "Sequence[pa.Array[Any] | pa.ChunkedArray[Any]]",
    sources: "pa.DictionaryArray[Any, Any]",
    ingested_at: datetime,
    batch_id: str,
) -> pa.Table:
    """Add to the columns of the fields and `_extra` those that the lake has beside them."""
    *fields, extra = columns
    by_name = dict(zip(contract.field_names, fields, strict=True))
    derived = [derive(by_name[each.field], each.transform) for each in contract.derived]
    count = len(extra)
    return pa.table(
        [*fields, *derived, extra, sources, *_marks(ingested_at, batch_id, count)],
        schema=_with_dictionaries(contract.lake_schema()),
    )


def repeated(text: str, count: int) -> "pa.DictionaryArray[Any, Any]":
    """A column that has one text in every row, held once."""
    return pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(count, np.int32), pa.int32()), pa.array([text])
    )


def _marks(
    ingested_at: datetime, batch_id: str, count: int
) -> "tuple[pa.Array[Any], pa.Array[Any]]":
    moment = pa.scalar(ingested_at, pa.timestamp("us", "UTC"))
    return pa.repeat(moment, count), repeated(batch_id, count)


def _with_dictionaries(schema: pa.Schema) -> pa.Schema:
    """The schema with the texts that Reelhouse adds, which repeat, as dictionaries."""
    for name in ("_source", "_batch_id", "contract_version"):
        place = schema.get_field_index(name)
        if place >= 0:
            schema = schema.set(place, pa.field(name, pa.dictionary(pa.int32(), pa.string())))
    return schema


def derive(
    values: "pa.Array[Any] | pa.ChunkedArray[Any]", transform: str | None
) -> "pa.Array[Any]":
    """The date (date32) or the month (text such as 2026-11) of timestamps or dates, in UTC.

    A null, as it stands in the rows of records that are not valid, becomes 1970-01-01.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_timestamp(values.type):
        microseconds = values.cast(pa.int64()).fill_null(0).to_numpy()
        days = (microseconds // MICROSECONDS_A_DAY).astype(np.int32)
    else:
        days = values.cast(pa.int32()).fill_null(0).to_numpy()
    if transform == "date":
        return pa.array(days, pa.int32()).cast(pa.date32())
    months, places = np.unique(
        days.astype("datetime64[D]").astype("datetime64[M]"), return_inverse=True
    )
    return pa.array(months.astype(str), pa.string()).take(pa.array(places, pa.int64()))


def quarantine_table(
    invalid: Iterable[tuple[str, Invalid]],
    ingested_at: datetime,
    batch_id: str,
    contract_version: str,
) -> pa.Table:
    """Invalid records, each with the URI of its source, as a table of the quarantine's schema."""
    found = list(invalid)
    broken = [each for _, (_, violations) in found for each in violations]
    ends = np.cumsum([0, *(len(violations) for _, (_, violations) in found)])
    schema = QUARANTINE_SCHEMA
    each = schema.field("violations").type.value_field
    columns = [pa.array([v[place] for v in broken], pa.string()) for place in range(3)]
    return pa.Table.from_arrays(
        [
            pa.array([raw for _, (raw, _) in found], pa.string()),
            pa.ListArray.from_arrays(
                pa.array(ends, pa.int32()),
                pa.StructArray.from_arrays(columns, fields=list(each.type)),
                type=schema.field("violations").type,
            ),
            pa.array([uri for uri, _ in found], pa.string()).dictionary_encode(),
            *_marks(ingested_at, batch_id, len(found)),
            repeated(contract_version, len(found)),
        ],
        schema=_with_dictionaries(schema),
    )
