"""The demonstration's events, chunk by chunk, and the JSON lines that hold them."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from reelhouse.demo import broken as damage
from reelhouse.demo import names
from reelhouse.demo.site import DAY, Integers, Site, instants, people, picked, watched

EVENT_TYPES = (
    *("created", "viewed", "like", "dislike", "commented", "add_tags", "remove_tags", "share"),
)
CREATED, VIEWED, LIKE, DISLIKE, COMMENTED, ADD_TAGS, REMOVE_TAGS, SHARE = range(8)

# What a viewer does with one video, and how often.
_REACTIONS = {
    (VIEWED,): 0.66,
    (VIEWED, LIKE): 0.14,
    (VIEWED, LIKE, COMMENTED): 0.03,
    (VIEWED, LIKE, SHARE): 0.03,
    (VIEWED, COMMENTED): 0.05,
    (VIEWED, DISLIKE): 0.04,
    (VIEWED, DISLIKE, COMMENTED): 0.01,
    (VIEWED, SHARE): 0.04,
}
_REACTION_STEPS = np.array([(*steps, VIEWED, VIEWED)[:3] for steps in _REACTIONS])  # filled up
_REACTION_SIZES = np.array([len(steps) for steps in _REACTIONS])
_REACTION_CHANCES = np.array(list(_REACTIONS.values()))
_REACTION_CHANCES /= _REACTION_CHANCES.sum()
_LINE_CHANCES = np.array([0.71, 0.10, 0.10, 0.09])  # of 1, 2, 3, 4 events, where a session has them

# The optional member of an event, by number: none, a comment, or tags.
_MEMBERS = ["", *names.COMMENTS, *names.VIDEO_TAGS, *names.SINGLE_TAGS]
_FIRST_COMMENT = 1
_FIRST_VIDEO_TAGS = _FIRST_COMMENT + len(names.COMMENTS)
_FIRST_SINGLE_TAG = _FIRST_VIDEO_TAGS + len(names.VIDEO_TAGS)
_FIRST_TAG_OF_VIDEO = np.array(names.FIRST_VIDEO_TAG)
_CITIES = np.array(names.CITIES).T

# A chunk is a matrix of integers: a column an event, and these rows. MEMBER is a place in _MEMBERS;
# LATITUDE and LONGITUDE are in millionths of a degree, and no place where both are 0.
USER, VIDEO, EVENT, TIME, MEMBER, LATITUDE, LONGITUDE, LINE_TIME, OPENING, CLOSING = range(10)
_OPENINGS = ("", '{"events":[')
_CLOSINGS = ("\n", "\n\n", ",", "]}\n")
_ALONE, _ALONE_AND_BLANK, _WITHIN, _LAST = range(4)


def draw_events(
    rng: np.random.Generator, size: int, window: tuple[float, float], site: Site, created: range
) -> Integers:
    """Draw `size` events of a window of the whole time (shares of it), in the order of their lines.

    `created` are the videos, counted from 0, whose creation is among these events.
    """
    free = size - len(created)
    repeats = int(rng.binomial(free // 2, 0.002))  # events that are sent twice
    edits = int(rng.binomial(free - repeats, 0.02))
    parts = [
        _sessions(rng, free - repeats - edits, window, site),
        _creations(created, site),
        _edits(rng, edits, window, site),
    ]
    matrix = np.concatenate(parts, axis=1)
    again = matrix[:, rng.integers(max(1, size - repeats), size=repeats)]
    again[LINE_TIME] += rng.integers(1, 300, repeats)
    again[OPENING], again[CLOSING] = 0, _ALONE
    matrix = np.concatenate([matrix, again], axis=1)
    matrix = matrix[:, np.argsort(matrix[LINE_TIME], kind="stable")]  # keeps a line together
    alone = np.flatnonzero(matrix[CLOSING] == _ALONE)
    matrix[CLOSING, alone[7::2500]] = _ALONE_AND_BLANK
    return matrix


def _sessions(
    rng: np.random.Generator, size: int, window: tuple[float, float], site: Site
) -> Integers:
    """Draw viewers' sessions: videos viewed within minutes, and what was done about each."""
    sessions = size // 4 + 50  # more than enough: a session has five events on average
    begins = instants(rng.uniform(*window, sessions), site.start, site.days)
    viewers = people(rng, sessions, site.users)
    located = rng.random(sessions) < 0.2

    session_of_view = np.repeat(np.arange(sessions), rng.geometric(0.25, sessions))
    reaction = rng.choice(len(_REACTION_CHANCES), len(session_of_view), p=_REACTION_CHANCES)
    view = np.repeat(np.arange(len(reaction)), _REACTION_SIZES[reaction])[:size]
    session = session_of_view[view]
    place = np.arange(size)
    step = place - _group_starts(view)
    first = _group_starts(session)

    waits = np.where(step > 0, rng.integers(3, 60, size), rng.integers(20, 420, size))
    elapsed = np.cumsum(waits)
    end = site.start + DAY * site.days - 1
    times = np.minimum(begins[session] + elapsed - elapsed[first], end)

    matrix = np.zeros((10, size), np.int64)
    matrix[USER] = viewers[session]
    matrix[VIDEO] = watched(rng, times, site)[place - step] + 1
    matrix[EVENT] = _REACTION_STEPS[reaction[view], step]
    matrix[TIME] = times
    comments = rng.integers(_FIRST_COMMENT, _FIRST_VIDEO_TAGS, size)
    matrix[MEMBER] = np.where(matrix[EVENT] == COMMENTED, comments, 0)
    here = np.flatnonzero(located[session])
    degrees = _CITIES[:, matrix[USER, here] % _CITIES.shape[1]] + rng.normal(
        0, 0.05, (2, len(here))
    )
    matrix[LATITUDE : LONGITUDE + 1, here] = np.round(degrees * 1e6)

    starts = first == place
    cuts = np.cumsum(rng.choice([1, 2, 3, 4], size, p=_LINE_CHANCES))
    starts[cuts[cuts < size]] = True
    ends = np.append(starts[1:], True)[:size]
    matrix[LINE_TIME] = times[ends][np.cumsum(starts) - 1]  # a line is sent after its last event
    matrix[OPENING] = starts & ~ends
    matrix[CLOSING] = np.where(ends, np.where(starts, _ALONE, _LAST), _WITHIN)
    return matrix


