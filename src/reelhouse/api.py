"""The public API's own parts: a lake and what is done with it, and verdicts without a lake.

`reelhouse/__init__.py` says what of it is public. What the command line does by flags is done here
by arguments; neither knows more than the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from reelhouse.batch import OnProgress
from reelhouse.config import Settings, WarehouseSettings, settings, warehouse_settings
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.registry import Contracts, load_all, load_each
from reelhouse.contract.rules import Violation
from reelhouse.contract.validator import Invalid, JudgeLine, Row, Validator
from reelhouse.errors import ReelhouseError, WrongUse
from reelhouse.storage import open_store, resolve, use_endpoints

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    import pyarrow.dataset as ds
    from pyspark.sql import DataFrame, SparkSession

    from reelhouse.contract.model import Contract
    from reelhouse.engines.base import Engine
    from reelhouse.flows.ingest import Run
    from reelhouse.flows.quarantine import Quarantine, QuarantinedRecord, Reason
    from reelhouse.flows.replay import Replayed
    from reelhouse.flows.status import LakeStatus
    from reelhouse.lake.compact import CompactionResult
    from reelhouse.report.make import Report
    from reelhouse.usecases.run import Lake as TablesOrFrames
    from reelhouse.warehouse.connections import Answer, Connection
    from reelhouse.warehouse.runner import Built, Checked, Loaded, Reconciled, Runner, WarehouseRun

Place = str | Path
"""A local path, or a URI such as gs://bucket/lake."""

Value: TypeAlias = str | int | float | bool | date | datetime | list["Value"] | None
"""A field's typed value: a time is in UTC, and a list holds values."""


def load_contracts(folder: Place | None = None) -> Contracts:
    """All contracts by dataset: those shipped, and those of a folder of your own.

    >>> import reelhouse as rh
    >>> sorted(rh.load_contracts())
    ['events', 'users', 'videos']

    Raises ContractError with all problems of all contracts, and ReelhouseError for a folder that
    is not there.
    """
    return load_all(None if folder is None else Path(folder))


# --- verdicts


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the contract says of one record.

    `line` counts from 1; a line of JSON may hold several records. A valid record has `values`: by
    field, and under `_extra` what the contract does not know, as JSON. An invalid one has
    `violations`, and `raw`, its text.
    """

    line: int
    values: dict[str, Value] | None = None
    raw: str | None = None
    violations: tuple[Violation, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the record keeps all rules."""
        return not self.violations


def validate(
    contract: "Contract", lines: Iterable[str | bytes], *, max_line_bytes: int = MAX_LINE_BYTES
) -> list[Verdict]:
    """Judge records by the reference validator alone, which defines every verdict.

    `lines` are those of one source: of CSV, the first is the header. They may have their line
    ends. Of a line with several records, the valid ones come first.

    >>> import reelhouse as rh
    >>> events = rh.load_contracts()["events"]
    >>> good = '{"user_id": 7, "video_id": 1, "event": "viewed", "timestamp": 1700000000}'
    >>> bad = '{"user_id": -7, "video_id": 1, "event": "viewed", "timestamp": 1700000000}'
    >>> for verdict in rh.validate(events, [good, bad]):
    ...     print(verdict.line, verdict.valid, *verdict.violations)
    1 True
    2 False Violation(field='user_id', rule='minimum', message='-7 is less than 0')

    Raises WrongUse for a CSV whose header can't be read.
    """
    validator = Validator(contract, max_line_bytes)
    numbered = _records(contract, lines, max_line_bytes)
    if contract.format == "csv":
        judge = _judge_of_csv(validator, next(numbered, (0, b""))[1])
    else:
        judge = validator.judge
    found: list[Verdict] = []
    for number, line in numbered:
        rows, invalid = list[Row](), list[Invalid]()
        judge(line, rows, invalid)
        found += [Verdict(line=number, values=values) for values in _typed(contract, rows)]
        found += [
            Verdict(line=number, raw=raw, violations=tuple(violations))
            for raw, violations in invalid
        ]
    return found


