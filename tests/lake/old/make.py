"""Makes the lake of version 0.1.0 that later versions are tried on: `0.1.0.tar.gz`.

    python -m tests.lake.old.make

It was run once, with the code of 0.1.0 (which has no format numbers yet), and is kept to say how
the lake came to be. 0.1.0.md says what is in it, and test_old_lake.py what must be true of it.

Landing is in a bucket, since a bucket's versions of sources are the same wherever their bytes are
put: so no test needs the folder in which this ran. The lake lies in a neutral folder, and the runs
have the names of another machine.
"""

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from tests.servers.bucket import Bucket, Faults, Server

FOLDER = Path("/srv/reelhouse")
OUT = Path(__file__).with_name("0.1.0.tar.gz")
HOST = "old-host/00000000-0000-4000-8000-000000000010/pid:[4026531836]"

EVENT = '{"user_id": 1, "video_id": %d, "event": "%s", "timestamp": %d}'
DAY = 1_767_225_600  # 2026-01-01

STORES = """\
apiVersion: v3.1.0
kind: DataContract
id: stores
name: Stores
version: 2.0.0
status: active
schema:
  - name: stores
    logicalType: object
    physicalType: file
    customProperties:
      - property: format
        value: csv
      - property: multiline
        value: true
      - property: sort
        value: [id]
    properties:
      - name: id
        logicalType: integer
        primaryKey: true
        primaryKeyPosition: 1
        required: true
      - name: name
        logicalType: string
        required: true
      - name: city
        logicalType: string
        required: true
        partitioned: true
        partitionKeyPosition: 1
      - name: opened
        logicalType: date
      - name: area
        logicalType: number
        logicalTypeOptions:
          exclusiveMinimum: 0
"""


def events(*what: tuple[int, str]) -> bytes:
    lines = [EVENT % (video, event, DAY + 86_400 * (video % 2)) for video, event in what]
    return "".join(f"{line}\n" for line in lines).encode()


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


USERS = "id,fname,lname,email,country,subscription,categories"
VIDEOS = "id,name,url,creation_timestamp,creator_id,private"
ENVELOPE = f'{{"events": [{EVENT % (3, "share", DAY)}, {EVENT % (3, "loved", DAY)}]}}\n'.encode()

FIRST = {
    "events/1.jsonl": events((1, "created"), (2, "viewed"), (2, "loved")) + ENVELOPE,
    "events/cut.jsonl.gz": packed(events(*((video, "like") for video in range(40, 90))))[:-20],
    "users/1.csv": text(
        USERS,
        "1,Ann,Ito,ann@example.com,JP,1,music;sport",
        "2,Bo,,nobody,xx,1,",
        '3,José,"Díaz, Jr.",jose@example.com,ES,0,',
    ),
    "users/no-subscription.csv": text(
        "id,fname,lname,email,country",
        "4,Di,Wu,di@example.com,CN",
        "5,Ed,Ng,no address,SG",
    ),
    "users/no-names.csv": text("id,email,country", "6,fi@example.com,FI"),
    "videos/1.csv": text(
        VIDEOS,
        "1,First,https://watch.example.com/1,1767225600,1,0",
        "2,Second,https://watch.example.com/2,yesterday,1,0",
    ),
    "videos/header-only.csv": text(VIDEOS),
}
UPLOADED = text(
    "id,name,city,opened,area,note",
    '1,"Two\nlines",Bern,2020-02-29,12.5,corner',
    "2,Large,Zürich,2021-01-01,0,",
    "3,Plain,Bern,,,",
)
SECOND = {
    "events/2.jsonl.gz": packed(events((5, "loved"), (6, "hated"))),
    "users/2.csv": text(f"{USERS},updated_at", "1,Ann,Ito,ann@example.com,FR,1,,1767225700"),
}
LAST_VIDEOS = (
    "3,Third,https://watch.example.com/3,1769904000,2,1",
    "4,Fourth,not a link,1769904000,2,1",
)
REQUIRED = "subscription\n        logicalType: boolean\n        required: true"
OPTIONAL = "subscription\n        logicalType: boolean"


