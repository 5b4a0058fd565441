"""Judge sources on an engine, and read back what it wrote."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from reelhouse.batch import Source, Written
from reelhouse.contract.model import Contract
from reelhouse.contract.odcs import SUFFIX, load
from reelhouse.engines.base import Work

Run = Callable[[Work], Written]

ADDED = ("_source", "_ingested_at", "_batch_id", "contract_version")


@dataclass
class Judged:
    """What an engine made of one source; `books` are its bytes, those of header and blank lines."""

    valid: list[dict[str, Any]] = field(default_factory=list)
    invalid: list[tuple[str, tuple[tuple[str, str, str], ...]]] = field(default_factory=list)
    records: int = 0
    counted: tuple[int, int] = (0, 0)
    books: tuple[int | None, int, int] = (None, 0, 0)

    def sorted(self) -> "Judged":
        """The same, in an order that no engine has a say in."""
        return Judged(
            sorted(self.valid, key=canonical),
            sorted(self.invalid),
            self.records,
            self.counted,
            self.books,
        )


def canonical(row: dict[str, Any]) -> str:
    """A row as text, with its columns in order."""
    return json.dumps(row, sort_keys=True)


def contract_of(given: Mapping[str, Any], folder: Path) -> Contract:
    """Load a contract from the short form that case files use: format, properties, and more."""
    custom = [
        {"property": name, "value": given[name]}
        for name in ("format", "envelopeKey", "multiline")
        if name in given
    ]
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "cases",
        "version": "1.0.0",
        "status": "active",
        "schema": [
            {"name": "cases", "customProperties": custom, "properties": given["properties"]}
        ],
    }
    path = folder / f"cases{SUFFIX}"
    path.write_text(yaml.safe_dump(document))
    return load(path)


def judge(
    run: Run, contract: Contract, sources: Mapping[str, bytes], max_line_bytes: int = 8 << 20
) -> dict[str, Judged]:
    """Judge sources, by name, in one batch. Checks that files and counts say the same."""
    folder = Path(tempfile.mkdtemp(prefix="reelhouse-test-"))
    try:
        names, landed = {}, []
        for name, data in sources.items():
            path = folder / "landing" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            names[str(path)] = name
            landed.append(Source(str(path), "1", len(data), datetime.now(UTC)))
        written = run(work_of(contract, landed, folder / "lake", max_line_bytes))
        sizes = {str(source.uri): source.size for source in landed}
        for count in written.counts:
            assert count.packed or count.bytes == sizes[count.uri], "each byte is accounted for"
            assert count.header_bytes + count.blank_bytes <= (count.bytes or 0)
        return _read(written, folder / "lake", contract.dataset, names)
    finally:
        shutil.rmtree(folder)


def work_of(contract: Contract, sources: list[Source], lake: Path, max_line_bytes: int) -> Work:
    """A batch for an engine."""
    return Work(
        contract=contract,
        sources=sources,
        lake_root=str(lake),
        table=contract.dataset,
        quarantine=f"_quarantine/{contract.dataset}",
        folder="batch=b.1",
        batch_id="b",
        ingested_at=datetime(2026, 11, 24, tzinfo=UTC),
        max_line_bytes=max_line_bytes,
        progress=lambda done, total: None,
    )


def _read(written: Written, lake: Path, dataset: str, names: dict[str, str]) -> dict[str, Judged]:
    found = {name: Judged() for name in names.values()}
    assert sorted(count.uri for count in written.counts) == sorted(names), "each source once"
    for count in written.counts:
        judged = found[names[count.uri]]
        judged.records, judged.counted = count.records, (count.valid, count.quarantined)
        judged.books = (count.bytes, count.header_bytes, count.blank_bytes)
    for file in written.valid_files:
        rows = pq.ParquetFile(lake / dataset / file.path).read().to_pylist()
        assert len(rows) == file.rows
        for row in rows:
            source = names[row["_source"]]
            partition = file.partition_values
            typed = {name: _plain(value) for name, value in {**row, **partition}.items()}
            found[source].valid.append(
                {n: v for n, v in typed.items() if n not in ADDED and v is not None}
            )
    for file in written.quarantine_files:
        rows = pq.ParquetFile(lake / "_quarantine" / dataset / file.path).read().to_pylist()
        assert len(rows) == file.rows
        for row in rows:
            assert row["violations"], "an invalid record has at least one violation"
            violations = tuple(
                (each["field"], each["rule"], each["message"]) for each in row["violations"]
            )
            found[names[row["_source"]]].invalid.append((row["raw"], violations))
    for judged in found.values():
        assert judged.records == sum(judged.counted)
        assert judged.counted == (len(judged.valid), len(judged.invalid))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
