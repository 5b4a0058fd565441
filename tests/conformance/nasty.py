"""Nasty sources: mostly right, and wrong in every way that is known. All from one seeded Random."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from random import Random
from typing import NamedTuple

from reelhouse.contract.guard import _Writer
from reelhouse.contract.model import Contract, Field, Type
from reelhouse.contract.validator import Invalid, Row, Validator
from reelhouse.contract.values import FIRST_MICROSECOND, LAST_MICROSECOND

# fmt: off
TEXTS = (
    "", " ", "a", "x", "CH", "US", "ch", "CHE", "C", "CH\n", "ＣＨ", "é", "e\u0301", "😀", "👍🏽",
    "some words", " a ", "a b", 'say "x"', "a\\b", "a/b", "line\nline", "a\tb", "a:b", '":',
    "it's", "a;b", "a|b", "a,b", ";", "a;", "a;;b", "|", "}{", "],[", '","', "null", "true", "1",
    "007", "\ufeff", "\ufeffa", "a\ufeff", "\u2028", "\x85", "\x7f", "\x1f", "\u200d",
    "\U0010ffff", "\uffff", "\ud83d", "a\udc00b", "👨‍👩‍👧", "\x00", "a@example.com",
    "first.last+tag@mail.example.org", "a@b", ".a@example.com", "a@example.com\n",
    "https://example.com/a?b=c#d", "http://localhost:8080", "https://example.com/ä", "ftp://a.b",
    "mailto:a@b", "urn:x:1", "example.com", "a-b", "-a", "127.0.0.1", "256.0.0.1", "1.2.3.4",
    "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000", "2026-11-23",
    "2024-02-29", "2026-02-29", "1900-02-28", "0001-01-01", "9999-12-31", "2026-1-1",
    "0000-01-01", "2099-12-28", "2100-01-01", "1899-12-31", "2026-04-31", "٢٠٢٦-١١-٢٣",
    "2026-11-23T09:30:00Z", "2026-11-23T09:30:00.123456Z", "2026-11-23T09:30:00.1Z",
    "2026-11-23 09:30:00", "2026-11-23T09:30:00+01:00", "2026-11-23t09:30:00.5000000z",
    "2026-11-23T24:00:00Z", "2026-11-23T09:30:60Z", "2026-02-30T09:30:00Z", "2026-11-23T09:30Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-00:01",
    "0001-01-01T00:00:00+00:01", "1969-12-31T23:59:59.999999Z", "2026-11-23T09:30:00.1234567Z",
    "like", "Like", "viewed", "like ", "red", "a.c", "abc", "x" * 12, "x" * 13, "é" * 12,
    "😀" * 12, "ab" * 300, "a." * 150 + "com", "x@" + "a." * 100 + "com",
    "http://a/" + "b%20" * 100,
)

NUMBERS = (
    "0", "-0", "1", "-1", "7", "42", "90", "-90", "100", "1e3", "1E+2", "1e-2", "25e-1", "1.0",
    "1.5", "-1.50", "-0.0", "0.1", "0.30000000000000004", "90.0000001", "89.999999999999999999",
    "1763890200", "1763890200123", "1763890200123456", "99999999999", "100000000000",
    "9223372036854775807", "9223372036854775808", "999999999999999999", "1000000000000000000",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e18", "1e308",
    "9007199254740992", "9007199254740993", "99999999999999.9", "100000000000000.1",
    "0.000000000000001", "0.0000000000000001", "1.7976931348623157e308", "5e-324", "1e-400",
    "1e400", "12345678901234567890123456789012345678901234567890",
)

NO_NUMBERS = (
    "00", "01", "-01", "+1", ".5", "5.", "1e", "--1", "0x10", "1_000", "٣", "１", "NaN",
    "Infinity", "-Infinity", "nan", "1,5", "1 ", " 1", "-", "1e400",
)

JSON_VALUES = (
    "null", "true", "false", "[]", "{}", "tru", '"open', "'a'", '{"a":1}', '{"a":1,"a":2}',
    "[null]", '["a"]', '["a","b"]', '["a",]', '["a",1]', "[[]]", '["\\u0000"]', "[1,2]", "[1.0]",
    "[-0.0,1e1]", "[1,-1]", "[0,1,2,3]", '[{"a":1}]', "[true]", '"\\u0000"', '"\\ud83d"',
    '"\\ud83d\\ude00"', '"\\q"', '"\\ude00\\ud83d"', '"\\u00e9"', '"\\n"', '"\t"', '"\\u006cike"',
    '"\\/"', '"\\u0001"', '"\\ud83dx"', '"\x7f"', '"a\\",\\"b"', '"\\uFFFF"', '"\\u000"',
    '"\\\\u0000"', '[ "a" , "b" ]', '["x","é","😀"]',
)

CELLS = (
    '"', '""', '"a"', '"a,b"', '"a""b"', '"a"b', 'a"b', '"a', '" 1"', '"1"', '"a" ', "'a'",
    '""""', "TRUE", "False", "tRuE", "yes", "t", "01", "\\N", "\\", "a\rb", "a\x00b", "\x00",
    "1;2", "1;", "1;x", "a|b|c", "|a", "a;b", '"a;b"', "a b c", "a. b", '"a\rb"',
)

