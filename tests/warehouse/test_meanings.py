"""What each macro, and each function that a model may use, means: the same on all systems."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reelhouse.warehouse.allowed import FUNCTIONS
from reelhouse.warehouse.macros import MACROS
from reelhouse.warehouse.targets import TARGETS
from tests.warehouse.systems import System

AT_ONCE = 5
"""How many values are asked for at once: an emulator answers a long query with no row."""

NULL = "cast(null as varchar)"
NONE = "cast(null as bigint)"
NO_DAY = "cast(null as date)"
NO_TIME = "cast(null as timestamp)"
LEAP = "rh_try_date('2024-02-29')"
AT = "rh_timestamp(1709210096123456)"  # 2024-02-29T12:34:56.123456Z
FIRST = "rh_timestamp(-62135596800000000)"
EMPTY_SHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

MACRO_CASES: dict[str, list[tuple[str, Any]]] = {
    "rh_sha256_hex": [
        ("rh_sha256_hex('')", EMPTY_SHA),
        (
            "rh_sha256_hex('é😀')",
            "1184d1f608158eea09d297565575892231550c403aaa913008d867a97cfd5c76",
        ),
        (f"rh_sha256_hex({NULL})", None),
    ],
    "rh_try_integer": [
        ("rh_try_integer('0')", 0),
        ("rh_try_integer('-0')", 0),
        ("rh_try_integer('007')", 7),
        ("rh_try_integer('9223372036854775807')", 2**63 - 1),
        ("rh_try_integer('9223372036854775808')", None),
        ("rh_try_integer('-9223372036854775808')", -(2**63)),
        ("rh_try_integer('-9223372036854775809')", None),
        (f"rh_try_integer({NULL})", None),
    ],
    "rh_try_number": [
        ("rh_try_number('1.5')", 1.5),
        ("rh_try_number('-1E-2')", -0.01),
        ("rh_try_number('1e308')", 1e308),
        ("rh_try_number('-0.0') = 0", True),
        (f"rh_try_number({NULL})", None),
    ],
    "rh_nano": [
        ("rh_nano('0')", "0"),
        ("rh_nano('-0')", "0"),
        ("rh_nano('1')", "1000000000"),
        ("rh_nano('-0.5')", "-500000000"),
        ("rh_nano('0.0000000005')", "1"),
        ("rh_nano('-0.0000000005')", "-1"),
        ("rh_nano('0.0000000004')", "0"),
        ("rh_nano('1e1')", "10000000000"),
        ("rh_nano('90.123456789')", "90123456789"),
        ("rh_nano('8999999999.999999999')", None),
        ("rh_nano('8999999999.5')", "8999999999500000000"),
        ("rh_nano('-1e300')", None),
        ("rh_nano('1e-300')", "0"),
        (f"rh_nano({NULL})", None),
    ],
    "rh_timestamp": [
        ("rh_micros(rh_timestamp(0))", 0),
        ("rh_micros(rh_timestamp(-1000000))", -1_000_000),
        (f"{FIRST} < rh_timestamp(0)", True),
        (f"rh_timestamp({NONE}) is null", True),
    ],
    "rh_micros": [
        (f"rh_micros({AT})", 1_709_210_096_123_456),
        (f"rh_micros({FIRST})", -62_135_596_800_000_000),
        ("rh_micros(rh_timestamp(253402300799000000))", 253_402_300_799_000_000),
        (f"rh_micros({NO_TIME})", None),
    ],
    "rh_now": [("rh_now() > rh_timestamp(1700000000000000)", True)],
    "rh_date": [
        (f"rh_date_text(rh_date({AT}))", "2024-02-29"),
        ("rh_date_text(rh_date(rh_timestamp(-1)))", "1969-12-31"),
        (f"rh_date({NO_TIME}) is null", True),
    ],
    "rh_month": [
        (f"rh_month({AT})", "2024-02"),
        ("rh_month(rh_timestamp(-1))", "1969-12"),
        (f"rh_month({NO_TIME})", None),
    ],
    "rh_date_month": [(f"rh_date_month({LEAP})", "2024-02"), (f"rh_date_month({NO_DAY})", None)],
    "rh_try_date": [
        ("rh_date_text(rh_try_date('2024-02-29'))", "2024-02-29"),
        ("rh_try_date('2023-02-29') is null", True),
        ("rh_date_text(rh_try_date('0001-01-01'))", "0001-01-01"),
        ("rh_date_text(rh_try_date('9999-12-31'))", "9999-12-31"),
        (f"rh_try_date({NULL}) is null", True),
    ],
    "rh_days": [
        ("rh_days(rh_try_date('1970-01-02'))", 1),
        ("rh_days(rh_try_date('0001-01-01'))", -719_162),
        (f"rh_days({NO_DAY})", None),
    ],
    "rh_day": [("rh_date_text(rh_day(-1))", "1969-12-31"), (f"rh_day({NONE}) is null", True)],
    "rh_share": [
        ("rh_share(1, 4)", 0.25),
        ("rh_share(1, 0)", None),
        ("rh_share(1 + 1, 2 + 2)", 0.5),
        (f"rh_share({NONE}, 1)", None),
    ],
    "rh_quotient": [
        ("rh_quotient(13, 7)", 1),
        ("rh_quotient(14, 7)", 2),
        ("rh_quotient(20 - 7, 6 + 1)", 1),
    ],
    "rh_halved": [("rh_halved(2)", 0.25), ("rh_halved(0.5) < 0.70710679", True)],
    "rh_millionths": [("rh_millionths(0.12345649)", 0.123456)],
    "rh_date_text": [(f"rh_date_text({LEAP})", "2024-02-29"), (f"rh_date_text({NO_DAY})", None)],
    "rh_integer_text": [
        ("rh_integer_text(-7)", "-7"),
        ("rh_integer_text(rh_try_integer('9223372036854775807'))", "9223372036854775807"),
        (f"rh_integer_text({NONE})", None),
    ],
    "rh_date_part": [
        (f"rh_date_part('year', {LEAP})", 2024),
        (f"rh_date_part('quarter', {LEAP})", 1),
        (f"rh_date_part('month', {LEAP})", 2),
        (f"rh_date_part('day', {LEAP})", 29),
        (f"rh_date_part('day', {NO_DAY})", None),
    ],
    "rh_weekday": [
        ("rh_weekday(rh_try_date('2026-11-23'))", 1),
        ("rh_weekday(rh_try_date('2026-11-29'))", 7),
        (f"rh_weekday({NO_DAY})", None),
    ],
    "rh_has": [
        ("rh_has('a%b', '%')", True),
        ("rh_has('ab', 'B')", False),
        ("rh_has('', 'a')", False),
        (f"rh_has({NULL}, 'a')", None),
    ],
    "rh_trim": [
        ("rh_trim(' \t a b\t\r\n')", "a b"),
        ("rh_trim('   ')", ""),
        (f"rh_trim({NULL})", None),
    ],
    "rh_trim_bars": [
        ("rh_trim_bars('|a||')", "|a"),
        ("rh_trim_bars('||')", ""),
        (f"rh_trim_bars({NULL})", None),
    ],
    "rh_matches": [
        ("rh_matches('abc', 'a[^x]c')", True),
        ("rh_matches('abcd', 'a[^x]c')", False),
        ("rh_matches('b', 'a|b')", True),
        ("rh_matches('ab', 'a|b')", False),
        ("rh_matches('', 'a*')", True),
        ("rh_matches('😀', '[^a]')", True),
        (f"rh_matches({NULL}, 'a')", None),
    ],
    "rh_contains": [
        ("rh_contains('xabx', 'a(?:b|c)')", True),
        ("rh_contains('xabx', '^a')", False),
        ("rh_contains('xab', 'b$')", True),
        ("rh_contains('XAB', 'b$')", False),
        (f"rh_contains({NULL}, 'a')", None),
    ],
    "rh_extract": [
        ("rh_extract('k=v;', '(?:k)=([^;]*);', 1)", "v"),
        ("rh_extract('k=;', '(?:k)=([^;]*);', 1)", None),
        ("rh_extract('nothing', '(?:k)=([^;]*);', 1)", None),
        ("rh_extract('k=a;k=b;', 'k=([^;]*);', 1)", "a"),
        (f"rh_extract({NULL}, '(a)', 1)", None),
    ],
    "rh_count": [
        ("rh_count('a,b,,c', ',')", 3),
        ("rh_count('', ',')", 0),
        ("rh_count('aaa', 'aa')", 1),
        (f"rh_count({NULL}, ',')", None),
    ],
    "rh_replace_all": [
        ("rh_replace_all('a1b22', '[0-9]+', '#')", "a#b#"),
        ("rh_replace_all('a1b22', '([0-9])', '<\\1>')", "a<1>b<2><2>"),
        ("rh_replace_all('abc', 'x', 'y')", "abc"),
        ("rh_replace_all('', 'x', 'y')", ""),
        (f"rh_replace_all({NULL}, 'x', 'y')", None),
    ],
    "rh_unescape_json": [
        ('rh_unescape_json(\'"a\\u00e9\\n\\"\\\\\\/"\')', 'aé\n"\\/'),
        ("rh_unescape_json('\"\\ud83d\\ude00\"')", "😀"),
        ("rh_unescape_json('\"\"')", ""),
        ("rh_unescape_json('\"null\"')", "null"),
    ],
}
"""For each macro that gives a value: expressions, and what they are."""

FUNCTION_CASES: dict[str, list[tuple[str, Any]]] = {
    "coalesce": [(f"coalesce({NULL}, 'a', 'b')", "a"), (f"coalesce({NULL}, {NULL})", None)],
    "nullif": [("nullif('a', 'a')", None), ("nullif('a', 'b')", "a")],
    "abs": [("abs(-3)", 3), (f"abs({NONE})", None)],
    "length": [
        ("length('')", 0),
        ("length('é')", 1),
        ("length('😀a')", 2),
        ("length('e\u0301')", 2),
        (f"length({NULL})", None),
    ],
    "replace": [
        ("replace('a.b.c', '.', '')", "abc"),
        ("replace('', 'a', 'b')", ""),
        (f"replace({NULL}, 'a', 'b')", None),
    ],
    "substr": [
        ("substr('é😀bc', 2, 2)", "😀b"),
        ("substr('ab', 3, 2)", ""),
        ("substr('ab', 2)", "b"),
        (f"substr({NULL}, 1, 1)", None),
    ],
    "starts_with": [
        ("starts_with('[a', '[')", True),
        ("starts_with('', 'a')", False),
        (f"starts_with({NULL}, 'a')", None),
    ],
    "ends_with": [
        ("ends_with('ab', 'b')", True),
        ("ends_with('ab', 'B')", False),
        (f"ends_with({NULL}, 'a')", None),
    ],
}
"""For each function of one row; those over several are in ROWS."""

OPERATORS = [
    ("'a' || 'b'", "ab"),
    (f"'a' || {NULL}", None),
    (f"{NULL} = 'a'", None),
    (f"{NULL} is not distinct from {NULL}", True),
    (f"'a' is distinct from {NULL}", True),
    (f"'a' not in ('b', {NULL})", None),
    ("2 between 2 and 3", True),
    ("case when 1 = 2 then 'a' end", None),
    (f"case when {NULL} = 'a' then 1 else 2 end", 2),
    ("'B' < 'a'", True),
    ("'' < 'a'", True),
    ("'é' > 'z'", True),
    ("-7 + 2 * 3", -1),
]

ROWS = {
    "count": ("count(*)", 5),
    "count of a column": ("count(t.v)", 4),
    "count of distinct": ("count(distinct t.v)", 3),
    "sum": ("sum(t.n)", 15),
    "min": ("min(t.v)", "B"),
    "max": ("max(t.v)", "b"),
    "string_agg": ("string_agg(t.v || ',', '' order by t.n nulls first)", "b,a,B,b,"),
}
"""Over the rows (n, v): (1, b), (2, a), (3, null), (4, B), (5, b)."""

TABLE = " union all ".join(
    f"select {n} as n, {v} as v" for n, v in enumerate(("'b'", "'a'", NULL, "'B'", "'b'"), 1)
)

OVER = {
    "row_number": (
        "row_number() over (order by t.v nulls first, t.n nulls first)",
        [4, 3, 1, 2, 5],
    ),
    "lag": ("lag(t.n) over (order by t.n nulls first)", [None, 1, 2, 3, 4]),
    "lead": ("lead(t.n) over (order by t.n nulls first)", [2, 3, 4, 5, None]),
}


def plain(value: Any) -> Any:
    """A value as Python has it, whatever the system's driver gives for it."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


