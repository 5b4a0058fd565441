"""The generator against a judge of its own: some json and csv, and nothing of Reelhouse."""

import csv
import gzip
import io
import json
import re
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reelhouse.demo import broken as damage
from reelhouse.demo.generate import Generated, generate

INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
TYPES = {"created", "viewed", "like", "dislike", "commented", "add_tags", "remove_tags", "share"}
LAST_SECOND = 253402300799


def lines(path: Path) -> list[bytes]:
    """The lines of a file that hold records."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    ended = [line.removesuffix(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return [line for line in ended if line]


def is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value and not re.search("[\ud800-\udfff]", value)


def is_integer(value: object, highest: int) -> bool:
    return type(value) is int and 0 <= value <= highest


def valid_event(event: object) -> bool:
    if not isinstance(event, dict):
        return False
    tags = event.get("tags", [])
    return (
        is_integer(event.get("user_id"), 2**63 - 1)
        and is_integer(event.get("video_id"), 2**63 - 1)
        and is_integer(event.get("timestamp"), LAST_SECOND)
        and event.get("event") in TYPES
        and is_text(event.get("comment", ""))
        and isinstance(tags, list)
        and all(map(is_text, tags))
        and -90 <= event.get("latitude", 0) <= 90
        and -180 <= event.get("longitude", 0) <= 180
    )


def strict_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def refuse(constant: str) -> None:
    raise ValueError(constant)


def events_of(line: bytes) -> list[Any]:
    """The events of a line; None for a line that can't be parsed."""
    try:
        value = json.loads(line.decode(), object_pairs_hook=strict_object, parse_constant=refuse)
    except ValueError:
        return [None]
    return value["events"] if isinstance(value, dict) and "events" in value else [value]


def integer(cell: str, highest: int = 2**63 - 1) -> bool:
    return bool(INTEGER.fullmatch(cell)) and 0 <= int(cell) <= highest


def valid_row(row: dict[str, str]) -> bool:
    if None in row or None in row.values():  # too many cells, too few
        return False
    if any("\0" in cell for cell in row.values()):
        return False
    checks = {
        "id": integer,
        "creator_id": integer,
        "creation_timestamp": lambda cell: integer(cell, LAST_SECOND),
        "updated_at": lambda cell: integer(cell, LAST_SECOND),
        "private": lambda cell: cell in ("0", "1", "true", "false"),
        "subscription": lambda cell: cell in ("0", "1", "true", "false"),
        "email": lambda cell: re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", cell),
        "country": lambda cell: re.fullmatch("[A-Z]{2}", cell),
        "url": lambda cell: re.fullmatch(r"https?://\S+", cell),
    }
    required = set(row) - {"categories", "updated_at", "referrer"}
    return all(row[name] for name in required) and all(
        check(row[name]) for name, check in checks.items() if name in row
    )


def rows_of(path: Path) -> list[tuple[dict[str, str], bool]]:
    """The rows of a CSV, each with whether it is valid."""
    header, *rows = lines(path)
    columns = header.decode().split(",")
    judged = []
    for line in rows:
        text = line.decode(errors="replace")
        try:
            (row,) = csv.DictReader(io.StringIO(text), columns, strict=True)
        except csv.Error:  # quotes that are not closed, or closed too early
            judged.append(({}, False))
        else:
            judged.append((row, valid_row(row) and "\ufffd" not in text))
    return judged


def event_files(generated: Generated) -> list[Path]:
    return [path for path in generated.files if path.parent.name == "events"]


def sent_events(generated: Generated) -> list[Any]:
    return [e for path in event_files(generated) for line in lines(path) for e in events_of(line)]


def check_counts(out: Path, generated: Generated) -> None:
    """Compare every number of `Generated` with what the files hold."""
    first, later = (rows_of(out / "users" / f"users-000{number}.csv") for number in (1, 2))
    videos = rows_of(out / "videos" / "videos-0001.csv")
    events = sent_events(generated)
    assert (len(first) + len(later), len(later)) == (generated.users, generated.user_updates)
    assert (len(videos), len(events)) == (generated.videos, generated.events)

    told: Counter[str] = Counter()
    for key, count in generated.broken.items():
        told[key.partition(":")[0]] += count
    found = {
        "users": sum(not valid for _, valid in first + later),
        "videos": sum(not valid for _, valid in videos),
        "events": sum(not valid_event(event) for event in events),
    }
    assert +told == +Counter(found)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def generated(out: Path) -> Generated:
    return generate(out, events=20_000, broken=0.05)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(tmp_path_factory.mktemp("clean"), events=20_000, broken=0)


