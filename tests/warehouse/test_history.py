"""The star does not depend on the order, the batches or the repetition of what arrives."""

from random import Random

import duckdb
import pyarrow as pa
import pytest

from reelhouse.warehouse.compiler import compile_sql
from tests.warehouse.histories import (
    CONTRACTS,
    PROJECT,
    TABLES,
    Source,
    Star,
    history,
    oracle,
    staged,
    star_steps,
)

SEEDS = range(40)
INIT = PROJECT.init_sql("duckdb")
TAKE = compile_sql(PROJECT.models[0].text, "duckdb")
STEPS = [sql for text in star_steps() for sql in compile_sql(text, "duckdb")]


class Killed(Exception):
    """The build was stopped."""


class InDuckDB:
    """A star in a database in memory."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        for statement in INIT:
            self.connection.execute(statement)

    def land(self, source: Source, load_id: str, loaded: int) -> None:
        """Note that a source was loaded."""
        self.connection.execute(
            "insert into raw.raw_source values (?, ?, ?, '1', ?, make_timestamp(?), ?, 0)",
            [load_id, source.dataset, source.uri, source.landed_at, loaded, len(source.records)],
        )

    def build(self, by_load: dict[str, Source], killed_at: int | None = None) -> None:
        """Take what was loaded; `killed_at` is how many statements are run before an end."""
        self.connection.execute("begin")
        try:
            self._build(by_load, killed_at)
        except Killed:
            self.connection.execute("rollback")
            return
        self.connection.execute("commit")

    def _build(self, by_load: dict[str, Source], killed_at: int | None) -> None:
        for sql in TAKE:
            self.connection.execute(sql)
        taken = self.connection.execute("select load_id from staging.load").fetchall()
        for dataset in CONTRACTS:
            self.connection.execute(f"delete from staging.{dataset}")
            self.connection.execute(f"delete from staging.{dataset}__count")
        for (load_id,) in taken:
            source = by_load[load_id]
            rows = staged(source)
            rows = [row | {"_load_id": load_id} for row in rows]
            self._insert(source.dataset, rows)
            count = len(rows)
            self.connection.execute(
                f"insert into staging.{source.dataset}__count values (?, ?, ?, 0)",
                [load_id, count, count],
            )
        for number, sql in enumerate(STEPS):
            if number == killed_at:
                raise Killed
            self.connection.execute(sql)

    def _insert(self, dataset: str, rows: list[dict[str, object]]) -> None:
        if not rows:
            return
        names = ", ".join(f'"{name}"' for name in rows[0])
        self.connection.register("rows_", pa.Table.from_pylist(rows))
        self.connection.execute(
            f"insert into staging.{dataset} ({names}) select {names} from rows_"
        )
        self.connection.unregister("rows_")

    def star(self) -> Star:
        """What is there."""
        found: Star = {}
        for table, where in TABLES.items():
            sql = f"select * from core.{table}" + (f" where {where}" if where else "")
            found[table] = sorted(self.connection.execute(sql).fetchall(), key=repr)
        return found


def built_once(sources: list[Source]) -> Star:
    """The star of a single build, from nothing, of all sources."""
    star = InDuckDB()
    ordered = sorted(sources, key=lambda each: (each.landed_at, each.uri))
    for number, source in enumerate(ordered):
        star.land(source, source.load_id, number)
    star.build({each.load_id: each for each in ordered})
    return star.star()


@pytest.mark.parametrize("seed", SEEDS)
def test_any_delivery_makes_the_star_of_one_rebuild(seed: int) -> None:
    random = Random(seed)
    sources = history(random).sources
    star, loaded = InDuckDB(), 0
    by_load: dict[str, Source] = {}
    left = list(sources)
    while left:
        batch = [left.pop() for _ in range(min(len(left), random.randint(1, 4)))]
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
    found, expected = star.star(), oracle(sources)
    rebuilt = built_once(sources)
    for table in TABLES:
        assert found[table] == rebuilt[table], table
        assert found[table] == expected[table], table
    for check, sql in PROJECT.check_sql("duckdb"):
        assert star.connection.execute(sql).fetchall() == [], check.name