def values(system: System, expressions: list[str]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(expressions), AT_ONCE):
        some = expressions[start : start + AT_ONCE]
        columns = ", ".join(f"{each} as c{place}" for place, each in enumerate(some))
        (row,) = system.query(f"select {columns} from (select 1 as one) as o")
        found += [plain(value) for value in row]
    return found


def check(system: System, cases: Mapping[str, list[tuple[str, Any]]]) -> None:
    listed = [case for each in cases.values() for case in each]
    found = values(system, [expression for expression, _ in listed])
    wrong = [
        f"{expression} is {value!r}, not {expected!r}"
        for (expression, expected), value in zip(listed, found, strict=True)
        if value != expected or type(value) is not type(expected)
    ]
    assert not wrong, "\n".join(wrong)


def test_macros_mean_the_same(system: System) -> None:
    check(system, MACRO_CASES)


def test_functions_and_operators_mean_the_same(system: System) -> None:
    check(system, FUNCTION_CASES | {"operators": OPERATORS})


def test_functions_over_rows_mean_the_same(system: System) -> None:
    columns = ", ".join(f"{sql} as c{place}" for place, (sql, _) in enumerate(ROWS.values()))
    (row,) = system.query(f"select {columns} from ({TABLE}) as t")
    assert [plain(value) for value in row] == [expected for _, expected in ROWS.values()]
    (none,) = system.query(f"select {columns} from ({TABLE}) as t where t.n > 9")
    assert [plain(value) for value in none] == [0, 0, 0, None, None, None, None]
    for sql, expected in OVER.values():
        rows = system.query(f"select t.n as n, {sql} as c from ({TABLE}) as t")
        assert [plain(value) for _, value in sorted(rows)] == expected, sql


