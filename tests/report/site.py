"""A small site whose names are hard to show, and what is true of it, counted in plain Python."""

import csv
import io
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reelhouse.cli.main import run

NAMES = [
    "<script>window.ran = 1</script>",
    "</script><script>window.ran = 2</script>",
    '"><img src=x onerror="window.ran = 3">',
    "'; window.ran = 4; //",
    "{{ 7 * 7 }} {% raw %} ${window.ran = 5} &amp; &lt;b&gt;",
    "🎬 Behind the scenes 👩‍🚀 🏳️‍🌈",
    "שלום עולם: (מדריך) 1, 2, 3",
    "مرحبا \u202eevil\u202c again",
    "a " + "very " * 60 + "long name",
    "Wörter_ohne_Leerzeichen" * 8,
]
"""The names of the first videos, which are also the most liked."""

HOSTILE = (
    '{"user_id":"<img src=x onerror=window.ran=6>","event":"</code><script>window.ran=7</script>"}'
)
SOURCE = "<b onclick='window.ran=8'>&amp; \"x\".jsonl"
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, USERS, VIDEOS = 40, 30, 14
UNKNOWN = 999
"""A video that events are on, and that is not in the lake."""

Event = dict[str, object]


@dataclass
class Site:
    """The site's events, each once; `twice` of them are sent twice."""

    lake: Path = Path()
    events: list[Event] = field(default_factory=list)
    twice: int = 5

    def __post_init__(self) -> None:
        chance = random.Random(7)
        chosen: dict[str, Event] = {}
        for day in range(DAYS):
            for _ in range(20):
                at = START + timedelta(days=day, seconds=chance.randrange(86_400))
                video = min(chance.randrange(VIDEOS), chance.randrange(VIDEOS))
                event: dict[str, object] = {
                    "user_id": chance.randrange(USERS),
                    "video_id": UNKNOWN if chance.random() < 0.1 else video,
                    "event": chance.choices(("viewed", "like", "dislike"), (5, 4, 1))[0],
                    "timestamp": int(at.timestamp()),
                }
                chosen[json.dumps(event)] = event
        self.events = list(chosen.values())

    def at(self, lake: Path) -> "Site":
        """The site in this lake."""
        self.lake = lake
        return self

    def land(self, landing: Path) -> None:
        """Write the sources: of events also two broken records, in a file with an odd name."""
        for dataset in ("events", "users", "videos"):
            (landing / dataset).mkdir(parents=True)
        lines = [json.dumps(event) for event in [*self.events, *self.events[: self.twice]]]
        (landing / "events/all.jsonl").write_text("\n".join(lines))
        (landing / "events" / SOURCE).write_text(HOSTILE + "\n{broken\n")
        videos = [
            [video, name, f"https://example.com/{video}", 1_767_225_600, video % 3, 0]
            for video, name in enumerate(
                [*NAMES, *(f"Video {n}" for n in range(len(NAMES), VIDEOS))]
            )
        ]
        users = [
            [user, "Ann", "Ito", f"u{user}@example.com", "JP", 1, "music;sport"]
            for user in range(USERS)
        ]
        _write(
            landing / "videos/all.csv", "id,name,url,creation_timestamp,creator_id,private", videos
        )
        _write(
            landing / "users/all.csv", "id,fname,lname,email,country,subscription,categories", users
        )

    def likes(self, kind: str = "like") -> Counter[object]:
        """How many likes each video has."""
        return Counter(each["video_id"] for each in self.events if each["event"] == kind)


def _write(path: Path, header: str, rows: list[list[object]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(f"{header}\n{text.getvalue()}", newline="")


def ingest(folder: Path, *datasets: str) -> None:
    """Ingest what is in `landing` of a folder into its `lake`."""
    places = ["--landing", str(folder / "landing"), "--lake", str(folder / "lake")]
    assert run(["ingest", *datasets, *places]) == 0