def _group_starts(groups: Integers) -> Integers:
    """Return for each entry where its run of equal entries starts."""
    new = np.ones(len(groups), bool)
    new[1:] = groups[1:] != groups[:-1]
    return np.maximum.accumulate(np.where(new, np.arange(len(groups)), 0))


def _creations(created: range, site: Site) -> Integers:
    """Return the events by which creators create their videos."""
    videos = np.arange(created.start, created.stop)
    tags = _FIRST_VIDEO_TAGS + videos % len(names.VIDEO_TAGS)
    return _by_creator(videos, np.full(len(videos), CREATED), site.created_at[videos], tags, site)


def _edits(
    rng: np.random.Generator, size: int, window: tuple[float, float], site: Site
) -> Integers:
    """Draw events by which creators add a tag to a video, or remove its first one."""
    times = instants(rng.uniform(*window, size), site.start, site.days)
    videos = watched(rng, times, site)
    adds = rng.random(size) < 0.65
    new_tags = rng.integers(len(names.SINGLE_TAGS), size=size)
    tags = np.where(adds, new_tags, _FIRST_TAG_OF_VIDEO[videos % len(names.VIDEO_TAGS)])
    kinds = np.where(adds, ADD_TAGS, REMOVE_TAGS)
    return _by_creator(videos, kinds, times, _FIRST_SINGLE_TAG + tags, site)


def _by_creator(
    videos: Integers, kinds: Integers, times: Integers, members: Integers, site: Site
) -> Integers:
    """Return events of the videos' own creators, each alone on its line."""
    matrix = np.zeros((10, len(videos)), np.int64)
    matrix[USER], matrix[VIDEO], matrix[EVENT] = site.creators[videos], videos + 1, kinds
    matrix[TIME], matrix[LINE_TIME], matrix[MEMBER] = times, times, members
    return matrix


def event_lines(
    matrix: Integers,
    broken: float,
    rng: np.random.Generator,
    turns: tuple[Iterator[int], Iterator[int]],
    tally: Counter[str],
) -> bytes:
    """Return the events as JSON lines, a share of them broken and counted in `tally`.

    `turns` count on from chunk to chunk, so that every kind has its turn: in lines of one event,
    and in envelopes.
    """
    members = picked(_MEMBERS, matrix[MEMBER])
    located = np.flatnonzero(matrix[LATITUDE] | matrix[LONGITUDE])
    degrees = (matrix[LATITUDE : LONGITUDE + 1, located] / 1e6).tolist()
    for event, latitude, longitude in zip(located.tolist(), *degrees, strict=True):
        members[event] += f',"latitude":{latitude:.6f},"longitude":{longitude:.6f}'

    kinds = [f'"event":"{name}","timestamp":' for name in EVENT_TYPES]
    opening, closing = picked(_OPENINGS, matrix[OPENING]), picked(_CLOSINGS, matrix[CLOSING])
    texts = [
        f'{before}{{"user_id":{user},"video_id":{video},{kind}{time}{member}}}{after}'
        for before, user, video, kind, time, member, after in zip(
            opening,
            matrix[USER].tolist(),
            matrix[VIDEO].tolist(),
            picked(kinds, matrix[EVENT]),
            matrix[TIME].tolist(),
            members,
            closing,
            strict=True,
        )
    ]

    for event in np.flatnonzero(rng.random(len(texts)) < broken).tolist():
        if matrix[CLOSING, event] in (_ALONE, _ALONE_AND_BLANK):
            turn, place = divmod(next(turns[0]), len(damage.PLAIN_KINDS))
            kind = counted_as = damage.PLAIN_KINDS[place]
        else:
            turn, place = divmod(next(turns[1]), len(damage.FIELD_KINDS))
            kind, counted_as = damage.FIELD_KINDS[place], damage.IN_ENVELOPE
        user, video, name, time = matrix[[USER, VIDEO, EVENT, TIME], event].tolist()
        fields = {
            "user_id": str(user),
            "video_id": str(video),
            "event": f'"{EVENT_TYPES[name]}"',
            "timestamp": str(time),
        }
        text = damage.broken_event(kind, turn, fields, members[event])
        texts[event] = opening[event] + text + closing[event]
        tally[f"events:{counted_as}"] += 1
    return "".join(texts).encode("utf-8", "surrogateescape")