def test_matches_become_rows_in_their_order(system: System) -> None:
    sql = """
    select t.k as k, u.position as position, u.item as item
    from (select 1 as k, 'a;b;;' as v union all select 2 as k, '' as v
      union all select 3 as k, cast(null as varchar) as v) as t,
      rh_explode_matches(t.v, '(?:[^;]*)(;)', 1) as u(position, item)
    """
    rows = sorted((plain(k), plain(position), item) for k, position, item in system.query(sql))
    assert rows == [(1, 1, ";"), (1, 2, ";"), (1, 3, ";")]
    only = "select u.item as item from (select 'x1y2' as v) as t, "
    items = system.query(only + "rh_explode_matches(t.v, '([a-z])', 1) as u(position, item)")
    assert sorted(items) == [("x",), ("y",)]


def test_the_nth_match_is_found(system: System) -> None:
    sql = """
    select t.n as n, rh_extract_nth(t.v, ',([^,]*)', 1, t.n) as item
    from (select 1 as n, ',a,b' as v union all select 2 as n, ',a,b' as v
      union all select 3 as n, ',a,b' as v) as t
    """
    assert sorted((plain(n), item) for n, item in system.query(sql)) == [
        (1, "a"),
        (2, "b"),
        (3, None),
    ]


def test_each_macro_and_function_has_cases() -> None:
    others = {"rh_explode_matches", "rh_extract_nth"}
    assert set(MACRO_CASES) | others == set(MACROS)
    over_rows = {name.partition(" ")[0] for name in (*ROWS, *OVER)}
    assert set(FUNCTION_CASES) | over_rows == set(FUNCTIONS.values())
    assert len(TARGETS) == 3
