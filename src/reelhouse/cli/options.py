"""What the commands share: their options, and how what is given becomes settings."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelhouse.config import Settings, settings
from reelhouse.engines import ANSWERING, ENGINES
from reelhouse.errors import WrongUse, complain

if TYPE_CHECKING:
    from reelhouse.contract.model import Contract
    from reelhouse.contract.registry import Contracts as AllContracts
    from reelhouse.engines.base import Engine
    from reelhouse.flows.ingest import Ingestion
    from reelhouse.lake.ledger import Ledger
    from reelhouse.landing.notices import Notices

Landing = Annotated[
    str | None,
    typer.Option(
        help="Where sources arrive: a folder, gs://… or s3://… (default: ./data/landing)",
        metavar="URI",
        show_default=False,
    ),
]
Lake = Annotated[
    str | None,
    typer.Option(
        help="Where the tables are: a folder, gs://… or s3://… (default: ./data/lake)",
        metavar="URI",
        show_default=False,
    ),
]
Contracts = Annotated[
    str | None,
    typer.Option(help="A folder of contracts of your own, added to those shipped", metavar="DIR"),
]
EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help=f"What judges the records: {', '.join(ENGINES)} (default: duckdb)",
        metavar="ENGINE",
    ),
]
AnsweringEngine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help=f"What answers: {', '.join(ANSWERING)} (default: duckdb)",
        metavar="ENGINE",
    ),
]
Master = Annotated[
    str | None,
    typer.Option(
        help="For the Spark engines: the cluster's master, such as local[4] or spark://host:7077",
        metavar="URL",
    ),
]
Remote = Annotated[
    str | None,
    typer.Option(
        help="For --engine spark: a Spark Connect server, such as sc://host:15002", metavar="URL"
    ),
]
LongestLine = Annotated[
    int | None,
    typer.Option(
        "--max-line-bytes",
        help="A longer line is an invalid record (default: 8388608, 8 MiB)",
        metavar="BYTES",
    ),
]
NOTHING_NOTICED: dict[str, Any] = {
    "strays": [],
    "linked": [],
    "broken_links": [],
    "contracts_passed_over": [],
}
"""What a document of `--json` has of notices, until landing has been looked through."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines")]

Datasets = Annotated[
    list[str] | None, typer.Argument(help="Only these datasets", metavar="[DATASET]...")
]
Dataset = Annotated[str, typer.Argument(help="Such as events, users or videos", metavar="DATASET")]

Rule = Annotated[
    str | None, typer.Option(help="Only records that broke this rule, such as required")
]
FieldName = Annotated[
    str | None, typer.Option("--field", help="Only records with this field at fault")
]
SourceUri = Annotated[
    str | None, typer.Option(help="Only records of this source: a path or URI", metavar="URI")
]
BatchId = Annotated[str | None, typer.Option(help="Only records of this batch", metavar="ID")]


OWN_PROCESS = False
"""Whether nobody but the command that runs uses this process."""


def group(help: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(
        help=help,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def given(**flags: Any) -> Settings:
    """The settings, with these flags. Raises WrongUse."""
    from reelhouse.storage import use_endpoints

    found = settings(flags)
    use_endpoints(found.s3_endpoint, found.gcs_endpoint)
    if OWN_PROCESS and found.engine == "duckdb":
        _spare_pandas()
    return found


class _WithoutPandas:
    """An importer by which there is no pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Refuse pandas, and leave all else to the next importer."""
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def _spare_pandas() -> None:
    """Keep Arrow from importing pandas, which takes longer than to ingest a small file.

    Arrow looks once, at the first list that it is given, whether there may be things of pandas to
    look out for. In a process that is our own there are none; to ask Arrow for some still works.
    """
    if "pandas" not in sys.modules:
        import pyarrow as pa

        sys.meta_path.insert(0, _WithoutPandas)
        pa.array([])
        sys.meta_path.remove(_WithoutPandas)


def given_to_ask(
    *, lake: str | None, engine: str | None, master: str | None, remote: str | None, **flags: Any
) -> Settings:
    """The settings of a command that asks the lake. Raises WrongUse, ReelhouseError without a lake.

    `master` and `remote` say that Spark answers, whatever the engine of ingestions is. Where that
    is spark-rdd, Spark answers too.
    """
    if engine is not None and engine not in ANSWERING:
        raise WrongUse(f"--engine is {engine!r}; what answers is one of {', '.join(ANSWERING)}")
    if engine is None and (master or remote):
        engine = "spark"
    found = given(lake=lake, engine=engine, master=master, remote=remote, **flags)
    from reelhouse.flows.places import require_lake

    require_lake(found.lake)
    return found


def engine_of(found: Settings, sources: Sequence[str]) -> "Engine":
    """The engine of the settings, that can read from these places. Raises ReelhouseError."""
    from reelhouse import engines
    from reelhouse.cli import console

    return engines.engine(
        found.engine,
        found.master,
        found.remote,
        found.memory_mb,
        sources=sources,
        tell=console.tell,
    )


def flow_of(
    found: Settings,
    contracts: "Mapping[str, Contract]",
    engine: "Engine",
    ledger: "Ledger | None" = None,
) -> "Ingestion":
    """The ingestion of the settings."""
    from reelhouse.flows.ingest import Ingestion

    return Ingestion(
        found.lake,
        found.landing,
        contracts,
        engine,
        max_line_bytes=found.max_line_bytes,
        lease_seconds=found.lease_seconds,
        ledger=ledger,
    )


def contracts_of(found: Settings) -> "AllContracts":
    """All contracts by dataset; those that do not load are told of where they are asked for."""
    from reelhouse.contract.registry import load_each

    return load_each(Path(found.contracts) if found.contracts else None)


def notices_of(found: Settings, contracts: "AllContracts") -> "Notices":
    """What of landing and of the contracts' folder no run takes."""
    from reelhouse.landing.notices import look
    from reelhouse.storage import open_store

    folder = Path(found.contracts) if found.contracts else None
    return look(open_store(found.landing), contracts.names, found.lake, folder)


def tell(notices: "Notices") -> None:
    """Tell people of it, on stderr."""
    for line in notices.lines():
        complain(line)


def datasets_of(named: list[str] | None, contracts: "AllContracts") -> list[str]:
    """The datasets named, each once; all if none is, also those whose contract does not load.

    Raises WrongUse for one without a contract.
    """
    for name in named or ():
        if name not in contracts.names:
            raise WrongUse(
                f"there is no contract for {name!r}; there are contracts for "
                f"{', '.join(contracts.names)}. Your own are found with --contracts"
            )
    return list(dict.fromkeys(named or contracts.names))


def uri_of(source: str) -> str:
    """The full URI of a source that is named on the command line; a path may be relative."""
    from reelhouse.storage import resolve

    store, path = resolve(source if "://" in source else os.path.abspath(source))
    return store.uri(path)
