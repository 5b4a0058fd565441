"""Random histories of users and videos, the star that they make, and an oracle in plain Python."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from reelhouse.contract.model import Contract, Type
from reelhouse.contract.registry import load_all
from reelhouse.warehouse.identity import identity
from reelhouse.warehouse.project import Project
from reelhouse.warehouse.star import control, star_models

EPOCH = datetime(1970, 1, 1)
FIRST = datetime(1, 1, 1)
LAST = datetime(9999, 12, 31, 23, 59, 59)
CONTRACTS = load_all()
PROJECT = Project(CONTRACTS)

Row = tuple[Any, ...]
Star = dict[str, list[Row]]
"""The rows of each table, sorted."""

TAG_EVENTS = ("created", "add_tags", "remove_tags")


@dataclass(frozen=True)
class Source:
    """A source with its valid records; `copy` is another load of the same one."""

    dataset: str
    uri: str
    landed_at: datetime
    records: tuple[dict[str, Any], ...]
    load_id: str


@dataclass
class History:
    """Sources in the order in which they are delivered, in batches."""

    sources: list[Source] = field(default_factory=list)


def second(number: int) -> datetime:
    """A time in seconds after 2026."""
    return datetime(2026, 1, 1) + timedelta(seconds=number)


def history(random: Random, users: int = 6, videos: int = 4) -> History:
    """A random history: few users and videos, few times, so that all meet."""
    found = History()
    numbers = {"users": 0, "videos": 0, "events": 0}

    def land(dataset: str, records: Iterable[dict[str, Any]]) -> None:
        numbers[dataset] += 1
        name = f"{dataset}-{numbers[dataset]}"
        landed = second(random.randrange(0, 40, 5))
        found.sources.append(Source(dataset, name, landed, tuple(records), f"load-{name}"))

    for _ in range(random.randint(2, 6)):
        land("users", [_user(random, users) for _ in range(random.randint(1, 8))])
    for _ in range(random.randint(1, 3)):
        land("videos", [_video(random, videos, users) for _ in range(random.randint(1, 5))])
    for _ in range(random.randint(2, 6)):
        events = [_event(random, videos, users) for _ in range(random.randint(1, 20))]
        events += random.choices(events, k=random.randint(0, 4))
        land("events", events)
    repeated = [each for each in found.sources if random.random() < 0.2]
    for source in repeated:  # the same records in another source: each counts once
        land(source.dataset, source.records)
    random.shuffle(found.sources)
    return found


def _user(random: Random, users: int) -> dict[str, Any]:
    return {
        "id": random.randrange(users),
        "fname": random.choice(("Ada", "Eve")),
        "lname": random.choice(("B|y~ron", "Ö,y")),
        "email": "a@example.org",
        "country": random.choice(("CH", "US")),
        "subscription": random.random() < 0.5,
        "categories": random.choice((None, [], ["a"], ["a", "b,c"], ["b~|", "a"])),
        "updated_at": None if random.random() < 0.3 else second(random.randrange(0, 60, 4)),
        "_extra": None,
    }


def _video(random: Random, videos: int, users: int) -> dict[str, Any]:
    return {
        "id": random.randrange(videos),
        "name": random.choice(("One", "Two")),
        "url": "https://example.org/v",
        "creation_timestamp": second(random.randrange(0, 30, 10)),
        "creator_id": random.randrange(users),
        "private": random.random() < 0.2,
        "_extra": random.choice((None, None, '{"a":1}')),
    }


def _event(random: Random, videos: int, users: int) -> dict[str, Any]:
    event = random.choice((*TAG_EVENTS, "viewed", "like"))
    tags = [random.choice(("x", "y", "z|,")) for _ in range(random.randint(0, 3))]
    return {
        "user_id": random.randrange(users + 2),
        "video_id": random.randrange(videos + 1),
        "event": event,
        "timestamp": second(random.randrange(60)),
        "comment": random.choice((None, "", "so ~ good")),
        "tags": tags if event in TAG_EVENTS else None,
        "latitude": random.choice((None, "1.5", "1.50", "-0.1234567894")),
        "longitude": None,
        "_extra": random.choice((None, '{"b":2}')),
    }


# --- what the star must be


def oracle(sources: Sequence[Source]) -> Star:
    """The star of sources that count once each."""
    first: dict[tuple[str, str], Source] = {}
    for source in sources:
        first.setdefault((source.dataset, source.uri), source)
    star: Star = {}
    of = {
        dataset: [each for each in first.values() if each.dataset == dataset]
        for dataset in CONTRACTS
    }
    versions = {
        dataset: _dimension(CONTRACTS[dataset], of[dataset], star)
        for dataset in ("users", "videos")
    }
    _facts(CONTRACTS["events"], of["events"], versions, star)
    return {name: sorted(rows, key=repr) for name, rows in star.items()}


def _micros(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)


def _list_text(values: list[str] | None) -> str | None:
    if values is None:
        return None
    escaped = [each.replace("~", "~0").replace("|", "~1").replace(",", "~2") for each in values]
    return "".join(f"{each}," for each in escaped)


def _dimension(contract: Contract, sources: list[Source], star: Star) -> dict[int, list[Row]]:
    """Fill in a dimension; its versions by natural key: key, from, to."""
    one = contract.dataset[:-1]
    changes: dict[str, tuple[int, datetime, datetime, str, bool, dict[str, Any]]] = {}
    brought: Counter[tuple[str, str]] = Counter()
    attributes = [each for each in contract.fields if each.name != "updated_at"]
    for source in sources:
        for record in source.records:
            stated = record.get("updated_at")
            since = stated or source.landed_at
            who = identity(contract.fields, record)
            parts = (who, _micros(since), _micros(source.landed_at), record["_extra"] or "")
            change_id = sha256("|".join(map(str, parts)).encode()).hexdigest()
            brought[change_id, source.load_id] += 1
            same = identity(attributes, record)
            changes[change_id] = (
                record["id"], since, source.landed_at, same, stated is not None, record
            )  # fmt: skip
    star[f"{one}_source"] = [(*each, count) for each, count in brought.items()]
    by_key: dict[int, list[tuple[datetime, datetime, str]]] = {}
    for change_id, (key, since, landed, *_) in changes.items():
        by_key.setdefault(key, []).append((since, landed, change_id))
    versions: dict[int, list[Row]] = {}
    rows: list[Row] = []
    bridge: list[Row] = []
    for key, ordered in by_key.items():
        kept: list[tuple[datetime, datetime, str]] = []
        same = ""
        for change in sorted(ordered):
            if changes[change[2]][3] != same:
                kept.append(change)
                same = changes[change[2]][3]
        versions[key] = []
        for place, (since, landed, change_id) in enumerate(kept):
            record, is_stated = changes[change_id][5], changes[change_id][4]
            begin = FIRST if place == 0 and not is_stated else since
            end = kept[place + 1][0] if place + 1 < len(kept) else LAST
            versions[key].append((change_id, begin, end))
            values = [record[each.name] for each in contract.fields if each.type is not Type.ARRAY]
            derived = [record[each.field].strftime("%Y-%m") for each in contract.derived]
            rows.append(
                (change_id, *values, *derived, begin, end, end == LAST, landed, record["_extra"])
            )
            for position, item in enumerate(record.get("categories") or [], 1):
                bridge.append((change_id, position, item))
    star[f"dim_{one}"] = rows
    if any(each.type is Type.ARRAY for each in contract.fields):
        star[f"bridge_{one}_category"] = bridge
    return versions


def _facts(
    contract: Contract, sources: list[Source], versions: dict[str, dict[int, list[Row]]], star: Star
) -> None:
    found: dict[str, list[tuple[datetime, str, int, str, Source, dict[str, Any]]]] = {}
    for source in sources:
        for line, record in enumerate(source.records, 1):
            key = (source.landed_at, source.uri, line, record["_extra"] or "")
            who = identity(contract.fields, record)
            found.setdefault(who, []).append((*key, source, record))
    rows: list[Row] = []
    copies: list[Row] = []
    tags: list[Row] = []
    for who, each in found.items():
        landed, uri, line, _, source, record = min(each, key=lambda one: one[:4])
        at = record["timestamp"]
        keys = [
            next((v[0] for v in versions[of].get(record[name], ()) if v[1] <= at < v[2]), "unknown")
            for of, name in (("users", "user_id"), ("videos", "video_id"))
        ]
        values = [
            _number(record[f.name]) if f.type is Type.NUMBER else record[f.name]
            for f in contract.fields
            if f.type is not Type.ARRAY
        ]
        origin = (source.load_id, uri, "1", line, landed, record["_extra"])
        rows.append((who, *keys, *values, at.date(), *origin))
        loads = Counter(one[4].load_id for one in each)
        loads[source.load_id] -= 1
        copies += [(who, load, count) for load, count in loads.items() if count]
        tags += [(who, place, tag) for place, tag in enumerate(record["tags"] or [], 1)]
    star["fct_event"], star["event_copy"], star["bridge_event_tag"] = rows, copies, tags
    star["bridge_video_tag"] = _video_tags([each[0][5] for each in found.values()])
    days = {each[0][5]["timestamp"].date() for each in found.values()}
    star["dim_date"] = [
        (day, day.year, (day.month + 2) // 3, day.month, day.day, day.isoweekday()) for day in days
    ]


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _video_tags(events: list[dict[str, Any]]) -> list[Row]:
    """Step through each video's seconds, and note when each tag comes and goes."""
    rows: list[Row] = []
    for video in {each["video_id"] for each in events}:
        present: dict[str, datetime] = {}
        mine = [each for each in events if each["video_id"] == video]
        for at in sorted({each["timestamp"] for each in mine}):
            now = set(present)
            of_second = [each for each in mine if each["timestamp"] == at]
            created = [each for each in of_second if each["event"] == "created"]
            if created:
                now = {tag for each in created for tag in each["tags"]}
            for kind, change in (("add_tags", now.update), ("remove_tags", now.difference_update)):
                for each in of_second:
                    if each["event"] == kind:
                        change(each["tags"])
            for tag in set(present) - now:
                rows.append((video, tag, present.pop(tag), at))
            for tag in now - set(present):
                present[tag] = at
        rows += [(video, tag, since, LAST) for tag, since in present.items()]
    return rows


