"""Whether a document has the shape of ODCS: the kinds of its values, and its keys."""

from collections.abc import Callable
from typing import Any

from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import BaseModel, ValidationError

from reelhouse.contract.odcs_fields import as_dict, as_list, did_you_mean
from reelhouse.contract.yaml_text import Place

OnProblem = Callable[[Place, str, str], None]
"""Told of a mistake: its place, what it is, and the mend."""

SHAPES = {
    "bool_type": ("it must be true or false", "without quotes"),
    "dict_type": ("it must be a mapping", "lines of key: value"),
    "int_type": ("it must be an integer", "without quotes"),
    "list_type": ("it must be a list", "lines that begin with -"),
    "model_type": ("it must be a mapping", "lines of key: value"),
    "string_type": ("it must be text", "put it in quotes"),
}
"""What is said of a value that has not the shape of ODCS, and the mend, by pydantic's error."""


def check_shape(document: dict[Any, Any], problem: OnProblem) -> None:
    """Tell of each value that is of the wrong kind, and each key that the standard has not."""
    try:
        OpenDataContractStandard.model_validate(document, strict=True)
    except ValidationError as error:
        for each in error.errors():
            shape = SHAPES.get(each["type"], (each["msg"].lower(), "see the ODCS standard"))
            if each["type"] != "extra_forbidden":  # the next check has a hint for it
                problem(each["loc"], *shape)
    _check_keys(document, OpenDataContractStandard, (), problem)
    for number, table in enumerate(as_list(document.get("schema"))):
        _check_keys(table, SchemaObject, ("schema", number), problem)
        for inner, each in enumerate(as_list(as_dict(table).get("properties"))):
            _check_property_keys(each, ("schema", number, "properties", inner), problem)


def _check_property_keys(given: Any, place: Place, problem: OnProblem) -> None:
    _check_keys(given, SchemaProperty, place, problem)
    for number, rule in enumerate(as_list(as_dict(given).get("quality"))):
        _check_keys(rule, DataQuality, (*place, "quality", number), problem, {"validValues"})
    if isinstance(given, dict) and isinstance(given.get("items"), dict):
        _check_property_keys(given["items"], (*place, "items"), problem)


def _check_keys(
    given: Any,
    model: type[BaseModel],
    place: Place,
    problem: OnProblem,
    more: set[str] | None = None,
) -> None:
    if not isinstance(given, dict):
        return
    known = {each.alias or name for name, each in model.model_fields.items()} | (more or set())
    for key in given:
        if key not in known:
            problem((*place, str(key)), "unknown key", did_you_mean(str(key), known))
