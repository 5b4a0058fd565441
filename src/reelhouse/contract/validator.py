"""The reference validator: it defines the verdict and the typed values of every record.

A contract is compiled once, into closures. A JSONL line is first judged quickly, by a parser
written in Rust and checks that accept it only where it is surely valid; whatever is left is judged
carefully, and there the reasons are found. Both give the same typed values.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from reelhouse.contract.csv_rows import cells, read_header
from reelhouse.contract.jsonl import Record, record, records, rejected, too_deep
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract, Field
from reelhouse.contract.quick import compile_accept
from reelhouse.contract.rules import Violation
from reelhouse.contract.values import (
    InvalidValue,
    JudgeValue,
    cell_converter,
    check_characters,
    json_converter,
    judge_value,
    to_json,
)
from reelhouse.text import quote

_in_quotes = re.compile(rb'"[^"]*"?')

Row = list[Any]
"""The typed values of a valid record in the order of the contract's fields, then `_extra`."""

Invalid = tuple[str, list[Violation]]
"""An invalid record's text, and its violations: at least one."""

JudgeLine = Callable[[bytes, list[Row], list[Invalid]], None]
"""Judge the records of a line, and append each to one of the two lists. The line is clean, and not
blank: what belongs to a line is decided before, at the border (`reelhouse.sources.lines`)."""


