"""What a source is: told by its bytes, the same whether it is packed, and however it is read."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reelhouse.contract.model import Contract, Field, Type
from reelhouse.sources import nature as border
from reelhouse.sources.nature import KINDS, Nature, Refusal, examine
from reelhouse.sources.packing import Packing
from tests.conformance.nasty_sources import BOM, PACKERS

Tell = Callable[..., Any]

LIMIT = 1_000
FIELDS = (Field("a", Type.INTEGER, required=True), Field("t", Type.STRING))
JSONL = Contract(dataset="j", version="1", format="jsonl", fields=FIELDS, envelope_key="events")
JSON = replace(JSONL, documents=True)
CSV = Contract(dataset="c", version="1", format="csv", fields=FIELDS)
FOLDED = replace(CSV, multiline=True)

LONG = b"[\n" + b'{"a":1},\n' * 300_000
UNSURE = b'{"a":\n' + b" " * 100_000
NUMBERS = json.dumps(list(range(30_000)), indent=0).encode()


@pytest.fixture
def told(tmp_path: Path) -> Tell:
    def tell(data: bytes, contract: Contract, limit: int = LIMIT) -> Nature | Refusal:
        path = tmp_path / "source"
        path.write_bytes(data)
        return examine(str(path), contract, limit)

    return tell


@pytest.mark.parametrize(
    ("data", "documents"),
    [
        (b"", False),
        (b" \n\xef\xbb\xbf\n", False),
        (b'{"a":1}\n{\n"a":2}', False),
        (b'{\n"a":1}', True),
        (b'\n\xef\xbb\xbf  {\n"a":1}', True),
        (b'  \xef\xbb\xbf{\n"a":1}', False),
        (b"[\n]", True),
        (b'[\n{"a":1},', True),
        (b'[\n{"a":1}', False),
        (b'[\n{"a":1}\n{"a":2}', False),
        (b'[{"a":1},\n{"a":2}', False),
        (b'[{"a":1},\n{"a":2},', True),
        (b'{"events":[\n{"a":1},{"', True),
        (b'{"other":[\n{"a":1},{"', True),
        (b'{"other":[\n{"a":1},\n{"a":2}', False),
        (b'{"a" "b\n{', False),
        (b"1\n[\n]", False),
        (b'{"a":1,\n"b', True),
        (LONG, True),
        (UNSURE, False),
        (UNSURE + b"1}", True),
        (UNSURE + b"x", False),
        (NUMBERS, True),
    ],
)
def test_documents_are_told_from_lines(told: Tell, data: bytes, documents: bool) -> None:
    assert told(data, JSONL).documents == documents
    for packing, pack in PACKERS.items():
        found = told(pack(data), JSONL)
        assert (found.documents, found.packing) == (documents, packing)


@pytest.mark.parametrize(
    ("data", "documents"), [(b"", False), (b"\n \n", False), (b"1", True), (b"x\n[\n", True)]
)
def test_a_contract_may_say_that_a_source_holds_documents(
    told: Tell,
    data: bytes,
    documents: bool,
) -> None:
    assert told(data, JSON).documents == documents


@pytest.mark.parametrize(
    ("data", "contract", "header", "start", "blank"),
    [
        (b"a,t\n1,x\n", CSV, b"a,t", 4, 0),
        (BOM * 2 + b"a,t\r\r\n1,x\n", CSV, b"a,t", 12, 0),
        (b"\n \t\r\n" + BOM + b"\na\n", CSV, b"a", 11, 9),
        (b"a", CSV, b"a", 1, 0),
        (b'"a\nb",a\n', CSV, b'"a', 3, 0),
        (b'"a\nb",a\n', FOLDED, b'"a\nb",a', 8, 0),
        (b'"a\nb,a\n', FOLDED, b'"a', 3, 0),
    ],
)
def test_the_header_of_csv_is_the_first_line_or_row_that_is_not_blank(
    told: Tell,
    data: bytes,
    contract: Contract,
    header: bytes,
    start: int,
    blank: int,
) -> None:
    for packing in (None, *PACKERS):
        found = told(PACKERS[packing](data) if packing else data, contract)
        assert (found.header, found.start, found.blank_bytes) == (header, start, blank)


@pytest.mark.parametrize("contract", [CSV, FOLDED])
@pytest.mark.parametrize("end", [b"", b"\n", b"\na\n" * 9_000])
def test_as_much_is_kept_of_a_header_that_is_too_long_however_it_was_read(
    told: Tell,
    contract: Contract,
    end: bytes,
) -> None:
    data = b"a," + b"x" * 300_000 + end
    plain = told(data, contract)
    assert LIMIT < len(plain.header) <= LIMIT + border.HEAD_BYTES
    for pack in PACKERS.values():
        assert told(pack(data), contract).header == plain.header


def test_no_more_is_read_than_it_takes_to_tell(told: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(border, "DECIDING_BYTES", 80_000)
    for data, documents in (
        (b'{"a":\n[' + b"1," * 100_000, True),
        (b'{"a":\n[' + b"1," * 100_000 + b"x", True),
        (b'{"a":[' + b"1," * 100_000 + b"\n]}", False),
    ):
        for each in (data, PACKERS["gzip"](data), PACKERS["zstd"](data)):
            assert told(each, JSONL).documents == documents


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("contract", [CSV, JSONL])
def test_each_kind_of_file_that_is_no_text_is_refused_by_name(
    told: Tell,
    kind: border.Kind,
    contract: Contract,
) -> None:
    found = told(kind.begins + b"\0" * 100, contract)
    assert isinstance(found, Refusal)
    assert (found.raw, found.packed) == (b"", False)
    assert kind.name in found.violation.message
    assert found.violation.message.endswith(kind.mend)
    inside = told(PACKERS["gzip"](kind.begins + b"\0" * 100), contract)
    assert inside.violation.message.startswith("inside the gzip data is ")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["a,t\n1,é\n", '{"a":1}\n', "[\n]"])
def test_text_in_two_or_four_bytes_is_refused(
    told: Tell,
    text: str,
    encoding: str,
    mark: str,
) -> None:
    for contract in (CSV, JSONL):
        found = told((mark + text).encode(encoding), contract)
        assert found.violation.message == f"the source is {encoding[:6].upper()}: save it as UTF-8"


def test_what_is_packed_twice_is_refused(told: Tell) -> None:
    for first in PACKERS:
        for then in PACKERS:
            found = told(PACKERS[then](PACKERS[first](b"a\n")), CSV)
            assert f"packed twice, with {then} and with {first}" in found.violation.message


@pytest.mark.parametrize(
    ("data", "is_binary"),
    [
        (b"\x00\x01\xff\n\x02", True),
        (b'\x00\x01\xff\n{"a":1}\n', False),
        (b'{"a":"\xff\x00"}', False),
        (b"\x00\x01\n", False),
        (b"\xff\xfe\n", False),
        (b"\x00\xff" + b"\n" * 70_000 + b'{"a":1}\n', True),
    ],
)
def test_binary_data_is_told_from_lines_that_are_damaged(
    told: Tell,
    data: bytes,
    is_binary: bool,
) -> None:
    assert isinstance(told(data, JSONL), Refusal) == is_binary


def test_small_sources_are_kept_and_large_ones_are_not(told: Tell) -> None:
    small = b'{"a":1}\n'
    assert told(small, JSONL).content == small
    packed = PACKERS["gzip"](small * 10_000)
    assert told(packed, JSONL) == Nature(Packing.GZIP, content=packed)
    assert told(small * 10_000, JSONL).content is None
