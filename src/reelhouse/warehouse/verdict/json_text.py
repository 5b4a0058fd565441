"""Patterns of JSON text whose backslashes were masked, in what all systems' expressions share.

A backslash is written as the character U+0004, which no strict JSON holds as it is; so no pattern
needs one. While containers are counted, a string becomes U+0002, and a container of plain values
U+0001.
"""

BACKSLASH = "\x04"
STRING = "\x02"
CONTAINER = "\x01"

DEPTH = 6
"""How deep containers may be nested in a line."""

SPACE = "[ \t\r\n]*"
CONTROL = "[\x01-\x08\x0b\x0c\x0e-\x1f]"
"""Control characters that stand nowhere in JSON. NUL is looked for by itself."""

_B = BACKSLASH
LOOSE_STRING = f'"(?:[^"{_B}]|{_B}[^"{_B}]|{_B}["{_B}])*"'
"""A string of a text that is known to be JSON."""

STRICT_STRING = f'"(?:[^"{_B}\t\r\n]|{_B}["{_B}/bfnrt]|{_B}u[0-9a-fA-F]{{4}})*"'

_H = "[0-9a-fA-F]"
_PAIR = f"[dD](?:[0-7]{_H}{_H}|[89abAB]{_H}{_H}{_B}u[dD][c-fC-F]{_H}{_H})"
_UNIT = f"(?:[1-9a-cA-CeEfF]{_H}{_H}{_H}|{_PAIR})"
_LOW = f"00(?:0[1-9a-fA-F]|[1-9a-fA-F]{_H})|0[1-9a-fA-F]{_H}{_H}"
TEXT = f'"(?:[^"{_B}]|{_B}["{_B}/bfnrt]|{_B}u(?:{_UNIT}|{_LOW}))*"'
"""A strict string that is text: it has no NUL, and no half of a surrogate pair."""

TEXT_OR_NUL = f'"(?:[^"{_B}]|{_B}["{_B}/bfnrt]|{_B}u(?:{_UNIT}|0{_H}{_H}{_H}))*"'
"""A strict string with no half of a surrogate pair."""

INTEGER = "-?(?:0|[1-9][0-9]*)"
NUMBER = f"{INTEGER}(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?"
SCALAR = '[^]",:[{} \t\r\n]+'
"""A value that is neither a string nor a container, of a text that is known to be JSON."""

_VALUE = f"(?:{STRING}|{CONTAINER}|{NUMBER}|true|false|null)"
_MEMBER = f"{STRING}{SPACE}:{SPACE}{_VALUE}{SPACE}"
PLAIN_CONTAINER = (
    f"[{{]{SPACE}(?:{_MEMBER}(?:,{SPACE}{_MEMBER})*)?[}}]"
    f"|[[]{SPACE}(?:{_VALUE}{SPACE}(?:,{SPACE}{_VALUE}{SPACE})*)?[]]"
)
VALUES = f"{SPACE}(?:{CONTAINER}{SPACE},?{SPACE})*"
"""A line of containers, perhaps with a comma after each."""

_PLAIN_STRING = f'"[^"{_B}\t\r\n]*"'
_PLAIN_SCALAR = f"(?:{_PLAIN_STRING}|{NUMBER}|true|false|null)"
_PLAIN_LIST = f"[[]{SPACE}(?:{_PLAIN_SCALAR}{SPACE}(?:,{SPACE}{_PLAIN_SCALAR}{SPACE})*)?[]]"
_PLAIN_MEMBER = f"{_PLAIN_STRING}{SPACE}:{SPACE}(?:{_PLAIN_SCALAR}|{_PLAIN_LIST}){SPACE}"
PLAIN_RECORD = f"[{{]{SPACE}(?:{_PLAIN_MEMBER}(?:,{SPACE}{_PLAIN_MEMBER})*)?[}}]"
"""A record as most are: no escapes, and nothing nested but lists of plain values."""

ONE_VALUE = f"{SPACE}{_VALUE}{SPACE}"


def container(depth: int) -> str:
    """A container of a text that is known to be JSON, nested so deep at most."""
    plain = f'[^]"[{{}}]|{LOOSE_STRING}'
    found = f"[[{{](?:{plain})*[]}}]"
    for _ in range(depth - 1):
        found = f"[[{{](?:{plain}|{found})*[]}}]"
    return found


def value(depth: int) -> str:
    """Any value of a text that is known to be JSON."""
    return f"{LOOSE_STRING}|{SCALAR}|{container(depth)}"


def inside(depth: int) -> str:
    """What may stand between the brackets of a container."""
    return f'(?:[^]"[{{}}]|{LOOSE_STRING}|{container(depth)})*'
