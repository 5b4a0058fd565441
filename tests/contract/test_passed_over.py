"""Contracts that are not read, because of their name or their place."""

import os
from pathlib import Path

import pytest

from reelhouse.contract.passed_over import DEEPEST, PassedOver, passed_over
from reelhouse.contract.registry import contract_files, load_all
from reelhouse.errors import ReelhouseError
from tests.contract.test_registry import CLICKS

TEXT = CLICKS.format(name="clicks")
JSON = '{"kind": "DataContract", "schema": [{"name": "clicks"}]}'


def put(folder: Path, name: str, text: str = TEXT) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def told(folder: Path) -> dict[str, str]:
    return {str(Path(each.path).relative_to(folder)): each.mend for each in passed_over(folder)}


def test_a_contract_may_end_in_yml(tmp_path: Path) -> None:
    path = put(tmp_path, "clicks.odcs.yml")
    replaced = put(tmp_path, "events.odcs.yml", CLICKS.format(name="events"))
    found = load_all(tmp_path)
    assert sorted(found) == ["clicks", "events", "users", "videos"]
    assert (found["clicks"].path, found["events"].path) == (str(path), str(replaced))
    assert passed_over(tmp_path) == []


def test_two_contracts_of_a_dataset_are_a_mistake_that_names_both(tmp_path: Path) -> None:
    first = put(tmp_path, "clicks.odcs.yaml")
    put(tmp_path, "clicks.odcs.yml")
    with pytest.raises(ReelhouseError) as raised:
        contract_files(tmp_path)
    assert str(raised.value) == (
        f"{first} and clicks.odcs.yml are both contracts of clicks: keep one"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("clicks.yaml", TEXT),
        ("clicks.yml", TEXT),
        ("clicks.json", JSON),
        ("clicks.odcs.json", JSON),
        ("CLICKS.ODCS.YAML", TEXT),
        ("clicks.odcs.yaml.txt", TEXT),
        ("clicks.odcs", TEXT),
        ("clicks.odcs (1).yaml", TEXT),
        ("contract-of-pages.yaml", TEXT),
        ("clicks.yaml", "schema:\n- name: clicks\n"),
        ("clicks.odcs.yAml", "[no contract"),
        ("clicks.odcs.json", ""),
    ],
)
def test_a_contract_by_another_name_is_told(tmp_path: Path, name: str, text: str) -> None:
    path = put(tmp_path, name, text)
    (found,) = passed_over(tmp_path)
    assert found == PassedOver(str(path), "clicks", "rename it to clicks.odcs.yaml")
    assert str(found) == f"the contract {path} is not read: rename it to clicks.odcs.yaml"
    os.rename(path, tmp_path / "clicks.odcs.yaml")  # as it says
    assert passed_over(tmp_path) == []
    assert tmp_path / "clicks.odcs.yaml" in contract_files(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", ".gitignore", "clicks.odcs.yaml~", "clicks.odcs.yaml.bak", "#a.odcs.yaml#"),
        *(".clicks.odcs.yaml.swp", "._clicks.odcs.yaml", ".hidden/clicks.odcs.yaml"),
        *("clicks.odcs.yaml.orig", "clicks.py", "_old/clicks.yaml"),
    ],
)
def test_what_was_never_meant_to_be_read_is_not_told(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    assert passed_over(tmp_path) == []
    assert sorted(load_all(tmp_path)) == ["events", "users", "videos"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compose.yaml", "services:\n  a:\n    schema: b\n"),
        ("deployment.yml", "apiVersion: v1\nkind: Pod\n"),
        ("package.json", '{"$schema": "x", "schema": 1}'),
        ("empty.yaml", ""),
    ],
)
def test_yaml_that_is_no_contract_is_not_told(tmp_path: Path, name: str, text: str) -> None:
    put(tmp_path, name, text)
    assert passed_over(tmp_path) == []


def test_a_lock_of_an_editor_is_no_contract(tmp_path: Path) -> None:
    put(tmp_path, "clicks.odcs.yaml")
    (tmp_path / ".#clicks.odcs.yaml").symlink_to("anna@host.1234")
    assert "clicks" in load_all(tmp_path)


def test_contracts_in_folders_are_told(tmp_path: Path) -> None:
    put(tmp_path, "site/clicks.odcs.yaml")
    put(tmp_path, "site/a/b/sales.yaml", CLICKS.format(name="sales"))
    put(tmp_path, "/".join("abcd"[: DEEPEST + 1]) + "/deeper.odcs.yaml")
    (tmp_path / "site/a/loop").symlink_to(tmp_path)
    assert told(tmp_path) == {
        "site/a/b/sales.yaml": f"move it to {tmp_path}/sales.odcs.yaml",
        "site/clicks.odcs.yaml": f"move it to {tmp_path}/clicks.odcs.yaml",
    }


def test_a_copy_beside_the_contract_is_told_and_one_in_a_folder_is_an_archive(
    tmp_path: Path,
) -> None:
    put(tmp_path, "clicks.odcs.yaml")
    put(tmp_path, "clicks.yaml")
    put(tmp_path, "2025/clicks.odcs.yaml")
    assert told(tmp_path) == {"clicks.yaml": "clicks.odcs.yaml is; delete one of them"}


def test_without_a_folder_of_contracts_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert passed_over(None) == []
    assert passed_over(tmp_path / "nothing") == []
