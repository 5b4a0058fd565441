"""A field's rules, in words for people."""

from reelhouse.contract.model import Field


def rules_of(field: Field) -> str:
    """The rules of a field beside its type and whether it is required."""
    said = []
    if field.primary_key:
        said.append("key")
    if field.epoch_unit:
        unit = {1_000_000: "seconds", 1_000: "milliseconds", 1: "microseconds"}[field.epoch_unit]
        said.append(f"{unit} since 1970")
    if field.separator:
        said.append(f"items between {field.separator!r}")
    if field.valid_values:
        said.append(f"one of {', '.join(map(str, field.valid_values))}")
    said += [
        f"{name} {value}"
        for name, value in (
            ("pattern", field.pattern),
            ("format", field.format),
            ("minLength", field.min_length),
            ("maxLength", field.max_length),
            ("minimum", field.minimum),
            ("maximum", field.maximum),
            ("exclusiveMinimum", field.exclusive_minimum),
            ("exclusiveMaximum", field.exclusive_maximum),
            ("minItems", field.min_items),
            ("maxItems", field.max_items),
        )
        if value is not None
    ]
    if field.item is not None:
        inner = rules_of(field.item)
        said.append(f"items: {field.item.type}{f' ({inner})' if inner else ''}")
    return "; ".join(said)
