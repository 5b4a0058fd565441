"""Contracts as files: ODCS 3 (Open Data Contract Standard), read strictly.

What is said where:

- top: `apiVersion` v3.x, `kind` DataContract, `version`; one object in `schema`, whose name is the
  dataset's, and the file's: `<dataset>.odcs.yaml`.
- the schema object's `customProperties`: `format` (csv or jsonl), `envelopeKey` (jsonl),
  `multiline` (csv), `sort` (names of fields).
- a property: `name`, `logicalType`, `required`, `primaryKey` (which makes it required),
  `logicalTypeOptions`, `items` of a list, and valid values as the library rule `invalidValues`.
- a property's `customProperties`: `listSeparator` (a list in CSV), `epochUnit` (a timestamp that is
  sent as an integer: seconds, milliseconds or microseconds).
- partitioning: `partitioned` and `partitionKeyPosition` on a required string field, or on a derived
  property: one with `transformSourceObjects` [a field] and `transformLogic` date or month.

Whatever is asked for and can't be judged is an error. Documentation is passed over.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import yaml
from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import BaseModel, ValidationError

from reelhouse.contract import patterns
from reelhouse.contract.formats import FORMATS
from reelhouse.contract.model import IDENTIFIER, Contract, Field, Partition, Type
from reelhouse.contract.rules import RULES
from reelhouse.contract.values import INT64
from reelhouse.errors import ReelhouseError

SUFFIX = ".odcs.yaml"
EPOCH_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
ITEM_TYPES = (Type.STRING, Type.INTEGER, Type.NUMBER)

Place = tuple[str | int, ...]

OPTIONS = {
    rule.name: rule.types
    for rule in RULES
    if rule.name not in ("required", "type", "items", "validValues")
}
"""The rules of `logicalTypeOptions`, with the types that each fits."""


@dataclass(frozen=True)
class Problem:
    """A mistake in a contract: where it is, what it is, and the mend."""

    path: Path
    line: int
    place: str
    message: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        return f"{self.path}:{self.line}: {place}{self.message} ({self.mend})"


class ContractError(ReelhouseError):
    """A contract that can't be used; the text has all its problems, each on a line."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load(path: Path) -> Contract:
    """Read a contract. Raises ContractError with all that is wrong in it."""
    reader = _Reader(path)
    contract = reader.contract()
    if reader.problems or contract is None:
        raise ContractError(reader.problems)
    return contract


