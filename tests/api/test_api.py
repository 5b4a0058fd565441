"""The public API: what it names, that it is typed and quick to import, and that all keep to it."""

import ast
import doctest
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import reelhouse as rh
from reelhouse import api

ROOT = Path(__file__).parents[2]
NAMES = """
    Lake DatasetQuarantine Run BatchResult SourceCount LakeStatus DatasetStatus OpenBatch
    ConflictStatus Reason QuarantinedRecord BrokenRule Replayed CompactionResult TableResult
    USE_CASES Report
    spark_session Warehouse WarehouseRun Loaded Built BuiltSource Checked Reconciled Answer
    load_contracts Contracts Contract Field Partition Type validate Verdict Value
    Violation ReelhouseError WrongUse ContractError ContractConflict StorageError SourceError
    DatasetFailed RunFailed NewerFormat generate Generated run_command ingest_file sweep
    lambda_handler __version__
""".split()  # noqa: SIM905
"""What users import. To take a name away breaks them: see docs/python.md."""

DEEPER = {
    "benchmarks/compare.py": "makes a ledger of a million sources, which takes days by ingestion",
    "benchmarks/validator.py": "measures the validator alone, without the verdicts' objects",
}
"""What imports more than the public API, and why."""


def test_these_names_are_exported_and_each_is_there() -> None:
    assert rh.__all__ == NAMES
    assert set(NAMES) <= set(dir(rh))
    for name in NAMES:
        assert getattr(rh, name) is getattr(rh, name)
    misspelt = "Warehous"
    with pytest.raises(AttributeError, match="no attribute 'Warehous'"):
        getattr(rh, misspelt)


