"""JSON documents: values that stand over many lines, read record by record in bounded memory.

A document is an array, an envelope (an object whose first key is the contract's envelope key, with
a list), or any other object, which is a record. Several may stand one after the other. The records
of an array and of an envelope are their items.

Text is decoded with `surrogateescape`: a byte that is not UTF-8 stays what it is, and the record
that holds it is refused for it, as it would be on a line of its own.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator

from reelhouse.contract.jsonl import in_words, too_deep
from reelhouse.contract.jsonl import records as records_of_line
from reelhouse.sources.lines import REST_BYTES, clean, is_blank
from reelhouse.sources.packing import BrokenSource

HELD_BYTES = 64 * 1024 * 1024
"""The largest record of a document that is held, unless longer lines are allowed."""

OPENING = 4096
"""How many characters what opens an envelope may have, up to its list's bracket."""

UNSURE = 16
"""An error so close to the end of what was read may be one only because more was not read."""

_decode = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode  # numbers of any size
_space = re.compile(r"[ \t\r\n]*").match
_MARKS = r"(?:[ \t\r\n]|(?:(?<=\n)|\A)\ufeff+)*"
"""White space, and byte-order marks at a line's beginning."""
_before = re.compile(_MARKS).match
_between = re.compile(f"{_MARKS},?{_MARKS}").match
_scalar = re.compile(r'"(?:[^"\\]++|\\.)*+"|[^][{}",\s]++', re.DOTALL).match
_next_bracket = re.compile(r'(?:[^][{}"]++|"(?:[^"\\]++|\\.)*+")*+([][{}])', re.DOTALL).match


class More(Exception):
    """What was read so far does not tell."""


class _NoJson(Exception):
    """What stands at a place is no JSON: why, and where."""

    def __init__(self, why: str, place: int) -> None:
        super().__init__(why)
        self.place = place


def records_in(chunks: Iterable[bytes], envelope_key: str | None, limit: int) -> Iterator[bytes]:
    """Yield the text of each record of a source of documents, as it was sent.

    What is longer than `limit` bytes is not looked into: where its brackets end, it ends. Raises
    BrokenSource, with line and column, where the source is no JSON any more, or ends too early:
    what is JSON before that has been yielded.
    """
    window = _Window(chunks, limit)
    opens_list = _opener(envelope_key)
    try:
        window.skip(_before)
        while window.text_at(1):
            opening = opens_list(window.text_at(OPENING))
            if opening is None:
                yield window.value()
            else:
                window.place += opening.end()
                yield from _items(window)
                if opening[0][0] == "{":
                    window.expect("}", "an envelope may hold nothing beside its list")
            window.skip(_between)
        if window.broken:
            raise _NoJson(str(window.broken), window.place)
    except _NoJson as error:
        raise window.broken_at(error) from None


def _items(window: "_Window") -> Iterator[bytes]:
    """The items of a list, from behind its opening bracket to behind the closing one."""
    window.skip(_space)
    if window.text_at(1) == "]":
        window.place += 1
        return
    while True:
        yield window.value()
        window.skip(_space)
        if window.text_at(1) == ",":
            window.place += 1
            window.skip(_space)
        else:
            window.expect("]", "expecting ',' delimiter")
            return