def problems(path: Path) -> list[Problem]:
    """All that is wrong in a contract, by line."""
    reader = _Reader(path)
    reader.contract()
    return reader.problems


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self._found: list[Problem] = []

    @property
    def problems(self) -> list[Problem]:
        return sorted(set(self._found), key=lambda each: (each.line, each.place, each.message))

    def problem(self, place: Place, message: str, mend: str) -> None:
        known = place
        while known not in self.lines and known:
            known = known[:-1]
        line = self.lines.get(known, 1)
        self._found.append(Problem(self.path, line, _spelled(place), message, mend))

    # --- YAML

    def document(self) -> Any:
        """The document as plain values; `lines` then has the line of each place."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            self.problem((), f"the file can't be read: {reason}", "check its name and rights")
            return None
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            return None if node is None else self._value(loader, node, ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.lines[()] = 1 if mark is None else mark.line + 1
            self.problem((), f"it is not YAML: {error.problem}", "mend the syntax")
        except yaml.YAMLError as error:
            self.problem((), f"it is not YAML: {error}", "mend the syntax")
        finally:
            loader.dispose()
        return None

    def _value(self, loader: yaml.SafeLoader, node: yaml.Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            found: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = loader.construct_object(key_node, deep=True)
                inner = (*place, str(key))
                line = key_node.start_mark.line + 1
                if key in found:
                    self.lines[inner] = line
                    self.problem(inner, "the key stands twice", "keep one of them")
                self.lines[inner] = line
                found[key] = self._value(loader, value_node, inner)
            return found
        if isinstance(node, yaml.SequenceNode):
            return [
                self._value(loader, each, (*place, number))
                for number, each in enumerate(node.value)
            ]
        return loader.construct_object(node, deep=True)

    # --- the contract

    def contract(self) -> Contract | None:
        document = self.document()
        if self._found:
            return None
        if not isinstance(document, dict):
            self.problem((), "the file holds no contract", "write an ODCS document")
            return None
        self._check_shape(document)
        if self._found:
            return None
        self._check_top(document)
        schema = document.get("schema")
        if not isinstance(schema, list) or len(schema) != 1 or not isinstance(schema[0], dict):
            self.problem(
                ("schema",), "there must be exactly one object", "one contract, one dataset"
            )
            return None
        return self._contract(document, schema[0], ("schema", 0))

    def _check_shape(self, document: dict[Any, Any]) -> None:
        try:
            OpenDataContractStandard.model_validate(document)
        except ValidationError as error:
            for each in error.errors():
                place = tuple(part for part in each["loc"])
                self.problem(place, each["msg"].lower(), "see the ODCS standard")
        self._check_keys(document, OpenDataContractStandard, ())
        for number, table in enumerate(_list(document.get("schema"))):
            self._check_keys(table, SchemaObject, ("schema", number))
            for inner, each in enumerate(_list(_dict(table).get("properties"))):
                self._check_property_keys(each, ("schema", number, "properties", inner))

    def _check_property_keys(self, given: Any, place: Place) -> None:
        self._check_keys(given, SchemaProperty, place)
        for number, rule in enumerate(_list(_dict(given).get("quality"))):
            self._check_keys(rule, DataQuality, (*place, "quality", number), {"validValues"})
        if isinstance(given, dict) and isinstance(given.get("items"), dict):
            self._check_property_keys(given["items"], (*place, "items"))

    def _check_keys(
        self, given: Any, model: type[BaseModel], place: Place, more: set[str] | None = None
    ) -> None:
        if not isinstance(given, dict):
            return
        known = {each.alias or name for name, each in model.model_fields.items()} | (more or set())
        for key in given:
            if key not in known:
                self.problem((*place, str(key)), "unknown key", _did_you_mean(str(key), known))

    def _check_top(self, document: dict[str, Any]) -> None:
        if not str(document.get("apiVersion", "")).startswith("v3."):
            self.problem(("apiVersion",), "the version of ODCS must be v3.x", "apiVersion: v3.1.0")
        if document.get("kind") != "DataContract":
            self.problem(("kind",), "the kind must be DataContract", "kind: DataContract")
        if not isinstance(document.get("version"), str) or not document["version"].strip():
            self.problem(("version",), "the contract has no version", "version: 1.0.0")

    def _contract(
        self, document: dict[str, Any], table: dict[str, Any], place: Place
    ) -> Contract | None:
        dataset = table.get("name")
        if (
            not isinstance(dataset, str)
            or not IDENTIFIER.match(dataset)
            or dataset != dataset.lower()
        ):
            self.problem(
                (*place, "name"),
                f"{dataset!r} can't be a dataset's name",
                "a lower-case letter, then lower-case letters, digits and _, at most 63",
            )
            return None
        if self.path.name != dataset + SUFFIX:
            self.problem(
                (*place, "name"),
                f"the file is called {self.path.name}",
                f"call it {dataset}{SUFFIX}",
            )
        if table.get("quality"):
            self.problem(
                (*place, "quality"),
                "rules between records are not judged here",
                "put rules of one record at its properties",
            )
        custom = self._custom(table, place, {"format", "envelopeKey", "multiline", "sort"})
        kind = custom.get("format")
        if kind not in ("csv", "jsonl"):
            self.problem(
                (*place, "customProperties"),
                f"the source format is {kind!r}",
                "add the property format with the value csv or jsonl",
            )
            kind = "jsonl"
        given = _list(table.get("properties"))
        places = [(*place, "properties", number) for number in range(len(given))]
        self._check_names(given, places)
        fields, derived = [], []
        for each, inner in zip(given, places, strict=True):
            if each.get("transformLogic") or each.get("transformSourceObjects"):
                derived.append((each, inner))
            elif (field := self._field(each, inner, kind)) is not None:
                fields.append(field)
        if not fields and not self._found:
            self.problem((*place, "properties"), "the dataset has no fields", "add a property")
        if self._found:
            return None
        contract = Contract(
            dataset,
            document["version"],
            cast(Any, kind),
            tuple(fields),
            tuple(self._partitions(given, places, fields)),
            self._sort(custom, place, fields),
            self._multiline(custom, place, kind),
            self._envelope(custom, place, kind, fields),
            _text(table.get("description")),
            str(self.path),
        )
        return None if self._found else contract

    def _custom(self, given: dict[str, Any], place: Place, known: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, each in enumerate(_list(given.get("customProperties"))):
            inner = (*place, "customProperties", number, "property")
            name = each.get("property")
            if name not in known:
                self.problem(
                    inner, f"unknown custom property {name!r}", _did_you_mean(str(name), known)
                )
            elif name in found:
                self.problem(inner, f"{name} stands twice", "keep one of them")
            else:
                found[name] = each.get("value")
        return found

    def _check_names(self, given: list[dict[str, Any]], places: list[Place]) -> None:
        seen: set[str] = set()
        for each, place in zip(given, places, strict=True):
            name, inner = each.get("name"), (*place, "name")
            if not isinstance(name, str) or not IDENTIFIER.match(name):
                self.problem(
                    inner,
                    f"{name!r} can't be a field's name",
                    "a letter, then letters, digits and _, at most 63",
                )
            elif name.lower() in seen:
                self.problem(
                    inner,
                    f"there are two fields {name}; engines do not tell case apart",
                    "rename one of them",
                )
            else:
                seen.add(name.lower())

    def _sort(self, custom: dict[str, Any], place: Place, fields: list[Field]) -> tuple[str, ...]:
        given = custom.get("sort", [])
        names = {field.name for field in fields if field.type is not Type.ARRAY}
        if not isinstance(given, list) or any(name not in names for name in given):
            self.problem(
                (*place, "customProperties"),
                f"sort is {given!r}",
                f"list fields that are no lists: {', '.join(sorted(names))}",
            )
            return ()
        return tuple(given)

    def _multiline(self, custom: dict[str, Any], place: Place, kind: str) -> bool:
        given = custom.get("multiline", False)
        if not isinstance(given, bool) or (given and kind != "csv"):
            self.problem(
                (*place, "customProperties"),
                f"multiline is {given!r}",
                "true or false, and only for csv",
            )
        return bool(given)

    def _envelope(
        self, custom: dict[str, Any], place: Place, kind: str, fields: list[Field]
    ) -> str | None:
        key = custom.get("envelopeKey")
        if key is None:
            return None
        if kind != "jsonl" or not isinstance(key, str) or not IDENTIFIER.match(key):
            self.problem(
                (*place, "customProperties"),
                f"envelopeKey is {key!r}",
                "the key's name, and only for jsonl",
            )
        elif key.lower() in {field.name.lower() for field in fields}:
            self.problem(
                (*place, "customProperties"),
                f"the envelope's key {key} is a field too",
                "rename one of them",
            )
        return str(key)

    # --- fields

    def _field(self, given: dict[str, Any], place: Place, kind: str) -> Field | None:
        name = str(given.get("name"))
        type_ = self._type(given, place, tuple(Type))
        if type_ is None:
            return None
        if given.get("unique"):
            self.problem(
                (*place, "unique"),
                "what holds between records is no verdict on one",
                "leave it out; the warehouse checks keys",
            )
        custom = self._custom(given, place, {"listSeparator", "epochUnit"})
        primary_key = bool(given.get("primaryKey"))
        return Field(
            name,
            type_,
            required=bool(given.get("required")) or primary_key,
            primary_key=primary_key,
            description=_text(given.get("description")),
            **self._options(given, place, type_),
            valid_values=self._valid_values(given, place, type_),
            item=self._item(given, place, name, type_, kind),
            separator=self._separator(custom, place, type_, kind),
            epoch_unit=self._epoch_unit(custom, place, type_),
        )

    def _type(self, given: dict[str, Any], place: Place, allowed: tuple[Type, ...]) -> Type | None:
        said = given.get("logicalType")
        names = [each.value for each in allowed]
        if said not in names:
            self.problem(
                (*place, "logicalType"),
                f"the logicalType {said!r} is not supported",
                f"one of {', '.join(names)}",
            )
            return None
        return Type(said)

    def _options(self, given: dict[str, Any], place: Place, type_: Type) -> dict[str, Any]:
        options, inner = _dict(given.get("logicalTypeOptions")), (*place, "logicalTypeOptions")
        found: dict[str, Any] = {}
        for name, value in options.items():
            here = (*inner, str(name))
            if name not in OPTIONS:
                self.problem(
                    here, f"the rule {name} is not supported", _did_you_mean(str(name), OPTIONS)
                )
            elif type_ not in OPTIONS[name]:
                fits = [rule for rule, types in OPTIONS.items() if type_ in types]
                self.problem(
                    here,
                    f"the rule {name} does not fit the type {type_}",
                    f"for {type_}: {', '.join(fits) or 'none'}",
                )
            elif self._option_is_right(name, value, here, type_):
                found[_snake(name)] = value
        for low, high in (
            ("min_length", "max_length"),
            ("min_items", "max_items"),
            ("minimum", "maximum"),
        ):
            if low in found and high in found and found[low] > found[high]:
                self.problem(inner, f"{low} is more than {high}: no value is valid", "mend one")
        return found

    def _option_is_right(self, name: str, value: Any, place: Place, type_: Type) -> bool:
        reason: str | None = None
        mend = "mend it"
        if name == "pattern":
            reason = "it is no text" if not isinstance(value, str) else patterns.check(value)
            mend = "use what RE2, Java and Python share; see docs/contracts.md"
        elif name == "format":
            if value not in FORMATS:
                reason, mend = "no such format", f"one of {', '.join(FORMATS)}"
        elif name.startswith(("min", "max")) and name.endswith(("Length", "Items")):
            if not _is_integer(value) or value < 0:
                reason, mend = "it is no length", "an integer, 0 or more"
        elif not _is_number(value) or (type_ is Type.INTEGER and not _is_integer(value)):
            reason, mend = f"it is no {type_}", f"a {type_}"
        elif type_ is Type.INTEGER and value not in INT64:
            reason, mend = "it does not fit into 64 bits", "a smaller one"
        if reason:
            self.problem(place, f"{name} is {value!r}: {reason}", mend)
        return reason is None

    def _valid_values(
        self, given: dict[str, Any], place: Place, type_: Type
    ) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = None
        lists = [
            *self._quality_lists(given, place),
            *(
                ((*place, "enum"), [_dict(each).get("value") for each in _list(given["enum"])])
                for _ in range(1)
                if given.get("enum") is not None
            ),
        ]
        for inner, values in lists:
            wanted = {Type.STRING: _is_text, Type.INTEGER: _is_int64, Type.NUMBER: _is_number}
            if type_ not in wanted:
                self.problem(
                    inner,
                    f"valid values do not fit the type {type_}",
                    "only string, integer and number have them",
                )
            elif not isinstance(values, list) or not values or not all(map(wanted[type_], values)):
                self.problem(
                    inner,
                    f"the valid values are {values!r}",
                    f"a list of values of the type {type_}",
                )
            elif len(set(values)) < len(values):
                self.problem(inner, "a valid value stands twice", "keep one of them")
            elif found is not None:
                self.problem(inner, "valid values are listed twice", "keep one list")
            else:
                found = tuple(values)
        return found

    def _quality_lists(self, given: dict[str, Any], place: Place) -> Iterator[tuple[Place, Any]]:
        for number, rule in enumerate(_list(given.get("quality"))):
            inner = (*place, "quality", number)
            kind, name = rule.get("type", "library"), rule.get("metric") or rule.get("rule")
            arguments = _dict(rule.get("arguments"))
            if kind == "text":
                continue
            if kind != "library" or name not in ("invalidValues", "validValues"):
                said = f"{kind} {name or ''}".strip()
                self.problem(
                    inner,
                    f"the quality rule {said!r} is not supported",
                    "metric: invalidValues with arguments: validValues, and mustBe: 0",
                )
            elif name == "invalidValues" and (
                rule.get("mustBe") != 0 or set(arguments) - {"validValues"}
            ):
                self.problem(
                    inner,
                    "a verdict is about one record: none may be invalid",
                    "mustBe: 0, and only validValues as an argument",
                )
            else:
                yield inner, arguments.get("validValues", rule.get("validValues"))

    def _item(
        self, given: dict[str, Any], place: Place, name: str, type_: Type, kind: str
    ) -> Field | None:
        items, inner = given.get("items"), (*place, "items")
        if type_ is not Type.ARRAY:
            if items is not None:
                self.problem(inner, f"a {type_} has no items", "logicalType: array")
            return None
        if not isinstance(items, dict):
            self.problem(
                inner, "the list does not say what its items are", "items: {logicalType: string}"
            )
            return None
        item_type = self._type(items, inner, ITEM_TYPES)
        if item_type is None:
            return None
        return Field(
            name,
            item_type,
            required=True,
            **self._options(items, inner, item_type),
            valid_values=self._valid_values(items, inner, item_type),
        )

    def _separator(
        self, custom: dict[str, Any], place: Place, type_: Type, kind: str
    ) -> str | None:
        given, here = custom.get("listSeparator"), (*place, "customProperties")
        if type_ is Type.ARRAY and kind == "csv":
            if (
                not isinstance(given, str)
                or len(given) != 1
                or given in '",\r\n\0'
                or ord(given) > 126
            ):
                self.problem(
                    here,
                    f"the list separator is {given!r}",
                    "listSeparator: one ASCII character, such as ';'",
                )
        elif given is not None:
            self.problem(here, "a list separator is for lists in CSV", "leave it out")
        return given if isinstance(given, str) else None

    def _epoch_unit(self, custom: dict[str, Any], place: Place, type_: Type) -> int | None:
        given = custom.get("epochUnit")
        if given is None:
            return None
        if type_ is not Type.TIMESTAMP or given not in EPOCH_UNITS:
            self.problem(
                (*place, "customProperties"),
                f"epochUnit is {given!r}",
                f"for a timestamp, one of {', '.join(EPOCH_UNITS)}",
            )
            return None
        return EPOCH_UNITS[given]

    # --- partitions

    def _partitions(
        self, given: list[dict[str, Any]], places: list[Place], fields: list[Field]
    ) -> list[Partition]:
        by_name = {field.name: field for field in fields}
        found: list[tuple[int, Partition]] = []
        for each, place in zip(given, places, strict=True):
            is_derived = bool(each.get("transformLogic") or each.get("transformSourceObjects"))
            if not each.get("partitioned"):
                if is_derived:
                    self.problem(
                        place,
                        "a derived property must be a partition",
                        "partitioned: true, or leave it out",
                    )
                continue
            partition = (
                self._derived(each, place, by_name)
                if is_derived
                else self._direct(each, place, by_name[each["name"]])
            )
            position = each.get("partitionKeyPosition")
            if partition is not None:
                found.append((position if isinstance(position, int) else 1, partition))
        return [partition for _, partition in sorted(found, key=lambda pair: pair[0])]

    def _direct(self, given: dict[str, Any], place: Place, field: Field) -> Partition | None:
        if field.type is not Type.STRING or not field.required:
            self.problem(
                (*place, "partitioned"),
                f"{field.name} can't be a partition by itself",
                "a required string, or a derived date or month of a timestamp",
            )
            return None
        return Partition(field.name, field.name)

    def _derived(
        self, given: dict[str, Any], place: Place, by_name: dict[str, Field]
    ) -> Partition | None:
        origin, logic = _list(given.get("transformSourceObjects")), given.get("transformLogic")
        field = by_name.get(str(origin[0])) if len(origin) == 1 else None
        if field is None or field.type not in (Type.TIMESTAMP, Type.DATE) or not field.required:
            self.problem(
                (*place, "transformSourceObjects"),
                f"{origin!r} is no required time",
                "one required field of the type timestamp or date",
            )
            return None
        if logic not in ("date", "month"):
            self.problem(
                (*place, "transformLogic"),
                f"the transform {logic!r} is not supported",
                "date or month",
            )
            return None
        wanted = "date" if logic == "date" else "string"
        if given.get("logicalType") != wanted:
            self.problem(
                (*place, "logicalType"), f"a {logic} is a {wanted}", f"logicalType: {wanted}"
            )
        return Partition(given["name"], field.name, logic)


def _spelled(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _did_you_mean(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_int64(value: Any) -> bool:
    return _is_integer(value) and value in INT64


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value