def test_counts_are_exact(out: Path, generated: Generated) -> None:
    assert generated.events == 20_000
    assert generated.videos == 500
    assert generated.users == 2_000 + generated.user_updates
    assert 120 < generated.user_updates < 280
    assert sorted(out.rglob("*.*")) == sorted(generated.files)  # nothing hidden is left
    check_counts(out, generated)


def test_every_kind_is_there(generated: Generated) -> None:
    kinds = {
        "events": set(damage.EVENT_KINDS),
        "videos": set(damage.VIDEO_KINDS),
        "users": set(damage.USER_KINDS) | set(damage.USER_UPDATE_KINDS),
    }
    wanted = {f"{dataset}:{kind}" for dataset, names in kinds.items() for kind in names}
    assert set(generated.broken) == wanted
    assert min(generated.broken.values()) > 0
    assert 0.04 < sum(generated.broken.values()) / (20_000 + 500 + generated.users) < 0.06


FIELDS = {"user_id": "12", "video_id": "34", "event": '"like"', "timestamp": "1767225600"}
USER = dict(
    zip(
        ("id", "fname", "lname", "email", "country", "subscription", "updated_at"),
        ("12", '"Ann, Mary"', "Ito", "ann@example.com", "US", "1", "1767225600"),
        strict=True,
    )
)
VIDEO = dict(
    zip(
        ("id", "name", "url", "creation_timestamp", "creator_id", "private"),
        ("12", '"A ""b"""', "https://example.com", "1767225600", "3", "0"),
        strict=True,
    )
)


