"""What came in and what was refused: facts from the ledger, the tables and the quarantine.

No Spark is needed. All of it is about the whole lake, and its size is bounded: batches are summed
by period, and of rules, reasons and batches only the foremost are kept.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reelhouse.errors import DatasetFailed, apart, raised
from reelhouse.flows.quarantine import Quarantine, Reason, connect, in_order
from reelhouse.lake import layout
from reelhouse.lake.claims import Committed
from reelhouse.lake.commit import open_table
from reelhouse.lake.ledger import Ledger
from reelhouse.lake.owner import owner_is_gone
from reelhouse.landing.notices import NO_NOTICES, Notices
from reelhouse.report import periods
from reelhouse.storage import open_store

MOST_DATASETS = 12
MOST_REASONS = 15
MOST_BATCHES = 12
MOST_EMPTY = 15
LONGEST = 240
"""How many characters of a record or a message are shown."""


@dataclass
class Dataset:
    """What came in of one dataset. `valid` and `quarantined` are of what came in.

    `replayed` were quarantined first, and valid when they were judged again. The rows are what the
    tables have, as their own logs count them; None where a table is not there. `unread` is whether
    a table is there and could not be read. `bytes` are those that were read of the sources,
    unpacked; None if the ledger does not know.
    """

    name: str
    batches: int = 0
    sources: int = 0
    sources_without_records: int = 0
    bytes: int | None = None
    records: int = 0
    valid: int = 0
    quarantined: int = 0
    in_lake: int = 0
    in_quarantine: int = 0
    replayed: int = 0
    last_batch: datetime | None = None
    lake_rows: int | None = None
    quarantine_rows: int | None = None
    unread: bool = False

    @property
    def differs(self) -> bool:
        """Whether the tables have other numbers of rows than the ledger says."""
        return (self.lake_rows or 0, self.quarantine_rows or 0) != (
            self.in_lake,
            self.in_quarantine,
        )


@dataclass
class DataFacts:
    """All that the report says about the data.

    `unbalanced` are batches whose records are not valid + quarantined. `open_batches` are being
    worked at (`owner_is` "at work") or were left (`gone`). `shares` are by period and dataset,
    `rules` by dataset, `reasons` by dataset, field and rule, each with an example. `empty` are the
    last sources that held no record: dataset, source, why, and the bytes that were read. `notices`
    are of what in landing no run takes. `warehouse` is how many sources a warehouse has too, and
    how many of them it counts otherwise; None if there is none that was reconciled.
    """

    lake: str
    datasets: list[Dataset] = field(default_factory=list)
    more_datasets: int = 0
    unbalanced: list[str] = field(default_factory=list)
    open_batches: list[dict[str, Any]] = field(default_factory=list)
    released: int = 0
    step: str = "day"
    shares: list[dict[str, Any]] = field(default_factory=list)
    batches: list[Committed] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[dict[str, Any]] = field(default_factory=list)
    more_reasons: int = 0
    empty: list[dict[str, Any]] = field(default_factory=list)
    examples: bool = True
    notices: Notices = NO_NOTICES
    warehouse: tuple[int, int] | None = None

    @property
    def sources_without_records(self) -> int:
        """How many sources held no record."""
        return sum(each.sources_without_records for each in self.datasets)

    @property
    def records(self) -> int:
        """How many records came in."""
        return sum(each.records for each in self.datasets)

    @property
    def valid(self) -> int:
        """How many of them were valid when they came in."""
        return sum(each.valid for each in self.datasets)

    @property
    def quarantined(self) -> int:
        """How many of them were refused when they came in."""
        return sum(each.quarantined for each in self.datasets)

    @property
    def replayed(self) -> int:
        """How many of the refused were valid when they were judged again."""
        return sum(each.replayed for each in self.datasets)

    @property
    def left_open(self) -> list[dict[str, Any]]:
        """The batches that a run began and nobody is at."""
        return [each for each in self.open_batches if each["owner_is"] == "gone"]

    @property
    def differing(self) -> list[Dataset]:
        """The datasets of which the tables have other numbers of rows than the ledger says.

        Not those of which a batch is open: its rows may be there before the ledger says so.
        """
        busy = {each["dataset"] for each in self.open_batches}
        return [
            each
            for each in self.datasets
            if each.differs and not each.unread and each.name not in busy
        ]

    @property
    def unread(self) -> list[Dataset]:
        """The datasets of which a table could not be read."""
        return [each for each in self.datasets if each.unread]

    @property
    def conserved(self) -> bool:
        """Whether every record is accounted for."""
        return not self.unbalanced and not self.differing and not self.unread


def read_data(
    lake: str, examples: bool = True, tell: Callable[[DatasetFailed], object] = raised
) -> DataFacts:
    """The facts of a lake; a lake without a ledger has none. Raises ReelhouseError.

    Without `examples`, nothing is in it of what records say. `tell` gets what goes wrong with a
    dataset, of which then only the ledger's figures are known.
    """
    store, ledger = open_store(lake), Ledger(lake)
    state = ledger.state()
    batches = state.committed()
    found = DataFacts(store.root, examples=examples)
    found.open_batches = [
        {
            "dataset": claim.dataset,
            "batch_id": claim.batch_id,
            "since": claim.at,
            "owner_is": "gone" if owner_is_gone(claim) else "at work",
        }
        for claim in state.open()
    ]
    found.released = state.entries["entry"].to_pylist().count("released")
    found.unbalanced = [
        each.batch_id for each in batches if each.records != each.valid + each.quarantined
    ]
    found.datasets = _datasets(batches)
    found.more_datasets = max(0, len(found.datasets) - MOST_DATASETS)
    found.datasets = found.datasets[:MOST_DATASETS]
    reasons: list[Reason] = []
    for each in found.datasets:
        each.unread = True
        with apart(each.name, tell):
            each.lake_rows = _rows_of(store.uri(layout.table(each.name)))
            each.quarantine_rows = _rows_of(store.uri(layout.quarantine(each.name)))
            rules = _rules(lake, each.name)
            reasons += Quarantine(lake).reasons([each.name])
            found.rules += rules
            each.unread = False
    names = [each.name for each in found.datasets]
    came_in = [each for each in batches if each.kind == "ingest" and each.dataset in names]
    found.step, found.shares = _shares(came_in)
    found.batches = came_in[: -MOST_BATCHES - 1 : -1]
    found.empty = list(islice(_empty(ledger, came_in), MOST_EMPTY))
    reasons = in_order(reasons)
    found.more_reasons = max(0, len(reasons) - MOST_REASONS)
    found.reasons = [_short(each) for each in reasons[:MOST_REASONS]]
    if not examples:
        found.reasons = [each | {"message": "", "example": ""} for each in found.reasons]
    return found


def _datasets(batches: list[Committed]) -> list[Dataset]:
    found: dict[str, Dataset] = {}
    for batch in batches:
        each = found.setdefault(batch.dataset, Dataset(batch.dataset))
        each.in_lake += batch.valid
        each.in_quarantine += batch.quarantined
        if batch.kind == "replay":
            each.replayed += batch.valid
            continue
        each.batches += 1
        each.sources += batch.sources_count or 0
        each.sources_without_records += batch.sources_without_records or 0
        if batch.bytes is not None:
            each.bytes = (each.bytes or 0) + batch.bytes
        each.records += batch.records
        each.valid += batch.valid
        each.quarantined += batch.quarantined
        each.last_batch = max(each.last_batch or batch.at, batch.at)
    return sorted(found.values(), key=lambda each: (-each.records, each.name))


def _empty(ledger: Ledger, batches: list[Committed]) -> Iterator[dict[str, Any]]:
    """The sources that held no record, the newest first. 0.1.0 did not count them in a batch."""
    for batch in reversed(batches):
        for count in ledger.counts(batch.batch_id) if batch.sources_without_records else ():
            if not count.records:
                yield {
                    "dataset": batch.dataset,
                    "source": count.uri,
                    "why": count.why_no_record,
                    "bytes": count.bytes,
                }


def _rows_of(uri: str) -> int | None:
    """How many rows a table has, as its log counts them; None if there is no table."""
    table = open_table(uri)
    if table is None:
        return None
    counts = pa.table(table.get_add_actions(flatten=True))
    if "num_records" in counts.column_names and not counts["num_records"].null_count:
        return int(pc.sum(counts["num_records"]).as_py() or 0)
    return int(table.to_pyarrow_dataset().count_rows()) if len(counts) else 0


def _shares(batches: list[Committed]) -> tuple[str, list[dict[str, Any]]]:
    """By period of ingestion and dataset: records, those quarantined, and their share."""
    if not batches:
        return "day", []
    days = [each.ingested_at.date() for each in batches]
    step = periods.step_for(min(days), max(days))
    sums: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for day, batch in zip(days, batches, strict=True):
        here = sums[periods.begin(day, step), batch.dataset]
        here.update({"records": batch.records, "quarantined": batch.quarantined})
    return step, [
        {
            "period": period,
            "dataset": dataset,
            "records": counts["records"],
            "quarantined": counts["quarantined"],
            "share": counts["quarantined"] / counts["records"],
        }
        for (period, dataset), counts in sorted(sums.items())
        if counts["records"]
    ]


def _rules(lake: str, dataset: str) -> list[dict[str, Any]]:
    """How many records are in quarantine for each rule; one that broke two counts for both."""
    with connect(lake, dataset) as connection:
        rows = connection.execute(
            """
            SELECT rule, count(*) AS records FROM (
                SELECT unnest(list_distinct(list_transform(violations, lambda v: v.rule))) AS rule
                FROM quarantine
            ) GROUP BY rule ORDER BY records DESC, rule
            """
        ).fetchall()
    return [{"dataset": dataset, "rule": rule, "records": records} for rule, records in rows]


def _short(reason: Reason) -> dict[str, Any]:
    def cut(text: str) -> str:
        return text if len(text) <= LONGEST else text[:LONGEST] + "…"

    return {**reason, "message": cut(reason["message"]), "example": cut(reason["example"])}