def test_type_checkers_and_python_find_each_name_at_the_same_place() -> None:
    tree = ast.parse((ROOT / "src/reelhouse/__init__.py").read_text())
    (checked,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and isinstance(node.body[0], ast.ImportFrom)
    ]
    for node in checked.body:
        assert isinstance(node, ast.ImportFrom)
        assert node.module is not None
        for alias in node.names:
            place = import_module(node.module)
            assert getattr(rh, alias.asname or alias.name) is getattr(place, alias.name)
    imported = {
        alias.asname or alias.name
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == set(NAMES) - {"__version__"}


def test_each_name_is_documented() -> None:
    page = (ROOT / "docs/python.md").read_text()
    assert not [name for name in NAMES if f"`{name}`" not in page]
    for name in NAMES:
        if name not in ("USE_CASES", "__version__"):
            assert getattr(rh, name).__doc__, name


def test_an_import_loads_no_library() -> None:
    script = "import sys; a = set(sys.modules); import reelhouse; print(*(set(sys.modules) - a))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    others = set(done.stdout.split()) - {"reelhouse", "reelhouse.version"}
    assert not {name for name in others if name.split(".")[0] not in sys.stdlib_module_names}


def test_the_examples_of_the_docstrings_are_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    for number, example in enumerate(doctest.DocTestFinder().find(api)):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        result = doctest.DocTestRunner().run(example)
        assert not result.failed, example.name
        tried += result.attempted
    assert tried > 10


def test_the_page_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rh.generate(tmp_path / "data/landing", events=100)
    (tmp_path / "contracts").mkdir()
    names: dict[str, object] = {}
    for block in blocks((ROOT / "docs/python.md").read_text()):
        without_spark = re.sub(r"^frame = .*$", "", block, flags=re.MULTILINE)
        exec(without_spark, names)


def test_spark_reads_the_lake(tmp_path: Path, spark: SparkSession) -> None:
    rh.generate(tmp_path / "landing", events=100)
    lake = rh.Lake(tmp_path / "lake")
    (batch,) = lake.ingest(tmp_path / "landing", datasets=["users"]).batches
    assert lake.spark("users", spark).count() == batch.valid


# --- a lake


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> rh.Lake:
    monkeypatch.chdir(tmp_path)
    rh.generate(Path("data/landing"), events=200, broken=0.1)
    return rh.Lake()


def test_a_lake_is_ingested_and_read(lake: rh.Lake) -> None:
    assert not lake.ingest(dry_run=True).errors
    assert not Path("data/lake").exists()
    run = lake.ingest()
    assert {batch.dataset for batch in run.batches} == {"events", "users", "videos"}
    for batch in run.batches:
        assert batch.records == batch.valid + batch.quarantined
        assert lake.arrow(batch.dataset).count_rows() == batch.valid
        assert lake.duckdb(batch.dataset).shape[0] == batch.valid
        assert lake.quarantine(batch.dataset).count() == batch.quarantined
    status = lake.status()
    assert sum(each["records"] for each in status["datasets"]) == sum(
        batch.records for batch in run.batches
    )
    assert not lake.compact().errors
    replayed = lake.replay("events", apply=True)
    assert replayed.valid == 0
    assert replayed.records == lake.quarantine("events").count()


def test_sources_can_be_named_and_progress_is_told(lake: rh.Lake) -> None:
    (first, *others) = sorted(Path("data/landing/events").iterdir())
    told: list[tuple[str, int, int]] = []
    run = lake.ingest(
        datasets=["events"], sources=[first], on_progress=lambda *each: told.append(each)
    )
    ((count,),) = ([source.uri for source in batch.sources] for batch in run.batches)
    assert count == str(first.absolute())
    assert told[0] == ("events", 0, first.stat().st_size)
    assert len(lake.ingest(datasets=["events"]).batches[0].sources) == len(others)


def test_reasons_and_an_export(lake: rh.Lake, tmp_path: Path) -> None:
    lake.ingest().raise_for_failures()
    refused = lake.quarantine("events")
    reason = refused.reasons()[0]
    some = refused.records(rule=reason["rule"], field=reason["field"])
    assert (
        len(some) == reason["records"] == refused.count(rule=reason["rule"], field=reason["field"])
    )
    assert refused.export(tmp_path / "refused.jsonl", rule=reason["rule"]) >= len(some)


def test_wrong_use_is_told(lake: rh.Lake) -> None:
    with pytest.raises(rh.WrongUse, match="no contract for 'event'"):
        lake.ingest(datasets=["event"])
    with pytest.raises(rh.WrongUse, match=r"must be several names: \['events'\]"):
        lake.ingest(datasets="events")
    with pytest.raises(rh.WrongUse, match="name it"):
        lake.ingest(sources=["a.jsonl"])
    with pytest.raises(rh.WrongUse, match=r"must be several places: \['a.jsonl'\]"):
        lake.ingest(datasets=["events"], sources="a.jsonl")
    with pytest.raises(rh.WrongUse, match="is one of events, not of users"):
        lake.ingest(datasets=["users"], sources=["data/landing/events/a.jsonl"])
    with pytest.raises(rh.WrongUse, match="no engine 'pandas'"):
        lake.ingest(engine="pandas")
    with pytest.raises(rh.WrongUse, match="engine"):
        rh.Lake(engine="pandas")
    with pytest.raises(rh.WrongUse, match="no use case"):
        lake.analyze("nosuch")
    with pytest.raises(rh.ReelhouseError, match="ingest something first"):
        lake.duckdb("events")


def test_a_place_that_is_not_there_is_told(lake: rh.Lake) -> None:
    with pytest.raises(rh.ReelhouseError, match=r"nowhere, is not there: put sources"):
        lake.ingest("nowhere")
    asks: list[Callable[[], object]] = [
        lake.compact,
        lambda: lake.replay("events"),
        lambda: lake.analyze("top-users"),
        lambda: lake.report("report.html"),
        lake.quarantine("events").reasons,
        lake.quarantine("events").records,
        lake.quarantine("events").count,
        lambda: lake.quarantine("events").export("refused.csv"),
    ]
    for ask in asks:
        with pytest.raises(rh.ReelhouseError, match=r"there is no lake at .*/data/lake yet"):
            ask()
    assert lake.status()["open_batches"] == []
    Path("data/lake").write_text("")
    asks += [lake.ingest, lake.status]
    for ask in asks:
        with pytest.raises(rh.ReelhouseError, match=r"the lake, .*, is a file"):
            ask()


def test_a_number_or_a_file_that_makes_no_sense_is_told(lake: rh.Lake) -> None:
    lake.ingest().raise_for_failures()
    refused = lake.quarantine("events")
    assert refused.records(limit=0) == []
    with pytest.raises(rh.WrongUse, match="limit is -1; it must be 0 or more"):
        refused.records(limit=-1)
    with pytest.raises(rh.WrongUse, match="top is 0; it must be 1 or more"):
        lake.analyze("top-users", top=0)
    with pytest.raises(rh.WrongUse, match="a file of this machine"):
        refused.export("gs://bucket/refused.csv")


def test_the_lake_answers_questions_and_makes_the_report(lake: rh.Lake, tmp_path: Path) -> None:
    lake.ingest().raise_for_failures()
    table = lake.analyze("top-users", top=3)
    assert table.num_rows == 3
    report = lake.report(tmp_path / "report.html", examples=False)
    assert report.size == (tmp_path / "report.html").stat().st_size
    with pytest.raises(rh.WrongUse, match="'spark-rdd'; what answers is one of duckdb, spark"):
        lake.analyze("top-users", engine="spark-rdd")


def test_spark_answers_as_duckdb_does(lake: rh.Lake, spark: SparkSession) -> None:
    lake.ingest().raise_for_failures()
    by_spark = lake.analyze("top-users", engine="spark").to_pylist()
    assert by_spark == lake.analyze("top-users").to_pylist()


def test_failures_are_raised_when_they_are_asked_for(lake: rh.Lake) -> None:
    Path("contracts").mkdir()
    Path("contracts/clicks.odcs.yaml").write_text("kind: nothing\n")
    run = rh.Lake(contracts="contracts").ingest()
    assert len(run.batches) == 3
    with pytest.raises(rh.RunFailed, match="clicks") as failed:
        run.raise_for_failures()
    assert list(failed.value.errors) == run.errors


# --- verdicts

HEADER = "id,fname,lname,email,country,subscription,categories,updated_at"
ADA = "1,Ada,Byron,ada@example.org,GB,1,music;sport,1700000000"


def test_csv_is_judged_by_its_header() -> None:
    users = rh.load_contracts()["users"]
    lines: list[str | bytes] = [
        f"\ufeff{HEADER}\r\r\n",
        f"{ADA}\r\n",
        "\n",
        ADA.replace("GB", "gb").encode(),
    ]
    valid, invalid = rh.validate(users, lines)
    assert valid.values is not None
    assert (valid.line, valid.valid, valid.values["categories"]) == (2, True, ["music", "sport"])
    assert str(valid.values["updated_at"]) == "2023-11-14 22:13:20+00:00"
    assert (invalid.line, invalid.valid, invalid.violations[0].field) == (4, False, "country")
    assert invalid.raw == ADA.replace("GB", "gb")
    with pytest.raises(rh.WrongUse, match="header"):
        rh.validate(users, [ADA])
    with pytest.raises(rh.WrongUse, match="several texts"):
        rh.validate(users, HEADER)


def test_a_line_of_json_may_hold_several_records() -> None:
    events = rh.load_contracts()["events"]
    event = '{"user_id": 7, "video_id": 1, "event": "viewed", "timestamp": 1700000000}'
    lines = [f'{{"events": [{event}, {event.replace("7,", "-7,")}]}}', "", "nonsense"]
    found = rh.validate(events, lines)
    assert [(each.line, each.valid) for each in found] == [(1, True), (1, False), (3, False)]
    assert rh.validate(events, []) == []


# --- all keep to it

ANY = {
    "Field.options, Field.option": "what a rule takes is for the rule to say",
    "lambda_handler, sweep": "events and requests are the platforms', which have no types for them",
}
"""Where types say Any, and why."""


def signatures(name: str) -> Iterator[tuple[str, str]]:
    """What a name, and each public part of it, takes and gives, as text."""
    named = getattr(rh, name)
    if not inspect.isclass(named):
        if callable(named):
            yield name, str(inspect.signature(named))
        return
    for attribute, kind in inspect.get_annotations(named).items():
        yield f"{name}.{attribute}", str(kind)
    for attribute, member in inspect.getmembers(named):
        function = member.fget if isinstance(member, property) else member
        generated = attribute.startswith("_") and is_dataclass(named)  # of the annotations above
        if inspect.isfunction(function) and not generated:
            yield f"{name}.{attribute}", str(inspect.signature(function))


def test_what_is_taken_and_given_has_types() -> None:
    told = {
        where for name in NAMES for where, text in signatures(name) if re.search(r"\bAny\b", text)
    }
    assert told == {where for places in ANY for where in places.split(", ")}


def blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def python_of_users() -> Iterator[tuple[str, str]]:
    """What is written for users, or as users write it: where it is, and the code."""
    for pattern in ("benchmarks/**/*.py", "deploy/**/*.py"):
        for path in ROOT.glob(pattern):
            yield str(path.relative_to(ROOT)), path.read_text()
    for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/*.md")):
        for block in blocks(path.read_text()):
            yield str(path.relative_to(ROOT)), block


def imported(code: str) -> set[str]:
    """What of Reelhouse a text of Python imports, in texts within it too."""
    found = {
        name
        for node in ast.walk(ast.parse(code))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    found |= set(re.findall(r"^\s*(?:from|import) (reelhouse[\w.]*)", code, re.MULTILINE))
    return {name for name in found if name.split(".")[0] == "reelhouse"}


def test_what_is_written_for_users_imports_nothing_deeper() -> None:
    deeper = {place for place, code in python_of_users() if imported(code) - {"reelhouse"}}
    assert deeper == set(DEEPER)


def test_types_are_as_users_see_them(tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(
        """
from typing import assert_type
import duckdb
import reelhouse as rh

lake = rh.Lake("lake", contracts="contracts", memory_mb=512)
run = lake.ingest("landing", datasets=["events"])
assert_type(run, rh.Run)
assert_type(run.batches, list[rh.BatchResult])
assert_type(run.errors, list[rh.ReelhouseError])
assert_type(lake.duckdb("events"), duckdb.DuckDBPyRelation)
assert_type(lake.status(), rh.LakeStatus)
assert_type(lake.status()["datasets"][0]["waiting"], int | None)
assert_type(lake.quarantine("users").reasons(), list[rh.Reason])
assert_type(lake.quarantine("users").records()[0]["raw"], str)
assert_type(lake.replay("users", apply=True), rh.Replayed)
assert_type(lake.compact(), rh.CompactionResult)
assert_type(rh.load_contracts()["events"], rh.Contract)
assert_type(rh.validate(rh.load_contracts()["events"], ["{}"]), list[rh.Verdict])
assert_type(lake.report("report.html"), rh.Report)
assert_type(rh.run_command(["status"]), int)
rh.Lake("lake").ingest("landing", ["events"])
rh.Warehous
"""
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "use.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    last = (tmp_path / "use.py").read_text().count("\n")
    wrong = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(wrong) == 2, done.stdout
    assert wrong[0].startswith(f"use.py:{last - 1}: error: Too many positional arguments")
    assert wrong[1].startswith(f'use.py:{last}: error: Module has no attribute "Warehous"')
