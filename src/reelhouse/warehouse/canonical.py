"""Writing canonical SQL: names, literals and lists of them, as DuckDB reads them."""

from collections.abc import Iterable


def name(text: str) -> str:
    """A name in quotes: nothing is reserved then."""
    return '"' + text.replace('"', '""') + '"'


def names(texts: Iterable[str], of: str = "") -> str:
    """Names in quotes, with commas between them; `of` is the table that has them."""
    prefix = f"{of}." if of else ""
    return ", ".join(prefix + name(text) for text in texts)


def text(value: str) -> str:
    """A text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def literal(value: str | float) -> str:
    """A text, an integer or a number as a literal."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        return repr(float(value))
    return repr(value)


def escaped(sql: str) -> str:
    """A text within a canonical text: the characters that part fields and items, spelled out."""
    return f"replace(replace(replace({sql}, '~', '~0'), '|', '~1'), ',', '~2')"


def unescaped(sql: str) -> str:
    """The text that `escaped` spelled out."""
    return f"replace(replace(replace({sql}, '~2', ','), '~1', '|'), '~0', '~')"
