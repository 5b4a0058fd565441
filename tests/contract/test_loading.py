"""Contracts with mistakes: each is told by its line, with the mend, and none ends in a traceback.

`broken/` has contracts, and beside each what is said of it. To see that for a contract of your own:
`reelhouse contracts lint <file>`.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelhouse.contract import rules
from reelhouse.contract.describe import rules_of
from reelhouse.contract.model import Type
from reelhouse.contract.odcs import SUFFIX, ContractError, load, problems
from reelhouse.contract.option_values import wrong_number
from reelhouse.contract.registry import SHIPPED
from reelhouse.contract.rules import RULES, Rule

BROKEN = sorted((Path(__file__).parent / "broken").glob(f"*{SUFFIX}"))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name.removesuffix(SUFFIX))
def test_each_mistake_is_told_by_its_line(path: Path) -> None:
    said = [f"{each.line}: {each.place}: {each.message} ({each.mend})" for each in problems(path)]
    assert said == Path(str(path).replace(SUFFIX, ".expected.txt")).read_text().splitlines()
    with pytest.raises(ContractError) as raised:
        load(path)
    assert str(raised.value).splitlines() == [
        f"{path}:{each.line}: {f'{each.place}: ' if each.place else ''}{each.message} ({each.mend})"
        for each in problems(path)
    ]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "the file holds no contract"),
        (b"# nothing but a comment\n", 1, "the file holds no contract"),
        (b"- a list\n", 1, "the file holds no contract"),
        (b"a: 1\nb: [\n", 3, "it is not YAML: expected the node content, but found"),
        (b"a: 1\nb:\n\t- c\n", 3, "it is not YAML: found character '\\t'"),
        (b"a: 1\n---\na: 2\n", 2, "it is not YAML: but found another document"),
        (b"a: 1\nb: *c\n", 2, "it is not YAML: found undefined alias 'c'"),
        (b"a: 1\nb: !python/name:os.system x\n", 2, "it is not YAML: could not determine"),
        (b"a: 1\nb: \x00\n", 2, "the character 0x00 can't stand in YAML"),
        (b"a: 1\nb: \xe9\n", 2, "the file is not UTF-8"),
        (b"a: 1\n\n? [b, c]\n: d\n", 3, "a key is not text"),
        (b"a: " + b"[" * 5_000, 1, "it is nested too deeply"),
    ],
)
def test_a_file_that_is_no_contract_is_told_by_its_line(
    content: bytes, line: int, message: str, tmp_path: Path
) -> None:
    path = tmp_path / f"clicks{SUFFIX}"
    path.write_bytes(content)
    first = problems(path)[0]
    assert (first.line, first.message[: len(message)]) == (line, message)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = tmp_path / f"folder{SUFFIX}"
    folder.mkdir()
    for path in (tmp_path / f"missing{SUFFIX}", folder):
        (problem,) = problems(path)
        assert problem.message.startswith("the file can't be read: ")


ALL_KINDS = ("string", "integer", "number", "boolean", "date", "timestamp", "array")


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_rule_loads_for_the_types_it_fits_and_for_no_other(
    rule: str, kind: str, tmp_path: Path
) -> None:
    fits = kind in next(each.types for each in RULES if each.name == rule)
    given: dict[str, Any] = {"name": "a", "logicalType": kind}
    if kind == "array":
        given["items"] = {"logicalType": "string"}
    values = {"pattern": "^a$", "format": "email"}
    match rule:
        case "required":
            given["required"] = True
        case "type":
            pass
        case "items":
            given["items"] = {"logicalType": "string"}
        case "validValues":
            arguments = {"validValues": ["a"] if kind == "string" else [1]}
            quality = {"type": "library", "metric": "invalidValues", "mustBe": 0}
            given["quality"] = [quality | {"arguments": arguments}]
        case _:
            given["logicalTypeOptions"] = {rule: values.get(rule, 1)}
    found = problems(_written(given, tmp_path))
    assert bool(found) is not fits, found


def _written(given: dict[str, Any], folder: Path) -> Path:
    custom = [{"property": "format", "value": "jsonl"}]
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "clicks",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "clicks", "customProperties": custom, "properties": [given]}],
    }
    path = folder / f"clicks{SUFFIX}"
    path.write_text(yaml.safe_dump(document))
    return path


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats()
    | st.sampled_from(["", "a", "csv", "string", "array", "^[", "2026-11-24", "events", "no"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("value"), inner),
    max_leaves=3,
)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(data=st.data(), name=st.sampled_from(["events", "users", "videos"]))
def test_no_value_in_a_contract_ends_in_a_traceback(
    data: st.DataObject, name: str, tmp_path: Path
) -> None:
    document = yaml.safe_load((SHIPPED / f"{name}{SUFFIX}").read_text())
    places = list(_places(document))
    for _ in range(data.draw(st.integers(1, 2))):
        holder, key = data.draw(st.sampled_from(places))
        holder[key] = data.draw(anything)
    path = tmp_path / f"{name}{SUFFIX}"
    path.write_text(yaml.safe_dump(document))
    found = problems(path)
    if found:
        assert all(1 <= each.line <= path.read_text().count("\n") for each in found)
    else:
        load(path)


def _places(value: Any) -> Any:
    """Each value of a document, as what holds it and its key or number."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def test_a_rule_is_added_by_one_entry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    even = Rule("even", frozenset({Type.INTEGER}), "the value is even", lambda field: None)
    monkeypatch.setattr(rules, "RULES", (*RULES, even))
    given = {"name": "a", "logicalType": "integer", "logicalTypeOptions": {"even": True}}
    (field,) = load(_written(given, tmp_path)).fields
    assert field.option("even") is True
    assert rules_of(field) == "even"
    (wrong,) = problems(_written(given | {"logicalTypeOptions": {"even": 2}}, tmp_path))
    assert (wrong.message, wrong.mend) == ("even is 2: it is not true", "true, or leave it out")
    (wrong,) = problems(_written(given | {"logicalType": "string"}, tmp_path))
    assert wrong.message == "the rule even does not fit the type string"


def test_a_rule_that_is_added_says_which_values_a_contract_may_give_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    multiple = Rule(
        "multipleOf",
        frozenset({Type.INTEGER}),
        "the value is a multiple of this",
        lambda field: None,
        wrong=wrong_number,
    )
    monkeypatch.setattr(rules, "RULES", (*RULES, multiple))
    given = {"name": "a", "logicalType": "integer", "logicalTypeOptions": {"multipleOf": 5}}
    (field,) = load(_written(given, tmp_path)).fields
    assert rules_of(field) == "multipleOf 5"
    (wrong,) = problems(_written(given | {"logicalTypeOptions": {"multipleOf": "5"}}, tmp_path))
    assert wrong.message == 'multipleOf is "5": it is no integer'
