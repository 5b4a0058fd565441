"""What a star is made of: which datasets are dimensions, which are facts, how they relate."""

from collections.abc import Mapping
from dataclasses import dataclass

from reelhouse.contract.model import Contract, Field, Partition, Type
from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.names import key
from reelhouse.warehouse.tables import Column, ColumnType
from reelhouse.warehouse.verdict.fields import COLUMN_TYPES

FIRST = "rh_timestamp(-62135596800000000)"
"""The beginning of time: 0001-01-01."""

LAST = "rh_timestamp(253402300799000000)"
"""Its end: the last second of the year 9999."""

EFFECTIVE = "updated_at"
"""The field of a dimension that says since when a change holds."""


@dataclass(frozen=True)
class Relation:
    """A field of a fact that names a record of a dimension by its only key.

    `version_key` is the fact's column with the key of the version that held then.
    """

    field: Field
    dimension: Contract
    key: Field
    version_key: str


class Star:
    """The contracts as a star. Raises ReelhouseError for a relation to what is not there."""

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self.contracts = contracts
        self.dimensions = [each for each in contracts.values() if keys(each)]
        self.facts = [each for each in contracts.values() if not keys(each)]
        for contract in contracts.values():
            for field in contract.fields:
                self._check(contract, field)

    def _check(self, contract: Contract, field: Field) -> None:
        if field.references is None:
            return
        dataset, name = field.references
        place = f"{contract.place(field.name)}: {field.name} refers to {dataset}.{name}"
        if dataset not in self.contracts:
            raise ReelhouseError(
                f"{place}, and there is no dataset {dataset}: correct the relationship, or add the "
                "contract"
            )
        of = {each.name: each for each in self.contracts[dataset].fields}
        if name not in of or [each.name for each in keys(self.contracts[dataset])] != [name]:
            raise ReelhouseError(f"{place}, which is not its primary key: refer to the key")
        if of[name].type is not field.type:
            raise ReelhouseError(f"{place}, which is of the type {of[name].type}, not {field.type}")

    def relations(self, contract: Contract) -> list[Relation]:
        """The relations of a fact, each with a column of its own.

        The first one to a dimension is user_key; the next ones are named for their fields.
        """
        found: list[Relation] = []
        for field in contract.fields:
            if field.references is not None:
                other = self.contracts[field.references[0]]
                first = other not in [each.dimension for each in found]
                named = key(other.dataset) if first else f"{field.name.removesuffix('_id')}_key"
                found.append(Relation(field, other, keys(other)[0], named))
        return found


def keys(contract: Contract) -> list[Field]:
    """The primary key."""
    return [field for field in contract.fields if field.primary_key]


def lists(contract: Contract) -> list[Field]:
    """The fields that are lists."""
    return [field for field in contract.fields if field.type is Type.ARRAY]


def scalars(contract: Contract) -> list[Field]:
    """The fields that are not."""
    return [field for field in contract.fields if field.type is not Type.ARRAY]


def column(field: Field) -> Column:
    """A field's column in the star."""
    return Column(field.name, COLUMN_TYPES[field.type], field.description)


def derived_column(partition: Partition) -> Column:
    """A derived partition's column in the star."""
    kind: ColumnType = "date" if partition.transform == "date" else "text"
    return Column(partition.name, kind, f"the {partition.transform} of {partition.field}, in UTC")


def derived_sql(contract: Contract, partition: Partition, of: str) -> str:
    """A derived partition's value."""
    source = next(each for each in contract.fields if each.name == partition.field)
    value = f'{of}."{source.name}"'
    if partition.transform == "month":
        return f"rh_month({value})" if source.type is Type.TIMESTAMP else f"rh_date_month({value})"
    return f"rh_date({value})" if source.type is Type.TIMESTAMP else value


def effective(contract: Contract) -> Field | None:
    """The field that says since when a change of a dimension holds, if it has one."""
    return next(
        (
            field
            for field in contract.fields
            if field.name.lower() == EFFECTIVE and field.type is Type.TIMESTAMP
        ),
        None,
    )


def happened(contract: Contract) -> Field | None:
    """The field that says when a fact happened, if it has one."""
    by_name = {field.name: field for field in contract.fields}
    of_partition = [by_name[each.field] for each in contract.derived]
    times = [
        field
        for field in (*of_partition, *contract.fields)
        if field.type is Type.TIMESTAMP and field.required
    ]
    return times[0] if times else None
