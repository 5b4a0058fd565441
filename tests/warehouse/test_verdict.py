"""The verdict in SQL is sound: the shared cases on all systems, and a fuzz beside the reference."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from reelhouse.engines import reference
from reelhouse.warehouse.targets import TARGETS, Target
from tests.conformance.fuzz import contracts
from tests.conformance.harness import contract_of, judge
from tests.conformance.test_cases import CASES, name_of, source_bytes
from tests.warehouse.fuzz import MOST_REFUSED, fuzz, rows
from tests.warehouse.judging import judge_on
from tests.warehouse.systems import System

LONG = bool(os.environ.get("LONG"))
OF_BIGQUERY = (
    *("csv-headers", "csv-rows", "csv-times", "csv-values", "json-lists", "json-records"),
    *("json-syntax", "json-text", "patterns", "rules"),
)
"""The cases that BigQuery's emulator is given, which is slow; `make test-long` gives it all."""

LONGEST = 100_000
"""Cases with longer sources are left to DuckDB: an emulator gets each line as a literal."""


def _chosen() -> list[tuple[Target, Path]]:
    return [
        (target, path)
        for target in TARGETS
        for path in CASES
        if target != "bigquery" or LONG or path.stem in OF_BIGQUERY
    ]


@pytest.mark.parametrize(
    ("target", "path"), _chosen(), ids=lambda each: each.stem if isinstance(each, Path) else each
)
def test_case_file(
    path: Path, target: Target, system_of: Callable[[Target], System], tmp_path: Path
) -> None:
    """What a case says is valid is so, and what it says is refused is, or else it is undecided."""
    document = yaml.safe_load(path.read_text())
    contract = contract_of(document["contract"], tmp_path)
    limit = document.get("max_line_bytes", 8 << 20)
    sources = {
        name_of(case, number, contract): source_bytes(case)
        for number, case in enumerate(document["cases"])
    }
    if target != "duckdb":
        sources = {name: data for name, data in sources.items() if len(data) < LONGEST}
    want = judge(reference.run, contract, sources, limit)
    found = judge_on(system_of(target), contract, sources, limit)
    derived = {partition.name for partition in contract.derived}
    wrong = []
    for name in sources:
        ours, theirs = rows(found[name], ()), rows(want[name], derived)
        refused = sum((theirs - ours).values())
        undecided = sum(
            rule in ("json", "undecided", "duplicateKey")
            for _, violations in found[name].invalid
            for _, rule, _ in violations
        )
        if ours - theirs or (refused and not undecided):
            wrong.append(f"{name}: {ours - theirs} {theirs - ours} {found[name].invalid}")
    assert not wrong, "\n".join(wrong)


def test_the_fuzzer_finds_nothing_that_is_wrongly_accepted() -> None:
    found = fuzz(30_000, 7, contracts())
    assert found.wrongly_accepted == []
    assert found.unaccounted == []
    assert len(found.soundly_refused) < MOST_REFUSED * found.valid
    assert found.records >= 30_000
