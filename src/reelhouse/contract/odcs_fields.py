"""The properties of a contract as fields: their types and rules, read strictly."""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from reelhouse.contract import rules
from reelhouse.contract.model import ATTRIBUTES, IDENTIFIER, Field, Type
from reelhouse.contract.option_values import is_integer, wrong_number
from reelhouse.contract.yaml_text import Place

Report = Callable[[Place, str, str], None]
"""Takes a mistake: its place, what it is, and the mend."""

EPOCH_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
ITEM_TYPES = (Type.STRING, Type.INTEGER, Type.NUMBER)

NOT_OF_ITEMS = (
    *("customProperties", "partitioned", "primaryKey", "properties", "transformLogic"),
    *("transformSourceObjects", "unique"),
)
NOT_OF_DERIVED = (
    *("customProperties", "enum", "items", "logicalTypeOptions", "primaryKey", "properties"),
    *("quality", "unique"),
)
"""What asks for something that is not judged there."""

DOCUMENTATION = {
    *("authoritativeDefinitions", "businessImpact", "customProperties", "description"),
    *("dimension", "id", "name", "severity", "tags"),
}
"""What may stand beside a quality rule without a say in it."""


class Custom:
    """The custom properties of an object or a property: their values, and where each stands."""

    def __init__(
        self, given: dict[str, Any], place: Place, known: Iterable[str], report: Report
    ) -> None:
        self._values: dict[str, Any] = {}
        self._places: dict[str, Place] = {}
        self._around = (*place, "customProperties")
        for number, each in enumerate(as_list(given.get("customProperties"))):
            inner, name = (*self._around, number), each.get("property")
            if name is None:
                report(inner, "the custom property has no name", "property: and its name")
            elif name not in known:
                message = f"the custom property {said(name)} is unknown"
                report((*inner, "property"), message, did_you_mean(name, known))
            elif name in self._values:
                report((*inner, "property"), f"{name} stands twice", "keep one of them")
            else:
                self._values[name], self._places[name] = each.get("value"), (*inner, "value")

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a custom property."""
        return self._values.get(name, default)

    def place(self, name: str) -> Place:
        """Where its value stands, or where it is missing."""
        return self._places.get(name, self._around)


def read_field(given: dict[str, Any], place: Place, kind: str, report: Report) -> Field | None:
    """The field of a property in a source of the format `kind`, or None if it has no type."""
    type_ = _type(given, place, tuple(Type), report)
    if type_ is None:
        return None
    if given.get("unique"):
        report(
            (*place, "unique"),
            "what holds between records is no verdict on one",
            "leave it out; the warehouse checks keys",
        )
    if given.get("properties") is not None:
        report((*place, "properties"), f"a {type_} has no properties", "leave them out")
    primary_key = given.get("primaryKey") is True
    if primary_key and given.get("required") is False:
        report((*place, "required"), "a key can't be optional", "required: true")
    custom = Custom(given, place, ("listSeparator", "epochUnit"), report)
    name = str(given.get("name"))
    return Field(
        name,
        type_,
        required=given.get("required") is True or primary_key,
        primary_key=primary_key,
        description=as_text(given.get("description")),
        **_options(given, place, type_, report),
        valid_values=_valid_values(given, place, type_, report),
        item=_item(given, place, name, type_, report),
        separator=_separator(custom, type_, kind, report),
        epoch_unit=_epoch_unit(custom, type_, report),
        references=_references(given, place, report),
    )


def _references(given: dict[str, Any], place: Place, report: Report) -> tuple[str, str] | None:
    """The dataset and the field that a foreign key names, in ODCS's short form."""
    found = None
    for number, each in enumerate(as_list(given.get("relationships"))):
        to = as_dict(each).get("to")
        if as_dict(each).get("type", "foreignKey") != "foreignKey" or not isinstance(to, str):
            continue
        dataset, _, field = to.partition(".")
        if found is not None:
            report((*place, "relationships", number), "a second foreign key", "keep one of them")
        elif IDENTIFIER.match(dataset) and IDENTIFIER.match(field):
            found = (dataset, field)
    return found