class _Window:
    """The part of a source's text that is held, from a little before `place`."""

    def __init__(self, chunks: Iterable[bytes], limit: int) -> None:
        self.text, self.place, self.is_whole = "", 0, False
        self.broken: BrokenSource | None = None
        self._limit, self._most = limit, max(limit, HELD_BYTES)
        self._chunks = iter(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._line, self._column = 1, 1  # of the text's first character

    def more(self) -> None:
        """Read on, or note that there is no more. What was read is given up before `place`."""
        keep = max(0, self.place - 1)  # whether a line begins at `place` is to be seen
        self._line, self._column = self._position(keep)
        try:
            chunk = next(self._chunks, None)
        except BrokenSource as broken:
            self.broken, chunk = broken, None
        self.is_whole = chunk is None
        self.text = self.text[keep:] + self._decode(chunk or b"", self.is_whole)
        self.place -= keep

    def _position(self, place: int) -> tuple[int, int]:
        """Line and column of a place in the text, both from 1; a column is a character."""
        lines = self.text.count("\n", 0, place)
        if lines:
            return self._line + lines, place - self.text.rfind("\n", 0, place)
        return self._line, self._column + place

    def text_at(self, count: int) -> str:
        """So many of the next characters, or all that are left."""
        while len(self.text) - self.place < count and not self.is_whole:
            self.more()
        return self.text[self.place : self.place + count]

    def skip(self, match: Callable[[str, int], re.Match[str] | None]) -> None:
        """Go on behind what a pattern matches, which may be nothing."""
        while True:
            found = match(self.text, self.place)
            end = found.end() if found else self.place
            if end + 1 < len(self.text) or self.is_whole:
                self.place = end
                return
            self.more()

    def expect(self, letter: str, why: str) -> None:
        """Go on behind white space and a character. Raises _NoJson if another stands there."""
        self.skip(_space)
        if self.text_at(1) != letter:
            raise _NoJson(why, self.place)
        self.place += 1

    def value(self) -> bytes:
        """The text of the value that begins here; go on behind it. Raises _NoJson."""
        while True:
            try:
                end = value_end(self.text, self.place, self.is_whole, self._limit)
                break
            except _NoJson as error:
                end = error.place
                if end - self.place <= self._most:
                    raise
                break
            except More:
                end = len(self.text)
                held = end - self.place
                if held > self._most + UNSURE:
                    break
                while len(self.text) - self.place < 2 * held and not self.is_whole:
                    self.more()
        if end - self.place > self._most:
            raise _NoJson(f"a record has more than {self._most} characters", self.place)
        start, self.place = self.place, end
        return self.text[start:end].encode(errors="surrogateescape")

    def broken_at(self, error: _NoJson) -> BrokenSource:
        """What is told of an error: why, where, and the beginning of what is left."""
        line, column = self._position(error.place)
        why = f"it is not JSON at line {line}, column {column}: {error}"
        before = error.place - self.place
        self.text_at(before + UNSURE)
        if _is_open(error, self.text, self.place + before):
            why += "; the source ends there"
            if self.broken:
                why = f"{self.broken}, at line {line}, column {column} of what is in it"
        rest = self.text_at(REST_BYTES).encode(errors="surrogateescape")[:REST_BYTES]
        return BrokenSource(why, rest)


# --- values


def value_end(text: str, place: int, is_whole: bool, limit: int) -> int:
    """Where the value ends that begins at a place of the text.

    Raises More, if that is not all of the text and more is needed to tell, and _NoJson. The answer
    does not depend on how much of the text is there.
    """
    is_long = len(text) - place > limit + UNSURE
    try:
        _, end = _decode(text, place)
    except RecursionError:
        return _bracketed_end(text, place, is_whole)
    except json.JSONDecodeError as error:
        is_cut = in_words(error).startswith(_OPEN) or error.pos >= len(text) - UNSURE
        if (is_long and is_cut) or error.pos - place > limit:
            return _bracketed_end(text, place, is_whole)
        if is_cut and not is_whole:
            raise More from None
        if too_deep(text[place : error.pos]):  # with a higher stack it were a RecursionError
            return _bracketed_end(text, place, is_whole)
        raise _NoJson(in_words(error), error.pos) from None
    if end > len(text) - UNSURE and not is_whole and text[end - 1] not in '}]"':
        raise More  # a number may go on, behind a "." or an "e" that is no part of it yet
    return int(end)


def _bracketed_end(text: str, place: int, is_whole: bool) -> int:
    """Where the value ends that begins at a place, by its brackets and quotes alone."""
    if text[place] not in "[{":
        if (scalar := _scalar(text, place)) and (scalar.end() < len(text) or is_whole):
            return scalar.end()
    else:
        depth, end = 0, place
        while bracket := _next_bracket(text, end):
            end = bracket.end()
            depth += 1 if bracket[1] in "[{" else -1
            if not depth:
                return end
    if not is_whole:
        raise More
    raise _NoJson("the value is never closed", len(text))


def _opener(envelope_key: str | None) -> Callable[[str], re.Match[str] | None]:
    """Match what opens a list of records: an array's bracket, or an envelope up to that."""
    if envelope_key is None:
        return re.compile(r"\[").match
    key = re.escape(json.dumps(envelope_key, ensure_ascii=False))
    return re.compile(rf"(?:\{{[ \t\r\n]*{key}[ \t\r\n]*:[ \t\r\n]*)?\[").match


# --- documents or lines

_literal_begun = re.compile("-|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?").fullmatch
_number_goes_on = re.compile(r"\.|[eE][+-]?").fullmatch
_escape_begun = re.compile(r"\\?u?[0-9a-fA-F]{0,3}").fullmatch
_OPEN = "unterminated string"


def _is_open(error: _NoJson, text: str, place: int) -> bool:
    """Whether an error is one only because the text ends there: so far, it is JSON."""
    why, after = str(error), text[place : place + UNSURE]
    if why.startswith(_OPEN):
        return True
    if len(after) == UNSURE:
        return False
    if not after.strip(" \t\r\n"):
        return True
    if why == "expecting value":
        return _literal_begun(after) is not None
    if why.endswith("escape"):
        return _escape_begun(after) is not None
    return text[place - 1].isdigit() and _number_goes_on(after) is not None


def are_documents(text: str, is_whole: bool, envelope_key: str | None) -> bool:
    """Whether a source of JSON that begins with this text holds documents, or lines.

    The text begins with the source's first value, at its line's beginning. The source is lines if
    the value ends on that line, and documents if it ends on a later line; an array or an envelope
    is documents as soon as, on a later line, an item of it is followed by a comma or by the list's
    end. It is lines if it is no JSON before that. If it ends before that, it is documents if one of
    its later lines is no JSON by itself, and else lines. Raises More if the text does not tell, and
    is not all of the source.
    """
    first_end = text.find("\n")
    if first_end < 0:
        if is_whole:
            return False
        raise More
    try:
        return _first_end(text, is_whole, envelope_key) > first_end
    except _NoJson as error:
        is_cut_off = is_whole and _is_open(error, text, error.place)
        return is_cut_off and any(map(_is_no_json, text[first_end + 1 :].split("\n")))


def _first_end(text: str, is_whole: bool, envelope_key: str | None) -> int:
    """Where the first value ends; of a list, the first place that tells whether it goes on.

    Raises _NoJson where neither is so, and More.
    """
    opening = _opener(envelope_key)(text[:OPENING])
    if opening is None:
        return value_end(text, 0, is_whole, len(text))
    first_end = text.find("\n")
    place = _skip(text, opening.end())
    while text[place : place + 1] != "]":
        place = _skip(text, value_end(text, place, is_whole, len(text)))
        if text[place : place + 1] != ",":
            break
        if place > first_end:
            return place
        place = _skip(text, place + 1)
    if place == len(text) and not is_whole:
        raise More
    if text[place : place + 1] != "]":
        raise _NoJson("expecting ',' delimiter", place)
    return place


def _is_no_json(line: str) -> bool:
    whole = clean(line.encode(errors="surrogateescape"))
    found = () if is_blank(whole) else records_of_line(whole.decode(errors="replace"), None)
    return any(violation and violation.rule == "json" for _, _, violation in found)


def _skip(text: str, place: int) -> int:
    space = _space(text, place)
    assert space is not None
    return space.end()
