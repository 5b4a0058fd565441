"""What becomes of the events that tell of landed files, whichever cloud sends them.

An event wakes a function, and the function takes every source of the dataset that no batch has:
of a burst of events the first does the work, and the others find theirs known and end at once.
Events come twice, late, out of order, and for files that are none of ours; each ends in one of
OUTCOMES and is told in one line of the log. What another attempt may do without is raised, so that
the cloud tries again; all else is acknowledged. No source depends on its event: what is left of a
crash, or of a failure, is unclaimed or open in the ledger, and the scheduled sweep takes it.
"""

import os
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reelhouse import engines
from reelhouse.batch import Source, SourceCount
from reelhouse.config import Settings, settings
from reelhouse.contract.registry import load_each
from reelhouse.errors import ReelhouseError, WrongUse, concerns_all, in_words
from reelhouse.flows.ingest import BatchResult, Ingestion, Run
from reelhouse.lake.ledger import Ledger
from reelhouse.lake.owner import owner_is_gone
from reelhouse.landing.discovery import dataset_of, is_passed_over
from reelhouse.landing.sources import SourceChanged
from reelhouse.landing.strays import hint_of
from reelhouse.storage import Entry, open_store, use_endpoints
from reelhouse.triggers.log_lines import log_json, say, say_exception
from reelhouse.triggers.redelivery import may_pass

OUTCOMES = {
    "ingested": "INFO",  # it is in the lake, and what is invalid of it in quarantine
    "known": "INFO",  # a batch has it: of an earlier delivery, or of a run that is at it now
    "not ours": "INFO",  # another bucket, the lake's, not served, hidden, unfinished, no new file
    "stray": "WARNING",  # it is in landing, and in no dataset's folder: nothing ever takes it
    "vanished": "WARNING",  # it is not there any more
    "replaced": "WARNING",  # it is another version that is there, which is taken if it is new
    "failed": "ERROR",  # another attempt would fail alike: acknowledged, its source stays unclaimed
    "raised": "WARNING",  # another attempt may succeed
    "swept": "INFO",  # of a sweep: what was left of a dataset is taken
}
"""What becomes of an event, and how severe that is."""

TRIED_FOR = timedelta(hours=1)
"""An event that is older is not raised any more: the sweep takes its source all the same."""


BATCH_BYTES = 256 * 1024 * 1024
"""How much of a backlog a batch takes: one that outlasts a function's time is begun anew."""


class TryAgain(Exception):
    """What an event asks for could not be done now, and may be later."""


@dataclass(frozen=True)
class Arrival:
    """An event that tells of a landed file.

    `etags` are the ETags under which the store may know the version that landed, `generation` is
    the store's own name of it, and `at` the time when it landed; what the event does not tell is
    left out.
    """

    event_id: str
    uri: str
    etags: tuple[str, ...] = ()
    generation: str | None = None
    at: datetime | None = None

    def is_of(self, entry: Entry) -> bool:
        """Whether it tells of the version that is there."""
        if self.generation and entry.generation:
            return self.generation == entry.generation
        return not self.etags or entry.version in self.etags


@dataclass(frozen=True)
class Told:
    """What became of an event, as its line in the log has it."""

    outcome: str
    message: str
    event_id: str
    uri: str | None = None
    dataset: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The line's fields."""
        names = ("outcome", "event_id", "uri", "dataset")
        return {**{name: getattr(self, name) for name in names}, **self.figures}


