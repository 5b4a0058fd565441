"""Contracts as files: ODCS 3 (Open Data Contract Standard), read strictly.

What is said where:

- top: `apiVersion` v3.x, `kind` DataContract, `version`; one object in `schema`, whose name is the
  dataset's, and the file's: `<dataset>.odcs.yaml`, or `.odcs.yml`.
- the schema object's `customProperties`: `format` (csv, jsonl or json), `envelopeKey` (JSON),
  `multiline` (csv), `sort` (names of fields).
- a property: `name`, `logicalType`, `required`, `primaryKey` (which makes it required),
  `logicalTypeOptions`, `items` of a list, and valid values as the library rule `invalidValues`.
- a property's `customProperties`: `listSeparator` (a list in CSV), `epochUnit` (a timestamp that is
  sent as an integer: seconds, milliseconds or microseconds).
- partitioning: `partitioned` and `partitionKeyPosition` on a required string field that can't be
  empty, or on a derived property: one with `transformSourceObjects` [a field] and `transformLogic`
  date or month.

Whatever is asked for and can't be judged is an error. Documentation is passed over.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reelhouse.contract import yaml_text
from reelhouse.contract.model import IDENTIFIER, Contract, Field, Partition, Type
from reelhouse.contract.odcs_fields import (
    NOT_OF_DERIVED,
    Custom,
    as_list,
    as_text,
    read_field,
    said,
)
from reelhouse.contract.rules import checks
from reelhouse.contract.yaml_text import Place
from reelhouse.errors import ReelhouseError

SUFFIX = ".odcs.yaml"
SUFFIXES = (SUFFIX, ".odcs.yml")
"""How the name of a contract ends; the first is what is advised."""


def dataset_of_file(name: str) -> str | None:
    """The dataset that the name of a contract's file says; None if it is no contract's."""
    suffix = next((each for each in SUFFIXES if name.endswith(each)), None)
    return name.removesuffix(suffix) if suffix and not name.startswith(".") else None


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


def load(path: Path, *, checked: bool = False) -> Contract:
    """Read a contract. Raises ContractError with all that is wrong in it.

    Of one that is `checked`, as those shipped are by a test, it is known that it has the shape of
    ODCS: to load what knows the standard takes longer than to ingest a small file.
    """
    reader = _Reader(path, checked)
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
    def __init__(self, path: Path, checked: bool = False) -> None:
        self.path, self.checked = path, checked
        self.document = yaml_text.read(path, quick=checked)
        self._found = [
            Problem(path, each.line, _spelled(each.place), each.message, each.mend)
            for each in self.document.mistakes
        ]

    @property
    def problems(self) -> list[Problem]:
        return sorted(set(self._found), key=lambda each: (each.line, each.place, each.message))

    def problem(self, place: Place, message: str, mend: str) -> None:
        line = self.document.line(place)
        self._found.append(Problem(self.path, line, _spelled(place), message, mend))

    # --- the contract

    def contract(self) -> Contract | None:
        document = self.document.value
        if self._found:
            return None
        if not isinstance(document, dict):
            self.problem((), "the file holds no contract", "write an ODCS document")
            return None
        if not self.checked:
            from reelhouse.contract.odcs_shape import check_shape

            check_shape(document, self.problem)
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
                f"the dataset's name is {said(dataset)}",
                "an ASCII letter, then letters, digits and _, at most 63, all in lower case",
            )
            return None
        if dataset_of_file(self.path.name) != dataset:
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
        custom = Custom(table, place, ("format", "envelopeKey", "multiline", "sort"), self.problem)
        kind = custom.get("format")
        if kind not in ("csv", "jsonl", "json"):
            self.problem(
                custom.place("format"),
                f"the source format is {said(kind)}",
                "{property: format, value: csv}, or jsonl, or json",
            )
            kind = ""
        documents = kind == "json"
        kind = "jsonl" if documents else kind
        given = as_list(table.get("properties"))
        places = [(*place, "properties", number) for number in range(len(given))]
        self._check_names(given, places)
        fields, derived = [], []
        for each, inner in zip(given, places, strict=True):
            if each.get("transformLogic") or each.get("transformSourceObjects"):
                derived.append((each, inner))
            elif (field := read_field(each, inner, kind, self.problem)) is not None:
                fields.append(field)
        if not fields and not self._found:
            self.problem((*place, "properties"), "the dataset has no fields", "add a property")
        if self._found:
            return None
        contract = Contract(
            dataset=dataset,
            version=document["version"],
            format=cast(Any, kind),
            fields=tuple(fields),
            partitions=tuple(self._partitions(given, places, fields, kind)),
            sort=self._sort(custom, fields),
            multiline=self._multiline(custom, kind),
            envelope_key=self._envelope(custom, kind, fields),
            documents=documents,
            description=as_text(table.get("description")),
            path=str(self.path),
            lines={
                str(each.get("name")): self.document.line((*inner, "name"))
                for each, inner in zip(given, places, strict=True)
            },
        )
        return None if self._found else contract

    def _check_names(self, given: list[dict[str, Any]], places: list[Place]) -> None:
        seen: set[str] = set()
        for each, place in zip(given, places, strict=True):
            name, inner = each.get("name"), (*place, "name")
            if not isinstance(name, str) or not IDENTIFIER.match(name):
                self.problem(
                    inner,
                    f"the field's name is {said(name)}",
                    "an ASCII letter, then letters, digits and _, at most 63",
                )
            elif name.lower() in seen:
                self.problem(
                    inner,
                    f"there are two fields {name}; engines do not tell case apart",
                    "rename one of them",
                )
            else:
                seen.add(name.lower())

    def _sort(self, custom: Custom, fields: list[Field]) -> tuple[str, ...]:
        given = custom.get("sort", [])
        names = [field.name for field in fields if field.type is not Type.ARRAY]
        if not isinstance(given, list) or any(name not in names for name in given):
            self.problem(
                custom.place("sort"),
                f"sort is {said(given)}",
                f"a list of fields that are no lists themselves: {', '.join(names)}",
            )
            return ()
        return tuple(given)

    def _multiline(self, custom: Custom, kind: str) -> bool:
        given = custom.get("multiline", False)
        if not isinstance(given, bool) or (given and kind != "csv"):
            self.problem(
                custom.place("multiline"),
                f"multiline is {said(given)}",
                "true or false, and only for csv",
            )
        return bool(given)

    def _envelope(self, custom: Custom, kind: str, fields: list[Field]) -> str | None:
        key, here = custom.get("envelopeKey"), custom.place("envelopeKey")
        if key is None:
            return None
        if kind != "jsonl" or not isinstance(key, str) or not IDENTIFIER.match(key):
            self.problem(
                here, f"envelopeKey is {said(key)}", "the key's name, and only for jsonl and json"
            )
        elif key.lower() in {field.name.lower() for field in fields}:
            self.problem(here, f"the envelope's key {key} is a field too", "rename one of them")
        return str(key)

    # --- partitions

    def _partitions(
        self, given: list[dict[str, Any]], places: list[Place], fields: list[Field], kind: str
    ) -> list[Partition]:
        by_name = {field.name: field for field in fields}
        found: dict[int, Partition] = {}
        for each, place in zip(given, places, strict=True):
            is_derived = bool(each.get("transformLogic") or each.get("transformSourceObjects"))
            if is_derived:
                self._check_derived(each, place)
            if not each.get("partitioned"):
                continue
            partition = (
                self._derived(each, place, by_name)
                if is_derived
                else self._direct(by_name[each["name"]], place, kind)
            )
            position = each.get("partitionKeyPosition") or 1
            if position in found:
                self.problem(
                    (*place, "partitionKeyPosition"),
                    f"two partitions have the position {position}",
                    "number them from 1 on",
                )
            elif partition is not None:
                found[position] = partition
        return [partition for _, partition in sorted(found.items())]

    def _direct(self, field: Field, place: Place, kind: str) -> Partition | None:
        if field.type is not Type.STRING or not field.required:
            self.problem(
                (*place, "partitioned"),
                f"{field.name} can't be a partition by itself",
                "a required string, or a derived date or month of a timestamp",
            )
            return None
        if kind == "jsonl" and not any(check("") for _, check in checks(field)):
            # a partition of Delta Lake whose value is empty text is read as null
            self.problem(
                (*place, "partitioned"),
                f"{field.name} may be empty text, which can't be a partition",
                "logicalTypeOptions: {minLength: 1}",
            )
        return Partition(field.name, field.name)

    def _check_derived(self, given: dict[str, Any], place: Place) -> None:
        if not given.get("partitioned"):
            self.problem(
                place,
                "a derived property must be a partition",
                "partitioned: true, or leave it out",
            )
        for key in NOT_OF_DERIVED:
            if given.get(key):
                self.problem((*place, key), f"a derived property has no {key}", "leave it out")

    def _derived(
        self, given: dict[str, Any], place: Place, by_name: dict[str, Field]
    ) -> Partition | None:
        origin, logic = as_list(given.get("transformSourceObjects")), given.get("transformLogic")
        field = by_name.get(str(origin[0])) if len(origin) == 1 else None
        if field is None or field.type not in (Type.TIMESTAMP, Type.DATE) or not field.required:
            self.problem(
                (*place, "transformSourceObjects"),
                f"{said(origin)} is no required time",
                "one required field of the type timestamp or date",
            )
            return None
        if logic not in ("date", "month"):
            self.problem(
                (*place, "transformLogic"),
                f"the transform {said(logic)} is not supported",
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
