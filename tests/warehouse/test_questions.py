"""The star answers what plain Python counts, as the lake does."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import reelhouse as rh
from reelhouse.warehouse.compiler import compile_sql
from reelhouse.warehouse.project import Project
from reelhouse.warehouse.questions import QUESTIONS, question
from tests.usecases.oracle import ANSWERS, Site
from tests.usecases.test_answers import SPANS, land, make, same
from tests.warehouse.systems import System

CONTRACTS = rh.load_contracts()


def without_ties(site: Site) -> Site:
    """The site without two changes of one user or video at one second: their order is free."""
    site.users = list({(r["id"], r["updated_at"] or at): (at, r) for at, r in site.users}.values())
    site.videos = list({(row["id"], at): (at, row) for at, row in site.videos}.values())
    return site


@pytest.fixture(scope="module", params=[1, 2])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Site, rh.Warehouse]:
    """A site, and its warehouse, which was filled in two runs."""
    folder = tmp_path_factory.mktemp("site")
    site = without_ties(make(request.param))
    land(site, folder / "landing")
    warehouse = rh.Warehouse("duckdb", database=folder / "w.duckdb")
    later = folder / "landing/events/b.jsonl"
    text = later.read_text()
    later.unlink()
    warehouse.run(folder / "landing").raise_for_checks()
    later.write_text(text)
    warehouse.run(folder / "landing").raise_for_checks()
    return site, warehouse


def rows_of(answer: rh.Answer) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row.items()} for row in answer.to_dicts()]


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=None).isoformat()}Z"
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_star_answers_what_plain_python_counts(
    world: tuple[Site, rh.Warehouse], name: str
) -> None:
    site, warehouse = world
    for title, span in SPANS.items():
        start, end = (None if each is None else each.isoformat() for each in (span.start, span.end))
        for top in (None, 3) if title == "all" else (None,):
            given = {} if top is None else {"top": top}
            found = rows_of(warehouse.ask(name, start=start, end=end, top=top))
            expected = ANSWERS[name](site, span, **given)
            same(found, expected)
            assert bool(expected) != (title == "nothing")


def test_a_question_that_there_is_none_of(world: tuple[Site, rh.Warehouse]) -> None:
    with pytest.raises(rh.WrongUse, match="there is no question 'why'; there are event-types"):
        world[1].ask("why")


@pytest.mark.parametrize("world", [1], indirect=True)
@pytest.mark.parametrize("target", ["bigquery", "snowflake"])
def test_the_emulators_answer_the_same(
    world: tuple[Site, rh.Warehouse], target: Any, system_of: Any
) -> None:
    _, warehouse = world
    system: System = system_of(target)
    tables = [
        table
        for table in Project(CONTRACTS).tables
        if table.schema == "core" and table.name.startswith(("dim_", "fct_", "bridge_"))
    ]
    system.make(tables)
    few = "video_id < 100"
    for table in tables:
        where = f" where {few}" if "video_id" in table.column_names else ""
        where = " where id < 100" if table.name in ("dim_user", "dim_video") else where
        rows = warehouse.query(f"select * from core.{table.name}{where}")
        system.run(f"delete from core.{table.name} where true")
        system.insert(f"core.{table.name}", rows.to_dicts())
    import duckdb

    with duckdb.connect(warehouse.settings.database, read_only=True) as here:
        here.execute(f"create temp view fct_event as from core.fct_event where {few}")
        for name in QUESTIONS:
            canonical = question(name, SPANS["all"], 5)
            (sql,) = compile_sql(canonical, "duckdb")
            narrowed = sql.replace('"core"."fct_event"', "temp.main.fct_event")
            expected = here.execute(narrowed).fetchall()
            found = system.query(canonical)
            assert len(found) == len(expected) > 0, name
            for row, wanted in zip(found, expected, strict=True):
                for value, other in zip(row, wanted, strict=True):
                    assert alike(value, other), (name, row, wanted)


def alike(value: Any, other: Any) -> bool:
    if isinstance(other, float):
        return math.isclose(float(value), other, rel_tol=1e-9, abs_tol=2e-6)
    if isinstance(other, datetime):
        return bool(value.replace(tzinfo=None) == other.replace(tzinfo=None))
    return bool(value == other)


REAL = Path(__file__).parents[3] / "shared/data/newtube"


@pytest.mark.skipif(
    not REAL.is_dir(),
    reason="the real files lie beside the repository, in ../shared/data/newtube, and are not there",
)
def test_the_real_data_gives_what_the_lake_gives(tmp_path: Path) -> None:
    for name in ("users.csv", "videos.csv", "events.jsonl"):
        dataset = tmp_path / "landing" / name.partition(".")[0]
        dataset.mkdir(parents=True)
        (dataset / name).write_bytes((REAL / name).read_bytes())
    lake = rh.Lake(tmp_path / "lake")
    lake.ingest(tmp_path / "landing").raise_for_failures()
    warehouse = rh.Warehouse("duckdb", database=tmp_path / "w.duckdb")
    run = warehouse.run(tmp_path / "landing", lake=tmp_path / "lake")
    run.raise_for_checks()
    assert run.reconciled is not None
    assert run.reconciled.compared == 3
    for name in QUESTIONS:
        expected = lake.analyze(name).to_pylist()
        found = warehouse.ask(name).to_dicts()
        assert [list(row) for row in found] == [list(row) for row in expected]
        for row, wanted in zip(found, expected, strict=True):
            for column, value in wanted.items():
                assert alike(row[column], value), (name, row, wanted)