def _judge_of_csv(validator: Validator, header: bytes) -> JudgeLine:
    judge = validator.header(header)
    if isinstance(judge, Violation):
        raise WrongUse(f"the header can't be read: {judge.message}")
    return judge


def _records(
    contract: "Contract", lines: Iterable[str | bytes], limit: int
) -> Iterator[tuple[int, bytes]]:
    """The text of each record, or line of JSON, that is not blank, and its line's number."""
    from reelhouse.sources.lines import clean, is_blank
    from reelhouse.sources.multiline import joined

    if isinstance(lines, str | bytes):
        raise WrongUse("lines must be several texts: split yours at its line ends")
    sent = (
        line.encode(errors="surrogatepass") if isinstance(line, str) else line for line in lines
    )
    ended = (part + b"\n" for line in sent for part in line.removesuffix(b"\n").split(b"\n"))
    cleaned = (
        (text for text, _ in joined(ended, limit)) if contract.multiline else map(clean, ended)
    )
    number = 1
    for text in cleaned:
        if not is_blank(text):
            yield number, text
        number += text.count(b"\n") + 1


def _typed(contract: "Contract", rows: list[Row]) -> Iterator[dict[str, Value]]:
    """Typed values as Python has them: the validator's times are numbers."""
    from reelhouse.engines.rows import column

    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    values = [
        column(field, held).to_pylist()
        for field, held in zip(contract.fields, columns[:-1], strict=True)
    ]
    for row in zip(*values, columns[-1], strict=True):
        yield dict(zip((*contract.field_names, "_extra"), row, strict=True))


# --- a lake


