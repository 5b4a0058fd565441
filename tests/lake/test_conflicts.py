"""A contract and the table that it would go into: what does not fit, in the contract's words."""

from typing import Any, cast

import pyarrow as pa
import pytest
from deltalake.schema import Schema

from reelhouse.contract.model import QUARANTINE_SCHEMA
from reelhouse.contract.registry import load_all
from reelhouse.lake.conflicts import Conflict, compare, words
from reelhouse.lake.targets import REPLAYS_SCHEMA

COLUMNS = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "list of string": pa.list_(pa.string()),
    "list of integer": pa.list_(pa.int64()),
    "list of timestamp": pa.list_(pa.timestamp("us", "UTC")),
}
OF_OTHERS = {
    "integer of 32 bits": pa.int32(),
    "integer of 16 bits": pa.int16(),
    "integer of 8 bits": pa.int8(),
    "number of 32 bits": pa.float32(),
    "decimal(10,2)": pa.decimal128(10, 2),
    "timestamp without a time zone": pa.timestamp("us"),
    "binary": pa.binary(),
    "list of list of string": pa.list_(pa.list_(pa.string())),
    "map of string to integer": pa.map_(pa.string(), pa.int64()),
    "object of a integer, b string": pa.struct([("a", pa.int64()), ("b", pa.string())]),
}
"""Types that no contract has, and a table of another program's may."""


def compared(
    wanted: pa.Schema, present: pa.Schema, by: tuple[str, ...] = (), was_by: tuple[str, ...] = ()
) -> list[Conflict]:
    return compare(
        wanted, by, Schema.from_arrow(present), was_by, uri="/t", asked="the contract says"
    )


def schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(columns)


@pytest.mark.parametrize("name", COLUMNS | OF_OTHERS)
def test_a_type_is_called_as_a_contract_calls_it(name: str) -> None:
    (column,) = Schema.from_arrow(schema(a=cast(Any, COLUMNS | OF_OTHERS)[name])).fields
    assert words(column.type) == name


@pytest.mark.parametrize("present", COLUMNS | OF_OTHERS)
@pytest.mark.parametrize("wanted", COLUMNS)
def test_two_types_fit_if_they_are_the_same_and_only_then(wanted: str, present: str) -> None:
    ours, theirs = cast(Any, COLUMNS)[wanted], cast(Any, COLUMNS | OF_OTHERS)[present]
    found = compared(schema(a=ours), schema(a=theirs))
    if wanted == present:
        assert found == []
    else:
        (conflict,) = found
        assert conflict.field == "a"
        assert str(conflict) == (
            f"a: the table /t has {present}, and the contract says {wanted}: a column can't change "
            f"its type (go back to {present}, give the field another name, or use another lake)"
        )


def test_columns_may_come_and_go() -> None:
    assert compared(schema(b=pa.int64()), schema(a=pa.string())) == []


@pytest.mark.parametrize(
    ("wanted", "present"), [("Score", "score"), ("score", "SCORE"), ("_Batch_ID", "_batch_id")]
)
def test_a_column_does_not_change_its_case(wanted: str, present: str) -> None:
    (conflict,) = compared(pa.schema({wanted: pa.int64()}), pa.schema({present: pa.int64()}))
    assert str(conflict) == (
        f"{wanted}: the table /t has the column {present}, and the contract says {wanted}: a "
        f"column can't change its case (call the field {present}, give it another name, or use "
        "another lake)"
    )


def test_two_new_columns_differ_in_more_than_case() -> None:
    (conflict,) = compared(
        schema(a=pa.int64(), more=pa.int64(), More=pa.int64()), schema(a=pa.int64())
    )
    assert (conflict.field, conflict.message) == (
        "More",
        "the contract says more and More: a table does not tell case apart",
    )


@pytest.mark.parametrize(
    ("by", "was_by", "said"),
    [
        ((), ("a",), "is partitioned by a, and the contract says nothing"),
        (("a",), (), "is partitioned by nothing, and the contract says a"),
        (("a", "b"), ("b", "a"), "is partitioned by b, a, and the contract says a, b"),
        (("a",), ("a", "b"), "is partitioned by a, b, and the contract says a"),
    ],
)
def test_a_table_does_not_change_its_partitions(
    by: tuple[str, ...], was_by: tuple[str, ...], said: str
) -> None:
    both = schema(a=pa.string(), b=pa.string())
    (conflict,) = compared(both, both, by, was_by)
    assert (conflict.field, said in conflict.message) == ("", True)
    assert "use another lake" in conflict.mend


def test_a_partition_that_changes_its_case_is_told_once() -> None:
    (conflict,) = compared(schema(Day=pa.date32()), schema(day=pa.date32()), ("Day",), ("day",))
    assert "can't change its case" in conflict.message


def test_all_conflicts_are_found_at_once() -> None:
    wanted = schema(a=pa.string(), B=pa.int64(), c=pa.int64(), d=pa.int64())
    present = schema(a=pa.int64(), b=pa.int64(), c=pa.int64())
    found = compared(wanted, present, (), ("c",))
    assert [conflict.field for conflict in found] == ["a", "B", ""]


@pytest.mark.parametrize(
    "of_reelhouse",
    [QUARANTINE_SCHEMA, REPLAYS_SCHEMA, *(each.lake_schema() for each in load_all().values())],
)
def test_what_reelhouse_writes_fits_what_it_has_written(of_reelhouse: pa.Schema) -> None:
    assert compared(of_reelhouse, of_reelhouse) == []
