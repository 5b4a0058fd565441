"""The engines by name: one list of them, and what is said of another name."""

import pytest

from reelhouse import config, engines
from reelhouse.errors import WrongUse


def test_each_engine_is_the_one_of_its_name(spark: object) -> None:
    for name in engines.ENGINES:
        assert engines.engine(name, None if name == "duckdb" else "local[2]").name == name


@pytest.mark.parametrize("name", ["pandas", "", "DuckDB", "spark_rdd"])
def test_another_name_is_wrong_use_and_those_there_are_are_told(name: str) -> None:
    with pytest.raises(WrongUse) as raised:
        engines.engine(name)
    assert str(raised.value) == (
        f"there is no engine {name!r}; the engines are duckdb, spark, spark-rdd"
    )


def test_settings_take_the_engines_that_there_are() -> None:
    for name in engines.ENGINES:
        assert config.settings({"engine": name}, {}).engine == name
    with pytest.raises(WrongUse, match="the engines are duckdb, spark, spark-rdd"):
        config.settings({"engine": "pandas"}, {})
