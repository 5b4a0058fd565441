"""What a model may not say is refused, with its place and the mend; what it reads is found."""

from typing import Any

import pytest

from reelhouse.contract.registry import load_all
from reelhouse.warehouse.compiler import (
    CompileError,
    compile_sql,
    tables_read,
    tables_written,
)
from reelhouse.warehouse.macros import MACROS
from reelhouse.warehouse.patterns import UnsupportedPattern, portable
from reelhouse.warehouse.project import Project
from reelhouse.warehouse.targets import TARGETS, Target, name_sql, text_sql

REFUSED = {
    "select * from raw.t as t": "name them",
    "select t.a / t.b as c from raw.t as t": "macro",
    "select t.a % t.b as c from raw.t as t": "macro",
    "select t.a // t.b as c from raw.t as t": "macro",
    "select cast(t.a as varchar) as b from raw.t as t": "macro",
    "select t.a::int as b from raw.t as t": "macro",
    "select try_cast(t.a as int) as b from raw.t as t": "macro",
    "select cast(null as blob) as b from raw.t as t": "macro",
    "select md5(t.a) as b from raw.t as t": "macro",
    "select sha256(t.a) as b from raw.t as t": "macro",
    "select now() as b from raw.t as t": "macro",
    "select regexp_matches(t.a, 'x') as b from raw.t as t": "macro",
    "select greatest(t.a, t.b) as b from raw.t as t": "macro",
    "select concat(t.a, t.b) as b from raw.t as t": "macro",
    "select unheard_of(t.a) as b from raw.t as t": "macro",
    "select t.a from raw.t as t, unnest(t.b) as u(x)": "macro",
    "select [1, 2] as b from raw.t as t": "macro",
    "select {'a': 1} as b from raw.t as t": "macro",
    "select t.a ->> '$.x' as b from raw.t as t": "macro",
    "select t.a from raw.t as t join raw.s as s using (a)": "on a.x = b.x",
    "select t.a from raw.t as t asof join raw.s as s on t.a >= s.a": "on a.x = b.x",
    "select sum(t.a) over (order by t.b rows 2 preceding) as c from raw.t as t": "frame",
    "select t.a from raw.t as t qualify row_number() over (order by t.a) = 1": "macro",
    "select date '2026-01-01' as d from raw.t as t": "macro",
    "select t.a like 'x%' as b from raw.t as t": "macro",
    "delete from core.t": "where true",
    "update core.t set a = 1": "where true",
    "insert into core.t select t.a from raw.t as t": "insert into t (a, b)",
    "create table core.t (a int)": "insert, delete or update",
    "drop table core.t": "insert, delete or update",
    "truncate core.t": "insert, delete or update",
    "attach 'x.duckdb'": "",
    "copy core.t to 'x'": "",
    "merge into core.t using raw.s on t.a = s.a when matched then delete": "",
    "select rh_unknown(t.a) as b from raw.t as t": "macro",
    "select rh_sha256_hex(t.a, t.b) as b from raw.t as t": "1",
    "select rh_matches(t.a, t.b) as c from raw.t as t": "write it out",
    "select rh_matches(t.a, 'x*?') as c from raw.t as t": "not what all systems take",
    "select rh_extract(t.a, 'x', 1) as c from raw.t as t": "(…)",
    "select rh_explode_matches(t.a, '(x)', 1) as c from raw.t as t": "in FROM",
    "select u.item from raw.t as t, rh_explode_matches(t.a, '(x)', 1)": "as u(position, item)",
    "select t.a from": "",
}
"""SQL that is refused, and what the mend says."""


@pytest.mark.parametrize("sql", REFUSED)
@pytest.mark.parametrize("target", TARGETS)
def test_what_is_not_on_the_list_is_refused_with_its_line(sql: str, target: Target) -> None:
    with pytest.raises(CompileError) as refused:
        compile_sql(f"select 1 as one;\n\n{sql}", target, "model.sql")
    said = str(refused.value)
    assert said.startswith(("model.sql:3: ", "model.sql: ")), said
    assert REFUSED[sql] in said or "mend" in said or "lists" in said


def test_most_errors_name_the_line() -> None:
    named = 0
    for sql in REFUSED:
        with pytest.raises(CompileError) as refused:
            compile_sql(f"select 1 as one;\n\n{sql}", "duckdb", "model.sql")
        named += str(refused.value).startswith("model.sql:3: ")
    assert named > 0.8 * len(REFUSED)


@pytest.mark.parametrize(
    "pattern",
    [r"\d", r"\w+", "(?=a)", "(?i)a", "a*?", "a++", r"[\d]", "[[:alpha:]]", r"\b", "(?P<n>a)"],
)
@pytest.mark.parametrize("target", TARGETS)
def test_a_pattern_that_some_system_lacks_is_refused(pattern: str, target: Target) -> None:
    with pytest.raises(UnsupportedPattern):
        portable(pattern, target)


def test_groups_get_other_numbers_where_all_groups_count() -> None:
    assert portable("(?:a)(b)(?:c)", "snowflake").text == "(a)(b)(c)"
    assert portable("(?:a)(b)(?:c)", "snowflake").groups == (2,)
    assert portable("(?:a)(b)(?:c)", "bigquery").groups == (1,)
    with pytest.raises(UnsupportedPattern, match="two groups"):
        portable("(a)(b)", "bigquery")


def test_tables_are_found_in_the_sql() -> None:
    text = """
    delete from core.a where id in (select b.id from staging.b as b);
    insert into core.c (id) with d as (select e.id from raw.e as e) select d.id from d as d;
    update core.f set n = n + 1 where true
    """
    assert tables_written(text) == {"core.a", "core.c", "core.f"}
    assert tables_read(text) == {"staging.b", "raw.e"}


def test_a_model_runs_after_all_that_it_needs() -> None:
    project = Project(load_all())
    needs, seen = project.needs(), set[str]()
    for model in project.models:
        assert needs[model.name] <= seen
        seen.add(model.name)
    assert needs["events_judge"] >= {"events_cells", "events_odd", "events_tags_lists"}
    assert needs["events_facts"] >= {"users_versions", "videos_versions", "events_judge"}
    assert len(seen) == len(project.models)


def test_names_that_systems_reserve_are_quoted() -> None:
    for name in ("timestamp", "order", "group", "rows", "values", "select", "at"):
        assert name_sql(name, "duckdb") == f'"{name}"'
        assert name_sql(name, "bigquery") == f"`{name}`"
        assert name_sql(name, "snowflake") == f'"{name.upper()}"'
    for wrong in ("a b", 'a"b', "a`b", "", "1a", "a;b", "é"):
        with pytest.raises(Exception, match="can be no name"):
            name_sql(wrong, "duckdb")


@pytest.mark.parametrize(
    "text", ["", "it's", "a\\b", "a\nb", "\x04", "😀", "'; drop table t --", "\\'"]
)
def test_a_text_is_the_same_in_duckdb(text: str) -> None:
    import duckdb

    with duckdb.connect() as connection:
        row = connection.execute(f"select {text_sql(text, 'duckdb')}").fetchone()
    assert row == (text,)


def test_each_macro_says_what_it_gives() -> None:
    rows: list[Any] = [macro.meaning for macro in MACROS.values()]
    assert all(rows)
    assert len(set(rows)) == len(rows)
