"""Settings: where they come from, and which of them make sense."""

from pathlib import Path

import pytest

from reelhouse.config import Settings, settings
from reelhouse.errors import WrongUse

SPARK = {"engine": "spark"}


def test_the_defaults(tmp_path: Path) -> None:
    assert settings({}, {}, tmp_path) == Settings(
        landing="./data/landing",
        lake="./data/lake",
        contracts=None,
        engine="duckdb",
        master=None,
        remote=None,
        max_line_bytes=8 * 1024 * 1024,
        lease_seconds=600,
    )


def test_flags_count_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "reelhouse.toml").write_text(
        'landing = "file"\nlake = "file"\ncontracts = "file"\nmax_line_bytes = 1000\n'
    )
    environment = {
        "REELHOUSE_LANDING": "environment",
        "REELHOUSE_LAKE": "environment",
        "REELHOUSE_LEASE_SECONDS": "60",
        "REELHOUSE_CONTRACTS": "",
    }
    found = settings({"landing": "flag", "lake": None}, environment, tmp_path)
    assert (found.landing, found.lake, found.contracts) == ("flag", "environment", "file")
    assert (found.max_line_bytes, found.lease_seconds) == (1000, 60)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("engine", "flink", "the engines are duckdb, spark, spark-rdd"),
        ("max_line_bytes", 0, "a whole number from 1 to 1073741824"),
        ("max_line_bytes", (1 << 30) + 1, "a whole number from 1 to 1073741824"),
        ("max_line_bytes", True, "a whole number"),
        ("max_line_bytes", 1.5, "a whole number"),
        ("max_line_bytes", "٣", "a whole number"),
        ("lease_seconds", "-1", "a whole number from 1 to 86400"),
        ("memory_mb", 255, "a whole number from 256 to 1048576"),
        ("landing", " ", "it must be text, and not empty"),
        ("lake", 7, "it must be text, and not empty"),
        ("contracts", ["a"], "it must be text, and not empty"),
    ],
)
def test_a_value_that_makes_no_sense_is_told_with_its_place(
    tmp_path: Path, name: str, value: object, said: str
) -> None:
    flag = f"--{name.replace('_', '-')} is {value!r}; "
    with pytest.raises(WrongUse) as refused:
        settings({name: value}, {}, tmp_path)
    assert str(refused.value).startswith(flag)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("flags", "environment", "master", "remote"),
    [
        ({"master": "yarn"}, {}, "yarn", None),
        ({"remote": "sc://a"}, {}, None, "sc://a"),
        ({"master": "yarn"}, {"REELHOUSE_REMOTE": "sc://a"}, "yarn", None),
        ({"remote": "sc://a"}, {"REELHOUSE_MASTER": "yarn"}, None, "sc://a"),
        ({}, {"REELHOUSE_MASTER": "yarn"}, "yarn", None),
    ],
)
def test_a_flag_decides_where_spark_runs(
    tmp_path: Path,
    flags: dict[str, str],
    environment: dict[str, str],
    master: str | None,
    remote: str | None,
) -> None:
    found = settings(SPARK | flags, environment, tmp_path)
    assert (found.master, found.remote) == (master, remote)


@pytest.mark.parametrize(
    ("flags", "environment", "said"),
    [
        (SPARK | {"master": "yarn", "remote": "sc://a"}, {}, "are both set"),
        (SPARK, {"REELHOUSE_MASTER": "yarn", "REELHOUSE_REMOTE": "sc://a"}, "are both set"),
        ({"engine": "spark-rdd", "remote": "sc://a"}, {}, "Spark Connect has no RDD"),
        ({"engine": "spark-rdd"}, {"REELHOUSE_REMOTE": "sc://a"}, "Spark Connect has no RDD"),
        ({"master": "yarn"}, {}, "--master is for the Spark engines: add --engine spark"),
        ({"remote": "sc://a"}, {}, "--remote is for the Spark engines: add --engine spark"),
    ],
)
def test_settings_that_do_not_go_together(
    tmp_path: Path, flags: dict[str, str], environment: dict[str, str], said: str
) -> None:
    with pytest.raises(WrongUse, match=said):
        settings(flags, environment, tmp_path)


def test_duckdb_passes_over_a_master_that_is_set_for_spark(tmp_path: Path) -> None:
    assert settings({}, {"REELHOUSE_MASTER": "yarn"}, tmp_path).engine == "duckdb"