@pytest.mark.parametrize("kind", damage.PLAIN_KINDS)
def test_each_broken_event_is_invalid(kind: str) -> None:
    for turn in range(150):
        extra = ("", ',"comment":"x"', ',"tags":["a"]', ',"latitude":1.000000')[turn // 2 % 4]
        text = damage.broken_event(kind, turn, dict(FIELDS), extra)
        (event,) = events_of(text.encode("utf-8", "surrogateescape"))
        assert not valid_event(event), text
        if kind in damage.FIELD_KINDS:  # the others in its envelope are not hurt
            json.loads(text, object_pairs_hook=strict_object, parse_constant=refuse)


@pytest.mark.parametrize("row", [USER, VIDEO])
def test_each_broken_row_is_invalid(row: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    kinds = damage.VIDEO_KINDS if "url" in row else damage.USER_UPDATE_KINDS
    for kind in kinds:
        texts = [damage.broken_row(kind, turn, dict(row)) for turn in range(30)]
        text = "\n".join([",".join(row), ",".join(row.values()), *texts])
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        assert [valid for _, valid in rows_of(path)] == [True] + [False] * 30, kind


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    def contents(name: str, **options: int | bool) -> dict[str, bytes]:
        made = generate(tmp_path / name, events=3_000, **options)  # type: ignore[arg-type]
        return {path.name: path.read_bytes() for path in made.files}

    assert contents("a", gzip=True) == contents("b", gzip=True)
    plain, other = contents("c"), contents("d", seed=2)
    assert plain == contents("c")  # over what is there
    assert all(plain[name] != other[name] for name in plain)


def test_gzip_holds_the_same_events(tmp_path: Path) -> None:
    plain = generate(tmp_path / "plain", events=3_000, files=2)
    packed = generate(tmp_path / "packed", events=3_000, files=2, gzip=True)
    assert [path.name for path in event_files(packed)] == [
        "events-0001.jsonl.gz",
        "events-0002.jsonl.gz",
    ]
    for one, other in zip(event_files(plain), event_files(packed), strict=True):
        assert one.read_bytes() == gzip.decompress(other.read_bytes())


def test_lines(clean: Generated) -> None:
    all_lines = [line for path in event_files(clean) for line in lines(path)]
    sizes = Counter(len(events_of(line)) for line in all_lines)
    assert set(sizes) == {1, 2, 3, 4}
    assert 0.18 < 1 - sizes[1] / len(all_lines) < 0.27
    assert 1.3 < 20_000 / len(all_lines) < 1.5
    assert 100 < sum(map(len, all_lines)) / len(all_lines) < 130
    for line in all_lines:
        events = events_of(line)
        assert len({event["user_id"] for event in events}) == 1
        assert json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")) == re.sub(
            r"(\.\d*?[1-9])0+(?=[,}])", r"\1", line.decode()
        )


def test_events_fit_together(clean: Generated) -> None:
    assert clean.broken == {}
    check_counts(clean.files[0].parent.parent, clean)
    events = sent_events(clean)
    videos = {row["id"]: row for row, _ in rows_of(clean.files[0])}
    begin, end = (int(datetime(2026, m, 1, tzinfo=UTC).timestamp()) for m in (1, 3))

    created = {str(event["video_id"]): event for event in events if event["event"] == "created"}
    assert set(created) == set(videos)
    for video, event in created.items():
        assert str(event["user_id"]) == videos[video]["creator_id"]
        assert str(event["timestamp"]) == videos[video]["creation_timestamp"]
        assert event["tags"]

    views = {(e["user_id"], e["video_id"]) for e in events if e["event"] == "viewed"}
    for event in events:
        assert begin <= event["timestamp"] < end + 86_400  # 60 days from January 1: to March 1
        assert int(videos[str(event["video_id"])]["creation_timestamp"]) <= event["timestamp"]
        assert ("comment" in event) == (event["event"] == "commented")
        assert ("tags" in event) == (event["event"] in ("created", "add_tags", "remove_tags"))
        if event["event"] in ("like", "dislike", "commented", "share"):
            assert (event["user_id"], event["video_id"]) in views

    kinds = Counter(event["event"] for event in events)
    assert set(kinds) == TYPES
    assert kinds["viewed"] > 10_000
    assert 0.15 < sum("latitude" in event for event in events) / len(events) < 0.25
    repeats = Counter(json.dumps(event) for event in events)
    assert 5 < sum(count - 1 for count in repeats.values()) < 50
    popular = Counter(event["video_id"] for event in events).most_common(50)
    assert sum(count for _, count in popular) > 20_000 / 3
    days = [event["timestamp"] // 86_400 for event in events]
    assert len(set(days)) == 60
    assert all(later - earlier >= -1 for earlier, later in pairwise(days))


def test_updates_change_one_thing(clean: Generated) -> None:
    users = {row["id"]: row for row, _ in rows_of(clean.files[1])}
    changes: Counter[str] = Counter()
    for row, _ in rows_of(clean.files[2]):
        before = users[row["id"]]
        changed = [name for name in before if row[name] != before[name]]
        assert changed in (["country"], ["subscription"], ["categories"], [])
        changes.update(changed)
    assert min(changes.values()) > 30
    assert changes.total() > 0.95 * clean.user_updates  # no categories before, and none after


def test_oddities(generated: Generated) -> None:
    videos, users, updates, *events = (path.read_bytes() for path in generated.files)
    assert videos.startswith(b"\xef\xbb\xbfid,name,")
    assert updates.split(b"\r\n")[0].endswith(b",categories,updated_at,referrer")
    assert updates.count(b"\n") == updates.count(b"\r\n")
    assert b"\n\n" in users
    assert b"\n\n" in b"".join(events)
    for text in ('"Mary, Ann"', '"Robert ""Bob"""', "José", "Ringo 🥁"):
        assert text.encode() in users


@pytest.mark.parametrize(
    ("events", "videos", "files"), [(0, 3, 4), (1, 3, 4), (7, 7, 3), (300, 299, 2), (3, 900, 1)]
)
def test_small_numbers(tmp_path: Path, events: int, videos: int, files: int) -> None:
    generated = generate(
        tmp_path, events=events, videos=videos, users=1, files=files, days=1, broken=0.3
    )
    assert generated.events == events
    assert generated.videos == videos
    assert len(event_files(generated)) == max(1, min(files, events))
    check_counts(tmp_path, generated)


def test_all_broken(tmp_path: Path) -> None:
    generated = generate(tmp_path, events=2_000, broken=1, start=date(2020, 2, 29), days=3)
    assert sum(generated.broken.values()) == 2_000 + generated.users + generated.videos
    check_counts(tmp_path, generated)


def test_progress_counts_up_to_all(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    generate(
        tmp_path, events=900, files=3, progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(300, 900), (600, 900), (900, 900)]


@pytest.mark.parametrize(
    "wrong", [{"events": -1}, {"users": 0}, {"broken": 1.1}, {"files": 0}, {"days": 0}]
)
def test_arguments_out_of_range(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is .*; it must be"):
        generate(tmp_path, **wrong)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
