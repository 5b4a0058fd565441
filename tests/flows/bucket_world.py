"""A landing and lakes in a bucket, runs of the command line on them, and what is in a lake."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from reelhouse.lake.ledger import Ledger
from tests.flows.world import DATASETS, Finished, Rows, World, check_ledger, contents
from tests.servers.bucket import Bucket, Faults

COMMITS = r"/_delta_log/\d+\.json$"


def all_well(faults: Faults, seed: int) -> None:
    """Nothing goes wrong."""


def rough(faults: Faults, seed: int) -> None:
    """What a client's own retries can mend: refusals, lost connections and answers, delays."""
    faults.answer_503(0.1, seed=seed)
    faults.cut(0.025, seed=seed + 1)
    faults.cut(0.025, "after", seed=seed + 2)
    faults.delay(0.1, 0.05, seed=seed + 3)


def broken(faults: Faults, seed: int) -> None:
    """And what they can't: answers that end half way."""
    rough(faults, seed)
    faults.cut(0.05, "midway", seed=seed + 4)


Weather = Callable[[Faults, int], None]


@dataclass(frozen=True)
class BucketWorld(World):
    """A landing in a bucket, and a lake beside it: `lake` is its name there."""

    bucket: Bucket

    @property
    def uri(self) -> str:
        """The lake's URI."""
        return f"{self.bucket.uri}/{self.lake}"

    @property
    def settings(self) -> dict[str, str]:
        return {
            **self.bucket.environment,
            "REELHOUSE_LANDING": self.source(""),
            "REELHOUSE_LAKE": self.uri,
            "TMPDIR": str(self.folder),
        }

    def in_another_bucket(self) -> "BucketWorld":
        """An empty landing on the same store, with faults of its own."""
        return BucketWorld(self.folder, self.lake, self.bucket.server.bucket())

    def source(self, name: str) -> str:
        """The URI of a source."""
        return f"{self.bucket.uri}/landing/{name}".rstrip("/")

    def put(self, name: str, content: str) -> str:
        """Put a source into landing; returns its URI."""
        self.bucket.put(f"landing/{name}", content.encode())
        return self.source(name)

    def put_all(self, site: World) -> "BucketWorld":
        """Put all sources of another landing into this."""
        for path in sorted(site.landing.rglob("*")):
            if path.is_file():
                name = path.relative_to(site.landing)
                self.bucket.put(f"landing/{name}", path.read_bytes())
        return self

    def contents(self, datasets: tuple[str, ...] = DATASETS) -> dict[str, Rows]:
        """The rows of the lake and of the quarantine, whatever the bucket is called."""
        return unnamed(contents(self.uri, datasets), self.source(""))

    def check(self, wanted: dict[str, Rows]) -> None:
        """The lake is that of an undisturbed run, and the ledger says so; all must be well."""
        assert self.contents(datasets_of(wanted)) == wanted
        check_ledger(self.uri, datasets_of(wanted))
        check_each_source_once(self.uri, datasets_of(wanted))


def unnamed(found: dict[str, Rows], landing: str) -> dict[str, Rows]:
    """Rows without the name of their landing, so that those of two places can be compared."""
    return {
        path: Counter({row.replace(landing, "landing"): count for row, count in rows.items()})
        for path, rows in found.items()
    }


def datasets_of(found: dict[str, Rows]) -> tuple[str, ...]:
    return tuple(path for path in found if not path.startswith("_"))


def check_each_source_once(lake: str, datasets: tuple[str, ...]) -> None:
    """No version of a source is in two batches that are in the lake."""
    ledger = Ledger(lake)
    state = ledger.state()
    for dataset in datasets:
        taken = Counter(
            (each.uri, each.version)
            for batch in state.committed(dataset)
            for each in ledger.sources(batch.batch_id)
        )
        assert set(taken.values()) <= {1}, taken


def check_said(done: Finished) -> None:
    """A run has ended well, or says in plain lines what went wrong."""
    assert done.status in (0, 1), (done.status, done.stderr)
    assert "\x1b" not in done.stderr, done.stderr
    assert "↳" not in done.stderr, done.stderr
    complaints = [line for line in done.stderr.splitlines() if line.startswith("reelhouse: ")]
    assert bool(complaints) == (done.status == 1), done.stderr
    for line in done.stderr.splitlines():
        assert re.match(r"reelhouse: |\d{4}-\d\d-\d\dT\S+ (WARNING|ERROR) ", line), done.stderr
