"""Nasty sources: mostly right, and wrong in every way that is known. All from one seeded Random."""

import json
from random import Random
from typing import Any

from reelhouse.contract.model import Contract, Field, Type

JSON_VALUES = (
    *("null", "true", "false", "0", "-0", "1", "-1", "7", "00", "01", "+1", "1.0", "1.5", "-1.50"),
    *("1e3", "1E+2", "1e-2", "1e400", "-0.0", "0.1", ".5", "5.", "0x10", "1_000", "٣", "NaN"),
    *("Infinity", "-Infinity", "9223372036854775807", "9223372036854775808", "1e18"),
    *("-9223372036854775808", "-9223372036854775809", "18446744073709551616", "253402300799"),
    *("253402300800", "-62135596800", "-62135596801", "1763890200", "1763890200123", "90"),
    *("90.0000001", "-90", "89.999999999999999999", "179.99", "180.000000000000001", "[]", "{}"),
    *('""', '"a"', '" a "', '"1"', '"1.0"', '"true"', '"null"', '"\\u0000"', '"\\ud83d"'),
    *('"\\ud83d\\ude00"', '"\\ude00\\ud83d"', '"\\u00e9"', '"é"', '"😀"', '"\\n"', '"\\q"', '"\t"'),
    *('"a:b"', '"\\":"', '"a\\",\\"b"', '"}{"', '"],["', '"2026-11-23"', '"2026-02-30"', "'a'"),
    *('"2026-11-23T09:30:00Z"', '"2026-11-23T09:30:00.123456Z"', '"2026-11-23T24:00:00Z"'),
    *('"CH"', '"ch"', '"CHE"', '"CH\\n"', '"a@example.com"', '"a@b"', '"https://example.com/a"'),
    *('"https://example.com/ä"', '"like"', '"Like"', '"like "', '"viewed"', '"\\u006cike"'),
    *('["a"]', '["a","b"]', '["a",]', '["a",1]', "[null]", "[[]]", '["\\u0000"]', "[1,2]", "[1.0]"),
    *('{"a":1}', '{"a":1,"a":2}', '[{"a":1}]', "[true]", '"\x7f"', '"\u2028"', "tru", '"open'),
    *("12345678901234567890123456789012345678901234567890", "1.7976931348623157e308", "5e-324"),
)

CELLS = (
    *(
        "",
        " ",
        "0",
        "-0",
        "1",
        "-1",
        "7",
        "007",
        "+7",
        "7.0",
        "1e3",
        "1,5",
        "1;5",
        ";",
        "a;b",
        "a;",
    ),
    *("a;;b", "a; b", "true", "TRUE", "False", "yes", "t", "01", "２", "9223372036854775807"),
    *("9223372036854775808", "-9223372036854775808", "1763890200", "253402300800", "NaN", "nan"),
    *(
        "Infinity",
        "0.1",
        ".5",
        "1e309",
        "null",
        "NULL",
        "\\N",
        "a",
        "é",
        "😀",
        "a\rb",
        "a\x00b",
        "\\",
    ),
    *('"', '""', '"a"', '"a,b"', '"a""b"', '"a"b', 'a"b', '"a', '" 1"', '"1"', "'a'", "CH", "ch"),
    *("CHE", "a@example.com", "a@b", "https://example.com/a", "ftp://example.com", "2026-11-23"),
    *("2026-02-30", "2026-11-23T09:30:00Z", "\t", "a\tb", "\ufeffa", "\u2028", "\x7f", "\x1f"),
)