class Validator:
    """A contract, compiled.

    For JSONL, `judge` is called with each line, and `judge_record` with a record that stands by
    itself, which may go over several lines. For CSV, `header` takes the header of a source, and
    what it returns is called with each row after that.
    """

    def __init__(self, contract: Contract, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self.contract = contract
        self.max_line_bytes = max_line_bytes
        if contract.format == "jsonl":
            self.judge = _judge_json(contract, max_line_bytes, records, self._bounded)
            self.judge_record = _judge_json(contract, max_line_bytes, record, self._bounded)

    def header(self, line: bytes) -> JudgeLine | Violation:
        """Compile a judge of a CSV source's rows from its header, or say why it can't be read."""
        columns = self.columns(line)
        if isinstance(columns, Violation):
            return columns
        return self._bounded(_judge_row(self.contract, columns))

    def columns(self, line: bytes) -> tuple[str, ...] | Violation:
        """The names of a CSV source's columns, or why it can't be read by its header."""
        if b"\r" in line and b"\r" in _in_quotes.sub(b"", line):
            message = "carriage returns (CR) alone end no line: save the file with LF or CRLF"
            return Violation("", "header", message)
        if len(line) > self.max_line_bytes:
            return Violation("", "header", self._too_long(line))
        try:
            return read_header(line.decode(), self.contract)
        except UnicodeDecodeError:
            return Violation("", "header", "the header is not UTF-8")

    def _too_long(self, line: bytes) -> str:
        return f"the line has {len(line)} bytes, more than {self.max_line_bytes}"

    def _bounded(self, judge: JudgeLine) -> JudgeLine:
        """Put before a judge what holds for every line: too long, not UTF-8."""
        limit = self.max_line_bytes

        def judge_line(line: bytes, valid: list[Row], invalid: list[Invalid]) -> None:
            if len(line) > limit:
                raw = line.decode(errors="backslashreplace")
                invalid.append((raw, [Violation("", "lineLength", self._too_long(line))]))
                return
            try:
                judge(line, valid, invalid)
            except UnicodeDecodeError as error:
                raw = line.decode(errors="backslashreplace")
                message = f"byte {error.start + 1} of the line is not UTF-8"
                invalid.append((raw, [Violation("", "encoding", message)]))

        return judge_line


def _missing(field: Field) -> Violation:
    return Violation(field.name, "required", "the value is missing")


# --- JSONL


def _judge_json(
    contract: Contract,
    limit: int,
    records_in: Callable[[str, str | None], Iterable[Record]],
    bounded: Callable[[JudgeLine], JudgeLine],
) -> JudgeLine:
    """The judge of a line or a record: quick where it can be, careful where it must be."""
    accept, judge_records = compile_accept(contract), _judge_records(contract)
    envelope_key = contract.envelope_key
    loads = orjson.loads

    def careful_line(line: bytes, valid: list[Row], invalid: list[Invalid]) -> None:
        judge_records(records_in(line.decode(), envelope_key), valid, invalid)

    careful = bounded(careful_line)

    def judge(line: bytes, valid: list[Row], invalid: list[Invalid]) -> None:
        try:
            value = loads(line)
        except ValueError:
            careful(line, valid, invalid)
            return
        if type(value) is dict and len(line) <= limit:
            if len(value) == 1 and type(events := value.get(envelope_key)) is list:
                if {*map(type, events)} <= {dict} and (keys_in(line) == 1 + sum(map(len, events))):
                    rows = [accept(event) for event in events]
                    if None not in rows:
                        valid += rows  # type: ignore[arg-type]
                        return
                    text = line.decode()
                    if not too_deep(text):
                        valid += filter(None, rows)
                        judge_records(rejected(text, rows, envelope_key), valid, invalid)
                        return
            else:
                row = accept(value)
                if row is not None and (
                    line.count(b":") == len(value) or keys_in(line) == len(value)
                ):
                    valid.append(row)
                    return
        careful(line, valid, invalid)

    return judge


def keys_in(line: bytes) -> int:
    r"""How many keys a line of JSON holds, counted without parsing, or -1 where that is not sure.

    A colon outside of text stands after a key. Where no white space stands before any colon, each
    key is followed by `":`, and within text that can only stand as `\":`.
    """
    colons = line.count(b":")
    after_quotes = line.count(b'":')
    if colons == after_quotes:
        return colons
    if b" :" in line or b"\t:" in line or b"\r:" in line or b"\n:" in line:
        return -1
    return after_quotes


def _judge_records(
    contract: Contract,
) -> Callable[[Iterable[Record], list[Row], list[Invalid]], None]:
    judges = [(field, judge_value(field, json_converter(field))) for field in contract.fields]
    names = frozenset(contract.field_names)

    def judge(found: Iterable[Record], valid: list[Row], invalid: list[Invalid]) -> None:
        for raw, value, violation in found:
            if violation is not None:
                invalid.append((raw, [violation]))
                continue
            violations: list[Violation] = []
            row = _judge_fields(judges, value.get, violations)
            unknown = {key: value[key] for key in value if key not in names}
            row.append(_extra(unknown, violations) if unknown else None)
            if violations:
                invalid.append((raw, violations))
            else:
                valid.append(row)

    return judge


def _judge_fields(
    judges: Iterable[tuple[Field, JudgeValue]],
    get: Callable[[str], Any],
    violations: list[Violation],
) -> Row:
    row: Row = []
    for field, judge in judges:
        value = get(field.name)
        if value is None:
            if field.required:
                violations.append(_missing(field))
            row.append(None)
        else:
            row.append(judge(value, violations))
    return row


def _extra(unknown: dict[str, Any], violations: list[Violation]) -> str:
    """The JSON text of what the contract does not know."""
    texts = []
    for key, value in unknown.items():
        text = f"{to_json(key)}:{to_json(value)}"
        try:
            check_characters(text)
        except InvalidValue as invalid:
            message = f"{quote(text)[1:-1]} holds half of a surrogate pair"
            violations.append(Violation(quote(key)[1:-1], invalid.rule, message))
        texts.append(text)
    return f"{{{','.join(texts)}}}"


# --- CSV


def _judge_row(contract: Contract, columns: tuple[str, ...]) -> JudgeLine:
    places = {name: place for place, name in enumerate(columns)}
    plan = [
        (field, places.get(field.name), judge_value(field, cell_converter(field)))
        for field in contract.fields
    ]
    names = frozenset(contract.field_names)
    unknown = [(place, name) for place, name in enumerate(columns) if name not in names]
    width = len(columns)

    def judge(line: bytes, valid: list[Row], invalid: list[Invalid]) -> None:
        raw = line.decode()
        row_cells = cells(raw)
        if isinstance(row_cells, Violation):
            invalid.append((raw, [row_cells]))
            return
        if len(row_cells) != width:
            message = f"the row has {len(row_cells)} cells, the header {width} columns"
            invalid.append((raw, [Violation("", "columns", message)]))
            return
        violations: list[Violation] = []
        row: Row = []
        for field, place, judge_cell in plan:
            cell = "" if place is None else row_cells[place]
            if cell:
                row.append(judge_cell(cell, violations))
            else:
                if field.required:
                    violations.append(_missing(field))
                row.append(None)
        extra = {name: row_cells[place] for place, name in unknown if row_cells[place]}
        row.append(to_json(extra) if extra else None)
        if violations:
            invalid.append((raw, violations))
        else:
            valid.append(row)

    return judge
