"""Relations that hold between sources, on every engine: a specification that runs.

Each makes, of a nasty source, two sides of sources that differ as files and hold the same. What an
engine finds on one side must be what it finds on the other.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain
from random import Random
from typing import Any

from reelhouse.batch import Written
from reelhouse.contract.model import Contract
from reelhouse.contract.validator import Validator
from reelhouse.engines.base import Work
from reelhouse.engines.output import Output
from reelhouse.engines.reference import judge_piece, source_groups
from reelhouse.sources.documents import OPENING, records_in
from reelhouse.sources.lines import blocks, clean, is_blank, lines_in
from reelhouse.sources.multiline import joined, opens
from reelhouse.sources.packing import BrokenSource, packing_of, unpacked
from reelhouse.sources.pieces import split, whole
from tests.conformance.harness import Judged, Run, canonical
from tests.conformance.nasty_sources import NastySources, is_json, packed, respaced

MAX_LINE_BYTES = 2_000
LONG = 1_500
"""Longer records and rows are left out where a relation may make them longer yet."""


@dataclass(frozen=True)
class Sides:
    """Two sides of sources; the names of those on the right end in `suffix`."""

    left: list[bytes]
    right: list[bytes]
    suffix: str = ""


@dataclass(frozen=True)
class Relation:
    """What holds between two sides of sources, said in `name`.

    `sides` makes them of a source, or says with None that there is nothing to compare. `view` is
    what must be equal.
    """

    name: str
    sides: Callable[[NastySources, bytes], Sides | None]
    view: Callable[[Sequence[Judged]], dict[str, Any]]

    def broken(self, left: Sequence[Judged], right: Sequence[Judged]) -> list[str]:
        """What differs between the sides, in words."""
        if any(map(is_refused, left)) and self.view is not _unpacked:
            return []
        one, other = self.view(left), self.view(right)
        return [
            f"  {what}: {_without(one[what], other[what])} became "
            f"{_without(other[what], one[what])}"
            for what in one
            if one[what] != other[what]
        ]


def _without(one: Any, other: Any) -> Any:
    if isinstance(one, list):
        return [each for each in one if each not in other][:3]
    return one


# --- what must be equal


def is_refused(judged: Judged) -> bool:
    """Whether a source was refused as a whole, or could not be read to its end."""
    rules = {rule for _, broken in judged.invalid for _, rule, _ in broken}
    return bool(rules & {"header", "source"})


def _records(judged: Sequence[Judged]) -> dict[str, Any]:
    return {
        "valid": sorted(canonical(row) for each in judged for row in each.valid),
        "invalid": sorted(chain.from_iterable(each.invalid for each in judged)),
    }


def _bytes_too(judged: Sequence[Judged]) -> dict[str, Any]:
    books = [each.books for each in judged]
    rows = sum((size or 0) - header for size, header, _ in books)
    return {**_records(judged), "bytes": rows, "blank": sum(blank for _, _, blank in books)}


def _unpacked(judged: Sequence[Judged]) -> dict[str, Any]:
    """All of it; of what is refused as a whole, it is said whether it was packed."""
    (one,) = judged
    said = re.compile("inside the [a-z0-9]+ data is ").sub
    invalid = [
        (raw, tuple((field, rule, said("the source is ", why)) for field, rule, why in broken))
        for raw, broken in one.invalid
    ]
    books = None if is_refused(one) and len(one.invalid) == one.records == 1 else one.books
    return {**_records([replace(one, invalid=invalid)]), "books": books}


def _reasons(judged: Sequence[Judged]) -> dict[str, Any]:
    """Typed rows and violations: not the text, nor in what order the unknown keys stood."""
    place = re.compile(r"^byte \d+ ").sub
    rows = (row for each in judged for row in each.valid)
    reasons = (broken for each in judged for _, broken in each.invalid)
    return {
        "valid": sorted(canonical({**row, "_extra": _parsed(row.get("_extra"))}) for row in rows),
        "reasons": sorted(
            sorted((field, rule, place("byte ", why)) for field, rule, why in broken)
            for broken in reasons
        ),
    }


def _parsed(extra: str | None) -> Any:
    return None if extra is None else json.loads(extra, parse_int=str, parse_float=str)


def _on_lines(judged: Sequence[Judged]) -> dict[str, Any]:
    return _records(
        [
            replace(each, invalid=[(raw.replace("\n", " "), why) for raw, why in each.invalid])
            for each in judged
        ]
    )


# --- lines


def lines_of(data: bytes) -> list[bytes]:
    """The lines of some data, each with its end."""
    return BytesIO(data).readlines()


def _is_whole_json(line: bytes) -> bool:
    text = clean(line).decode(errors="surrogateescape").lstrip(" \t\r")
    return text[:1] in ("{", "[") and is_json(text)


def _holds_lines(contract: Contract, data: bytes) -> bool:
    """Whether a source of JSON surely holds lines: its first one is JSON to its end."""
    if contract.documents:
        return False
    first = next((line for line in lines_of(data) if not is_blank(clean(line))), b"")
    return packing_of(data) is None and _is_whole_json(first)


def _rows_of(contract: Contract, data: bytes) -> tuple[bytes, list[bytes]] | None:
    """The header of CSV and its rows, each with its end, or None if they can't surely be told."""
    if packing_of(data) is not None:
        return None
    rows = lines_of(data)
    if contract.multiline:
        sizes = [size for _, size in joined(rows, MAX_LINE_BYTES)]
        ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
        rows = [data[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        if any(opens(clean(row)) or len(row) > LONG for row in rows):
            return None
    while rows and is_blank(clean(rows[0])):
        rows.pop(0)
    if not rows or not rows[0].endswith(b"\n"):
        return None
    return rows[0], rows[1:]


def cut_in_two(nasty: NastySources, data: bytes) -> Sides | None:
    random, contract = nasty.random, nasty.contract
    if contract.format == "csv":
        table = _rows_of(contract, data)
        if table is None:
            return None
        header, rows = table
        place = random.randrange(len(rows) + 1)
        left = header + b"".join(rows)
        return Sides([left], [header + b"".join(part) for part in (rows[:place], rows[place:])])
    if not _holds_lines(nasty.contract, data):
        return None
    lines = lines_of(data)
    places = [place for place, line in enumerate(lines) if place and _is_whole_json(line)]
    if not places:
        return None
    place = random.choice(places)
    return Sides([data], [b"".join(lines[:place]), b"".join(lines[place:])])


def joined_sources(nasty: NastySources, data: bytes) -> Sides | None:
    if nasty.contract.format == "csv" or not _holds_lines(nasty.contract, data):
        return None
    other = b"[]\n" + nasty.source(5)
    data = data if data.endswith(b"\n") else data + b"\n"
    return Sides([data, other], [data + other])


def packed_source(nasty: NastySources, data: bytes) -> Sides | None:
    if packing_of(data) is not None:
        return None
    suffix = nasty.random.choice(("", ".gz", ".bz2", ".zst", ".zip", ".GZ", ".snappy", ".csv"))
    return Sides([data], [packed(data, nasty.random)], suffix)


# --- keys and columns

_token = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},]', re.DOTALL).finditer
_a_cell = re.compile(r'((?:"(?:[^"]|"")*"|[^",]*))(?:,|\Z)', re.DOTALL).match


