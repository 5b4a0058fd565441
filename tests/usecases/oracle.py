"""The use cases once more, in plain Python, as their docstrings define them: slow and obvious."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from reelhouse.usecases.span import Span

Rows = list[dict[str, Any]]

HALF_LIFE = 7 * 86_400
WEIGHTS = {"viewed": 1, "like": 3, "dislike": 1, "commented": 4, "share": 5}


@dataclass
class Site:
    """What was sent, in order; users and videos with the time at which their source landed.

    `once` keeps the events of a span that were counted already.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    users: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    videos: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    once: dict[Span, list[dict[str, Any]]] = field(default_factory=dict)


def time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(seconds: int) -> str:
    return time(seconds)[:10]


def monday(seconds: int) -> datetime:
    at = datetime.fromtimestamp(seconds, UTC)
    return (at - timedelta(days=at.weekday())).replace(hour=0, minute=0, second=0)


def once(site: Site, span: Span) -> list[dict[str, Any]]:
    if (found := site.once.get(span)) is not None:
        return found
    seen = set()
    found = site.once[span] = []
    for event in site.events:
        key = repr(sorted(event.items()))
        at = datetime.fromtimestamp(event["timestamp"], UTC)
        inside = (not span.start or at >= span.start) and (not span.end or at < span.end)
        if inside and key not in seen:
            seen.add(key)
            found.append(event)
    return found


