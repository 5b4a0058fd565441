"""The demonstration's CSV files: videos, users, and users who changed."""

from collections import Counter
from collections.abc import Iterator
from itertools import count as count_up
from typing import IO, NamedTuple

import numpy as np

from reelhouse.demo import broken as damage
from reelhouse.demo import names
from reelhouse.demo.site import Integers, Site, instants, picked

CHUNK = 50_000
VIDEO_COLUMNS = ("id", "name", "url", "creation_timestamp", "creator_id", "private")
USER_COLUMNS = ("id", "fname", "lname", "email", "country", "subscription", "categories")

_COUNTRIES = list(names.COUNTRY_WEIGHTS)
_COUNTRY_CHANCES = np.cumsum(list(names.COUNTRY_WEIGHTS.values()))
_CHANGEABLE = np.array([len(_COUNTRIES), 2, len(names.CATEGORY_CELLS)])
"""How many values there are of country, subscription and categories."""


class Table(NamedTuple):
    """A CSV being written, and how its rows are broken."""

    sink: IO[bytes]
    dataset: str
    kinds: tuple[str, ...]
    broken: float
    rng: np.random.Generator
    tally: Counter[str]
    turns: Iterator[int]
    newline: str = "\n"


def write_videos(
    sink: IO[bytes], site: Site, *, broken: float, rng: np.random.Generator, tally: Counter[str]
) -> None:
    """Write all videos, after a byte-order mark."""
    table = Table(sink, "videos", damage.VIDEO_KINDS, broken, rng, tally, count_up())
    sink.write(f"\ufeff{','.join(VIDEO_COLUMNS)}\n".encode())
    for begin in range(0, len(site.created_at), CHUNK):
        created_at = site.created_at[begin : begin + CHUNK]
        size = len(created_at)
        ids = range(begin + 1, begin + size + 1)
        cells = (
            list(map(str, ids)),
            picked(names.TITLES, rng.integers(len(names.TITLES), size=size)),
            [f"https://watch.example.com/v/{video:07x}" for video in ids],
            list(map(str, created_at.tolist())),
            list(map(str, site.creators[begin : begin + size].tolist())),
            picked("01", (rng.random(size) < 0.08).astype(np.int64)),
        )
        _write_rows(table, dict(zip(VIDEO_COLUMNS, cells, strict=True)))


def write_users(
    sink: IO[bytes],
    later_sink: IO[bytes],
    site: Site,
    *,
    broken: float,
    rng: np.random.Generator,
    tally: Counter[str],
) -> int:
    """Write all users, and to `later_sink` a tenth of them, changed; return the latter's number.

    The later file ends its lines with CRLF and has two more columns: `updated_at`, and `referrer`,
    which no contract knows.
    """
    table = Table(sink, "users", damage.USER_KINDS, broken, rng, tally, count_up())
    later = Table(
        later_sink, "users", damage.USER_UPDATE_KINDS, broken, rng, tally, count_up(), "\r\n"
    )
    sink.write(f"{','.join(USER_COLUMNS)}\n".encode())
    later_sink.write(f"{','.join(USER_COLUMNS)},updated_at,referrer\r\n".encode())
    updates = 0
    for begin in range(0, site.users, CHUNK):
        size = min(CHUNK, site.users - begin)
        ids = np.arange(begin + 1, begin + size + 1)
        person = np.stack(
            [
                rng.integers(len(names.FIRST_NAMES), size=size),
                rng.integers(len(names.LAST_NAMES), size=size),
            ]
        )
        state = rng.integers(_CHANGEABLE[:, None], size=(3, size))
        state[0] = np.searchsorted(
            _COUNTRY_CHANCES, rng.random(size) * _COUNTRY_CHANCES[-1], "right"
        )
        _write_rows(table, _user_cells(ids, person, state))

        changed = np.flatnonzero((rng.random(size) < 0.1) | (ids == 1))
        what = rng.integers(len(state), size=len(changed))
        place = what, np.arange(len(changed))
        values = _CHANGEABLE[what]
        state = state[:, changed]
        state[place] = (state[place] + rng.integers(1, values)) % values
        cells = _user_cells(ids[changed], person[:, changed], state)
        times = instants(rng.random(len(changed)), site.start, site.days)
        cells["updated_at"] = list(map(str, times.tolist()))
        cells["referrer"] = picked(("", "newsletter", "friend"), changed % 3)
        _write_rows(later, cells)
        updates += len(changed)
    return updates


def _user_cells(ids: Integers, person: Integers, state: Integers) -> dict[str, list[str]]:
    """Return cells by column, of names by number (first, last) and of what may change."""
    first, last = picked(names.FIRST_NAMES, person[0]), picked(names.LAST_NAMES, person[1])
    domains = picked(names.MAIL_DOMAINS, ids % len(names.MAIL_DOMAINS))
    cells = (
        list(map(str, ids.tolist())),
        [cell for cell, _ in first],
        [cell for cell, _ in last],
        [
            f"{one}.{two}{user}@{domain}"
            for (_, one), (_, two), user, domain in zip(
                first, last, ids.tolist(), domains, strict=True
            )
        ],
        picked(_COUNTRIES, state[0]),
        picked("01", state[1]),
        picked(names.CATEGORY_CELLS, state[2]),
    )
    return dict(zip(USER_COLUMNS, cells, strict=True))


def _write_rows(table: Table, columns: dict[str, list[str]]) -> None:
    """Write rows of columns of cells, with some broken, and a blank line here and there."""
    rows = list(map(",".join, zip(*columns.values(), strict=True)))
    for row in np.flatnonzero(table.rng.random(len(rows)) < table.broken).tolist():
        turn, place = divmod(next(table.turns), len(table.kinds))
        kind = table.kinds[place]
        cells = {name: column[row] for name, column in columns.items()}
        rows[row] = damage.broken_row(kind, turn, cells)
        table.tally[f"{table.dataset}:{kind}"] += 1
    for row in range(7, len(rows), 499):
        rows[row] += table.newline
    table.sink.write(table.newline.join([*rows, ""]).encode("utf-8", "surrogateescape"))
