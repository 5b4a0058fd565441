"""Load sources into the raw tables of DuckDB: read here, and streamed in as Arrow batches."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import duckdb
import pyarrow as pa

from reelhouse.batch import Source, SourceError
from reelhouse.contract.limits import MAX_LINE_BYTES
from reelhouse.contract.model import Contract
from reelhouse.storage import StorageError, resolve
from reelhouse.warehouse.canonical import name
from reelhouse.warehouse.load.lines import COLUMNS, raw_rows

TIME = pa.timestamp("us")
_SHARED = pa.dictionary(pa.int32(), pa.string())
_READ_COLUMNS: list[tuple[str, pa.DataType]] = [
    *COLUMNS,
    ("_source", _SHARED),
    ("_version", _SHARED),
    ("_load_id", _SHARED),
    ("_landed_at", TIME),
]
_READ = pa.schema(_READ_COLUMNS)
_LOADED_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("load_id", pa.string()),
    ("uri", pa.string()),
    ("version", pa.string()),
    ("landed_at", TIME),
    ("size", pa.int64()),
]
_LOADED = pa.schema(_LOADED_COLUMNS)


def new_sources(
    connection: duckdb.DuckDBPyConnection, dataset: str, sources: Sequence[Source]
) -> list[Source]:
    """Those of the sources that were not loaded yet, in this version."""
    loaded = connection.execute(
        "select uri, version from raw.raw_source where dataset = ?", [dataset]
    ).fetchall()
    known = set(loaded)
    return [source for source in sources if (source.uri, source.version) not in known]


def load_sources(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    sources: Sequence[Source],
    max_line_bytes: int = MAX_LINE_BYTES,
    progress: Callable[[int], None] = lambda count: None,
) -> None:
    """Load sources, which are new, within the transaction that was begun: all of them, or none.

    `progress` gets how many sources were read. Raises SourceError for a source that can't be read,
    or that was replaced meanwhile.
    """
    run = uuid4().hex
    loads = {f"{run}-{number}": source for number, source in enumerate(sources)}
    raw, now = name(contract.dataset), datetime.now(UTC).replace(tzinfo=None)
    failed: list[BaseException] = []
    reader = pa.RecordBatchReader.from_batches(
        _READ, _rows(loads, contract, max_line_bytes, progress, failed)
    )
    connection.register("_rh_rows", reader)
    try:
        connection.execute(
            f"insert into raw.{raw} (line, _source, _version, _line_number, _landed_at, "
            "_loaded_at, _load_id, _problem) "
            "select rtrim(line, chr(10) || chr(13)), _source, _version, _line_number, _landed_at, "
            "?, _load_id, _problem from _rh_rows "
            "where _problem is not null or trim(line, ' ' || chr(9) || chr(10) || chr(13)) <> ''",
            [now],
        )
    except duckdb.Error:
        if failed:  # DuckDB tells it in its own words
            raise failed[0] from None
        raise
    finally:
        _unregister(connection, "_rh_rows")
    for source in sources:
        _check_unchanged(source)
    rows = [
        (load_id, source.uri, source.version, _naive(source.modified), source.size)
        for load_id, source in loads.items()
    ]
    columns = list(zip(*rows, strict=True)) or [()] * len(_LOADED)
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, _LOADED, strict=True)]
    connection.register("_rh_loads", pa.Table.from_arrays(arrays, schema=_LOADED))
    try:
        connection.execute(
            "insert into raw.raw_source "
            "(load_id, dataset, uri, version, landed_at, loaded_at, lines, size) "
            "select l.load_id, ?, l.uri, l.version, l.landed_at, ?, coalesce(r.lines, 0), l.size "
            "from _rh_loads as l left join "
            f"(select _load_id, count(*) as lines from raw.{raw} where _loaded_at = ? "
            "group by _load_id) as r on r._load_id = l.load_id",
            [contract.dataset, now, now],
        )
    finally:
        _unregister(connection, "_rh_loads")


def _unregister(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    with suppress(duckdb.Error):  # of a transaction that failed, which will be rolled back
        connection.unregister(view)


def _rows(
    loads: dict[str, Source],
    contract: Contract,
    max_line_bytes: int,
    progress: Callable[[int], None],
    failed: list[BaseException],
) -> Iterator[pa.RecordBatch]:
    for number, (load_id, source) in enumerate(loads.items(), 1):
        landed = pa.scalar(_naive(source.modified), TIME)
        try:
            for batch in raw_rows(source.uri, contract, max_line_bytes):
                zeros = pa.repeat(pa.scalar(0, pa.int32()), len(batch))
                shared = [
                    pa.DictionaryArray.from_arrays(zeros, pa.array([text]))
                    for text in (source.uri, source.version, load_id)
                ]
                arrays = [*batch.columns, *shared, pa.repeat(landed, len(batch))]
                yield pa.RecordBatch.from_arrays(arrays, schema=_READ)
        except StorageError as error:
            failed.append(SourceError(source.uri, str(error)))
            raise failed[0] from error
        except BaseException as error:
            failed.append(error)
            raise
        progress(number)


def _check_unchanged(source: Source) -> None:
    store, path = resolve(source.uri)
    entry = store.head(path)
    if entry is None or entry.version != source.version:
        what = "vanished" if entry is None else "was replaced"
        raise SourceError(source.uri, f"it {what} while it was read; run again")


def _naive(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None)
