r"""Regular expressions that mean the same to RE2, Java, Python and ECMAScript.

A pattern is searched for in the text, as ECMAScript does it, unless `^` and `$` anchor it. What is
allowed: characters, `.` (any but LF), classes with ranges, `\d \w \s` and their negations (ASCII),
groups, alternatives, the quantifiers `* + ? {n} {n,} {n,m}`, `^` and `$` (the ends of the text),
and the escapes `\t \n \r \f \v \0 \xHH \uHHHH` and of punctuation. What engines do not share is
refused: look-around, back-references, named groups, flags, `\b`, `\p` and POSIX classes. So is
what is too much for one of them: many repetitions, a long expression, deeply nested groups, and a
repetition whose turns can share out the same text in more ways than can be tried.
"""

import re
from collections.abc import Iterator
from typing import Literal, get_args

Dialect = Literal["python", "re2", "java", "sql"]
"""`sql` is what the warehouse's systems share: RE2 and POSIX, with characters as they are."""

MAX_REPEAT = 1000
"""RE2 allows no more repetitions than this, nested ones multiplied."""

MAX_PATTERN_SIZE = 10_000
"""RE2 has a limit of memory, which is safe with so many characters and ranges, each multiplied by
its repetitions."""

MAX_DEPTH = 20
"""java.util.regex and the parsers call themselves for a group in a group, on a bounded stack."""

MANY_TURNS = 16
"""A group that is repeated so often is as bad as one that is repeated without a limit: two ways for
each of its turns are 65,536 in all."""

EMPTY = "(?:)"
"""A group that finds nothing, everywhere."""

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\x0b\x0c\r "}
_SPACES = "\t\n\v\f\r "
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})(\?)?", re.ASCII)
_BEGIN = {"python": r"\A", "re2": r"\A", "java": r"\A", "sql": "^"}
_END = {"python": r"\Z", "re2": r"\z", "java": r"\z", "sql": "$"}


class UnsupportedPattern(ValueError):
    """A pattern outside of what the engines share; the text says why."""


def check(pattern: str) -> str | None:
    """Why a pattern is not supported, or None if it is."""
    try:
        for dialect in get_args(Dialect):
            portable(pattern, dialect)
    except UnsupportedPattern as reason:
        return str(reason)
    return None


def portable(pattern: str, dialect: Dialect) -> str:
    """The pattern as a dialect takes it, with the same meaning on each.

    Raises UnsupportedPattern.
    """
    return _Translator(pattern, dialect).translate()


