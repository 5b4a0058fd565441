"""What belongs to a line, in SQL: the same as in `reelhouse.sources.lines`."""

from reelhouse.warehouse.canonical import text

MARK = "\ufeff"
BLANK = " \t\r"
"""The characters of a line that holds no record."""

SPACES = " \t\r\n"


def cleaned(line: str) -> str:
    """A line without carriage returns at its end and byte-order marks at its beginning."""
    ended = f"case when ends_with({line}, {text(chr(13))}) then rh_replace_all({line}, {text(chr(13) + '+$')}, '') else {line} end"
    return (
        f"case when starts_with({line}, {text(MARK)}) "
        f"then rh_replace_all(rh_replace_all({line}, {text(chr(13) + '*$')}, ''), "
        f"{text('^' + MARK + '+')}, '') "
        f"else {ended} end"
    )