def another_order(nasty: NastySources, data: bytes) -> Sides | None:
    if nasty.contract.format == "csv":
        return _columns_moved(nasty, data)
    if not _holds_lines(nasty.contract, data):
        return None
    moved = [_keys_moved(line, nasty) for line in lines_of(data)]
    return Sides([data], [b"".join(moved)])


def _keys_moved(line: bytes, nasty: NastySources) -> bytes:
    text = line.decode(errors="surrogateescape")
    if not _is_whole_json(line) or not text.isprintable() or _has_key_twice(text):
        return line
    start = re.search(r"[\[{]", text)
    assert start is not None
    place, end = start.start(), max(text.rfind("}"), text.rfind("]")) + 1
    moved = _moved(text[place:end], nasty)
    return (text[:place] + moved + text[end:]).encode(errors="surrogateescape")


def _has_key_twice(text: str) -> bool:
    def check(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            raise KeyError

    try:
        json.loads(text.strip("\ufeff"), object_pairs_hook=check, parse_int=str)
    except KeyError:
        return True
    return False


def _moved(text: str, nasty: NastySources) -> str:
    """A list or an object with the keys of its records in another order."""
    if text[0] not in "[{":
        return text
    parts = _parts(text)
    if text[0] == "[":
        inner = [f"{part[: len(part) - len(part.lstrip())]}{_item(part, nasty)}" for part in parts]
        return f"[{','.join(inner)}]"
    key = nasty.contract.envelope_key
    if len(parts) == 1 and key and type(json.loads(text, parse_int=str).get(key)) is list:
        place = parts[0].index("[", len(key))
        return f"{{{parts[0][:place]}{_moved(parts[0][place:].rstrip(), nasty)}}}"
    return f"{{{','.join(nasty.random.sample(parts, len(parts)))}}}"


def _item(part: str, nasty: NastySources) -> str:
    text = part.strip()
    return _moved(text, nasty) if text.startswith("{") else part.lstrip()


def _parts(text: str) -> list[str]:
    """What stands between the commas of a list or an object."""
    depth, cuts = 0, [0]
    for token in _token(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        elif token[0] == "," and depth == 1:
            cuts.append(token.start())
    ends = [*cuts[1:], len(text) - 1]
    return [text[start + 1 : end] for start, end in zip(cuts, ends, strict=True)]


def _columns_moved(nasty: NastySources, data: bytes) -> Sides | None:
    table = _rows_of(nasty.contract, data)
    if table is None:
        return None
    texts = [_row_text(row) for row in chain([table[0]], table[1])]
    header = _cells(texts[0]) if texts[0] else None
    if header is None:
        return None
    order = nasty.random.sample(range(len(header)), len(header))
    left, right = [], []
    for text in texts:
        if text is None:
            continue
        cells = _cells(text)
        left.append(text)
        is_row = cells is not None and len(cells) == len(header)
        right.append(",".join(cells[place] for place in order) if is_row and cells else text)
    return Sides(["\n".join(left).encode()], ["\n".join(right).encode()])


def _row_text(row: bytes) -> str | None:
    """A row as text; None for one that another order might make another row."""
    try:
        text = clean(row).decode()
    except UnicodeDecodeError:
        return None
    is_odd = "\r" in text or "\ufeff" in text or "\0" in text or not text.strip()
    return None if is_odd or len(text) > LONG else text


def _cells(row: str) -> list[str] | None:
    """The cells of a row as they were sent, or None if its quotes are wrong."""
    found, place = list[str](), 0
    while match := _a_cell(row, place):
        found.append(match[1])
        place = match.end()
        if place == len(row) and not row[match.end(1) :]:
            return found
    return None


# --- documents


def document_as_lines(nasty: NastySources, data: bytes) -> Sides | None:
    if nasty.contract.format == "csv":
        return None
    random = nasty.random
    texts = [text for text in nasty.texts(random.randrange(8)) if len(text) < LONG]
    texts, document = _document(nasty, [random.choice((t, respaced(t, random))) for t in texts])
    # a list on a line of its own is a list of records; in a list, it is a record that is none
    lines = [f"[{text}]" if text.startswith("[") else text for text in texts]
    listed = "\n".join(["[]", *(line.replace("\n", " ") for line in lines)])
    return Sides([document], [_sent(listed)])


def document_printed_otherwise(nasty: NastySources, data: bytes) -> Sides | None:
    if nasty.contract.format == "csv":
        return None
    texts = [text for text in nasty.texts(nasty.random.randrange(8)) if len(text) < LONG // 4]
    again = [respaced(text, nasty.random) for text in texts]
    return Sides([_document(nasty, texts)[1]], [_document(nasty, again)[1]])


def _document(nasty: NastySources, texts: list[str]) -> tuple[list[str], bytes]:
    """A document, surely over many lines, of these records, and their texts as they stand in it."""
    random, key = nasty.random, nasty.contract.envelope_key
    gap = random.choice(("\n", "\r\n", " \n\n ", "\n\t"))
    listed = f"[{gap}{f'{gap},{gap}'.join(texts)}{gap}]"
    chance = random.random()
    if chance < 0.3 and key:
        listed = f'{{{random.choice(("", gap))}"{key}":{listed}}}'
    elif chance < 0.6 and texts and all(text.startswith("{") for text in texts):
        comma = random.choice(("", ",", gap, f"{gap},", f",{gap}"))
        texts = ["{" + gap + texts[0][1:], *texts[1:]]
        listed = comma.join(texts)
    mark = random.choice(("", "", "\ufeff", "\n\ufeff\ufeff", " \n"))
    return texts, _sent(mark + listed + random.choice(("", "\n", " ")))


def _sent(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


RELATIONS = (
    Relation("a source cut in two at a line end has the same records", cut_in_two, _bytes_too),
    Relation("two sources of JSONL, joined, have the records of both", joined_sources, _bytes_too),
    Relation("a source that is packed in any way has the same records", packed_source, _unpacked),
    Relation(
        "keys or columns in another order make the same rows and reasons", another_order, _reasons
    ),
    Relation(
        "a record of a document has the verdict that it has on a line of its own",
        document_as_lines,
        _on_lines,
    ),
    Relation(
        "a document that is printed with other spaces has the same verdicts",
        document_printed_otherwise,
        _reasons,
    ),
)


# --- one source alone


def unaccounted(contract: Contract, data: bytes, judged: Judged) -> list[str]:
    """What is wrong with the books of a source, in words: each of its bytes is accounted for."""
    size, header_bytes, blank_bytes = judged.books
    is_packed = packing_of(data) is not None
    said = f"books {judged.books} of {len(data)} bytes, {judged.records} records"
    if not is_packed and size != len(data):
        return [f"  the bytes are not all there: {said}"]
    if header_bytes + blank_bytes > (size or 0):
        return [f"  there are more bytes than all: {said}"]
    if not judged.records:
        rest = _emptied(contract, data) if contract.format == "jsonl" and not is_packed else b""
        if contract.format == "csv" and header_bytes + blank_bytes != size:
            return [f"  there is no record, and no reason for it: {said}"]
        if rest:
            return [f"  there is no record, but {rest[:60]!r}: {said}"]
    if contract.format == "csv" and not is_packed and not is_refused(judged):
        lines = lines_of(data)
        blank = [len(line) for line in lines if is_blank(clean(line))]
        if not contract.multiline and (sum(blank), len(lines) - len(blank) - 1) != (
            blank_bytes,
            judged.records,
        ):
            return [f"  the lines are not all there: {said}"]
    return []


def _emptied(contract: Contract, data: bytes) -> bytes:
    """What is left of JSON without empty lists, empty envelopes and blanks."""
    text = data.decode(errors="surrogateescape").replace("\ufeff", "")
    left, before = re.sub(r"[ \t\r\n]", "", text), None
    key = re.escape(contract.envelope_key or "\0")
    while left != before:
        before = left
        left = re.sub(rf'\[,?\]|\{{"(?:{key}|\\u[^"]*)":,?\}}', ",", re.sub(",+", ",", left))
    return left.strip(",").encode(errors="surrogateescape")


CHUNKS = (1, 7, 64, 65_536)


def unsettled(contract: Contract, data: bytes) -> list[str]:
    """What is wrong at the border, in words: it is a fixed point, whatever the chunks."""
    found = []
    for line in lines_of(data):
        once = clean(line)
        if clean(once) != once:
            found.append(f"  cleaning twice is not cleaning once: {line!r}")
    lines, _ = lines_in(data)
    if lines_in(b"\n".join(lines)) != (lines, 0):
        found.append("  the lines of lines are others")
    if len(data) < 20_000:
        wanted = _read(contract, data, 1 << 30)
        found += [
            f"  in chunks of {size}: {_first_difference(wanted, got)}"
            for size in CHUNKS
            if size < len(data) and (size > 1 or len(data) < 4_000)
            if (got := _read(contract, data, size)) != wanted
        ]
    return found


def _first_difference(wanted: list[Any], got: list[Any]) -> str:
    for one, other in zip([*wanted, None], [*got, None], strict=False):
        if one != other:
            return f"{other!r:.300}, not {one!r:.300}"
    return "nothing"


def _read(contract: Contract, data: bytes, size: int) -> list[Any]:
    """What a source that is read in chunks holds: as lines, as rows, and as documents."""

    def chunks(skipped: int = 0) -> Iterator[bytes]:
        pieces = (data[start : start + size] for start in range(skipped, len(data), size))
        return unpacked(pieces, packing_of(data))

    def in_list() -> Iterator[bytes]:
        # what opens a document is looked for so far ahead that small ones would be there whole
        return chain([b"[" + b" " * OPENING], chunks(int(data.startswith(b"["))))

    ways: list[Callable[[], Iterable[Any]]] = [
        lambda: chain.from_iterable(lines_in(block)[0] for block in blocks(chunks()))
    ]
    if contract.format == "jsonl":
        ways.append(lambda: records_in(chunks(), contract.envelope_key, MAX_LINE_BYTES))
        ways.append(lambda: records_in(in_list(), contract.envelope_key, MAX_LINE_BYTES))
    elif contract.multiline:
        ways.append(
            lambda: joined(chain.from_iterable(map(BytesIO, blocks(chunks()))), MAX_LINE_BYTES)
        )
    found: list[Any] = []
    for way in ways:
        try:
            for each in way():
                found.append(each)
        except BrokenSource as broken:
            found.append((str(broken), broken.rest))
    return found


# --- in pieces


def in_pieces(random: Random) -> Run:
    """The reference validator, on byte ranges of sources as they are cut for Spark."""

    def run(work: Work) -> Written:
        output, validator = Output(work), Validator(work.contract, work.max_line_bytes)
        sizes = {source.uri: source.size for source in work.sources}
        for group in source_groups(work, output):
            judge = group.judge(validator)
            for uri, nature in group.sources.items():
                output.add_invalid(uri, ())
                size = max(sizes[uri] // 100, random.choice((1, 2, 3, 7, 64, 1_000)))
                pieces = split(uri, nature, sizes[uri], size)
                for piece in [whole(uri, nature)] if work.contract.multiline else pieces:
                    judge_piece(piece, judge, work, output)
        return output.finish()

    return run
