"""The steps at which the tests of faults kill and stop runs."""

import re
from pathlib import Path

import pytest

import reelhouse
from reelhouse import faults
from reelhouse.faults import Step

SOURCE = Path(reelhouse.__file__).parent


@pytest.mark.parametrize("variable", faults.SIGNALS)
@pytest.mark.parametrize("told", ["manifesto", "manifest:twice"])
def test_a_step_that_there_is_not_is_refused(
    variable: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, told)
    with pytest.raises(ValueError, match=told.rpartition(":")[2]):
        faults.after(Step.MANIFEST)


def test_each_step_is_taken_somewhere() -> None:
    code = "".join(path.read_text() for path in SOURCE.rglob("*.py") if path.stem != "faults")
    taken = set(re.findall(r"\bStep\.([A-Z]+)\b", code))
    assert taken == {step.name for step in Step}