class Making:
    """The runs, one after the other, each in a process of its own."""

    def __init__(self, server: Server) -> None:
        server.request("PUT", "/site")
        self.bucket = Bucket("s3://site", "site", server, Faults(server, "site"))
        self.environment = {
            **{name: value for name, value in os.environ.items() if "REELHOUSE" not in name},
            **server.environment,
            "REELHOUSE_LANDING": "s3://site/landing",
            "REELHOUSE_LAKE": str(FOLDER / "lake"),
            "REELHOUSE_CONTRACTS": str(FOLDER / "contracts"),
            "REELHOUSE_LEASE_SECONDS": "5",  # by the time of a test, it has run out
        }

    def land(self, name: str, data: bytes) -> None:
        self.bucket.put(f"landing/{name}", data)
        path = FOLDER / "bucket" / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def contract(self, name: str, *edits: tuple[str, str]) -> None:
        found = (files("reelhouse") / "contracts" / f"{name}.odcs.yaml").read_text()
        for old, new in edits:
            assert old in found
            found = found.replace(old, new)
        (FOLDER / "contracts" / f"{name}.odcs.yaml").write_text(found)

    def run(self, *arguments: str, die_after: str = "") -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tests.lake.old.make", "run", *arguments],
            env={**self.environment, "REELHOUSE_DIE_AFTER": die_after},
            check=False,
        )
        assert done.returncode == (-9 if die_after else 0), done.returncode

    def ingest(self, *arguments: str, die_after: str = "") -> None:
        self.run("ingest", *arguments, die_after=die_after)

    def make(self) -> None:
        for name in ("events", "users", "videos"):
            self.contract(name)
        (FOLDER / "contracts" / "stores.odcs.yaml").write_text(STORES)
        for name, data in FIRST.items():
            self.land(name, data)
        self.ingest("events", "users", "videos")

        # a user's own dataset, from a local folder; the first attempt finds its source replaced
        upload = FOLDER / "upload" / "stores.csv"
        upload.parent.mkdir()
        upload.write_bytes(text("id,name,city", "1,Old,Bern"))
        self.ingest("stores", "--source", str(upload), die_after="claimed")
        upload.write_bytes(UPLOADED)
        self.ingest("stores", "--source", str(upload))

        # contracts change, and what they accept now is replayed
        newer = ("version: 1.0.0", "version: 1.1.0")
        self.contract("events", ("- like\n", "- like\n                - loved\n"), newer)
        self.contract("users", (REQUIRED, OPTIONAL), newer)
        self.run("quarantine", "replay", "events", "--apply")
        self.run("quarantine", "replay", "users", "--apply")
        self.run("compact")
        for name, data in SECOND.items():
            self.land(name, data)
        self.ingest("events", "users")

        # two batches that are left open
        self.land("events/3.jsonl", events((7, "like"), (8, "like"), (8, "hated")))
        self.ingest("events", die_after="manifest")
        self.land("videos/2.csv", text(VIDEOS, *LAST_VIDEOS))
        self.ingest("videos", die_after="claimed")
        self.run("status")


def pack() -> None:
    def neutral(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return entry

    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name in ("lake", "bucket", "contracts"):
            archive.add(FOLDER / name, name, filter=neutral)
    OUT.write_bytes(gzip.compress(whole.getvalue(), 9, mtime=0))
    print(f"{OUT}: {OUT.stat().st_size:,} bytes")


def main() -> None:
    (FOLDER / "contracts").mkdir(parents=True)
    server = Server.start("s3", FOLDER / "s3.log")
    try:
        Making(server).make()
        pack()
    finally:
        server.stop()
        shutil.rmtree(FOLDER)


def as_on_another_machine(arguments: list[str]) -> int:
    from reelhouse.cli.main import run
    from reelhouse.lake import ledger

    cast(Any, ledger)._host = lambda: HOST
    return run(arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        sys.exit(as_on_another_machine(sys.argv[2:]))
    main()
