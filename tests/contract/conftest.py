"""What regular expressions find, on each engine that has its own."""

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import duckdb
import pytest

from reelhouse.contract.patterns import portable

Search = Callable[[str, Sequence[str]], list[bool]]
"""From a pattern and some texts to whether the pattern is found in each."""


def _python(pattern: str, texts: Sequence[str]) -> list[bool]:
    found = re.compile(portable(pattern, "python"))
    return [found.search(text) is not None for text in texts]


@pytest.fixture(scope="session")
def searches(engines: Any) -> dict[str, Search]:
    """A search for each engine: Python's `re`, DuckDB's RE2, and Java's."""
    connection = duckdb.connect()
    engines("spark")  # starts the JVM
    from pyspark.sql import SparkSession

    java_pattern = cast(Any, SparkSession.active())._jvm.java.util.regex.Pattern

    def re2(pattern: str, texts: Sequence[str]) -> list[bool]:
        rows = connection.execute(
            "SELECT regexp_matches(text, $pattern) FROM (SELECT unnest($texts::VARCHAR[]) AS text)",
            {"pattern": portable(pattern, "re2"), "texts": list(texts)},
        ).fetchall()
        return [found for (found,) in rows]

    def java(pattern: str, texts: Sequence[str]) -> list[bool]:
        compiled = java_pattern.compile(portable(pattern, "java"))
        return [compiled.matcher(text).find() for text in texts]

    return {"python": _python, "re2": re2, "java": java}
