"""Settings: from flags, else from REELHOUSE_… in the environment, else from reelhouse.toml."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.engines import ENGINES
from reelhouse.errors import WrongUse

FILE = "reelhouse.toml"
PREFIX = "REELHOUSE_"
NUMBERS = {
    "max_line_bytes": (1, 1 << 30, "from 1 to 1073741824 (1 GiB)"),
    "lease_seconds": (1, 86_400, "from 1 to 86400 (a day)"),
    "memory_mb": (256, 1 << 20, "from 256 to 1048576 (1 TiB)"),
}
"""The settings that are whole numbers: the least, the most, and both in words."""


@dataclass(frozen=True)
class Settings:
    """What the commands need to know.

    `landing` and `lake` are URIs or folders; `contracts` is a folder of contracts that are added
    to those shipped; `engine` is one of ENGINES; `master` and `remote` are Spark's own words; a
    line longer than `max_line_bytes` is an invalid record; a run that gives no sign of life for
    `lease_seconds` loses its batch to the next run; `s3_endpoint` and `gcs_endpoint` are the
    addresses of stores that are not the clouds' own; `memory_mb` is how much memory, in MB, a
    process with the engine duckdb may use, by default as much as makes it fastest; `datasets` are
    those that the Cloud Function and the Lambda serve, with commas between them, by default all.
    """

    landing: str = "./data/landing"
    lake: str = "./data/lake"
    contracts: str | None = None
    engine: str = "duckdb"
    master: str | None = None
    remote: str | None = None
    max_line_bytes: int = MAX_LINE_BYTES
    lease_seconds: int = 600
    s3_endpoint: str | None = None
    gcs_endpoint: str | None = None
    memory_mb: int | None = None
    datasets: str | None = None


NAMES = tuple(each.name for each in fields(Settings))

TARGETS = ("duckdb", "bigquery", "snowflake")
WAREHOUSE = "warehouse"
"""The table of reelhouse.toml, and the word after REELHOUSE_, of the warehouse's settings."""


@dataclass(frozen=True)
class WarehouseSettings:
    """Where the warehouse is.

    `target` is one of TARGETS. For DuckDB, `database` is its file, and `memory_mb` how much memory
    it may use, by default four fifths of the machine's. For BigQuery, `project` is the project, by
    default that of the credentials, `location` where its data are, and `connection` the one by
    which it sees the bucket, such as project.eu.reelhouse. For Snowflake, `database` is the
    database, and `connection` one of Snowflake's own connections.toml.
    """

    target: Literal["duckdb", "bigquery", "snowflake"] = "duckdb"
    database: str = "./data/warehouse.duckdb"
    memory_mb: int | None = None
    project: str | None = None
    location: str | None = None
    connection: str | None = None


WAREHOUSE_NAMES = tuple(each.name for each in fields(WarehouseSettings))


def warehouse_settings(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> WarehouseSettings:
    """Merge the three places for the warehouse, as `settings` does. Raises WrongUse."""
    path = (folder or Path()) / FILE
    table = _from_file(path).get(WAREHOUSE, {})
    if not isinstance(table, dict):
        raise WrongUse(f"{path}: {WAREHOUSE} is no table: write [{WAREHOUSE}], and below it target")
    found: dict[str, Any] = {}
    for place, name, value in _places(
        table, flags or {}, environment, f"{path}: {WAREHOUSE}.", WAREHOUSE_NAMES, WAREHOUSE
    ):
        found[name] = _checked(place, name, value)
        if name == "target" and value not in TARGETS:
            raise WrongUse(f"{place} is {value!r}; the targets are {', '.join(TARGETS)}")
    return WarehouseSettings(**found)


def settings(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Settings:
    """Merge the three places; a flag that is None is not given.

    Raises WrongUse for a setting that is not known, a value that makes no sense, or settings that
    do not go together.
    """
    found: dict[str, Any] = {}
    for place, name, value in _given(flags or {}, environment, (folder or Path()) / FILE):
        found[name] = _checked(place, name, value)
    return _fitting(Settings(**found), {name for name, value in (flags or {}).items() if value})


def _given(
    flags: Mapping[str, Any], environment: Mapping[str, str], path: Path
) -> Iterator[tuple[str, str, Any]]:
    """Each place, in its own words, with a setting's name and value; later ones count."""
    table = {name: value for name, value in _from_file(path).items() if name != WAREHOUSE}
    return _places(table, flags, environment, f"{path}: ", NAMES)


def _places(
    table: Mapping[str, Any],
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    of_file: str,
    names: tuple[str, ...],
    word: str = "",
) -> Iterator[tuple[str, str, Any]]:
    for name, value in table.items():
        if name not in names:
            raise WrongUse(f"{of_file}there is no setting {name!r}; there are {', '.join(names)}")
        yield f"{of_file}{name}", name, value
    for name in names:
        variable = PREFIX + (f"{word}_{name}" if word else name).upper()
        if environment.get(variable):
            yield variable, name, environment[variable]
    for name, value in flags.items():
        if value is not None:
            yield f"--{name.replace('_', '-')}", name, value


def _from_file(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WrongUse(f"{path} can't be read: {error.strerror}") from None
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongUse(f"{path} is not TOML: {error}") from None


def _checked(place: str, name: str, value: Any) -> Any:
    if name in NUMBERS:
        return _number(place, value, *NUMBERS[name])
    if not isinstance(value, str) or not value.strip():
        raise WrongUse(f"{place} is {value!r}; it must be text, and not empty")
    if name.endswith("_endpoint") and not value.startswith(("http://", "https://")):
        raise WrongUse(f"{place} is {value!r}; it must begin with http:// or https://")
    if name == "engine" and value not in ENGINES:
        raise WrongUse(f"{place} is {value!r}; the engines are {', '.join(ENGINES)}")
    return value


def _number(place: str, value: Any, least: int, most: int, words: str) -> int:
    text = str(value)
    number = int(text) if text.isascii() and text.isdecimal() else -1
    if not least <= number <= most:
        raise WrongUse(f"{place} is {value!r}; it must be a whole number {words}")
    return number


def _fitting(merged: Settings, flags: set[str]) -> Settings:
    """Settle which of Spark's settings counts, and refuse those that the engine can't heed."""
    if merged.engine == "duckdb":
        for name in flags & {"master", "remote"}:
            raise WrongUse(f"--{name} is for the Spark engines: add --engine spark")
        return merged
    if merged.master and merged.remote:
        if len(flags & {"master", "remote"}) != 1:
            raise WrongUse(
                f"master ({merged.master}) and remote ({merged.remote}) are both set; "
                "Spark runs on one of them"
            )
        master_counts = "master" in flags
        merged = replace(
            merged,
            master=merged.master if master_counts else None,
            remote=None if master_counts else merged.remote,
        )
    if merged.engine == "spark-rdd" and merged.remote:
        raise WrongUse(
            f"the engine spark-rdd can't run on {merged.remote}, for Spark Connect has no RDD: "
            "use --engine spark, or --master"
        )
    return merged