class Lake:
    """A lake, and what is done with it.

    What is not given comes from REELHOUSE_… in the environment, else from reelhouse.toml in the
    working folder, else it is the default, as for the command line. `uri` and `contracts` are
    folders or, for the lake, a place in a bucket; `engine` is duckdb, spark or spark-rdd;
    `master` and `remote` are Spark's own words; `memory_mb` is how much memory duckdb may use.

    >>> import reelhouse as rh
    >>> made = rh.generate("landing", events=100, broken=0.1)
    >>> lake = rh.Lake("lake")
    >>> run = lake.ingest("landing", datasets=["events"])
    >>> run.raise_for_failures()
    >>> [(batch.dataset, batch.records, batch.valid + batch.quarantined) for batch in run.batches]
    [('events', 100, 100)]
    >>> lake.duckdb("events").shape[0] == run.batches[0].valid
    True
    >>> lake.ingest("landing", datasets=["events"]).batches
    []

    Raises WrongUse for a setting that makes no sense, and ReelhouseError for a folder of contracts
    that is not there.
    """

    def __init__(
        self,
        uri: Place | None = None,
        *,
        contracts: Place | None = None,
        engine: str | None = None,
        master: str | None = None,
        remote: str | None = None,
        max_line_bytes: int | None = None,
        lease_seconds: int | None = None,
        memory_mb: int | None = None,
        s3_endpoint: str | None = None,
        gcs_endpoint: str | None = None,
    ) -> None:
        self.settings: Settings = settings(
            {
                "lake": _text(uri),
                "contracts": _text(contracts),
                "engine": engine,
                "master": master,
                "remote": remote,
                "max_line_bytes": max_line_bytes,
                "lease_seconds": lease_seconds,
                "memory_mb": memory_mb,
                "s3_endpoint": s3_endpoint,
                "gcs_endpoint": gcs_endpoint,
            }
        )
        use_endpoints(self.settings.s3_endpoint, self.settings.gcs_endpoint)
        self.uri: str = open_store(self.settings.lake).root
        folder = self.settings.contracts
        self.contracts: Contracts = load_each(None if folder is None else Path(folder))
        self._engines: dict[str, Engine] = {}

    def __repr__(self) -> str:
        return f"Lake({self.uri!r})"

    def ingest(
        self,
        landing: Place | None = None,
        *,
        datasets: Sequence[str] | None = None,
        sources: Sequence[Place] | None = None,
        engine: str | None = None,
        dry_run: bool = False,
        on_progress: OnProgress | None = None,
    ) -> "Run":
        """Judge what is new in landing, and commit it to lake and quarantine.

        `datasets` are those to take, by default all. `sources` are exactly those files, of one
        dataset, which is named. With `dry_run`, records are judged and nothing is committed.
        `on_progress` is told the dataset, the bytes done and the bytes in all.

        What goes wrong with one dataset is among the run's errors, and the others go on. Raises
        WrongUse for a dataset without a contract and for a source that lies in another dataset's
        folder, and ReelhouseError for what concerns all, such as a landing that is not there.
        """
        from reelhouse.flows.ingest import Ingestion
        from reelhouse.flows.places import check_lake, check_landing

        chosen = self._chosen(datasets)
        place = _text(landing) or self.settings.landing
        named = None if sources is None else self._named(sources, chosen, place)
        if named is None:
            check_landing(place)
        check_lake(self.uri)
        flow = Ingestion(
            self.uri,
            place,
            self.contracts,
            self._engine(engine or self.settings.engine, [place, *(named or ())]),
            max_line_bytes=self.settings.max_line_bytes,
            lease_seconds=self.settings.lease_seconds,
        )
        if on_progress is not None:
            flow.progress = on_progress
        return (flow.rehearse if dry_run else flow.run)(chosen, named)

    def duckdb(
        self, dataset: str, connection: "duckdb.DuckDBPyConnection | None" = None
    ) -> "duckdb.DuckDBPyRelation":
        """A dataset's valid records, as a relation of DuckDB's, of a connection if one is given.

        Raises ReelhouseError if nothing of the dataset is in the lake.
        """
        import duckdb

        from reelhouse.lake.read import in_duckdb

        return in_duckdb(connection or duckdb.connect(), self.uri, self._table(dataset))

    def arrow(self, dataset: str) -> "ds.Dataset":
        """A dataset's valid records, as a dataset of Arrow's, which prunes files as it reads.

        Raises ReelhouseError if nothing of the dataset is in the lake.
        """
        from reelhouse.lake.read import in_arrow

        return in_arrow(self.uri, self._table(dataset))

    def spark(self, dataset: str, session: "SparkSession") -> "DataFrame":
        """A dataset's valid records, as a DataFrame of Spark's.

        `spark_session(delta=True, uris=[lake.uri])` gives a session that can read the lake. Raises
        ReelhouseError if nothing of the dataset is in the lake.
        """
        from reelhouse.lake.read import in_spark

        return in_spark(session, self.uri, self._table(dataset))

    def quarantine(self, dataset: str) -> "DatasetQuarantine":
        """A dataset's invalid records. Raises WrongUse for a dataset without a contract."""
        self._chosen([dataset])
        return DatasetQuarantine(self.uri, dataset)

    def replay(self, dataset: str, *, apply: bool = False) -> "Replayed":
        """Judge a dataset's invalid records again, under the contract as it is now.

        Without `apply` it only says what would become valid.

        >>> import reelhouse as rh
        >>> made = rh.generate("landing", events=100, broken=0.1)
        >>> lake = rh.Lake("lake")
        >>> count = lake.ingest("landing", datasets=["events"]).batches[0].quarantined
        >>> replayed = lake.replay("events")
        >>> (replayed.valid, replayed.still_invalid == count)
        (0, True)

        Raises WrongUse for a dataset without a contract, ContractError, ContractConflict, and
        ReelhouseError if there is no lake yet.
        """
        from reelhouse.flows.places import require_lake
        from reelhouse.flows.replay import Replay

        self._chosen([dataset])
        require_lake(self.uri)
        replay = Replay(
            self.uri,
            self.contracts[dataset],
            self.settings.max_line_bytes,
            self.settings.lease_seconds,
        )
        return replay.apply() if apply else replay.rehearse()

    def status(self, landing: Place | None = None) -> "LakeStatus":
        """What is in the lake, what waits in landing, and which batches are open.

        >>> import reelhouse as rh
        >>> made = rh.generate("landing", events=100, files=4)
        >>> status = rh.Lake("lake").status("landing")
        >>> {dataset["dataset"]: dataset["records"] for dataset in status["datasets"]}
        {'events': 0, 'users': 0, 'videos': 0}

        Raises DatasetFailed for a dataset that can't be looked at, and ReelhouseError for a lake
        that is a file.
        """
        from reelhouse.flows.places import check_lake
        from reelhouse.flows.status import lake_status

        check_lake(self.uri)
        return lake_status(self.uri, _text(landing) or self.settings.landing, self.contracts)

    def compact(
        self, datasets: Sequence[str] | None = None, *, keep_hours: int | None = None
    ) -> "CompactionResult":
        """Merge small files, and delete what nobody needs, of these datasets or of all.

        `keep_hours` is how long files are kept that only readers of older versions need. What goes
        wrong with one table is among the errors of the result.

        >>> import reelhouse as rh
        >>> made = rh.generate("landing", events=100)
        >>> lake = rh.Lake("lake")
        >>> run = lake.ingest("landing")
        >>> before = lake.arrow("events").count_rows()
        >>> lake.compact(["events"]).raise_for_failures()
        >>> lake.arrow("events").count_rows() == before
        True

        Raises WrongUse for hours that make no sense, and ReelhouseError if there is no lake yet.
        """
        from reelhouse.flows.places import require_lake
        from reelhouse.lake.compact import KEEP_HOURS, Compaction

        chosen = self._chosen(datasets)
        keep = KEEP_HOURS if keep_hours is None else keep_hours
        lease = self.settings.lease_seconds
        work = Compaction(self.uri, keep_hours=keep, lease_seconds=lease)
        require_lake(self.uri)
        return work.run(chosen)

    def analyze(
        self,
        use_case: str,
        *,
        start: str | None = None,
        end: str | None = None,
        top: int | None = None,
        engine: str | None = None,
    ) -> "pa.Table":
        """The answer to a business question, such as "top-users", as a table of Arrow's.

        From `start` on, up to `end`, which is not in it: days or times, ISO 8601, in UTC. DuckDB
        answers, or Spark: `engine` is duckdb or spark, by default that of the lake. Raises WrongUse
        for another question or engine, and ReelhouseError if there is no lake yet, or if Spark is
        to answer and it or Java is missing.
        """
        from reelhouse.flows.places import require_lake
        from reelhouse.usecases import use_case as find
        from reelhouse.usecases.span import parse

        case, asked, most = find(use_case), parse(start, end), _count("top", top, least=1)
        require_lake(self.uri)
        return self._opened(engine).answer(case, asked, most)

    def report(
        self,
        out: Place,
        *,
        start: str | None = None,
        end: str | None = None,
        landing: Place | None = None,
        examples: bool = True,
        engine: str | None = None,
    ) -> "Report":
        """Write the report of the lake, one HTML file, to a path or a URI.

        Without `examples`, it has no record that was refused. `engine` is as for `analyze`. Raises
        WrongUse for another engine, ReelhouseError without the packages that draw charts, if there
        is no lake yet, or without Spark or Java if Spark is to answer, and DatasetFailed for a
        dataset that can't be read.
        """
        from reelhouse.flows.places import require_lake
        from reelhouse.landing.notices import look
        from reelhouse.report import why_no_packages
        from reelhouse.report.make import make_report
        from reelhouse.usecases.span import parse
        from reelhouse.warehouse.beside import last_reconciled

        asked, given = parse(start, end), self.settings
        if missing := why_no_packages():
            raise ReelhouseError(missing)
        require_lake(self.uri)
        folder = None if given.contracts is None else Path(given.contracts)
        place = open_store(_text(landing) or given.landing)
        return make_report(
            self._opened(engine, lenient=True),
            _full(out),
            asked,
            examples=examples,
            notices=look(place, self.contracts.names, self.uri, folder),
            warehouse=last_reconciled(warehouse_settings().database),
        )

    # --- parts

    def _opened(self, engine: str | None, *, lenient: bool = False) -> "TablesOrFrames":
        """The lake, for those who ask it."""
        from reelhouse.engines import ANSWERING
        from reelhouse.usecases.run import open_lake

        given = self.settings
        if engine is not None and engine not in ANSWERING:
            raise WrongUse(f"engine is {engine!r}; what answers is one of {', '.join(ANSWERING)}")
        return open_lake(
            self.uri,
            engine or given.engine,
            given.master,
            given.remote,
            given.memory_mb,
            lenient=lenient,
        )

    def _chosen(self, datasets: Sequence[str] | None) -> list[str]:
        return _chosen(self.contracts, datasets)

    def _named(self, sources: Sequence[Place], chosen: list[str], landing: str) -> list[str]:
        """The full URIs of sources, all of the one dataset that was chosen."""
        from reelhouse.landing.discovery import dataset_of

        if isinstance(sources, str | Path):
            raise WrongUse(f"sources must be several places: [{str(sources)!r}]")
        if len(chosen) != 1:
            raise WrongUse("sources are of one dataset: name it, as in datasets=['events']")
        uris = [_full(source) for source in sources]
        for uri in uris:
            dataset = dataset_of(landing, uri)
            if dataset in self.contracts.names and dataset != chosen[0]:
                raise WrongUse(f"{uri} is one of {dataset}, not of {chosen[0]}")
        return uris

    def _table(self, dataset: str) -> str:
        from reelhouse.lake import layout

        return layout.table(dataset)

    def _engine(self, name: str, places: Sequence[str]) -> "Engine":
        from reelhouse.engines import ENGINES, engine

        if name not in self._engines:
            given = self.settings
            if name in ENGINES and name != "duckdb":  # a session that can answer questions later
                from reelhouse.spark.session import spark_session

                uris = [self.uri, *places]
                spark_session(given.master, given.remote, delta=True, uris=uris)
            self._engines[name] = engine(
                name, given.master, given.remote, given.memory_mb, sources=places
            )
        return self._engines[name]


