"""What lands in a bucket, and what is in the lake beside it."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reelhouse.lake import layout
from reelhouse.lake.claims import Committed
from reelhouse.lake.commit import open_table
from reelhouse.lake.ledger import Ledger
from tests.servers.bucket import Bucket
from tests.triggers.platforms import Event, event_of

HEADER = "id,name,url,creation_timestamp,creator_id,private\n"


def videos(*ids: int, broken: int = 0) -> bytes:
    """A source of videos with these ids, and so many more that are invalid."""
    rows = [f"{each},name,https://example.com/{each},1767225600,1,false\n" for each in ids]
    rows += [f"-{each},name,https://example.com/,1767225600,1,false\n" for each in range(1, broken)]
    return "".join([HEADER, *rows, *["no,such,row\n"] * bool(broken)]).encode()


@dataclass(frozen=True)
class Site:
    """A bucket with `landing/` and `lake/`."""

    bucket: Bucket

    @property
    def landing(self) -> str:
        return f"{self.bucket.uri}/landing"

    @property
    def lake(self) -> str:
        return f"{self.bucket.uri}/lake"

    @property
    def environment(self) -> dict[str, str]:
        """What a function's environment has to have."""
        return {
            **self.bucket.environment,
            "REELHOUSE_LANDING": self.landing,
            "REELHOUSE_LAKE": self.lake,
            "REELHOUSE_LEASE_SECONDS": "2",
            "REELHOUSE_MEMORY_MB": "512",
        }

    def land(self, name: str, data: bytes) -> Event:
        """Put a file into landing, and give the event that tells of it."""
        self.bucket.put(f"landing/{name}", data)
        return event_of(self.bucket, f"landing/{name}")

    def remove(self, name: str) -> None:
        from reelhouse.storage import open_store

        open_store(self.landing).delete(name)

    def uri(self, name: str) -> str:
        return f"{self.landing}/{name}"

    def rows(self, path: str, *columns: str) -> Counter[tuple[Any, ...]]:
        """The rows of one of the lake's tables, each with how often it is there."""
        table = open_table(f"{self.lake}/{path}")
        if table is None:
            return Counter()
        found = table.to_pyarrow_table(columns=list(columns))
        return Counter(zip(*(found[name].to_pylist() for name in columns), strict=True))

    def video_ids(self) -> list[int]:
        """The ids of the videos in the lake, each as often as it is there."""
        return sorted(video for (video,) in self.rows("videos", "id").elements())

    def quarantined(self) -> int:
        return self.rows(layout.quarantine("videos"), "raw").total()

    def sources(self) -> set[str]:
        """The sources that the lake's videos come from."""
        return {name for (name,) in self.rows("videos", "_source")}

    def wait_for_leases(self) -> None:
        """Wait until the lease of each open batch has run out."""
        for claim in Ledger(self.lake).state().open():
            time.sleep(max(0.0, (claim.lease_until - datetime.now(UTC)).total_seconds()))

    def batches(self) -> list[Committed]:
        """The batches of videos that are in the lake; none is open."""
        state = Ledger(self.lake).state()
        assert state.open() == []
        return state.committed("videos")
