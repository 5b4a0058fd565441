"""The star does not depend on the order, the batches or the repetition of what arrives."""

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from reelhouse.warehouse.tables import Column, Table
from reelhouse.warehouse.targets import Target
from tests.warehouse.histories import (
    CONTRACTS,
    EPOCH,
    PROJECT,
    TABLES,
    Row,
    Source,
    Star,
    history,
    oracle,
    second,
    staged,
    star_steps,
)
from tests.warehouse.systems import System, duckdb_system

LONG = bool(os.environ.get("LONG"))
SEEDS = {
    "duckdb": range(int(os.environ.get("HISTORIES", "30"))),
    "snowflake": range(20 if LONG else 3),
    "bigquery": range(10 if LONG else 1),
}
"""The histories that each system gets: an emulator takes a second, or some, for each build."""

STEPS = star_steps()


class Killed(Exception):
    """The build was stopped."""


class Built:
    """A star in a system."""

    def __init__(self, system: System) -> None:
        self.system = system
        system.make(PROJECT.tables)

    def land(self, source: Source, load_id: str, loaded: int) -> None:
        """Note that a source was loaded."""
        row = {
            "load_id": load_id,
            "dataset": source.dataset,
            "uri": source.uri,
            "version": "1",
            "landed_at": source.landed_at,
            "loaded_at": second(loaded),
        }
        self.system.insert("raw.raw_source", [row])

    def build(self, by_load: dict[str, Source], killed_at: int | None = None) -> None:
        """Take what was loaded; `killed_at` is how many statements are run before an end."""
        connection = self.system.connection
        self.system.run(PROJECT.models[0].text)
        taken = [load_id for (load_id,) in self.system.query(TAKEN)]
        for dataset in CONTRACTS:
            self.system.run(f"delete from staging.{dataset} where true")
            self.system.run(f"delete from staging.{dataset}__count where true")
        for load_id in taken:
            self._stage(by_load[load_id], load_id)
        connection.begin()
        try:
            for number, text in enumerate(STEPS):
                if number == killed_at:
                    raise Killed
                self.system.run(text)
        except Killed:
            connection.rollback()
        else:
            connection.commit()

    def _stage(self, source: Source, load_id: str) -> None:
        rows = [row | {"_load_id": load_id} for row in staged(source)]
        self.system.insert(f"staging.{source.dataset}", rows)
        count = {"_load_id": load_id, "records": len(rows), "valid": len(rows), "invalid": 0}
        self.system.insert(f"staging.{source.dataset}__count", [count])

    def star(self) -> Star:
        """What is there, as `told` has it."""
        found: Star = {}
        for table in PROJECT.tables:
            if table.schema == "core" and table.name in TABLES:
                where = f" where {TABLES[table.name]}" if TABLES[table.name] else ""
                columns = ", ".join(_column(each) for each in table.columns)
                rows = self.system.query(f"select {columns} from core.{table.name} as t{where}")
                found[table.name] = sorted((_typed(table, row) for row in rows), key=repr)
        return found


TAKEN = "select l.load_id from staging.load as l"


def _column(column: Column) -> str:
    name = f't."{column.name}"'
    if column.type == "timestamp":
        name = f"rh_micros({name})"
    elif column.type == "date":
        name = f"rh_date_text({name})"
    return f'{name} as "{column.name}"'


def _typed(table: Table, row: Row) -> Row:
    """A row in types that all systems give alike."""
    kinds = {"timestamp": int, "integer": int, "number": float}
    return tuple(
        value if value is None else kinds.get(column.type, lambda same: same)(value)
        for column, value in zip(table.columns, row, strict=True)
    )


def told(star: Star) -> Star:
    """The oracle's rows, with times and days as they are read."""
    return {
        name: sorted((tuple(map(_plain, row)) for row in rows), key=repr)
        for name, rows in star.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    return value.isoformat() if isinstance(value, date) else value


def built_once(sources: list[Source]) -> Star:
    """The star of a single build, from nothing, of all sources."""
    (found,) = map(partial(_built_once, sources=sources), duckdb_system())
    return found


def _built_once(system: System, sources: list[Source]) -> Star:
    star = Built(system)
    ordered = sorted(sources, key=lambda each: (each.landed_at, each.uri))
    for number, source in enumerate(ordered):
        star.land(source, source.load_id, number)
    star.build({each.load_id: each for each in ordered})
    return star.star()


@pytest.mark.parametrize(
    ("target", "seed"), [(target, seed) for target, seeds in SEEDS.items() for seed in seeds]
)
def test_any_delivery_makes_the_star_of_one_rebuild(
    target: Target, seed: int, system_of: Callable[[Target], System]
) -> None:
    random = Random(seed)
    sources = history(random).sources
    system = system_of(target)
    star, loaded = Built(system), 0
    by_load: dict[str, Source] = {}
    left = list(sources)
    while left:
        most = 4 if target == "duckdb" else 8
        batch = [left.pop() for _ in range(min(len(left), random.randint(1, most)))]
        for source in batch:
            star.land(source, source.load_id, loaded)
            by_load[source.load_id] = source
            if random.random() < 0.2:  # the same version of it, loaded again
                again = f"{source.load_id}-again"
                star.land(source, again, loaded + 1)
                by_load[again] = source
            loaded += 2
        if random.random() < 0.5:
            star.build(by_load, killed_at=random.randrange(len(STEPS)))
        star.build(by_load)
        if random.random() < 0.2:
            star.build(by_load)  # nothing is new
    found, expected = star.star(), told(oracle(sources))
    rebuilt = built_once(sources)
    for table in TABLES:
        assert found[table] == rebuilt[table], table
        assert found[table] == expected[table], table
    for check in PROJECT.checks:
        assert system.query(check.text) == [], check.name