class Warehouse:
    """A warehouse, and what is done with it: raw lines, the star schema, and what was refused.

    What is not given comes from REELHOUSE_… in the environment, else from reelhouse.toml in the
    working folder. `target` is duckdb, the default, and `database` its file; `contracts` is a
    folder of contracts of your own; `memory_mb` is how much memory DuckDB may use.

    >>> import reelhouse as rh
    >>> made = rh.generate("landing", events=100, broken=0.1)
    >>> warehouse = rh.Warehouse("duckdb", database="warehouse.duckdb")
    >>> run = warehouse.run("landing")
    >>> all(check.passed for check in run.checks)
    True
    >>> rows = warehouse.query("select count(*) as events from core.fct_event").to_dicts()
    >>> rows[0]["events"] > 0
    True

    Raises WrongUse for a setting that makes no sense, and ReelhouseError for contracts that do not
    load, or that can't have a warehouse together.
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        database: Place | None = None,
        contracts: Place | None = None,
        memory_mb: int | None = None,
        max_line_bytes: int | None = None,
        s3_endpoint: str | None = None,
        gcs_endpoint: str | None = None,
    ) -> None:
        flags = {"target": target, "database": _text(database), "memory_mb": memory_mb}
        self.settings: WarehouseSettings = warehouse_settings(flags)
        given = settings(
            {
                "contracts": _text(contracts),
                "max_line_bytes": max_line_bytes,
                "s3_endpoint": s3_endpoint,
                "gcs_endpoint": gcs_endpoint,
            }
        )
        use_endpoints(given.s3_endpoint, given.gcs_endpoint)
        self._given = given
        folder = given.contracts
        self.contracts: Contracts = load_all(None if folder is None else Path(folder))

    def __repr__(self) -> str:
        return f"Warehouse({self.settings.target!r}, database={self.settings.database!r})"

    def init(self, landing: Place | None = None) -> None:
        """Make the tables that are not there, and let BigQuery or Snowflake see a bucket."""
        place = _text(landing) or self._given.landing
        with self._runner() as runner:
            self._init(runner, place)

    def load(
        self, landing: Place | None = None, *, datasets: Sequence[str] | None = None
    ) -> "list[Loaded]":
        """Load what is new in landing into the raw tables, which `init` has made."""
        with self._runner() as runner:
            return self._load(runner, landing, datasets)

    def build(self) -> "Built":
        """Judge what was loaded, and bring it into the star or to the errors."""
        with self._runner() as runner:
            return runner.build()

    def check(self) -> "list[Checked]":
        """Run the checks; each says what it found wrong."""
        with self._runner() as runner:
            return runner.check()

    def reconcile(self, lake: Place | None = None) -> "Reconciled":
        """Compare the warehouse with a lake, source by source: two judges of the same bytes.

        Raises ReelhouseError if there is no lake.
        """
        from reelhouse.flows.counts import lake_counts
        from reelhouse.flows.places import require_lake

        place = open_store(_text(lake) or self._given.lake).root
        require_lake(place)
        with self._runner() as runner:
            return runner.reconcile(lake_counts(place))

    def run(
        self,
        landing: Place | None = None,
        *,
        datasets: Sequence[str] | None = None,
        lake: Place | None = None,
        on_progress: OnProgress | None = None,
    ) -> "WarehouseRun":
        """Make tables, load what is new, build and check; with a `lake`, reconcile with that.

        `datasets` are those to load, by default all. A check that fails is among the result's
        `checks`; `failed_checks` has those. Raises ReelhouseError for all else that goes wrong:
        what was done until then stays, and the next run goes on from there.
        """
        from reelhouse.warehouse.runner import WarehouseRun

        done = WarehouseRun()
        with self._runner(on_progress) as runner:
            self._init(runner, _text(landing) or self._given.landing)
            done.loads = self._load(runner, landing, datasets)
            done.build = runner.build()
            done.checks = runner.check()
            if lake is not None:
                from reelhouse.flows.counts import lake_counts

                done.reconciled = runner.reconcile(lake_counts(open_store(str(lake)).root))
        return done

    def ask(
        self,
        question: str,
        *,
        start: str | None = None,
        end: str | None = None,
        top: int | None = None,
    ) -> "Answer":
        """The answer of the star to a use case's question, such as "top-users".

        It is what `Lake.analyze` answers. Raises WrongUse for another question.
        """
        from reelhouse.usecases.span import parse
        from reelhouse.warehouse.compiler import compile_sql
        from reelhouse.warehouse.questions import question as canonical

        asked, most = parse(start, end), _count("top", top, least=1)
        (sql,) = compile_sql(canonical(question, asked, most), self.settings.target, question)
        with closing(self._opened(read_only=True)) as warehouse:
            return warehouse.query(sql)

    def query(self, sql: str) -> "Answer":
        """The rows of a query, in the target's SQL."""
        with closing(self._opened(read_only=True)) as warehouse:
            return warehouse.query(sql)

    @contextmanager
    def _runner(self, on_progress: OnProgress | None = None) -> "Iterator[Runner]":
        from reelhouse.warehouse.runner import Runner

        with closing(self._opened()) as warehouse:
            runner = Runner(self.contracts, warehouse, self._given.max_line_bytes)
            if on_progress is not None:
                runner.progress = on_progress
            yield runner

    def _opened(self, *, read_only: bool = False) -> "Connection":
        from reelhouse.warehouse.connections.opening import open_warehouse

        given = self.settings
        return open_warehouse(
            given.target,
            database=given.database,
            memory_mb=given.memory_mb,
            project=given.project,
            location=given.location,
            connection=given.connection,
            read_only=read_only,
        )

    def _init(self, runner: "Runner", landing: str) -> None:
        runner.init()
        if self.settings.target != "duckdb" and "://" in landing:
            runner.see_landing(self._params(landing))

    def _load(
        self, runner: "Runner", landing: Place | None, datasets: Sequence[str] | None
    ) -> "list[Loaded]":
        from reelhouse.flows.places import check_landing
        from reelhouse.landing.discovery import discover

        place = _text(landing) or self._given.landing
        chosen = _chosen(self.contracts, datasets)
        if self.settings.target == "duckdb":
            check_landing(place)
            return [runner.load_here(dataset, discover(place, dataset)) for dataset in chosen]
        return [runner.load_there(dataset, self._params(place)) for dataset in chosen]

    def _params(self, landing: str) -> dict[str, str]:
        """What the systems' own loads leave open."""
        root = landing.rstrip("/")
        if self.settings.target == "snowflake":
            root = root.replace("gs://", "gcs://")
        bucket = "/".join(root.split("/")[:3])
        return {
            "landing": root,
            "bucket": bucket,
            "connection": self.settings.connection or "",
            "integration": "REELHOUSE_STORAGE",
            "notification": "REELHOUSE_LANDED",
            "errors": "REELHOUSE_ERRORS",
        }