COLUMNS = ("more", 'a "b"', "é", "x y", "", "\x1f", "a\tb", "\\", "N", "_extra", "😀", "a,b")

NOT_UTF8 = (
    b"\xff", b"\x80", b"\xc0\x80", b"\xe9", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf",
    b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xc3",
)
# fmt: on


class Nasty:
    """Makes sources for a contract. `share` is how likely a value is a nasty one."""

    def __init__(self, contract: Contract, seed: int, share: float = 0.04) -> None:
        self.contract, self.random, self.share = contract, Random(seed), share
        self.fields = {field.name: field for field in contract.fields}

    def source(self, records: int) -> bytes:
        """One source of about so many records."""
        lines = self._jsonl if self.contract.format == "jsonl" else self._csv
        end = self.random.choice((b"\n", b"\n", b"\r\n"))
        found = lines(records)
        data = end.join(self._spoil(line) for line in found)
        return data + (end if self.random.random() < 0.8 else b"")

    def each_value(self) -> bytes:
        """A source with each odd value of each field, in a record that is plain otherwise."""
        kind, key = self.contract.format, self.contract.envelope_key
        known = {name: values(kind, field) for name, field in self.fields.items()}
        usual = {name: (each.plain or each.good)[0] for name, each in known.items()}
        records = [usual | {name: sent} for name, each in known.items() for sent in each.every]
        if kind == "csv":
            header = ",".join(map(_quoted, usual))
            texts = [header, *(",".join(record.values()) for record in records)]
        else:
            texts = [_as_object(record) for record in records]
            if key:
                texts += [f'{{"{key}":[{_as_object(usual)},{text}]}}' for text in texts]
        return "\n".join(texts).encode(errors="surrogatepass")

    def _now_and_then(self, share: float) -> bool:
        return self.random.random() < share

    def _value(self, field: Field) -> str:
        """A value as it is sent: one that is valid, or now and then another."""
        random, known = self.random, values(self.contract.format, field)
        if self._now_and_then(self.share):
            return random.choice(random.choice((known.near, known.near, known.every)))
        if field.item is None and self._now_and_then(0.5):
            return self._fresh(field) or random.choice(known.good)
        return random.choice(known.good)

    def _plain(self, field: Field) -> str | None:
        """A value that a fast path takes, or None if there is none; now and then, nearly so."""
        random, known = self.random, values(self.contract.format, field)
        if self._now_and_then(self.share / 2):
            return random.choice(known.near)
        if field.item is None and self._now_and_then(0.5) and (fresh := self._fresh(field)):
            return fresh
        return random.choice(known.plain) if known.plain else None

    def _fresh(self, field: Field) -> str | None:
        """A value that no other has: of those types of which there are many."""
        random = self.random
        if field.valid_values is not None:
            return None
        if field.epoch_unit:
            return str(
                random.randrange(1_700_000_000, 1_703_000_000) * (1_000_000 // field.epoch_unit)
            )
        match field.type:
            case Type.INTEGER:
                low, high = field.minimum or 0, field.maximum or field.exclusive_maximum or 10**17
                return (
                    str(random.randrange(int(low) + 1, int(high) - 1)) if low < high - 3 else None
                )
            case Type.NUMBER:
                bounded = (field.minimum, field.exclusive_minimum) != (None, None)
                size = random.choice((0.4, 80, 80 if bounded else 1e9))
                least = -0.5 if bounded else -size
                return f"{random.uniform(least, size):.{random.randrange(18)}f}"
            case Type.DATE | Type.TIMESTAMP:
                day = f"20{random.randrange(20, 27)}-{random.randrange(1, 13):02}"
                day += f"-{random.randrange(1, 30):02}"
                if field.type is Type.TIMESTAMP:
                    day += f"T{random.randrange(24):02}:{random.randrange(60):02}:00Z"
                return f'"{day}"' if self.contract.format == "jsonl" else day
        return None

    # --- JSONL

    def _jsonl(self, records: int) -> list[bytes]:
        random, names = self.random, [*self.contract.field_names]
        orders = [random.sample(names, len(names)) for _ in range(random.choice((0, 1, 3, 6)))]
        orders.append(names)
        lines, made = [], 0
        while made < records:
            count = 1 if random.random() < 0.8 else random.randrange(0, 5)
            order = random.choice(orders)
            events = [self._object(order) for _ in range(count)]
            lines.append(self._line(events).encode(errors="surrogatepass"))
            made += max(1, count)
        return lines

    def _line(self, events: list[str]) -> str:
        random, key, chance = self.random, self.contract.envelope_key, self.random.random()
        if len(events) == 1 and chance >= 0.05:
            return events[0]
        space = random.choice(("", "", " ", "\t"))
        listed = f"[{space}{f'{space},{space}'.join(events)}{space}]"
        if chance < 0.6 and key:
            more = ',"more":1' if random.random() < 0.02 else ""
            nested = f'[{{"{key}":{listed}}}]' if random.random() < 0.03 else listed
            comma = "," if random.random() < 0.01 else ""
            return f'{{{space}"{self._key(key)}"{space}:{space}{nested}{space}{more}{comma}}}'
        if chance < 0.8:
            return listed
        return random.choice(("", ",", " , ", " ", ",,")).join(events)

    def _object(self, order: list[str]) -> str:
        random, share = self.random, self.share
        members: list[tuple[str, str]] = []
        if random.random() < 0.6:  # one for the fast path
            for name in order:
                field, value = self.fields[name], self._plain(self.fields[name])
                if field.required or (value and random.random() < 0.4):
                    members.append((name, value or self._value(field)))
            return _as_object(dict(members))
        for name in order:
            field = self.fields[name]
            if not field.required and random.random() < 0.6:
                continue
            if self._now_and_then(share / 20):
                continue
            value = "null" if self._now_and_then(0.03) else self._value(field)
            members.append((name, value))
        if self._now_and_then(share):
            known = random.choice(order)
            name = random.choice(("more", "", "é", "a:b", "\\ud83d", known.upper(), known))
            members.append((name, random.choice((*JSON_VALUES, *NUMBERS))))
        if self._now_and_then(share):
            random.shuffle(members)
        if self._now_and_then(share / 4) and members:
            members.append(random.choice(members))
        gap = "" if random.random() < 0.85 else random.choice((" ", "\t", "  "))
        colon = random.choice((":", f"{gap}:{gap}"))
        text = f"{gap},{gap}".join(f'"{self._key(name)}"{colon}{value}' for name, value in members)
        if self._now_and_then(share / 10):
            text += ","
        return f"{{{gap}{text}{gap}}}"

    def _key(self, name: str) -> str:
        if name and self._now_and_then(self.share / 20):
            return f"\\u{ord(name[0]):04x}{name[1:]}"
        return name

    # --- CSV

    def _csv(self, records: int) -> list[bytes]:
        random = self.random
        names = [
            name for name, field in self.fields.items() if field.required or random.random() < 0.8
        ]
        for _ in range(random.choice((0, 0, 0, 1, 2))):
            column = random.choice([each for each in COLUMNS if each not in names])
            names.insert(random.randrange(len(names) + 1), column)
        if random.random() < 0.3:
            random.shuffle(names)
        if not names or random.random() < 0.03:
            names = random.choice((names[1:], [*names, *names[:1]], ["1", "2"]))
        header = ",".join(_quoted(name) for name in names).encode()
        if random.random() < 0.1:
            header = b"\xef\xbb\xbf" + header
        rows = [self._row(names) for _ in range(records)]
        return [*([b"", b" \t"] if random.random() < 0.1 else []), header, *rows]

    def _row(self, names: list[str]) -> bytes:
        random, share = self.random, self.share
        if random.random() < 0.6:
            text = ",".join(self._plain_cell(self.fields.get(name)) for name in names)
            return text.encode(errors="surrogatepass")
        cells = [self._cell(self.fields.get(name)) for name in names]
        if self._now_and_then(share / 4):
            cells = random.choice((cells[:-1], [*cells, "x"], [*cells, ""]))
        if self._now_and_then(share / 20):
            return ",".join(map(_quoted, names)).encode()
        return ",".join(cells).encode(errors="surrogatepass")

    def _cell(self, field: Field | None) -> str:
        random = self.random
        if field is None:
            nasty = random.choice((*CELLS, *map(_quoted, TEXTS)))
            return nasty if self._now_and_then(self.share) else random.choice(("", "", "x", "é"))
        if not field.required and random.random() < 0.3:
            return random.choice(("", "", '""'))
        cell = self._value(field)
        return f'"{cell}"' if '"' not in cell and random.random() < 0.1 else cell

    def _plain_cell(self, field: Field | None) -> str:
        random = self.random
        if field is None:
            return random.choice(("", "", '""', "x", "é😀", '"a b"'))
        if not field.required and random.random() < 0.3:
            return random.choice(("", "", '""'))
        cell = self._plain(field) or (self._value(field) if field.required else "")
        return f'"{cell}"' if '"' not in cell and random.random() < 0.1 else cell

    # --- bytes

    def _spoil(self, line: bytes) -> bytes:
        """Now and then, harm the bytes of a line."""
        random = self.random
        if random.random() > self.share / 3:
            return line
        place = random.randrange(len(line) + 1)
        match random.randrange(10):
            case 0:
                return line[:place]
            case 1:
                return line[:place] + random.choice(NOT_UTF8) + line[place:]
            case 2:
                return line[:place] + bytes([random.randrange(256)]) + line[place + 1 :]
            case 3:
                return b"\xef\xbb\xbf" + line
            case 4:
                return b" \t" + line + b"  \r"
            case 5:
                return line + random.choice((b"", b" ", b"\n", b"\n\r\n")) + line
            case 6:
                return random.choice(
                    (b"", b" ", b"\t\r", b"42", b"[]", b"null", b"\x00", b"[" * 70, b'""')
                )
            case 7:
                return line[:place] + b"\x00" + line[place:]
            case 8:
                return line + b" " * random.randrange(1_800, 2_100)
            case _:
                return line[:place] + line[place + 1 :]


def _as_object(members: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in members.items()) + "}"


# --- values as they are sent


class Values(NamedTuple):
    """Values of a field as they are sent in JSON or CSV.

    `good` are valid, `plain` are those of them that a guard takes, `near` are valid or nearly so,
    and `every` is anything.
    """

    good: list[str]
    plain: list[str]
    near: list[str]
    every: list[str]


@cache
def values(kind: str, field: Field) -> Values:
    """The values of a field in a source of this kind."""
    near = list(dict.fromkeys(_near_json(field) if kind == "jsonl" else _near_cells(field)))
    more = (*JSON_VALUES, *NO_NUMBERS, *map(json.dumps, TEXTS), *NUMBERS)
    if kind == "csv":
        more = (*CELLS, *map(_quoted, (*NO_NUMBERS, *TEXTS, *NUMBERS)))
    every = list(dict.fromkeys((*near, *more)))
    good = [each for each in every if is_valid(kind, field, each)]
    assert good, f"no value for {field.name}"
    return Values(good, _plain(kind, field, good), near, every)


def _plain(kind: str, field: Field, good: list[str]) -> list[str]:
    writer = _Writer("re2")
    written = writer.json_value(field) if kind == "jsonl" else writer.cell(field)
    if written is None:
        return []
    # Python writes the numbers of characters otherwise
    accepts = re.compile(re.sub(r"\\x\{(\w+)\}", r"\\u\1", written)).fullmatch
    return [each for each in good if accepts(each)]


def is_valid(kind: str, field: Field, sent: str) -> bool:
    """Whether a value is valid as it is sent, after the reference validator."""
    alone, more = replace(field, name="v", required=True), Field("more", Type.STRING)
    validator = Validator(
        Contract(dataset="alone", version="1", format="jsonl", fields=(alone, more))
    )
    valid: list[Row] = []
    invalid: list[Invalid] = []
    data = sent.encode(errors="surrogatepass")
    if kind == "jsonl":
        validator.judge(b'{"v":' + data + b"}", valid, invalid)
    elif b"\n" not in data:
        judge = Validator(
            Contract(dataset="alone", version="1", format="csv", fields=(alone, more))
        ).header(b"more,v")
        assert callable(judge)
        judge(b"," + data, valid, invalid)
    return len(valid) == 1


def _near_json(field: Field) -> Iterator[str]:
    """What is nearly of the field's type in JSON, or of it."""
    yield "null"
    if field.item is not None:
        items = [each for each in _near_json(field.item) if "\n" not in each]
        good = [each for each in items if is_valid("jsonl", field.item, each)]
        for some in (good, good, items):
            for count in (1, 2, 3, 5):
                yield from (f"[{','.join(some[place::7][:count])}]" for place in range(7))
        yield from ("[]", "[ ]", "[,]", '"a"', '[ "a" , "b" ]')
    elif _is_number(field):
        yield from _numbers(field)
        yield from NO_NUMBERS
        yield '"7"'
    elif field.type is Type.BOOLEAN:
        yield from ("true", "false", "True", '"true"', "1", "0")
    else:
        for text in _texts(field):
            yield json.dumps(text, ensure_ascii=False)
            yield json.dumps(text)
        yield from (each for each in JSON_VALUES if each.startswith('"'))


def _near_cells(field: Field) -> Iterator[str]:
    """What is nearly of the field's type in CSV, or of it."""
    yield from ("", '""', " ")
    if field.item is not None:
        of_item = _numbers(field.item) if _is_number(field.item) else _texts(field.item)
        items = [each for each in of_item if each and is_valid("csv", field.item, _quoted(each))]
        for count in (1, 2, 3, 5):
            for place in range(11):
                yield _quoted((field.separator or "").join(items[place::11][:count]))
        yield from map(_quoted, TEXTS)
    elif _is_number(field):
        yield from map(_quoted, (*_numbers(field), *NO_NUMBERS))
    elif field.type is Type.BOOLEAN:
        yield from (
            "0",
            "1",
            "true",
            "false",
            "TRUE",
            "False",
            "tRuE",
            "01",
            "t",
            "yes",
            "ｔrue",
            "2",
        )
    else:
        yield from map(_quoted, _texts(field))
        yield from CELLS


def _is_number(field: Field) -> bool:
    return field.type in (Type.INTEGER, Type.NUMBER) or field.epoch_unit is not None


def _texts(field: Field) -> Iterator[str]:
    """Text: for times that of times, else all, and what is nearly one of the listed values."""
    if field.type in (Type.DATE, Type.TIMESTAMP):
        yield from (each for each in TEXTS if any(digit in each for digit in "0٢"))
        return
    listed = [str(value) for value in field.valid_values or ()]
    yield from (*listed, *(f"{each} " for each in listed), *(each[:-1] for each in listed))
    yield from TEXTS


def _numbers(field: Field) -> Iterator[str]:
    """Numbers: those that are always looked at, and those near the field's own bounds."""
    yield from NUMBERS
    limits = [field.minimum, field.maximum, field.exclusive_minimum, field.exclusive_maximum]
    if field.epoch_unit:
        limits += [bound // field.epoch_unit for bound in (FIRST_MICROSECOND, LAST_MICROSECOND)]
    numbers = [value for value in field.valid_values or () if not isinstance(value, str)]
    for limit in (*(each for each in limits if each is not None), *numbers):
        yield from (str(limit), f"{limit}.0", f"{limit}.000000000000001", f"{limit}e0")
        yield from (str(limit - 1), str(limit + 1), str(limit * 10))
        for other in (math.nextafter(limit, math.inf), math.nextafter(limit, -math.inf)):
            exact = format(Decimal(other), "f")
            yield from (repr(other), exact, exact[:17])


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if set(text) & set('",\n\r') else text