class Triggers:
    """The events of one landing and one lake. Calls from several threads go one after the other."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Raises ReelhouseError for wrong settings.

        A contract that does not load fails the events of its dataset, and no other.
        """
        self.given: Settings = settings(environment=environment)
        use_endpoints(self.given.s3_endpoint, self.given.gcs_endpoint)
        folder = self.given.contracts
        self.contracts = load_each(Path(folder) if folder else None)
        self.datasets = served(self.given.datasets, self.contracts.names)
        check_apart(self.given.landing, self.given.lake, self.contracts.names)
        self._lock = threading.Lock()
        self._engine = engines.engine("duckdb", memory_mb=self.given.memory_mb)
        self._ledger: Ledger | None = None

    # --- the two calls

    def arrived(self, arrivals: Iterable[Arrival]) -> list[Told]:
        """Take what has landed, and whatever else of its datasets is new.

        Raises TryAgain if that may help one of the events; the others are done.
        """
        told: list[Told] = []
        with self._lock:
            waiting: dict[str, list[_Waiting]] = {}
            for arrival in arrivals:
                found = self._look(arrival)
                if isinstance(found, Told):
                    told.append(found)
                else:
                    waiting.setdefault(found.dataset, []).append(found)
            for dataset, its in waiting.items():
                told += self._take(dataset, its)
        return ended(told)

    def sweep(self, event_id: str) -> list[Told]:
        """Take what is left of each dataset: of crashes, failures, and events that never came.

        Raises TryAgain if that may help; all datasets have been tried, unless what was wrong with
        one concerns all.
        """
        told: list[Told] = []
        with self._lock:
            for dataset in self.datasets:
                outcome, error = self._run(dataset)
                told.append(self._swept(event_id, dataset, outcome, error))
                if error is not None and concerns_all(error):
                    break
        return ended(told)

    # --- one event

    def _look(self, arrival: Arrival) -> "Told | _Waiting":
        """What can be said of an event without a listing, or what is to be taken."""
        dataset, reason = self._dataset(arrival.uri)
        if dataset is None:
            if self._is_stray(arrival.uri):
                hint = hint_of(self._path(arrival.uri), self.contracts.names)
                message = f"{arrival.uri} is in no dataset's folder{f' ({hint})' if hint else ''}"
                return _told("stray", message, arrival)
            return _told("not ours", f"{arrival.uri}: {reason}", arrival)
        try:
            of_event = [_source(arrival.uri, etag) for etag in arrival.etags]
            if self._is_known(dataset, of_event):
                return _told("known", f"{arrival.uri} is known", arrival, dataset)
            entry = open_store(self.given.landing).head(self._path(arrival.uri))
            if entry is None:
                return _told("vanished", f"{arrival.uri} is not there any more", arrival, dataset)
            replaced = not arrival.is_of(entry)
            if self._is_known(dataset, [_source(arrival.uri, entry.version)]):
                outcome = "replaced" if replaced else "known"
                message = f"{arrival.uri} is known, in the version that is there"
                return _told(outcome, message, arrival, dataset)
        except Exception as error:
            return _failed(error, arrival, dataset)
        return _Waiting(arrival, dataset, replaced)

    def _dataset(self, uri: str) -> tuple[str | None, str]:
        """The dataset that a file is a source of; or None, and why."""
        dataset = dataset_of(self.given.landing, uri)
        if dataset not in self.contracts.names:
            in_lake = uri.startswith(f"{open_store(self.given.lake).root}/")
            return None, "it is the lake's own" if in_lake else "it is in no dataset's folder"
        if dataset not in self.datasets:
            return None, f"{dataset} is not served here"
        inner = self._path(uri).removeprefix(f"{dataset}/")
        if not inner or uri.endswith("/"):
            return None, "it is the placeholder of a folder"
        if is_passed_over(inner):
            return None, "its name is that of a hidden or an unfinished file"
        return dataset, ""

    def _is_stray(self, uri: str) -> bool:
        """Whether a file in landing is in no dataset's folder, nor of the lake, nor hidden."""
        path, lake = self._path(uri), self._path(open_store(self.given.lake).root)
        if (
            path == uri
            or path.startswith(f"{lake}/")
            or path.partition("/")[0] in self.contracts.names
        ):
            return False
        return not uri.endswith("/") and not is_passed_over(path)

    def _path(self, uri: str) -> str:
        return uri.removeprefix(f"{open_store(self.given.landing).root.rstrip('/')}/")

    def _is_known(self, dataset: str, sources: Sequence[Source]) -> bool:
        """Whether a batch has one of the sources, and none waits to be driven to its end."""
        if not sources:
            return False
        state = self._its_ledger().state()
        if not state.known(dataset, sources):
            return False
        return not any(owner_is_gone(claim) for claim in state.open(dataset))

    def _take(self, dataset: str, waiting: Sequence["_Waiting"]) -> list[Told]:
        """Take what is new of a dataset, and tell of each event that waits for it."""
        outcome, error = self._run(dataset)
        batches = {each.uri: batch for batch in outcome.batches for each in batch.sources}
        own = {_uri(failure): failure for failure in outcome.errors}
        uris = {each.arrival.uri for each in waiting}
        for failure in outcome.errors:
            if _uri(failure) not in uris:  # its own event tells more
                say("WARNING", str(failure), dataset=dataset, uri=_uri(failure))
        told = []
        for each in waiting:
            uri = each.arrival.uri
            wrong = own.get(uri) or error
            if uri in batches:
                told.append(each.taken(batches[uri], outcome))
            elif isinstance(wrong, SourceChanged):
                told.append(each.changed(wrong))
            elif wrong is not None:
                told.append(_failed(wrong, each.arrival, dataset))
            else:
                told.append(self._not_taken(each, outcome))
        return told

    def _not_taken(self, waiting: "_Waiting", outcome: Run) -> Told:
        """What became of a source that a run found known, or did not find."""
        found = self._look(waiting.arrival)
        if isinstance(found, Told):
            return found
        errors: list[Exception] = sorted(outcome.errors, key=may_pass, reverse=True)
        errors.append(TimeoutError(f"{waiting.arrival.uri} is there, and was not found in a list"))
        return _failed(errors[0], waiting.arrival, waiting.dataset)

    # --- running

    def _run(self, dataset: str) -> tuple[Run, Exception | None]:
        """Take what is new of a dataset: what was done, and what ended it early."""
        outcome = Run()
        try:
            flow = self._flow()
            outcome = flow.outcome
            flow.run_one(dataset)
        except Exception as error:
            return outcome, error
        return outcome, None

    def _flow(self) -> Ingestion:
        return Ingestion(
            self.given.lake,
            self.given.landing,
            self.contracts,
            self._engine,
            max_line_bytes=self.given.max_line_bytes,
            batch_bytes=BATCH_BYTES,
            ledger=self._its_ledger(),
        )

    def _its_ledger(self) -> Ledger:
        """The ledger, which need not read again what it has read of its many files."""
        if self._ledger is None:
            self._ledger = Ledger(self.given.lake, timedelta(seconds=self.given.lease_seconds))
        return self._ledger

    def _swept(self, event_id: str, dataset: str, outcome: Run, error: Exception | None) -> Told:
        """What became of a dataset in a sweep."""
        errors: list[Exception] = [*outcome.errors, *([error] if error else [])]
        for each in errors:
            _say_bug(each)
        figures = {**_figures(outcome), "failures": [_words(each) for each in errors]}
        done = f"{len(outcome.batches)} batches of {dataset} are in the lake"
        if not errors:
            return Told("swept", done, event_id, None, dataset, figures)
        kind = "raised" if any(map(may_pass, errors)) else "failed"
        message = "; ".join([done, *figures["failures"]])
        return Told(kind, message, event_id, None, dataset, figures)