class _Translator:
    def __init__(self, pattern: str, dialect: Dialect) -> None:
        self.pattern, self.dialect, self.place = pattern, dialect, 0
        self.depth, self.size, self.repeats = 0, 0, 1
        self.anchors, self.shared = 0, ""

    def translate(self) -> str:
        written = self._alternatives()
        if self.place < len(self.pattern):
            raise UnsupportedPattern("a ) that closes nothing")
        return written

    def _peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def _take(self) -> str:
        found = self._peek()
        if not found:
            raise UnsupportedPattern("it ends too early")
        self.place += 1
        return found

    def _alternatives(self) -> str:
        parts, shared = ["".join(self._sequence())], self.shared
        while self._peek() == "|":
            self._take()
            self.shared = ""
            parts.append("".join(self._sequence()))
            shared = shared or self.shared
        self.shared = shared
        return "|".join(parts)

    def _sequence(self) -> Iterator[str]:
        while (found := self._peek()) not in ("", "|", ")"):
            size, repeats = self.size, self.repeats
            self.size, self.repeats = 0, 1
            anchors, start = self.anchors, self.place
            shared, self.shared = self.shared, ""
            atom = self._atom()
            quantifier = self._quantifier()
            if quantifier and found in "^$":
                raise UnsupportedPattern(f"{found} can't be repeated")
            text, most = quantifier if quantifier else ("", 1)
            # what is repeated within is multiplied
            self.repeats = max(repeats, self.repeats * most)
            self.size = size + max(1, self.size) * max(1, most)
            if self.repeats > MAX_REPEAT:
                raise UnsupportedPattern(f"more than {MAX_REPEAT} repetitions")
            if self.size > MAX_PATTERN_SIZE:
                raise UnsupportedPattern(
                    f"more than {MAX_PATTERN_SIZE} parts, each times its repetitions"
                )
            if self.dialect == "python":
                anchored = self.anchors > anchors
                self._check_shared(shared, f"{atom}{text}", anchored)
                if not anchored and _shares_out(atom, text, most):
                    shared = self.pattern[start : self.place]
                self.shared = self.shared or shared
            if atom != EMPTY:  # DuckDB takes two of them for the empty text
                yield atom + text

    def _check_shared(self, shared: str, after: str, anchored: bool) -> None:
        """Refuse a repetition whose turns share out the same text, where something can fail after.

        Then a text that does not match is shared out in all ways before it is given up.
        """
        if shared and (anchored or not re.fullmatch(after, "")):
            raise UnsupportedPattern(
                f"{shared} shares out the same text in very many ways; "
                r"have its turns begin with what stands between them, as in \w+(\s\w+)*"
            )

    def _quantifier(self) -> tuple[str, int] | None:
        match = _QUANTIFIER.match(self.pattern, self.place)
        if match is None:
            if self._peek() == "{":
                raise UnsupportedPattern("a { that is no quantifier; write \\{")
            return None
        self.place = match.end()
        if self._peek() and self._peek() in "*+?{":
            raise UnsupportedPattern("a quantifier of a quantifier")
        # whether it is lazy has no say in whether there is a match
        text = match[0].removesuffix("?") if match[4] else match[0]
        least, comma, most = match[1], match[2], match[3]
        if least is None:
            return text, 1
        if comma and most and int(most) < int(least):
            raise UnsupportedPattern(f"{text} is no range")
        return text, int(most or least)

    def _atom(self) -> str:
        found = self._take()
        if found == "(":
            return self._group()
        if found == "[":
            return self._class()
        if found == "\\":
            return self._escape()
        if found == ".":
            return "[^\n]" if self.dialect == "sql" else r"[^\n]"
        if found in "^$":
            self.anchors += 1
            return _BEGIN[self.dialect] if found == "^" else _END[self.dialect]
        if found in "*+?":
            raise UnsupportedPattern(f"a {found} that repeats nothing")
        if found in "{}]":
            raise UnsupportedPattern(f"a {found} by itself; write \\{found}")
        return self._literal(found)

    def _group(self) -> str:
        if self._peek() == "?":
            if self.pattern[self.place : self.place + 2] != "?:":
                raise UnsupportedPattern("look-around, named groups and flags are not shared")
            self.place += 2
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnsupportedPattern(f"groups are nested deeper than {MAX_DEPTH}")
        inner = self._alternatives()
        if self._peek() != ")":
            raise UnsupportedPattern("a ( that is never closed")
        self._take()
        self.depth -= 1
        return f"(?:{inner})" if inner.strip("|") else EMPTY

    def _escape(self) -> str:
        found = self._take()
        if found in _CLASSES:
            return f"[{self._ranges(found)}]"
        if found.lower() in _CLASSES:
            return f"[^{self._ranges(found.lower())}]"
        return self._literal(self._escaped(found))

    def _escaped(self, found: str) -> str:
        """The character that an escape stands for."""
        if found in _CONTROLS:
            if found == "0" and self._peek().isdigit():
                raise UnsupportedPattern("octal escapes are not shared; write \\xHH")
            return _CONTROLS[found]
        if found in "xu":
            length = 2 if found == "x" else 4
            digits = self.pattern[self.place : self.place + length]
            if not re.fullmatch(f"[0-9A-Fa-f]{{{length}}}", digits):
                raise UnsupportedPattern(f"\\{found} needs {length} hexadecimal digits")
            self.place += length
            if 0xD800 <= int(digits, 16) <= 0xDFFF:
                raise UnsupportedPattern(f"\\u{digits} is half of a character")
            return chr(int(digits, 16))
        if found.isascii() and not found.isalnum():
            return found
        raise UnsupportedPattern(f"\\{found} is not shared by the engines")

    def _class(self) -> str:
        negated = self._peek() == "^"
        if negated:
            self._take()
        parts: list[str] = []
        while (found := self._take()) != "]":
            parts.append(self._member(found))
        if not parts:
            raise UnsupportedPattern("an empty class")
        self.size += len(parts)
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def _member(self, found: str) -> str:
        first = self._class_character(found)
        if len(first) > 1:
            return first
        if self._peek() == "-" and self.pattern[self.place + 1 : self.place + 2] != "]":
            self._take()
            last = self._class_character(self._take())
            if len(last) > 1 or last < first:
                raise UnsupportedPattern("a range in a class that is none")
            return f"{self._quoted(first)}-{self._quoted(last)}"
        return self._quoted(first)

    def _class_character(self, found: str) -> str:
        """A character of a class, or the ranges of `\\d`, `\\w` or `\\s`."""
        if found == "[":
            raise UnsupportedPattern("a [ in a class; write \\[")
        if found == "&" and self._peek() == "&":
            raise UnsupportedPattern("&& in a class is not shared")
        if found != "\\":
            return found
        escaped = self._take()
        if escaped in _CLASSES:
            return self._ranges(escaped)
        if escaped.lower() in _CLASSES:
            raise UnsupportedPattern(f"\\{escaped} in a class is not shared")
        return self._escaped(escaped)

    def _ranges(self, name: str) -> str:
        return _SPACES if (name, self.dialect) == ("s", "sql") else _CLASSES[name]

    def _literal(self, character: str) -> str:
        return character if character.isalnum() and character.isascii() else self._quoted(character)

    def _quoted(self, character: str) -> str:
        """One character, in a way that means it and nothing else in the dialect."""
        if character.isascii() and character.isprintable():
            return character if character.isalnum() or character in " _" else f"\\{character}"
        number = ord(character)
        if number < 0x100 and self.dialect != "sql":
            return f"\\x{number:02x}"
        return character


def _shares_out(group: str, quantifier: str, most: int) -> bool:
    """Whether a repeated group matches a character both once and twice.

    Then a text of n such characters can be shared out among its turns in as many ways as the n-th
    Fibonacci number.
    """
    many = quantifier in ("*", "+") or quantifier.endswith(",}") or most >= MANY_TURNS
    if not many or not group.startswith("(?:"):
        return False
    matches = re.compile(group).fullmatch
    return any(matches(each) and matches(each * 2) for each in {*map(chr, range(256)), *group})


__all__ = ["UnsupportedPattern", "check", "portable"]
