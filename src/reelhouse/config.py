"""Settings: from flags, else from REELHOUSE_… in the environment, else from reelhouse.toml."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from reelhouse.contract.validator import MAX_LINE_BYTES
from reelhouse.errors import WrongUse

FILE = "reelhouse.toml"
PREFIX = "REELHOUSE_"
ENGINES = ("duckdb", "spark", "spark-rdd")
NUMBERS = {
    "max_line_bytes": (1, 1 << 30, "from 1 to 1073741824 (1 GiB)"),
    "lease_seconds": (1, 86_400, "from 1 to 86400 (a day)"),
}
"""The settings that are whole numbers: the least, the most, and both in words."""


@dataclass(frozen=True)
class Settings:
    """What the commands need to know.

    `landing` and `lake` are URIs or folders; `contracts` is a folder of contracts that are added
    to those shipped; `engine` is one of ENGINES; `master` and `remote` are Spark's own words; a
    line longer than `max_line_bytes` is an invalid record; a run that gives no sign of life for
    `lease_seconds` loses its batch to the next run.
    """

    landing: str = "./data/landing"
    lake: str = "./data/lake"
    contracts: str | None = None
    engine: str = "duckdb"
    master: str | None = None
    remote: str | None = None
    max_line_bytes: int = MAX_LINE_BYTES
    lease_seconds: int = 600


def settings(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Settings:
    """Merge the three places; a flag that is None is not given.

    Raises WrongUse for a setting that is not known, or a value that makes no sense.
    """
    path = (folder or Path()) / FILE
    found: dict[str, Any] = {}
    places: dict[str, str] = {}
    names = [each.name for each in fields(Settings)]
    for place, given in (
        (str(path), _from_file(path)),
        ("the environment", _from_environment(environment, names)),
        ("the flags", {name: value for name, value in (flags or {}).items() if value is not None}),
    ):
        for name, value in given.items():
            if name not in names:
                raise WrongUse(f"{place}: no setting {name}; there are {', '.join(names)}")
            found[name], places[name] = value, place
    return Settings(**{name: _checked(name, value, places[name]) for name, value in found.items()})


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongUse(f"{path} can't be read: {error}") from None


def _from_environment(environment: Mapping[str, str], names: list[str]) -> dict[str, str]:
    given = {name: environment.get(PREFIX + name.upper()) for name in names}
    return {name: value for name, value in given.items() if value}


def _checked(name: str, value: Any, place: str) -> Any:
    if name in NUMBERS:
        least, most, words = NUMBERS[name]
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = least - 1
        if not least <= number <= most:
            raise WrongUse(f"{place}: {name} is {value!r}; it must be {words}")
        return number
    if not isinstance(value, str):
        raise WrongUse(f"{place}: {name} is {value!r}; it must be text")
    if name == "engine" and value not in ENGINES:
        raise WrongUse(f"{place}: no engine {value!r}; there are {', '.join(ENGINES)}")
    return value