def _type(
    given: dict[str, Any], place: Place, allowed: tuple[Type, ...], report: Report
) -> Type | None:
    name = given.get("logicalType")
    names = [each.value for each in allowed]
    if name not in names:
        message = "the logicalType is missing"
        if name is not None:
            message = f"the logicalType {said(name)} is not supported"
        report((*place, "logicalType"), message, f"one of {', '.join(names)}")
        return None
    return Type(name)


# --- logicalTypeOptions


def _options(given: dict[str, Any], place: Place, type_: Type, report: Report) -> dict[str, Any]:
    options, inner = as_dict(given.get("logicalTypeOptions")), (*place, "logicalTypeOptions")
    known, found = rules.options(), dict[str, Any]()
    for name, value in options.items():
        here = (*inner, name)
        if name not in known:
            report(here, f"the rule {name} is not supported", did_you_mean(name, known))
        elif type_ not in known[name].types:
            fits = [rule.name for rule in known.values() if type_ in rule.types]
            message = f"the rule {name} does not fit the type {type_}"
            report(here, message, f"for {type_}: {', '.join(fits) or 'none'}")
        elif wrong := known[name].wrong(value, type_):
            report(here, f"{name} is {said(value)}: {wrong[0]}", wrong[1])
        else:
            found[name] = value
    if contradiction := _contradiction(found, type_):
        report(inner, f"{contradiction}: no value is valid", "mend one of them")
    attributes = {ATTRIBUTES[name]: value for name, value in found.items() if name in ATTRIBUTES}
    others = tuple((name, value) for name, value in found.items() if name not in ATTRIBUTES)
    return attributes | {"options": others}


def _contradiction(found: dict[str, Any], type_: Type) -> str | None:
    """Two rules that no value can keep at once, in words."""
    for low, high in (("minLength", "maxLength"), ("minItems", "maxItems")):
        if low in found and high in found and found[low] > found[high]:
            return f"{low} is more than {high}"
    step = 1 if type_ is Type.INTEGER else 0
    for low, after in (("minimum", 0), ("exclusiveMinimum", step)):
        for high, before in (("maximum", 0), ("exclusiveMaximum", step)):
            if low in found and high in found:
                least, most = found[low] + after, found[high] - before
                strict = not step and "exclusive" in low + high
                if least > most or (strict and least == most):
                    return f"nothing lies between {low} and {high}"
    return None


# --- valid values


_MENDS = {
    Type.STRING: "put it in quotes",
    Type.INTEGER: "an integer of 64 bits, without quotes",
    Type.NUMBER: "a number that a double holds exactly, without quotes",
}


def _valid_values(
    given: dict[str, Any], place: Place, type_: Type, report: Report
) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = None
    lists = list(_quality_lists(given, place, report))
    if given.get("enum") is not None:
        values = [as_dict(each).get("value") for each in as_list(given["enum"])]
        lists.append(((*place, "enum"), values))
    for inner, values in lists:
        wrong = [each for each in as_list(values) if not _is_of(each, type_)]
        if type_ not in (Type.STRING, Type.INTEGER, Type.NUMBER):
            message = f"valid values do not fit the type {type_}"
            report(inner, message, "only string, integer and number have them")
        elif not isinstance(values, list) or not values:
            report(inner, f"the valid values are {said(values)}", f"a list of {type_} values")
        elif wrong:
            report(inner, f"the valid value {said(wrong[0])} is no {type_}", _MENDS[type_])
        elif len(set(values)) < len(values):
            report(inner, "a valid value stands twice", "keep one of them")
        elif found is not None:
            report(inner, "valid values are listed twice", "keep one list")
        else:
            found = tuple(values)
    return found


def _is_of(value: Any, type_: Type) -> bool:
    if type_ is Type.STRING:
        return isinstance(value, str) and "\0" not in value
    return wrong_number(value, type_) is None


