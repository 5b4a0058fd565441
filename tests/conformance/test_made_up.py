"""A rule or a type that no engine knows gets the reference validator's verdict on each of them."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands import ROOT, done
from tests.conformance.made_up.fields import cases
from tests.conftest import ENGINES

CASES = dict(cases())


@pytest.fixture(scope="module")
def judged() -> dict[str, dict[str, Any]]:
    """What each engine made of each case, in a process that has the made-up vocabulary."""
    made_up = Path(__file__).parent / "made_up"
    paths = [str(made_up), str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "tests.conformance.made_up.judge", *ENGINES]
    found: dict[str, dict[str, Any]] = json.loads(done(command, environment).out)
    return found


@pytest.mark.parametrize("name", CASES)
def test_the_reference_validator_judges_what_is_made_up(
    name: str, judged: dict[str, dict[str, Any]]
) -> None:
    case, found = CASES[name], judged["reference"][name]
    assert sorted(row["id"] for row in found["valid"]) == case.valid
    assert len(found["invalid"]) == case.invalid


@pytest.mark.parametrize("engine_name", ENGINES[1:])
def test_each_engine_gives_its_verdicts(
    engine_name: str, judged: dict[str, dict[str, Any]]
) -> None:
    reference, found = judged["reference"], judged[engine_name]
    assert found == {name: reference[name] for name in found}
    assert {name for name in CASES if not name.endswith("!")} <= found.keys()


def test_typed_values_and_reasons_are_those_of_what_is_made_up(
    judged: dict[str, dict[str, Any]],
) -> None:
    money = judged["reference"]["csv, even_money, optional"]
    assert {"id": 1, "even_money": 1250} in money["valid"]
    assert [["even_money", "even", "1255 is odd"]] in [each[1] for each in money["invalid"]]
    prices = judged["reference"]["jsonl, prices, optional"]
    assert {"id": 1, "prices": [100, 205]} in prices["valid"]
