"""Replay: quarantined records judged again, under the contract as it is now.

What is valid now goes into the lake, and a table beside the quarantine notes it; the quarantine
itself, with the old verdict, is not changed. A replay is a batch in the ledger like any other.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from reelhouse import faults
from reelhouse.batch import Batch, Source
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract
from reelhouse.contract.rules import Violation
from reelhouse.contract.validator import Invalid, JudgeLine, Row, Validator
from reelhouse.engines.base import Work
from reelhouse.engines.output import Output
from reelhouse.engines.reference import judge_piece, source_groups
from reelhouse.errors import ReelhouseError
from reelhouse.faults import Step
from reelhouse.flows.batch import Batches, GivenUp, batch_id, end_replay, work
from reelhouse.flows.books import check_conservation
from reelhouse.flows.quarantine import connect
from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from reelhouse.lake.ledger import LEASE, Ledger, State
from reelhouse.lake.manifest import Manifest
from reelhouse.lake.parquet import write_partitioned
from reelhouse.lake.targets import REPLAYS_SCHEMA, Target, check_fits, holding
from reelhouse.landing.sources import check_unchanged
from reelhouse.moments import utc
from reelhouse.sources.nature import Refusal, examine
from reelhouse.sources.pieces import whole
from reelhouse.storage import open_store, refusals_told

NEVER = {"encoding", "source"}
"""Rules that no contract can mend: what they refused is not there as it was sent."""

ROWS_AT_ONCE = 10_000


@dataclass(kw_only=True)
class Replayed:
    """What a replay found, or did: records by what became of them, and why the rest stays."""

    dataset: str
    contract_version: str
    records: int = 0
    valid: int = 0
    applied: bool = False
    batch_id: str | None = None
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def still_invalid(self) -> int:
        """How many records stay in quarantine."""
        return self.records - self.valid

    def to_json(self) -> dict[str, object]:
        """The document that `--json` prints."""
        return {
            "dataset": self.dataset,
            "contract_version": self.contract_version,
            "applied": self.applied,
            "batch_id": self.batch_id,
            "records": self.records,
            "valid": self.valid,
            "still_invalid": self.still_invalid,
            "reasons": [
                {"field": name, "rule": rule, "records": count}
                for (name, rule), count in self.reasons.most_common()
            ],
        }


class Replay:
    """A replay of one dataset of a lake."""

    def __init__(
        self,
        lake: str,
        contract: Contract,
        max_line_bytes: int = MAX_LINE_BYTES,
        lease_seconds: float = LEASE.total_seconds(),
    ) -> None:
        self.store = open_store(lake)
        self.lake, self.contract = self.store.root, contract
        self.dataset = contract.dataset
        self.max_line_bytes = max_line_bytes
        self.ledger = Ledger(lake, timedelta(seconds=lease_seconds))
        self.batches = Batches(self.store, self.ledger)
        self.validator = Validator(contract, max_line_bytes)
        self._sources: dict[str, dict[str, Source]] = {}
        self._headers: dict[str, dict[str, str | None]] = {}

    def rehearse(self) -> Replayed:
        """Say what a replay would do, and do nothing."""
        check_fits(self.store, self.contract, "replay", fresh=True)
        found = Replayed(dataset=self.dataset, contract_version=self.contract.version)
        for _ in self._judged(found):
            pass
        return found

    def apply(self) -> Replayed:
        """Put what is valid now into the lake.

        Raises ReelhouseError if another replay runs, and StorageError if the lake can't be written.
        """
        with refusals_told(self.lake):
            self._end_left_open()
            found = self.rehearse()
            if not found.valid:
                return found
            batch = self.batches.claim(self.dataset, self._choose)
            if batch is None:
                raise ReelhouseError(
                    f"another replay of {self.dataset} is running; wait for its end"
                )
            return self._drive(batch)

    def _drive(self, batch: Batch) -> Replayed:
        done = Replayed(dataset=self.dataset, contract_version=self.contract.version)

        def judge(batch: Batch, tables: tuple[Target, ...]) -> Manifest:
            return self._write(batch, tables, done)

        try:
            self.batches.drive(batch, self.contract, judge)
        except GivenUp as end:
            raise end.reason from end
        done.applied, done.batch_id = True, batch.batch_id
        return done

    # --- the batch

    def _choose(self, state: State) -> Batch | None:
        if any(claim.kind == "replay" for claim in state.open(self.dataset)):
            return None
        # the same quarantine and the same replays before it: the same work has the same name
        tables = (layout.quarantine(self.dataset), layout.replays(self.dataset))
        versions = [self._version(path) for path in tables]
        identity = f"replay\0{self.dataset}\0{self.contract.version}\0{versions}"
        return Batch(
            dataset=self.dataset,
            batch_id=batch_id(identity.encode(), state.ended()),
            attempt=1,
            contract_version=self.contract.version,
            engine="replay",
            ingested_at=utc(datetime.now(UTC)),
            kind="replay",
        )

    def _version(self, path: str) -> int:
        table = open_table(self.store.uri(path))
        return -1 if table is None else table.version()

    def _end_left_open(self) -> None:
        while (batch := self.batches.take_over(self.dataset, "replay", "replay")) is not None:
            end_replay(self.batches, batch, self.contract)

    def _write(self, batch: Batch, tables: tuple[Target, ...], done: Replayed) -> Manifest:
        to_do = work(batch, self.contract, self.lake, self.max_line_bytes)
        output = Output(to_do)
        notes: list[dict[str, Any]] = []
        for row, rows, source in self._judged(done):
            if source is not None:
                self._reread(source, to_do, output)
            else:
                output.add(row["_source"], rows, [])
            notes.append(
                {
                    "batch_id": row["_batch_id"],
                    "source": row["_source"],
                    "raw_sha256": hashlib.sha256(row["raw"].encode()).hexdigest(),
                    "replay_batch_id": batch.batch_id,
                    "contract_version": batch.contract_version,
                    "replayed_at": batch.ingested_at,
                }
            )
        written = output.finish()
        sources = [Source(each.uri, "", 0, batch.ingested_at) for each in written.counts]
        check_conservation(sources, written)
        unique = {tuple(note.values()): note for note in notes}
        table = pa.Table.from_pylist(list(unique.values()), schema=REPLAYS_SCHEMA)
        replays, folder = layout.replays(self.dataset), to_do.folder
        noted = write_partitioned(table, self.store, replays, folder, ())
        faults.after(Step.JUDGED)
        files = (noted, written.quarantine_files, written.valid_files)
        return Manifest(batch.attempt, holding(tables, *files), tuple(written.counts))

    # --- judging

    def _judged(self, found: Replayed) -> Iterator[tuple[dict[str, Any], list[Row], Source | None]]:
        """Judge what is in quarantine, and yield what is valid now.

        For a record, with its rows; for a source that was refused as a whole, with the source.
        """
        with connect(self.lake, self.dataset) as connection:
            reader = connection.sql("SELECT * FROM quarantine").to_arrow_reader(ROWS_AT_ONCE)
            for batch in reader:
                for row in batch.to_pylist():
                    found.records += 1
                    rows, source, violations = self._judge(row)
                    if violations:
                        found.reasons.update({(each.field, each.rule) for each in violations})
                    else:
                        found.valid += 1
                        yield row, rows, source

    def _judge(self, row: dict[str, Any]) -> tuple[list[Row], Source | None, list[Violation]]:
        old = [Violation(**each) for each in row["violations"]]
        rules = {each.rule for each in old}
        if rules & NEVER or ("lineLength" in rules and "\\x" in row["raw"]):
            return [], None, old
        if "header" in rules:
            return self._judge_header(row, old)
        judge = self._judge_of(row, "lineLength" in rules)
        if judge is None:
            return [], None, old
        rows: list[Row] = []
        invalid: list[Invalid] = []
        judge(row["raw"].encode(), rows, invalid)
        violations = [each for _, broken in invalid for each in broken]
        return rows, None, violations if rows or violations else old

    def _judge_of(self, row: dict[str, Any], is_line: bool) -> JudgeLine | None:
        """The judge of a record's text, or of a line's: for CSV, under its source's header."""
        if self.contract.format == "jsonl":
            return self.validator.judge if is_line else self.validator.judge_record
        header = self._headers_of(row["_batch_id"]).get(row["_source"])
        if header is None:
            return None
        judge = self.validator.header(header.encode())
        return None if isinstance(judge, Violation) else judge

    def _judge_header(
        self, row: dict[str, Any], old: list[Violation]
    ) -> tuple[list[Row], Source | None, list[Violation]]:
        """A source that was refused as a whole is read again, if it is still what it was."""
        source = self._sources_of(row["_batch_id"]).get(row["_source"])
        if source is None or not source.version:
            return [], None, old
        try:
            check_unchanged(source)
            nature = examine(source.uri, self.contract, self.max_line_bytes)
        except ReelhouseError:
            return [], None, [Violation("", "header", "the source is no longer there as it was")]
        if isinstance(nature, Refusal):
            return [], None, [nature.violation]
        if nature.header is not None:
            columns = self.validator.columns(nature.header)
            if isinstance(columns, Violation):
                return [], None, [columns]
        return [], source, []

    def _sources_of(self, batch_id: str) -> dict[str, Source]:
        if batch_id not in self._sources:
            sources = self.ledger.sources(batch_id)
            self._sources[batch_id] = {source.uri: source for source in sources}
        return self._sources[batch_id]

    def _headers_of(self, batch_id: str) -> dict[str, str | None]:
        if batch_id not in self._headers:
            counts = self.ledger.counts(batch_id)
            self._headers[batch_id] = {count.uri: count.header for count in counts}
        return self._headers[batch_id]

    def _reread(self, source: Source, work: Work, output: Output) -> None:
        work = replace(work, sources=[source])
        for found in source_groups(work, output):
            judge = found.judge(self.validator)
            for uri, nature in found.sources.items():
                judge_piece(whole(uri, nature), judge, work, output)
        check_unchanged(source)
