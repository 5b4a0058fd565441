"""Verdicts as Arrow tables: the lake's rows and the quarantine's."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from reelhouse.contract.model import QUARANTINE_SCHEMA, Contract, Field, Type
from reelhouse.contract.validator import Invalid, Row

MICROSECONDS_A_DAY = 86_400_000_000


def column(field: Field, values: Sequence[Any]) -> pa.Array:
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
    sources: pa.Array | pa.Scalar,
    ingested_at: datetime,
    batch_id: str,
) -> pa.Table:
    """Valid rows as a table of the lake's schema; `sources` has the URI of each."""
    values = list(zip(*rows, strict=True)) or [()] * (len(contract.fields) + 1)
    columns = [
        column(field, each) for field, each in zip(contract.fields, values[:-1], strict=True)
    ]
    extra = pa.array(values[-1], pa.string())
    return complete(contract, [*columns, extra], sources, ingested_at, batch_id)


def complete(
    contract: Contract,
    columns: Sequence[pa.Array],
    sources: pa.Array | pa.Scalar,
    ingested_at: datetime,
    batch_id: str,
) -> pa.Table:
    """Add to the columns of the fields and `_extra` those that the lake has beside them."""
    *fields, extra = columns
    by_name = dict(zip(contract.field_names, fields, strict=True))
    derived = [derive(by_name[each.field], each.transform) for each in contract.derived]
    schema, count = contract.lake_schema(), len(extra)
    return pa.Table.from_arrays(
        [
            *fields,
            *derived,
            extra,
            _repeated(sources, count),
            pa.repeat(pa.scalar(ingested_at, schema.field("_ingested_at").type), count),
            pa.repeat(pa.scalar(batch_id, pa.string()), count),
        ],
        schema=schema,
    )


def _repeated(value: pa.Array | pa.Scalar, count: int) -> pa.Array:
    return pa.repeat(value, count) if isinstance(value, pa.Scalar) else value


def derive(values: pa.Array | pa.ChunkedArray, transform: str | None) -> pa.Array:
    """The date (date32) or the month (text such as 2026-11) of timestamps or dates, in UTC."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_timestamp(values.type):
        microseconds = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
        days = (microseconds // MICROSECONDS_A_DAY).astype(np.int32)
    else:
        days = values.cast(pa.int32()).to_numpy(zero_copy_only=False)
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
    violations = [
        [{"field": v.field, "rule": v.rule, "message": v.message} for v in each]
        for _, (_, each) in found
    ]
    schema = QUARANTINE_SCHEMA
    return pa.Table.from_arrays(
        [
            pa.array([raw for _, (raw, _) in found], pa.string()),
            pa.array(violations, schema.field("violations").type),
            pa.array([uri for uri, _ in found], pa.string()),
            pa.repeat(pa.scalar(ingested_at, schema.field("_ingested_at").type), len(found)),
            pa.repeat(pa.scalar(batch_id, pa.string()), len(found)),
            pa.repeat(pa.scalar(contract_version, pa.string()), len(found)),
        ],
        schema=schema,
    )


def utc(moment: datetime) -> datetime:
    """The same moment in UTC, cut to whole milliseconds."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
