"""The data generator behind `reelhouse generate`: a landing folder of videos, users and events.

Every draw comes from a seeded generator, so the same arguments give the same bytes. Everything is
made and written in chunks: memory does not grow with the numbers of events and users (a video
takes 24 bytes).
"""

import gzip as gzip_module
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count as count_up
from pathlib import Path
from typing import IO, cast

import numpy as np

from reelhouse.demo.events import draw_events, event_lines
from reelhouse.demo.site import draw_site, instants
from reelhouse.demo.tables import write_users, write_videos

CHUNK = 50_000


@dataclass(frozen=True, kw_only=True)
class Generated:
    """What was written.

    `users` counts the records of both files of users, and `user_updates` those of the second.
    `broken` counts the invalid records by dataset and kind, such as `events:missing-field`; a
    broken event in an envelope counts as `events:in-envelope`. All other records are valid.
    """

    files: list[Path]
    users: int
    videos: int
    events: int
    user_updates: int
    broken: dict[str, int]


def generate(
    out: Path | str,
    *,
    events: int = 100_000,
    users: int | None = None,
    videos: int | None = None,
    broken: float = 0.02,
    seed: int = 1,
    files: int = 4,
    gzip: bool = False,
    start: date = date(2026, 1, 1),
    days: int = 60,
    progress: Callable[[int, int], None] | None = None,
) -> Generated:
    """Write the folders videos, users and events into `out`, and say what is in them.

    `users` and `videos` are how many there are of each, by default a tenth and a fortieth of
    `events`. `broken` is the share of invalid records, from 0 to 1. `files` is the number of files
    of events (fewer if there are fewer events); `gzip` compresses those. Times lie in the `days`
    days (UTC) from `start`. `progress` is called with the events written so far and the events in
    all. Where `videos` is less than `events`, each has its `created` event.

    A file gets its name when it is whole. It replaces a file of that name, and other files in the
    folders stay. Raises ValueError for an argument out of range.
    """
    out = Path(out)
    users = max(20, events // 10) if users is None else users
    videos = max(10, events // 40) if videos is None else videos
    least = {"events": 0, "users": 1, "videos": 1, "seed": 0, "files": 1, "days": 1}
    given = (events, users, videos, seed, files, days)
    for (name, limit), value in zip(least.items(), given, strict=True):
        if value < limit:
            raise ValueError(f"{name} is {value}; it must be {limit} or more")
    if not 0 <= broken <= 1:
        raise ValueError(f"broken is {broken}; it must be a share from 0 to 1")

    tally: Counter[str] = Counter()
    site = draw_site(np.random.default_rng([seed, 0]), users, videos, start, days)

    paths = [out / "videos" / "videos-0001.csv"]
    with _landing(paths[0]) as sink:
        write_videos(sink, site, broken=broken, rng=np.random.default_rng([seed, 1]), tally=tally)

    paths += [out / "users" / "users-0001.csv", out / "users" / "users-0002.csv"]
    with _landing(paths[1]) as sink, _landing(paths[2]) as later:
        rng = np.random.default_rng([seed, 2])
        updates = write_users(sink, later, site, broken=broken, rng=rng, tally=tally)

    rng = np.random.default_rng([seed, 3])
    turns = (count_up(), count_up())
    files = max(1, min(files, events))
    created = 0  # videos that have had their `created` event
    for number in range(files):
        path = out / "events" / f"events-{number + 1:04}.jsonl{'.gz' if gzip else ''}"
        first, last = number * events // files, (number + 1) * events // files
        with _landing(path) as sink:
            for begin in range(first, last, CHUNK):
                end = min(begin + CHUNK, last)
                window = (begin / events, end / events)
                until = instants(np.array([window[1]]), site.start, site.days)
                due = int(np.searchsorted(site.created_at, until)[0])
                new = range(created, min(due, created + end - begin))
                created = new.stop
                matrix = draw_events(rng, end - begin, window, site, new)
                sink.write(event_lines(matrix, broken, rng, turns, tally))
                if progress:
                    progress(end, events)
        paths.append(path)
    return Generated(
        files=paths,
        users=users + updates,
        videos=videos,
        events=events,
        user_updates=updates,
        broken=dict(sorted(tally.items())),
    )


@contextmanager
def _landing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to be written under a hidden name; give it its own name once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}")
    try:
        with hidden.open("wb") as file:
            if path.suffix == ".gz":  # no name and no time inside: the same bytes every time
                with gzip_module.GzipFile("", "wb", 4, file, mtime=0) as packed:
                    yield cast(IO[bytes], packed)
            else:
                yield file
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
