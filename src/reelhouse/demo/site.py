"""The video site that the demonstration data is about: its people, its videos and its hours."""

from calendar import timegm
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]
Item = TypeVar("Item")

DAY = 86_400
_HOURS = np.linspace(0, 24, 24 * 60 + 1)
_TURN = 2 * np.pi / 24
_RHYTHM = (_HOURS - 0.8 / _TURN * (np.sin(_TURN * (_HOURS - 4)) - np.sin(-_TURN * 4))) / 24
"""The share of a day's events until each minute: fewest at 4 in the morning, most at 16."""


class Site(NamedTuple):
    """What the records refer to.

    Users have the ids 1 to `users`. Entry n of the arrays is the video of id n + 1; videos are in
    the order of their creation. `start` is in epoch seconds, and `popularity` is cumulative.
    """

    users: int
    start: int
    days: int
    created_at: Integers
    creators: Integers
    popularity: Numbers


def draw_site(rng: np.random.Generator, users: int, videos: int, start: date, days: int) -> Site:
    """Draw the videos: most are created early, the first at the very start."""
    quantiles = np.sort(rng.random(videos) ** 2)
    quantiles[0] = 0
    first = timegm(start.timetuple())
    return Site(
        users=users,
        start=first,
        days=days,
        created_at=instants(quantiles, first, days),
        creators=people(rng, videos, users),
        popularity=np.cumsum(rng.pareto(1.2, videos) + 0.2),
    )


def instants(quantiles: Numbers, start: int, days: int) -> Integers:
    """Turn shares of the whole time (from 0 to below 1) into epoch seconds, by the daily rhythm."""
    day, share = np.divmod(quantiles * days, 1.0)
    return (start + DAY * day + 3600 * np.interp(share, _RHYTHM, _HOURS)).astype(np.int64)


def people(rng: np.random.Generator, size: int, users: int) -> Integers:
    """Draw ids of users: a few are very active, and not just those of low id."""
    rank = (users * rng.random(size) ** 2.5).astype(np.int64)
    return rank * 2_654_435_761 % users + 1  # a prime, so that every rank is another user


def watched(rng: np.random.Generator, times: Integers, site: Site) -> Integers:
    """Draw a video for each time, of those that exist by then, by popularity; count from 0."""
    existing = np.searchsorted(site.created_at, times, "right") - 1
    drawn = rng.random(len(times)) * site.popularity[existing]
    return np.minimum(np.searchsorted(site.popularity, drawn, "right"), existing)


def picked(pool: Sequence[Item], places: NDArray[np.integer]) -> list[Item]:
    """Return the entries of the pool at these places."""
    return list(map(pool.__getitem__, places.tolist()))
