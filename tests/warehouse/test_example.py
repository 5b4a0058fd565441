"""Datasets that are added by contract alone get their dimensions, errors and relations."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

import reelhouse as rh
from reelhouse.cli.main import run
from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.project import Project
from reelhouse.warehouse.star.shape import Star

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/partners"


@pytest.fixture
def warehouse(tmp_path: Path) -> rh.Warehouse:
    found = rh.Warehouse("duckdb", database=tmp_path / "w.duckdb", contracts=EXAMPLE / "contracts")
    found.run(EXAMPLE / "landing").raise_for_checks()
    return found


def test_a_partner_that_changed_has_two_versions(warehouse: rh.Warehouse) -> None:
    rows = warehouse.query(
        "select id, name, is_current from core.dim_partner where partner_key <> 'unknown' "
        "order by id, valid_from"
    ).rows
    assert rows == [(1, "Acme", False), (1, "Acme Video", True), (2, "Globex", True)]
    assert warehouse.query("select id from core.dim_location where is_current order by 1").rows == [
        ("L1",),
        ("L2",),
    ]


def test_what_is_wrong_stands_in_the_errors(warehouse: rh.Warehouse) -> None:
    rows = warehouse.query("select field, rule, value, reasons from errors.partners").rows
    assert rows == [("mail", "format", "not a mail", "mail: format; phone: pattern; ")]
    rows = warehouse.query("select reasons from errors.locations").rows
    assert rows == [("id: pattern; latitude: maximum; ",)]


def test_a_video_meets_its_partner_as_it_was(warehouse: rh.Warehouse) -> None:
    rows = warehouse.query(
        "select v.id, p.name from core.dim_video v left join core.dim_partner p "
        "on p.id = v.partner_id and p.valid_from <= rh and rh < p.valid_to "
        "where v.is_current order by 1".replace("rh", "timestamp '2026-01-10'")
    ).rows
    assert rows == [(10, "Acme"), (11, None), (12, "Globex")]


def test_the_relations_are_those_that_the_contracts_state() -> None:
    contracts = rh.load_contracts(EXAMPLE / "contracts")
    references = {
        (contract.dataset, field.name): field.references
        for contract in Star(contracts).contracts.values()
        for field in contract.fields
        if field.references
    }
    assert references == {
        ("events", "user_id"): ("users", "id"),
        ("events", "video_id"): ("videos", "id"),
        ("partners", "location_id"): ("locations", "id"),
        ("videos", "creator_id"): ("users", "id"),
        ("videos", "partner_id"): ("partners", "id"),
    }


def test_a_relation_to_what_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "contracts/partners.odcs.yaml", tmp_path)
    with pytest.raises(
        ReelhouseError, match=r"partners\.odcs\.yaml:\d+: location_id refers to locations\.id, and"
    ):
        _ = Project(rh.load_contracts(tmp_path)).tables


def test_the_page_s_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    page = (EXAMPLE / "README.md").read_text()
    commands = re.findall(r"^reelhouse (.*)$", page, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        assert run(shlex.split(command)) == 0, command