# --- a star in a database

Execute = Callable[[str], list[Row]]
"""Run a statement, and give its rows."""


def star_steps() -> list[str]:
    """The canonical SQL of the star alone: what is judged is put into staging by the tests."""
    return [model.text for model in star_models(CONTRACTS)] + [
        control.mark(contract).text for contract in CONTRACTS.values()
    ]


TABLES = {
    "dim_user": "user_key <> 'unknown'",
    "dim_video": "video_key <> 'unknown'",
    "bridge_user_category": "",
    "user_source": "",
    "video_source": "",
    "fct_event": "",
    "event_copy": "",
    "bridge_event_tag": "",
    "bridge_video_tag": "",
    "dim_date": "",
}
"""The tables of the star, and which of their rows the oracle tells of."""


def staged(source: Source) -> list[dict[str, Any]]:
    """The rows of a source in the staging table of its dataset."""
    contract = CONTRACTS[source.dataset]
    rows = []
    for line, record in enumerate(source.records, 1):
        row: dict[str, Any] = {
            "_load_id": source.load_id,
            "_line_number": line,
            "_id": identity(contract.fields, record),
        }
        for each in contract.fields:
            value = record[each.name]
            if each.type is Type.NUMBER:
                row[f"{each.name}__text"] = value
                value = _number(value)
            row[each.name] = _list_text(value) if each.type is Type.ARRAY else value
        rows.append(row | {"_extra": record["_extra"]})
    return rows
