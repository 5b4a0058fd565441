"""The cases cover the vocabulary, and docs/semantics.md names all of it and tells the truth."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from reelhouse.contract.formats import FORMATS
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.rules import RECORD_RULES, RULES
from reelhouse.contract.validator import Invalid, Row, Validator
from tests.conformance.harness import contract_of
from tests.conformance.test_cases import CASES, PACK, violations

DOCUMENT = Path(__file__).parents[2] / "docs" / "semantics.md"


@cache
def document() -> str:
    return DOCUMENT.read_text()


@cache
def case_files() -> dict[str, Any]:
    return {path.name: yaml.safe_load(path.read_text()) for path in CASES}


def cases() -> Iterator[dict[str, Any]]:
    for file in case_files().values():
        yield from file["cases"]


# --- the cases


@pytest.mark.parametrize("rule", [*(rule.name for rule in RULES), *RECORD_RULES])
def test_each_rule_is_broken_by_a_case_that_quotes_its_message(rule: str) -> None:
    broken = [
        record
        for case in cases()
        for record in case.get("invalid", [])
        if rule in {name for _, name in violations(record)}
    ]
    assert broken, f"no case breaks {rule}"
    assert any("says" in record for record in broken), f"no case says what is said of {rule}"


def test_each_rule_is_kept_by_a_case_in_json_and_in_csv(tmp_path: Path) -> None:
    kept: set[tuple[str, str]] = set()
    for file in case_files().values():
        contract = contract_of(file["contract"], tmp_path)
        for case in file["cases"]:
            for row in case.get("valid", []):
                for field in contract.fields:
                    if field.name in row:
                        kept |= {(contract.format, rule) for rule in rules_of(field)}
    wanted = {(kind, rule.name) for kind in ("jsonl", "csv") for rule in RULES}
    assert kept >= wanted, wanted - kept


def rules_of(field: Field) -> Iterator[str]:
    """The rules that a field asks for, by name."""
    yield "type"
    if field.item is not None:
        yield "items"
    asked = {"required": field.required or None, "validValues": field.valid_values}
    for rule in RULES:
        if asked.get(rule.name, field.option(rule.name)) is not None:
            yield rule.name


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_kept_and_broken_by_a_case(name: str, tmp_path: Path) -> None:
    file = case_files()["formats.yaml"]
    (field,) = (
        each.name for each in contract_of(file["contract"], tmp_path).fields if each.format == name
    )
    assert any(field in row for case in file["cases"] for row in case.get("valid", []))
    assert any(
        (field, "format") in violations(record)
        for case in file["cases"]
        for record in case.get("invalid", [])
    )


def test_each_case_file_says_what_it_is_about() -> None:
    for name, file in case_files().items():
        assert file["about"], name
        assert set(file) <= {"about", "contract", "max_line_bytes", "cases"}, name
        for case in file["cases"]:
            keys = {"it", "source", "hex", "repeat", *PACK, "named", "valid", "invalid"}
            assert set(case) <= keys, case["it"]
            assert ("source" in case) != ("hex" in case), case["it"]


# --- the document


def test_the_document_names_each_case_file_and_no_other() -> None:
    linked = set(re.findall(r"\]\(\.\./tests/conformance/cases/([^)]*)\)", document()))
    assert linked == set(case_files())


def test_the_links_of_the_document_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", document(), re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]*)\)", document()):
        if target.startswith("#"):
            assert target[1:] in headings, target
        else:
            assert (DOCUMENT.parent / target.partition("#")[0]).exists(), target


def test_the_document_says_of_each_rule_for_which_types_it_is() -> None:
    table = rows_under("## Rules")
    said = {row[0].strip("`"): set(re.findall("`(.*?)`", row[1])) for row in table if len(row) == 4}
    every = {kind.value for kind in Type}
    expected = {rule.name: {kind.value for kind in rule.types} for rule in RULES}
    assert {name: kinds or every for name, kinds in said.items()} == expected


def test_the_document_names_each_rule_for_records_and_each_format() -> None:
    of_records = [row[0].strip("`") for row in rows_under("## Rules") if len(row) == 3]
    assert of_records == list(RECORD_RULES)
    assert {row[0].strip("`") for row in rows_under("## Formats")} == set(FORMATS)


def rows_under(heading: str) -> list[list[str]]:
    """The rows of the tables under a heading, cell by cell, without the tables' heads."""
    text = document().partition(f"\n{heading}\n")[2]
    level = heading.partition(" ")[0]
    text = re.split(rf"^#{{2,{len(level)}}} ", text, maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    heads = {place - 1 for place, line in enumerate(lines) if line.startswith("| ---")}
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for place, line in enumerate(lines)
        if place not in heads and not line.startswith("| ---")
    ]


TYPES = (Type.STRING, Type.INTEGER, Type.NUMBER, Type.BOOLEAN, Type.DATE, Type.TIMESTAMP)
INVALID = "✗"


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_the_tables_of_values_tell_the_truth(kind: str) -> None:
    table = rows_under(f"### Values in {kind.upper()}")
    assert len(table) > 20
    wrong = []
    for sent, *said in table:
        for type_, cell in zip(TYPES, said, strict=True):
            found = verdict(kind, type_, code(sent))
            expected = INVALID if cell == INVALID else json.loads(code(cell))
            if (found, type(found)) != (expected, type(expected)):
                wrong.append(f"{sent} as {type_}: it is {found!r}, not {expected!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", FORMATS)
def test_the_table_of_formats_tells_the_truth(name: str) -> None:
    (row,) = (row for row in rows_under("## Formats") if row[0] == f"`{name}`")
    valid, invalid = (re.findall("`([^…`]*?)`", cell.partition("(but ")[0]) for cell in row[1:])
    field = Field("v", Type.STRING, format=name)
    for text in valid:
        assert judged(field, json.dumps(text)) == text
    for text in invalid:
        assert judged(field, json.dumps(text)) == INVALID, text


def code(cell: str) -> str:
    assert cell.startswith("`")
    assert cell.endswith("`")
    return cell[1:-1]


def verdict(kind: str, type_: Type, sent: str) -> Any:
    """The typed value, as JSON has it, or INVALID."""
    field = Field("v", type_)
    if kind == "json":
        return judged(field, sent)
    contract = Contract(
        dataset="t", version="1", format="csv", fields=(field, Field("more", Type.STRING))
    )
    judge = Validator(contract).header(b"v,more")
    assert callable(judge)
    valid: list[Row] = []
    invalid: list[Invalid] = []
    judge(f"{sent},x".encode(), valid, invalid)
    return _shown(type_, valid[0][0]) if valid else INVALID


def judged(field: Field, sent: str) -> Any:
    valid: list[Row] = []
    invalid: list[Invalid] = []
    validator = Validator(Contract(dataset="t", version="1", format="jsonl", fields=(field,)))
    validator.judge(f'{{"v":{sent}}}'.encode(), valid, invalid)
    assert len(valid) + len(invalid) == 1
    return _shown(field.type, valid[0][0]) if valid else INVALID


def _shown(type_: Type, value: Any) -> Any:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    if value is not None and type_ is Type.DATE:
        return (epoch + timedelta(days=value)).date().isoformat()
    if value is not None and type_ is Type.TIMESTAMP:
        return (epoch + timedelta(microseconds=value)).isoformat().replace("+00:00", "Z")
    return value
