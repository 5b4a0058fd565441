"""A warehouse from its tables to its checks, on each system; and beside the lake."""

from pathlib import Path
from typing import Any

import pytest

import reelhouse as rh
from reelhouse.contract.registry import load_all
from reelhouse.errors import ReelhouseError
from reelhouse.flows.counts import lake_counts
from reelhouse.landing.discovery import discover
from reelhouse.warehouse.load import filled, landing_sql, load_sql
from reelhouse.warehouse.runner import Built, Runner
from tests.warehouse.judging import load_rows
from tests.warehouse.systems import System

CONTRACTS = load_all()


class Bridged:
    """A connection whose statements an emulator takes."""

    def __init__(self, system: System) -> None:
        self.system, self.target = system, system.target

    def __getattr__(self, name: str) -> Any:
        return getattr(self.system.connection, name)

    def run(self, statements: list[str]) -> None:
        self.system.run_compiled(statements)

    def query(self, sql: str) -> Any:
        return self.system.connection.query(self.system.sent(sql))


def runner_of(system: System) -> Runner:
    bridged: Any = system.connection if system.target == "duckdb" else Bridged(system)
    runner = Runner(CONTRACTS, bridged)
    for table in runner.project.tables:
        system.drop(table)
    return runner


def totals(built: Built) -> dict[str, tuple[int, ...]]:
    return {
        Path(s.uri).name: (s.records, s.in_core, s.in_errors, s.duplicates) for s in built.sources
    }


def test_each_system_counts_as_the_lake_does(system: System, tmp_path: Path) -> None:
    landing, lake = tmp_path / "landing", rh.Lake(tmp_path / "lake")
    rh.generate(landing, events=120, users=20, videos=8, broken=0.1, seed=9)
    lake.ingest(landing).raise_for_failures()
    runner = runner_of(system)
    runner.init()
    runner.init()  # what is there stays
    for dataset, contract in CONTRACTS.items():
        sources = list(discover(str(landing), dataset))
        if system.target == "duckdb":
            runner.load_here(dataset, sources)
        else:  # the emulators have no LOAD DATA from a bucket, and no COPY from a query
            load_rows(system, contract, sources)
    built = runner.build()
    assert built.loads == len(built.sources) == 7
    assert {name: counts[0] for name, counts in totals(built).items()} == {
        Path(count.uri).name: count.records for count in lake_counts(str(tmp_path / "lake"))
    }
    assert [check.name for check in runner.check() if not check.passed] == []
    reconciled = runner.reconcile(lake_counts(str(tmp_path / "lake")))
    assert (reconciled.compared, reconciled.check.rows) == (7, ())
    assert runner.build().loads == 0  # nothing is new


def test_a_check_that_fails_names_the_source(tmp_path: Path) -> None:
    rh.generate(tmp_path / "landing", events=50, users=10, videos=5, seed=2)
    warehouse = rh.Warehouse("duckdb", database=tmp_path / "w.duckdb")
    warehouse.run(tmp_path / "landing").raise_for_checks()
    import duckdb

    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        first = "select min(event_id) from core.fct_event"
        connection.execute(f"delete from core.fct_event where event_id in ({first})")
    (failed,) = [check for check in warehouse.check() if not check.passed]
    assert failed.name == "conservation"
    assert "events/" in str(failed.rows[0]["uri"])
    run = rh.WarehouseRun(checks=[failed])
    with pytest.raises(ReelhouseError, match=r"1 of 1 checks .* conservation, .*events/"):
        run.raise_for_checks()


def test_a_contract_that_gets_a_field_goes_on_with_its_warehouse(tmp_path: Path) -> None:
    rh.generate(tmp_path / "landing", events=50, users=10, videos=5, seed=2)
    warehouse = rh.Warehouse("duckdb", database=tmp_path / "w.duckdb")
    warehouse.run(tmp_path / "landing").raise_for_checks()
    before = warehouse.query("select event_id from core.fct_event order by 1").rows
    (tmp_path / "contracts").mkdir()
    shipped = Path(rh.__file__).parent / "contracts" / "events.odcs.yaml"
    more = "      - {name: mood, logicalType: string, description: How he felt.}\n"
    text = shipped.read_text().replace(
        "      - name: event_date\n", more + "      - name: event_date\n"
    )
    (tmp_path / "contracts/events.odcs.yaml").write_text(text)
    later = rh.Warehouse("duckdb", database=tmp_path / "w.duckdb", contracts=tmp_path / "contracts")
    source = next((tmp_path / "landing/events").iterdir())
    source.with_name("again.jsonl").write_bytes(source.read_bytes())
    run = later.run(tmp_path / "landing")
    run.raise_for_checks()
    assert run.build is not None
    (again,) = run.build.sources
    assert (again.in_core, again.duplicates) == (0, again.records - again.in_errors)
    assert later.query("select event_id from core.fct_event order by 1").rows == before
    assert later.query("select count(mood) from core.fct_event").rows == [(0,)]


def test_loads_leave_nothing_open_and_take_no_sql_for_a_name() -> None:
    params = {
        **{"landing": "gs://bucket/landing", "bucket": "gs://bucket", "connection": "p.eu.c"},
        **{"integration": "I", "notification": "N", "errors": "E"},
    }
    for target in ("bigquery", "snowflake"):
        texts = landing_sql(CONTRACTS.values(), target)
        texts += [sql for each in CONTRACTS.values() for sql in load_sql(each, target)]
        assert not [sql for sql in filled(texts, params) if "{{" in sql]
        with pytest.raises(ReelhouseError, match="landing is not set"):
            filled(texts, params | {"landing": ""})
        with pytest.raises(ReelhouseError, match="use plain characters"):
            filled(texts, params | {"landing": "gs://b'; drop table x"})