class DatasetQuarantine:
    """The invalid records of one dataset, but for those that a replay found valid since.

    >>> import reelhouse as rh
    >>> made = rh.generate("landing", events=100, broken=0.1)
    >>> lake = rh.Lake("lake")
    >>> count = lake.ingest("landing", datasets=["events"]).batches[0].quarantined
    >>> refused = lake.quarantine("events")
    >>> refused.count() == len(refused.records()) == count
    True
    >>> refused.records(limit=1)[0]["violations"] != []
    True

    Raises ReelhouseError, whatever it is asked, if there is no lake yet.
    """

    def __init__(self, lake: str, dataset: str) -> None:
        self.lake, self.dataset = lake, dataset

    def reasons(self) -> "list[Reason]":
        """How often each rule was broken, the most usual first, with an example of each."""
        return self._opened().reasons([self.dataset])

    def records(
        self,
        *,
        rule: str | None = None,
        field: str | None = None,
        source: Place | None = None,
        batch: str | None = None,
        limit: int | None = None,
    ) -> "list[QuarantinedRecord]":
        """The records, the newest first: those that broke a rule, of a source, and so on."""
        from reelhouse.flows.quarantine import Filter

        wanted = Filter(rule, field, _full_or_none(source), batch)
        return self._opened().records(self.dataset, wanted, _count("limit", limit))

    def count(
        self,
        *,
        rule: str | None = None,
        field: str | None = None,
        source: Place | None = None,
        batch: str | None = None,
    ) -> int:
        """How many records there are."""
        from reelhouse.flows.quarantine import Filter

        wanted = Filter(rule, field, _full_or_none(source), batch)
        return self._opened().count(self.dataset, wanted)

    def export(
        self,
        path: Place,
        *,
        rule: str | None = None,
        field: str | None = None,
        source: Place | None = None,
        batch: str | None = None,
    ) -> int:
        """Write records to a local file, .jsonl, .csv or .parquet, and return how many.

        Raises WrongUse for another end of its name and for a URI, and OSError for a place that
        can't be written.
        """
        from reelhouse.flows.quarantine import Filter

        if "://" in str(path):
            raise WrongUse(f"{path}: an export is a file of this machine; name a path")

        wanted = Filter(rule, field, _full_or_none(source), batch)
        return self._opened().export(self.dataset, Path(path), wanted)

    def _opened(self) -> "Quarantine":
        from reelhouse.flows.places import require_lake
        from reelhouse.flows.quarantine import Quarantine

        require_lake(self.lake)
        return Quarantine(self.lake)


def _chosen(contracts: Contracts, datasets: Sequence[str] | None) -> list[str]:
    """The datasets that are named, else all. Raises WrongUse for one without a contract."""
    if isinstance(datasets, str):
        raise WrongUse(f"datasets must be several names: [{datasets!r}]")
    for name in datasets or ():
        if name not in contracts.names:
            raise WrongUse(
                f"there is no contract for {name!r}; there are contracts for "
                f"{', '.join(contracts.names)}"
            )
    return list(dict.fromkeys(contracts.names if datasets is None else datasets))


def _count(name: str, value: int | None, *, least: int = 0) -> int | None:
    """How many at most, if that is said. Raises WrongUse for fewer than can be."""
    if value is not None and value < least:
        raise WrongUse(f"{name} is {value}; it must be {least} or more")
    return value


def _text(place: Place | None) -> str | None:
    return None if place is None else str(place)


def _full(place: Place) -> str:
    """The full URI of a place; a path may be relative."""
    text = str(place)
    store, path = resolve(text if "://" in text else str(Path(text).absolute()))
    return store.uri(path)


def _full_or_none(place: Place | None) -> str | None:
    return None if place is None else _full(place)
