"""Text for people: what every message may need."""

import re

QUOTED = 60
"""How many characters of a value a message shows."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def escape(text: str) -> str:
    """Write control characters, line separators and lone surrogates as escapes."""
    return _CONTROL.sub(
        lambda match: f"\\u{ord(match[0]):04x}" if match[0] > "\xff" else f"\\x{ord(match[0]):02x}",
        text,
    )


def quote(text: str) -> str:
    """Text for a message: in double quotes, escaped, and cut where it is long."""
    return f'"{escape(text[:QUOTED])}{"…" if len(text) > QUOTED else ""}"'


def counted(number: int, what: str) -> str:
    """A number of things: "1 record", "1,200 records"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
