"""Nasty sources: line ends, byte-order marks, headers, packings, documents, and what is no text.

`Nasty` makes records that are wrong in every way that is known; here it is the files they come in.
"""

import bz2
import codecs
import gzip
import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from tests.conformance.nasty import COLUMNS, NOT_UTF8, Nasty, _quoted

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BOM = codecs.BOM_UTF8

# fmt: off
ENDS = (
    b"\n", b"\r\n", b"\r\r\n", b"\r\r\r\n", b"\n\r", b"\r", b"\n\n", b"\r\n\r\n", b"\n\r\n",
    b"\r\n\n", b" \n", b"\t\r\n", b"\r \n", b"\x0b\n", b"\x85\n", b"\xe2\x80\xa8", b"",
)
"""What may stand between two lines, and what people take for it."""

MARKS = (BOM, BOM * 2, BOM * 3, b" " + BOM, BOM + b" ", BOM + b"\r", BOM[:2], BOM + BOM[:1])

BLANKS = (
    b"\n", b"\r\n", b" \n", b"\t\r\n", b"\r\r\n", b"\r \r\n", BOM + b"\n", BOM + b" \r\n",
    BOM * 2 + b"\r\n", b" " * 2_100 + b"\n", b" " + BOM + b"\n", b"\x0c\n", b"\xc2\xa0\n",
)

SUFFIXES = ("", "", "", ".gz", ".GZ", ".gzip", ".bz2", ".zst", ".zip", ".csv", ".jsonl", ".txt")

SPACES = ("", "", " ", "\n", "\n  ", "\r\n\t", "\t", " \n\n ", "\r", "\n\n")

BREAKS = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\x00", b"x", b"//", b"NaN", b"-", b"1.",
    b"tru", b'{"a"', b'{"a":', b'{"a":1', b'"open', b"\xff", BOM, b"'a'", b"e5", b"[" * 70,
)
# fmt: on

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1, mtime=0),
    "bzip2": bz2.compress,
    "zstd": zstd.compress,
}

_tokens = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+', re.DOTALL).findall


def packed(data: bytes, random: Random, packing: str | None = None) -> bytes:
    """The data packed, in some members that were cut at any byte, with zeros between and after."""
    pack = PACKERS[packing or random.choice([*PACKERS])]
    cuts = sorted(random.choices(range(len(data) + 1), k=random.choice((0, 0, 1, 2, 4))))
    parts = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    zeros = random.choice((b"", b"", b"\0", b"\0" * 600))
    return b"".join(pack(part) + zeros for part in parts)


def respaced(text: str, random: Random, spaces: Sequence[str] = SPACES) -> str:
    """A JSON text with other white space between its tokens."""
    return "".join(token + random.choice(spaces) for token in _tokens(text)).strip()


def is_json(text: str) -> bool:
    """Whether a text is one value of JSON, as RFC 8259 has it."""
    try:
        json.loads(text, parse_constant=_no_constant, parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)


