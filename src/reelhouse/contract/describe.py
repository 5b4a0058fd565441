"""A field's rules, in words for people."""

from reelhouse.contract import rules
from reelhouse.contract.model import Field
from reelhouse.contract.odcs_fields import EPOCH_UNITS


def rules_of(field: Field) -> str:
    """The rules of a field beside its type and whether it is required."""
    said = []
    if field.primary_key:
        said.append("key")
    said += [f"{unit} since 1970" for unit, size in EPOCH_UNITS.items() if size == field.epoch_unit]
    if field.separator:
        said.append(f"items between {field.separator!r}")
    if field.valid_values:
        said.append(f"one of {', '.join(map(str, field.valid_values))}")
    options = {name: field.option(name) for name in rules.options()}
    said += [
        name if value is True else f"{name} {value}"
        for name, value in options.items()
        if value is not None
    ]
    if field.item is not None:
        inner = rules_of(field.item)
        said.append(f"items: {field.item.type}{f' ({inner})' if inner else ''}")
    return "; ".join(said)