def event_types(site: Site, span: Span, top: int | None = None) -> Rows:
    times: dict[str, list[int]] = defaultdict(list)
    for event in once(site, span):
        times[event["event"]].append(event["timestamp"])
    total = sum(map(len, times.values()))
    rows = [
        {
            "event": name,
            "count": len(each),
            "first_at": time(min(each)),
            "last_at": time(max(each)),
            "share": len(each) / total,
        }
        for name, each in sorted(times.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return rows[:top]


def likes_over_time(site: Site, span: Span, top: int | None = None) -> Rows:
    videos: dict[int, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for event in once(site, span):
        if event["event"] in ("like", "dislike"):
            videos[event["video_id"]][day(event["timestamp"])][event["event"]] += 1
    order = sorted(
        videos, key=lambda each: (-sum(day["like"] for day in videos[each].values()), each)
    )
    rows = []
    for video in sorted(order[:top]):
        likes = dislikes = 0
        for each, counts in sorted(videos[video].items()):
            likes, dislikes = likes + counts["like"], dislikes + counts["dislike"]
            rows.append(
                {
                    "video_id": video,
                    "day": each,
                    "likes": counts["like"],
                    "dislikes": counts["dislike"],
                    "likes_so_far": likes,
                    "dislikes_so_far": dislikes,
                    "like_rate": likes / (likes + dislikes),
                }
            )
    return rows


def tags_at(site: Site, span: Span, video: int, second: int) -> set[str]:
    kinds = ("created", "add_tags", "remove_tags")
    changes = [
        (event["timestamp"], kinds.index(event["event"]), event.get("tags") or [])
        for event in once(site, span.until_end())
        if event["video_id"] == video and event["event"] in kinds and event["timestamp"] <= second
    ]
    tags: set[str] = set()
    created = None
    for at, kind, named in sorted(changes):
        if kind == 0 and at != created:
            tags, created = set(), at
        tags = tags - set(named) if kind == 2 else tags | set(named)
    return tags


def categories_at(site: Site, user: int, second: int) -> set[str]:
    versions = sorted(
        (row["updated_at"] if row["updated_at"] is not None else landed, landed, row["categories"])
        for landed, row in site.users
        if row["id"] == user
    )
    valid = [version for version in versions if version[0] <= second] or versions[:1]
    return set(valid[-1][2]) if valid else set()


def tag_affinity(site: Site, span: Span, top: int | None = None) -> Rows:
    found: dict[int, Counter[bool]] = defaultdict(Counter)
    for event in once(site, span):
        tags = tags_at(site, span, event["video_id"], event["timestamp"])
        categories = categories_at(site, event["user_id"], event["timestamp"])
        found[event["user_id"]][bool(tags & categories)] += 1
    rows = [
        {"user_id": user, "matching": counts[True], "other": counts[False]}
        for user, counts in sorted(found.items(), key=lambda item: (-item[1][True], item[0]))
    ]
    return rows[:top]


def top_users(site: Site, span: Span, top: int | None = 10) -> Rows:
    by_user: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for event in once(site, span):
        by_user[event["user_id"]].append(event)
    rows = [
        {
            "user_id": user,
            "events": len(events),
            "videos": len({event["video_id"] for event in events}),
            "last_at": time(max(event["timestamp"] for event in events)),
        }
        for user, events in sorted(by_user.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return rows[:top]


def latest_videos(site: Site) -> dict[int, dict[str, Any]]:
    found = {}
    for _, row in sorted(
        site.videos, key=lambda each: (each[0], each[1]["name"], each[1]["creator_id"])
    ):
        found[row["id"]] = row
    return found


def by_creator(site: Site, span: Span) -> Iterable[tuple[int, dict[str, Any]]]:
    videos = latest_videos(site)
    for event in once(site, span):
        if event["video_id"] in videos:
            yield videos[event["video_id"]]["creator_id"], event


def top_creators(site: Site, span: Span, top: int | None = 10) -> Rows:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for creator, event in by_creator(site, span):
        found[creator].append(event)
    rows = [
        {
            "creator_id": creator,
            "events": len(events),
            "likes": sum(event["event"] == "like" for event in events),
            "videos": len({event["video_id"] for event in events}),
            "users": len({event["user_id"] for event in events}),
        }
        for creator, events in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return rows[:top]


def most_engaged(site: Site, span: Span, top: int | None = 3) -> Rows:
    found: dict[tuple[int, str], Counter[int]] = defaultdict(Counter)
    for creator, event in by_creator(site, span):
        found[creator, event["event"]][event["user_id"]] += 1
    rows = []
    for (creator, name), users in sorted(found.items()):
        best = sorted(users.items(), key=lambda item: (-item[1], item[0]))[:top]
        for place, (user, count) in enumerate(best, 1):
            row = {"creator_id": creator, "event": name, "place": place}
            rows.append(row | {"user_id": user, "events": count})
    return rows


def trending(site: Site, span: Span, top: int | None = 10) -> Rows:
    found: dict[int, list[float]] = defaultdict(list)
    everything = once(site, Span())
    inside = once(site, span)
    if not inside:
        return []
    if span.end:
        end = span.end.timestamp()
    else:
        start = span.start.timestamp() if span.start else float("-inf")
        end = max(each["timestamp"] for each in everything if each["timestamp"] >= start)
    for event in inside:
        if event["event"] in WEIGHTS:
            age = end - event["timestamp"]
            found[event["video_id"]].append(WEIGHTS[event["event"]] * 0.5 ** (age / HALF_LIFE))
    videos = latest_videos(site)
    rows = [
        {
            "video_id": video,
            "name": videos[video]["name"] if video in videos else None,
            "events": len(scores),
            "score": round(sum(scores), 6),
        }
        for video, scores in found.items()
    ]
    return sorted(rows, key=lambda row: (-float(str(row["score"])), row["video_id"]))[:top]


def retention(site: Site, span: Span, top: int | None = None) -> Rows:
    times: dict[int, list[int]] = defaultdict(list)
    for event in once(site, span.until_end()):
        times[event["user_id"]].append(event["timestamp"])
    cohorts: dict[datetime, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for user, each in times.items():
        if span.start and min(each) < span.start.timestamp():
            continue
        first = monday(min(each))
        for at in each:
            cohorts[first][(monday(at) - first).days // 7].add(user)
    rows = []
    for first in sorted(cohorts)[-top if top else 0 :]:
        size = len(cohorts[first][0])
        for week, users in sorted(cohorts[first].items()):
            row = {"cohort": first.strftime("%Y-%m-%d"), "week": week, "users": len(users)}
            rows.append(row | {"cohort_users": size, "share": len(users) / size})
    return rows


ANSWERS = {
    "event-types": event_types,
    "likes-over-time": likes_over_time,
    "tag-affinity": tag_affinity,
    "top-users": top_users,
    "top-creators": top_creators,
    "most-engaged": most_engaged,
    "trending": trending,
    "retention": retention,
}