@dataclass(frozen=True)
class _Waiting:
    """An event whose source is to be taken; `replaced`: in another version than it tells of."""

    arrival: Arrival
    dataset: str
    replaced: bool

    def taken(self, batch: BatchResult, outcome: Run) -> Told:
        uri = self.arrival.uri
        count = next(each for each in batch.sources if each.uri == uri)
        figures = {
            **_counts([count]),
            **count.books,
            "why_no_record": count.why_no_record,
            "batch_id": batch.batch_id,
            "run": _figures(outcome),
        }
        if self.replaced:
            message = f"{uri} was replaced; what is there is ingested"
            return _told("replaced", message, self.arrival, self.dataset, figures)
        message = f"{uri}: {count.valid} records valid, {count.quarantined} quarantined"
        if count.why_no_record:
            message = f"{uri} holds no record: {count.why_no_record}"
        return _told("ingested", message, self.arrival, self.dataset, figures)

    def changed(self, wrong: SourceChanged) -> Told:
        """It does not hold still: each version that comes has an event of its own."""
        outcome = "vanished" if wrong.vanished else "replaced"
        return _told(outcome, str(wrong), self.arrival, self.dataset)


_made: list[Triggers] = []
_making = threading.Lock()


def triggers() -> Triggers:
    """The triggers of this process, with the settings of its environment.

    Raises ReelhouseError for wrong settings and wrong contracts.
    """
    with _making:
        if not _made:
            log_json(os.environ.get("REELHOUSE_LOG", "WARNING").upper())
            _made.append(Triggers())
        return _made[0]


def warm_up() -> None:
    """Do what can be done before the first event comes, and leave failures to that."""
    with suppress(Exception):
        triggers()


