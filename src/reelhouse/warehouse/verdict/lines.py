"""What belongs to a line, in SQL: the same as in `reelhouse.sources.lines`."""

from reelhouse.warehouse.canonical import text

MARK = "\ufeff"


def cleaned(line: str) -> str:
    """A line without carriage returns at its end and byte-order marks at its beginning."""
    returns, marks = text(f"{chr(13)}+$"), text(f"^{MARK}+")
    ended = f"rh_replace_all({line}, {returns}, '')"
    return (
        f"case when starts_with({line}, {text(MARK)}) then rh_replace_all({ended}, {marks}, '') "
        f"when ends_with({line}, {text(chr(13))}) then {ended} else {line} end"
    )
