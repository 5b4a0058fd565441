"""Regular expressions that the three systems take alike.

DuckDB and BigQuery have RE2, Snowflake the extended expressions of POSIX. What both have:
characters, classes, groups, alternatives, the quantifiers `* + ? {n} {n,} {n,m}`, `^` and `$`, and
a backslash before punctuation. A model writes `(?:…)` for a group that is not asked for; for
Snowflake it becomes a plain group, and the numbers of the others move.
"""

import re
from dataclasses import dataclass

from reelhouse.warehouse.targets import Target

_PART = re.compile(
    r"\\(?P<escaped>.)|(?P<class>\[\^?\]?(?:[^\]\\]|\\.)*\])|(?P<plain>\(\?:)"
    r"|(?P<wrong>\(\?|[*+?}]\?|[*+?}]\+|\[)|(?P<group>\()",
    re.DOTALL,
)


class UnsupportedPattern(ValueError):
    """A pattern that one of the systems does not take; the text says why."""


@dataclass(frozen=True)
class Pattern:
    """A pattern in a system's dialect, and what number each of its groups has there."""

    text: str
    groups: tuple[int, ...]


def portable(pattern: str, target: Target) -> Pattern:
    """The pattern as a system takes it. Raises UnsupportedPattern."""
    written: list[str] = []
    groups: list[int] = []
    place = opened = 0
    for match in _PART.finditer(pattern):
        written.append(pattern[place : match.start()])
        place = match.end()
        kind, text = match.lastgroup, match[0]
        if kind == "wrong":
            raise UnsupportedPattern(f"{text} is not what all systems take")
        if kind == "escaped" and match["escaped"].isalnum():
            raise UnsupportedPattern(f"{text} is not what all systems take: write a class")
        if kind == "class" and re.search(r"\\[A-Za-z0-9]|\[[:.=]", text[1:]):
            raise UnsupportedPattern(f"{text} is not what all systems take: spell the class out")
        if kind in ("plain", "group"):
            opened += 1
            if kind == "group":
                groups.append(opened if target == "snowflake" else len(groups) + 1)
            elif target == "snowflake":
                text = "("
        written.append(text)
    written.append(pattern[place:])
    if len(groups) > 1 and target == "bigquery":
        raise UnsupportedPattern("it has two groups, and BigQuery takes one: write (?:…)")
    return Pattern("".join(written), tuple(groups))