def _quality_lists(
    given: dict[str, Any], place: Place, report: Report
) -> Iterator[tuple[Place, Any]]:
    for number, rule in enumerate(as_list(given.get("quality"))):
        inner = (*place, "quality", number)
        kind, name = rule.get("type", "library"), rule.get("metric") or rule.get("rule")
        if kind == "text":
            continue
        if kind != "library" or name not in ("invalidValues", "validValues"):
            report(
                inner,
                f"the quality rule {said(' '.join(filter(None, (kind, name))))} is not supported",
                "metric: invalidValues with arguments: validValues, and mustBe: 0",
            )
            continue
        arguments, allowed = as_dict(rule.get("arguments")), DOCUMENTATION | {"type", "arguments"}
        if name == "invalidValues":
            allowed |= {"metric", "rule", "mustBe", "unit"}
            right = is_integer(rule.get("mustBe")) and rule["mustBe"] == 0
            right = right and rule.get("unit", "rows") == "rows"
        else:
            allowed |= {"metric", "rule", "validValues"}
            right = True
        if not right or set(rule) - allowed or set(arguments) - {"validValues"}:
            report(
                inner,
                "a verdict is about one record: none may be invalid",
                "mustBe: 0, and only validValues as an argument",
            )
        else:
            yield (
                (*inner, "arguments", "validValues"),
                arguments.get("validValues", rule.get("validValues")),
            )


# --- lists and times


def _item(
    given: dict[str, Any], place: Place, name: str, type_: Type, report: Report
) -> Field | None:
    items, inner = given.get("items"), (*place, "items")
    if type_ is not Type.ARRAY:
        if items is not None:
            report(inner, f"a {type_} has no items", "logicalType: array")
        return None
    if not isinstance(items, dict):
        report(inner, "the list does not say what its items are", "items: {logicalType: string}")
        return None
    for key in NOT_OF_ITEMS:
        if items.get(key):
            report((*inner, key), f"items have no {key}", "leave it out")
    if items.get("required") is False:
        report((*inner, "required"), "an item can't be missing", "leave it out")
    item_type = _type(items, inner, ITEM_TYPES, report)
    if item_type is None:
        return None
    return Field(
        name,
        item_type,
        required=True,
        **_options(items, inner, item_type, report),
        valid_values=_valid_values(items, inner, item_type, report),
    )


def _separator(custom: Custom, type_: Type, kind: str, report: Report) -> str | None:
    given, here = custom.get("listSeparator"), custom.place("listSeparator")
    if type_ is Type.ARRAY and kind == "csv":
        one = isinstance(given, str) and len(given) == 1 and given.isascii()
        if not one or given in '",\r\n\0\x7f':
            message = f"the list separator is {said(given)}"
            report(here, message, 'one ASCII character, such as ";", and no comma or quote')
    elif given is not None and kind:
        report(here, "a list separator is for lists in CSV", "leave it out")
    return given if isinstance(given, str) else None


def _epoch_unit(custom: Custom, type_: Type, report: Report) -> int | None:
    given = custom.get("epochUnit")
    if given is None:
        return None
    if type_ is not Type.TIMESTAMP or not isinstance(given, str) or given not in EPOCH_UNITS:
        mend = f"for a timestamp, one of {', '.join(EPOCH_UNITS)}"
        report(custom.place("epochUnit"), f"epochUnit is {said(given)}", mend)
        return None
    return EPOCH_UNITS[given]


# --- values of YAML


def said(value: Any) -> str:
    """A value of YAML for a message, or that there is none."""
    if value is None:
        return "missing"
    if isinstance(value, float) and not math.isfinite(value):
        return f".{value}"
    return json.dumps(value, ensure_ascii=False, default=str)


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """A hint at the nearest of some names, or at all of them."""
    near = get_close_matches(str(name), list(known), 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"


def as_list(value: Any) -> list[Any]:
    """A list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def as_dict(value: Any) -> dict[str, Any]:
    """A mapping, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str:
    """Text on one line, or empty text for anything else."""
    return " ".join(value.split()) if isinstance(value, str) else ""