def arrived(arrivals: Sequence[Arrival]) -> list[Told]:
    """As Triggers.arrived; each event has failed where settings or contracts are wrong."""
    try:
        made = triggers()
    except Exception as error:
        return ended([_failed(error, each) for each in arrivals])
    return made.arrived(arrivals)


def sweep(event_id: str) -> list[Told]:
    """As Triggers.sweep; it has failed where settings or contracts are wrong."""
    try:
        made = triggers()
    except Exception as error:
        return ended([failed(error, event_id)])
    return made.sweep(event_id)


def ended(told: list[Told]) -> list[Told]:
    """Tell the log of each event. Raises TryAgain if another attempt may help one of them."""
    for each in told:
        say(OUTCOMES[each.outcome], each.message, **each.to_json())
    again = [each.message for each in told if each.outcome == "raised"]
    if again:
        raise TryAgain("; ".join(again))
    return told


def served(named: str | None, contracts: Collection[str]) -> list[str]:
    """The datasets that a function serves. Raises WrongUse for one without a contract."""
    if named is None:
        return list(contracts)
    found = list(dict.fromkeys(filter(None, (each.strip() for each in named.split(",")))))
    for name in found:
        if name not in contracts:
            raise WrongUse(
                f"REELHOUSE_DATASETS names {name!r}, and there are contracts for "
                f"{', '.join(contracts)}: mend it, or add a contract (REELHOUSE_CONTRACTS)"
            )
    return found


def check_apart(landing: str, lake: str, contracts: Collection[str]) -> None:
    """Raise WrongUse where what a lake's tables write would land as sources: without end."""
    root, sources = open_store(lake).root.rstrip("/"), open_store(landing).root.rstrip("/")
    tables = [f"{root}/{dataset}/" for dataset in contracts]
    for dataset in contracts:
        folder = f"{sources}/{dataset}/"
        if any(each.startswith(folder) or folder.startswith(each) for each in tables):
            raise WrongUse(
                f"the lake, {root}, lies in {folder}, where sources land, or that in the lake: "
                "name folders that are apart (REELHOUSE_LANDING, REELHOUSE_LAKE)"
            )


# --- what is told


def not_ours(message: str, event_id: str) -> Told:
    """An event that tells of no new file."""
    return Told("not ours", message, event_id)


def failed(error: Exception, event_id: str) -> Told:
    """An event that comes to nothing, because of settings, of contracts, or of what it is."""
    return _failed(error, Arrival(event_id, ""))


def _told(
    outcome: str,
    message: str,
    arrival: Arrival,
    dataset: str | None = None,
    figures: dict[str, Any] | None = None,
) -> Told:
    return Told(outcome, message, arrival.event_id, arrival.uri or None, dataset, figures or {})


def _failed(error: Exception, arrival: Arrival, dataset: str | None = None) -> Told:
    """What an error makes of an event: `raised` if another attempt may help, and it is not late."""
    _say_bug(error)
    message = _words(error)
    if not may_pass(error):
        return _told("failed", message, arrival, dataset)
    if arrival.at is not None and datetime.now(UTC) - arrival.at > TRIED_FOR:
        message += "; the event is old, and is not tried again: the sweep takes its source"
        return _told("failed", message, arrival, dataset)
    return _told("raised", message, arrival, dataset)


def _words(error: Exception) -> str:
    return in_words(error) or f"this is a defect of Reelhouse: {type(error).__name__}: {error}"


def _say_bug(error: Exception) -> None:
    if in_words(error) is None:
        say_exception("this is a defect of Reelhouse", error)


def _uri(error: ReelhouseError) -> str | None:
    return getattr(error, "uri", None)


def _counts(counts: Iterable[SourceCount | BatchResult]) -> dict[str, int]:
    names = ("records", "valid", "quarantined")
    found = list(counts)
    return {name: sum(getattr(each, name) for each in found) for name in names}


def _figures(outcome: Run) -> dict[str, Any]:
    """What a run has done in all."""
    return {
        "batch_ids": [each.batch_id for each in outcome.batches],
        "sources": sum(len(each.sources) for each in outcome.batches),
        "sources_without_records": sum(
            not count.records for each in outcome.batches for count in each.sources
        ),
        **_counts(outcome.batches),
        "seconds": round(sum(each.seconds for each in outcome.batches), 3),
    }


def _source(uri: str, version: str) -> Source:
    """A source as far as the ledger names it."""
    return Source(uri, version, 0, datetime.now(UTC))