class Nasty:
    """Makes sources for a contract. `share` is how likely a value is a nasty one."""

    def __init__(self, contract: Contract, seed: int, share: float = 0.06) -> None:
        self.contract, self.random, self.share = contract, Random(seed), share

    def source(self, records: int) -> bytes:
        """One source of about so many records."""
        lines = self._jsonl if self.contract.format == "jsonl" else self._csv
        end = self.random.choice((b"\n", b"\n", b"\r\n"))
        found = lines(records)
        data = end.join(self._spoil(line) for line in found)
        return data + (end if self.random.random() < 0.8 else b"")

    # --- JSONL

    def _jsonl(self, records: int) -> list[bytes]:
        lines, made = [], 0
        while made < records:
            count = 1 if self.random.random() < 0.8 else self.random.randrange(0, 5)
            events = [self._object() for _ in range(count)]
            lines.append(self._line(events).encode(errors="surrogatepass"))
            made += max(1, count)
        return lines

    def _line(self, events: list[str]) -> str:
        key, chance = self.contract.envelope_key, self.random.random()
        if len(events) != 1 or chance < 0.05:
            space = self.random.choice(("", "", " ", "\t"))
            listed = f"[{space}{f'{space},{space}'.join(events)}{space}]"
            if chance < 0.6 and key:
                more = ',"more":1' if self.random.random() < 0.02 else ""
                nested = f'[{{"{key}":{listed}}}]' if self.random.random() < 0.03 else listed
                return f'{{{space}"{key}"{space}:{space}{nested}{space}{more}}}'
            if chance < 0.8:
                return listed
            return self.random.choice(("", ",", " , ", " ", ",,")).join(events)
        return events[0]

    def _object(self) -> str:
        random = self.random
        members = []
        for field in self.contract.fields:
            if not field.required and random.random() < 0.6:
                continue
            value = self._valid_json(field)
            if random.random() < self.share:
                value = random.choice(JSON_VALUES)
            if random.random() < self.share / 20:
                continue
            members.append((field.name, value))
        if random.random() < self.share:
            members.append(
                (random.choice(("more", "", "user_id", "é", "a:b")), random.choice(JSON_VALUES))
            )
        if random.random() < self.share:
            random.shuffle(members)
        if random.random() < self.share / 4 and members:
            members.append(random.choice(members))
        gap = "" if random.random() < 0.85 else random.choice((" ", "\t", "  "))
        colon = random.choice((":", f"{gap}:{gap}"))
        text = f"{gap},{gap}".join(f'"{self._key(name)}"{colon}{value}' for name, value in members)
        if random.random() < self.share / 10:
            text += ","
        return f"{{{gap}{text}{gap}}}"

    def _key(self, name: str) -> str:
        if name and self.random.random() < self.share / 20:
            return f"\\u{ord(name[0]):04x}{name[1:]}"
        return name

    def _valid_json(self, field: Field) -> str:
        if field.item is not None:
            items = [self._valid_json(field.item) for _ in range(self.random.randrange(3))]
            return f"[{','.join(items)}]"
        return json.dumps(self._valid(field), ensure_ascii=self.random.random() < 0.5)

    def _valid(self, field: Field) -> Any:
        random = self.random
        if field.valid_values:
            return random.choice(field.valid_values)
        if field.epoch_unit:
            return random.randrange(1_700_000_000, 1_703_000_000) * (1_000_000 // field.epoch_unit)
        match field.type:
            case Type.INTEGER:
                return random.choice((0, 1, 42, random.randrange(10**6), random.randrange(10**17)))
            case Type.NUMBER:
                return random.choice((0, -1, 45.5, round(random.uniform(-90, 90), 6)))
            case Type.BOOLEAN:
                return random.random() < 0.5
            case Type.DATE:
                month, day = random.randrange(1, 13), random.randrange(1, 29)
                return f"20{random.randrange(20, 27)}-{month:02}-{day:02}"
            case Type.TIMESTAMP:
                return f"2026-11-{random.randrange(1, 31):02}T{random.randrange(24):02}:30:00Z"
        if field.pattern:
            return random.choice(("CH", "US", "GB"))
        if field.format == "email":
            return f"user{random.randrange(1000)}@mail.example.com"
        if field.format is not None:
            return f"https://example.com/v?id={random.randrange(1000)}"
        return random.choice(("x", "some words", "é", "😀", 'say "x"', "a\\b", "line\nline", "a/b"))

    # --- CSV

    def _csv(self, records: int) -> list[bytes]:
        random = self.random
        names = [*self.contract.field_names]
        optional = [field.name for field in self.contract.fields if not field.required]
        names = [name for name in names if name not in optional or random.random() < 0.8]
        if random.random() < 0.3:
            names.insert(
                random.randrange(len(names) + 1), random.choice(("more", 'a "b"', "é", "x y"))
            )
        if random.random() < 0.3:
            random.shuffle(names)
        if random.random() < 0.03:
            names = random.choice((names[1:], [*names, names[0]], ["1", "2"]))
        fields = {field.name: field for field in self.contract.fields}
        header = ",".join(_quoted(name) for name in names).encode()
        rows = [self._row(names, fields) for _ in range(records)]
        return [header, *rows]

    def _row(self, names: list[str], fields: dict[str, Field]) -> bytes:
        random = self.random
        cells = [self._cell(fields.get(name)) for name in names]
        if random.random() < self.share / 4:
            cells = random.choice((cells[:-1], [*cells, "x"]))
        return ",".join(cells).encode(errors="surrogatepass")

    def _cell(self, field: Field | None) -> str:
        random = self.random
        if random.random() < self.share / 2:
            return random.choice(CELLS)
        if field is None or (not field.required and random.random() < 0.3):
            return random.choice(("", "", "x", "é", '"a,b"'))
        if field.item is not None:
            items = [str(self._valid(field.item)) for _ in range(random.randrange(1, 4))]
            return _quoted(str(field.separator).join(item.replace("\n", " ") for item in items))
        value = self._valid(field)
        if isinstance(value, bool):
            return random.choice(("1", "true", "True")) if value else random.choice(("0", "false"))
        text = str(value)
        if "\n" in text and not self.contract.multiline:
            text = text.replace("\n", " ")
        return f'"{text}"' if random.random() < 0.1 and '"' not in text else _quoted(text)

    # --- bytes

    def _spoil(self, line: bytes) -> bytes:
        """Now and then, harm the bytes of a line."""
        random = self.random
        if random.random() > self.share / 3:
            return line
        place = random.randrange(len(line) + 1)
        match random.randrange(9):
            case 0:
                return line[:place]
            case 1:
                return (
                    line[:place]
                    + random.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe9"))
                    + line[place:]
                )
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
                    (b"", b" ", b"\t\r", b"42", b"[]", b"null", b"\x00", b"[" * 70)
                )
            case 7:
                return line[:place] + b"\x00" + line[place:]
            case _:
                return line[:place] + line[place + 1 :]


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if set(text) & set('",\n\r') else text
