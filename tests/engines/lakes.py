"""What is in a lake, wherever it lies, so that two can be compared."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from reelhouse.contract.registry import load_all
from reelhouse.demo.generate import generate
from reelhouse.engines import engine
from reelhouse.flows.ingest import Ingestion
from reelhouse.lake import layout
from reelhouse.lake.commit import open_table
from tests.servers.bucket import Bucket

OF_A_RUN = ("_ingested_at", "_batch_id")
"""The columns that tell one run from another."""

Rows = Counter[str]


def rows(lake: str, path: str, below: str = "") -> Rows:
    """The rows of one of the lake's tables, each with how often it is there.

    `below` is landing, where that differs: then sources are named by their place in it.
    """
    table = open_table(f"{lake}/{path}")
    if table is None:
        return Counter()
    found = table.to_pyarrow_table()
    kept = found.select([name for name in sorted(found.column_names) if name not in OF_A_RUN])
    listed = kept.to_pylist()
    for row in listed:
        assert row["_source"].startswith(below)
        row["_source"] = row["_source"].removeprefix(below)
    return Counter(json.dumps(row, default=str) for row in listed)


def contents(lake: str, datasets: Sequence[str], below: str = "") -> dict[str, Rows]:
    """The rows of lake and quarantine, by table; none of them is empty."""
    paths = [path for each in datasets for path in (layout.table(each), layout.quarantine(each))]
    found = {path: rows(lake, path, below) for path in paths}
    assert all(found.values()), {path: len(each) for path, each in found.items()}
    return found


def ingest(bucket: Bucket, datasets: Sequence[str], name: str, lake: str) -> None:
    """Take a bucket's landing into one of its lakes, in this process."""
    flow = Ingestion(f"{bucket.uri}/{lake}", f"{bucket.uri}/landing", load_all(), engine(name))
    assert flow.run(datasets).failures == []


def land_site(bucket: Bucket, folder: Path, events: int, files: int = 3, days: int = 2) -> None:
    """Generate a small site, a tenth of it broken, and put it into a bucket's `landing`."""
    generate(
        folder, events=events, users=200, videos=40, broken=0.1, seed=1, files=files, days=days
    )
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            bucket.put(f"landing/{path.relative_to(folder).as_posix()}", path.read_bytes())