class NastySources(Nasty):
    """Makes whole sources, each wrong as a file in some way, or right."""

    def sources(self, count: int, records: int) -> dict[str, bytes]:
        """So many sources by name, each of at most so many records."""
        return {
            f"{number:03}{self.random.choice(SUFFIXES)}": self.odd_source(records)
            for number in range(count)
        }

    def odd_source(self, records: int) -> bytes:
        """One source of at most so many records."""
        random, kind = self.random, self.contract.format
        size = random.choice((0, 1, 2, 3, 5, records // 4, records, records))
        chance = random.random()
        if chance < 0.04:
            return self.no_text(size)
        if kind == "csv":
            data = self.table(size)
        elif chance < 0.5:
            data = self.document(size)
        elif chance < 0.6:
            data = self.broken_first_line(size)
        else:
            data = self.source(max(1, size))
        for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
            data = self.harmed(data)
        if random.random() < 0.2:
            data = packed(data, random)
            if random.random() < 0.3:
                data = self.harmed_bytes(data)
        return data

    # --- lines

    def harmed(self, data: bytes) -> bytes:
        """The data with one thing wrong with its lines."""
        random = self.random
        lines = data.splitlines(keepends=True) if random.random() < 0.1 else _with_ends(data)
        place = random.randrange(len(lines) + 1)
        match random.randrange(9):
            case 0:
                end = random.choice(ENDS)
                return end.join(line.rstrip(b"\r\n") for line in lines) + random.choice((end, b""))
            case 1:
                share = random.choice((0.1, 0.5, 1.0))
                return b"".join(
                    line.rstrip(b"\r\n") + random.choice(ENDS) if random.random() < share else line
                    for line in lines
                )
            case 2:
                return random.choice(MARKS) + data
            case 3:
                return b"".join(
                    random.choice(MARKS) + line if random.random() < 0.2 else line for line in lines
                )
            case 4:
                at = random.randrange(len(data) + 1)
                return data[:at] + random.choice(MARKS) + data[at:]
            case 5:
                blanks = [random.choice(BLANKS) for _ in range(random.randrange(1, 4))]
                place = random.choice((0, place, len(lines)))
                return b"".join([*lines[:place], *blanks, *lines[place:]])
            case 6:
                return data.rstrip(b"\r\n") + random.choice(
                    (b"", b"\n", random.choice(BLANKS)[:-1])
                )
            case 7:
                return data.replace(b'"', random.choice(MARKS) + b'"', random.randrange(1, 3))
            case _:
                return self.harmed_bytes(data)

    def harmed_bytes(self, data: bytes) -> bytes:
        """The data cut at any byte, or with a few bytes that are others, or not there, or more."""
        random = self.random
        place = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0:
                return data[:place]
            case 1:
                return data[place:]
            case 2:
                return data[:place] + random.choice(NOT_UTF8) + data[place:]
            case 3:
                return data[:place] + random.randbytes(random.randrange(4)) + data[place + 1 :]
            case _:
                return data + random.choice((b"\0", b"\0" * 512, b"x", data[:20], b"\x1f\x8b"))

    def no_text(self, records: int) -> bytes:
        """What is no text, or no UTF-8."""
        random = self.random
        text = self.table(records) if self.contract.format == "csv" else self.document(records)
        match random.randrange(7):
            case 0:
                with io.BytesIO() as file:
                    with zipfile.ZipFile(file, "w") as archive:
                        archive.writestr(zipfile.ZipInfo("a.txt"), text)
                    return file.getvalue()
            case 1:
                with io.BytesIO() as file:
                    with tarfile.open(fileobj=file, mode="w") as archive:
                        entry = tarfile.TarInfo("a.txt")
                        entry.size = len(text)
                        archive.addfile(entry, io.BytesIO(text))
                    return file.getvalue()
            case 2:
                with io.BytesIO() as file:
                    pq.write_table(pa.table({"a": [1, 2, 3]}), file)
                    return file.getvalue()
            case 3:
                return random.randbytes(random.choice((1, 3, 10, 100, 5_000)))
            case 4:
                return packed(packed(text, random), random)
            case _:
                mark, width = random.choice(
                    [("\ufeff", 16), ("", 16), ("\ufeff", 32), ("", 32), ("\ufeff\ufeff", 16)]
                )
                order = random.choice(("le", "be"))
                wide = (mark + text.decode(errors="replace")).encode(f"utf-{width}-{order}")
                return wide[: len(wide) - random.choice((0, 0, 1, 2, 3))]

    # --- documents

    def texts(self, records: int) -> list[str]:
        """The texts of so many records, each a value of JSON: most are objects."""
        random, names = self.random, [*self.contract.field_names]
        found: list[str] = []
        while len(found) < records:
            chance = random.random()
            if chance < 0.92:
                text = self._object(random.sample(names, len(names)))
            elif chance < 0.95:
                text = random.choice(
                    ("1", '"x"', "null", "-1.5e3", "true", "[]", "{}", '""', "[1]")
                )
            elif chance < 0.97:
                text = f'{{"more":{"[" * random.choice((3, 62, 63, 64, 65, 500))}'
                text += "]" * text.count("[") + "}"
            elif chance < 0.98:
                text = f'{{"more":"{"x" * random.randrange(1_980, 2_030)}"}}'
            else:
                key = self.contract.envelope_key or "events"
                text = f'{{"{key}":[{self._object(names)},{self._object(names)}]}}'
            if is_json(text):
                found.append(text)
        return found

    def document(self, records: int) -> bytes:
        """JSON documents: mostly one, of any form; now and then it is broken somewhere."""
        random = self.random
        many = random.choice((1, 1, 1, 2, 3))
        between = random.choice(("\n", "", ",", " , ", "\n\n", ",\n", f"\n{chr(0xFEFF)}", "\r\n"))
        data = between.join(
            self.one_document(self.texts(-(-records // many))) for _ in range(many)
        ).encode(errors="surrogatepass")
        if random.random() < 0.3:
            place = random.randrange(len(data) + 1)
            broken = random.choice((*BREAKS, b""))
            return data[:place] + broken + data[place + random.choice((0, 0, 1, 5)) :]
        if random.random() < 0.05:
            return data.replace(b'"', b'"' + random.choice(NOT_UTF8), random.randrange(1, 4))
        return data

    def one_document(self, texts: list[str]) -> str:
        """One array, envelope, or sequence of objects of these records, printed in some way."""
        random = self.random
        style = random.choice(("minified", "wild", "indented", "crlf", "lines", "comma first"))
        if style == "wild":
            texts = [respaced(text, random) for text in texts]
        elif style in ("indented", "crlf"):
            texts = [_indented(text, random.choice((1, 2, 4, "\t"))) for text in texts]
        gap = {
            "minified": "", "wild": random.choice(SPACES), "lines": "\n", "comma first": "\n"
        }.get(style, "\n  ")  # fmt: skip
        comma = f"{gap}, " if style == "comma first" else f",{gap}"
        if style == "minified":
            comma = ","
            texts = [text + ("\n" if random.random() < 0.1 else "") for text in texts]
        listed = f"[{gap}{comma.join(texts)}{random.choice((gap, ''))}]"
        key = self.contract.envelope_key or "events"
        match random.randrange(6):
            case 0 | 1:
                found = listed
            case 2:
                colon = random.choice((":", ": ", " :", gap + ":"))
                found = f'{{{gap}"{self._key(key)}"{colon}{listed}{gap}}}'
            case 3:
                found = f'{{"{key}":[{{"{key}":{listed}}}{gap}]}}'
            case 4:
                more = random.choice(('"more":1,', '"m":{"a":\n1},', ""))
                after = random.choice((',"more":1', f',"{key}":[]', ","))
                found = f'{{{more}{gap}"{key}":{listed}{after if random.random() < 0.5 else ""}}}'
            case _:
                found = gap.join(texts) if gap else "\n".join(texts)
        return found.replace("\n", "\r\n") if style == "crlf" else found

    def broken_first_line(self, records: int) -> bytes:
        """Lines of JSON of which the first is broken, so that it may begin a document."""
        random, names = self.random, [*self.contract.field_names]
        lines = [self._object(names) for _ in range(max(2, records))]
        first = random.choice((lines[0], self.one_document(self.texts(2))))
        first = first[: random.randrange(len(first) + 1)]
        if random.random() < 0.3:
            first += random.choice(("{", "[", ",", ":", '"', "[{", '{"a":', '{"a":[', "[1,", '"x'))
        lines[0] = first
        if random.random() < 0.2:
            lines[-1] = lines[-1][: random.randrange(len(lines[-1]) + 1)]
        return random.choice(("\n", "\n", "\r\n")).join(lines).encode(errors="surrogatepass")

    # --- CSV

    def table(self, records: int) -> bytes:
        """Rows of CSV under a header with some oddity, or none."""
        random = self.random
        names = [
            name for name, field in self.fields.items() if field.required or random.random() < 0.9
        ]
        if random.random() < 0.3:
            random.shuffle(names)
        if random.random() < 0.3:
            names.insert(random.randrange(len(names) + 1), random.choice(COLUMNS))
        rows = [self._row(names) for _ in range(records)]
        if random.random() < 0.1:
            rows += [f'"{row.decode(errors="replace")}\n"'.encode() for row in rows[:2]]
        header = ",".join(map(_quoted, names)) or "a"
        if random.random() < 0.4:
            header = self.odd_header(names or ["a"])
        end = random.choice((b"\n", b"\n", b"\r\n"))
        return end.join([header.encode(errors="surrogateescape"), *rows, b""])

    def odd_header(self, names: list[str]) -> str:
        """A header of these columns with one oddity."""
        random = self.random
        place = random.randrange(len(names))
        name = names[place]
        one = {
            0: f'"{name}"', 1: f'"{name}', 2: f'{name}"', 3: f" {name}", 4: f"{name} ",
            5: name.upper(), 6: name.title(), 7: f"{name}\r", 8: f"\r{name}", 9: f'"{name}\r"',
            10: f"\ufeff{name}", 11: f'\ufeff"{name}"', 12: f'"\ufeff{name}"', 13: "", 14: '""',
            15: f"{name}\udcff", 16: f'"{name}\n"', 17: f'"\n{name}"', 18: f'"{name}\r\n"',
            19: "x" * 2_100, 20: f"{name},{name}", 21: f"{name},more", 22: f'{name},"a\nb"',
            23: f"{name},", 24: f"{name}\x00", 25: f'{name},"more\r\r\n"', 26: f"{name}\ufeff",
        }  # fmt: skip
        choice = random.randrange(len(one) + 4)
        if choice < len(one):
            return ",".join([*names[:place], one[choice], *names[place + 1 :]])
        return {
            27: random.choice((";", "\t", "|", ", ")).join(names),
            28: ",".join(f'"{each}"' for each in names),
            29: ",".join([*names[:place], *names[place + 1 :]]),
            30: ",".join([*names, *names[:1]]),
        }[choice]


def _with_ends(data: bytes) -> list[bytes]:
    """The lines of some data, each with its LF if it has one."""
    return [line for line in re.split(rb"(?<=\n)", data) if line]


def _indented(text: str, indent: int | str) -> str:
    """A JSON text printed at length, with everything else as it is."""
    out: list[str] = []
    depth, unit = 0, " " * indent if isinstance(indent, int) else indent
    for token in _tokens(text):
        if token in "]}":
            depth -= 1
            out.append("\n" + unit * depth + token)
        elif token in "[{":
            depth += 1
            out.append(token + "\n" + unit * depth)
        elif token == ",":
            out.append(token + "\n" + unit * depth)
        else:
            out.append(": " if token == ":" else token)
    return "".join(out)
