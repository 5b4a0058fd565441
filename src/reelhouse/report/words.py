"""What the report says in words: numbers, days and one sentence for each chart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from reelhouse.report.data import DataFacts
from reelhouse.report.site import SHARES, SiteFacts
from reelhouse.text import counted as count

VERY_OLD = timedelta(days=365)


def number(value: int) -> str:
    """A whole number, with commas."""
    return f"{value:,}"


def percent(share: float) -> str:
    """A share from 0 to 1 in per cent. What is little is not called nothing, nor most all."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    return f"{100 * share:.0f} %" if share in (0, 1) else f"{100 * share:.1f} %"


def part(some: int, whole: int) -> str:
    """The share that some are of the whole, in per cent."""
    return percent(some / whole) if whole else "none"


def day(value: date) -> str:
    """A day: "5 January 2026"."""
    return f"{value.day} {value:%B} {value.year}"


def short_day(value: date) -> str:
    """A day, for a table: "2026-01-05"."""
    return value.isoformat()


def moment(value: datetime) -> str:
    """A moment to the minute, in UTC: "5 January 2026, 09:30 UTC"."""
    value = value.astimezone(UTC)
    return f"{day(value)}, {value:%H:%M} UTC"


def period(value: date, step: str) -> str:
    """A step of time: a day, "the week of 5 January 2026", "January 2026" or "2026"."""
    if step == "week":
        return f"the week of {day(value)}"
    if step == "month":
        return f"{value:%B} {value.year}"
    return str(value.year) if step == "year" else day(value)


def age(then: datetime, now: datetime) -> str:
    """How long ago a moment was, to one figure: "3 days old"."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 0:
        return "dated after this report was made"
    for size, unit in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= 2 * size or size == 1:
            return f"{count(minutes // size, unit)} old"
    raise AssertionError


def listed(parts: Sequence[str]) -> str:
    """Words with commas, and "and" before the last."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


# --- the data


def verdict(data: DataFacts) -> tuple[str, str]:
    """Whether the data can be trusted: yes, care, no or none, and a sentence."""
    if not data.records and not data.open_batches:
        return "none", "No record has come in yet."
    if data.unbalanced:
        return "no", (
            f"No: in {batches(len(data.unbalanced))}, the records are not the valid and the "
            "quarantined ones together."
        )
    if data.unread:
        names = listed([each.name for each in data.unread])
        return "no", f"No: the tables of {names} could not be read."
    if data.differing:
        names = listed([each.name for each in data.differing])
        return "no", f"No: the tables of {names} have other numbers of rows than the ledger says."
    if data.left_open:
        was = "was" if len(data.left_open) == 1 else "were"
        return "care", (
            "Mostly: every record of a closed batch is accounted for, but "
            f"{batches(len(data.left_open))} {was} left open by a run that ended. The next run of "
            "reelhouse ingest brings to an end what was begun."
        )
    if data.notices.strays:
        return "care", (
            "Mostly: every record that came in is accounted for, but nothing came in of "
            f"{data.notices.stray_files} in landing, which no contract names."
        )
    return "yes", "Yes: every record that came in is accounted for."


def notices(data: DataFacts) -> list[str]:
    """What lies in landing and is not taken, or is taken twice."""
    return [f"{line}." for line in data.notices.lines(f"landing ({data.notices.landing})")]


def batches(number: int) -> str:
    """A number of batches."""
    return "1 batch" if number == 1 else f"{number:,} batches"


def accounted(data: DataFacts) -> str:
    """Where the records are that came in."""
    said = (
        f"{count(data.records, 'record')} came in: {number(data.valid)} were valid, and "
        f"{number(data.quarantined)} ({part(data.quarantined, data.records)}) were refused and "
        "kept with the reasons."
    )
    if data.replayed:
        said += f" {number(data.replayed)} of these were judged again later, and are valid now."
    return said


def reconciled(data: DataFacts) -> str | None:
    """Whether a warehouse counts the same, if one was reconciled."""
    if data.warehouse is None:
        return None
    compared, differing = data.warehouse
    of = count(compared, "source")
    if not differing:
        return f"The warehouse, a second judge of the same bytes, counts the same for {of}."
    return (
        f"The warehouse, a second judge of the same bytes, counts otherwise for {differing} of "
        f"{of}: see reelhouse warehouse reconcile."
    )


def without_records(data: DataFacts) -> str:
    """How many sources held no record, and why, if that is known of all of them."""
    reasons = Counter(each["why"] for each in data.empty)
    whole = sum(reasons.values()) == data.sources_without_records
    why = ", ".join(f"{reason} ({number(times)})" for reason, times in reasons.most_common())
    held = f"{count(data.sources_without_records, 'source')} held no record"
    return f"{held}: {why}." if whole else f"{held}."


def trend(data: DataFacts) -> str | None:
    """The share of the last quarter of the periods against that of those before, if there are."""
    order = sorted({row["period"] for row in data.shares})
    if len(order) < 2:
        return None
    edge = order[-max(1, len(order) // 4)]
    late = _share([row for row in data.shares if row["period"] >= edge])
    early = _share([row for row in data.shares if row["period"] < edge])
    how = "more than" if late > 1.2 * early else "less than" if late < 0.8 * early else "about as"
    since = f"Since {period(edge, data.step)}, {percent(late)} of the records were refused"
    if how == "about as":
        return f"{since}, about as many as before ({percent(early)})."
    return f"{since}, {how} before ({percent(early)})."


def _share(rows: Sequence[Mapping[str, Any]]) -> float:
    records = sum(row["records"] for row in rows)
    return sum(row["quarantined"] for row in rows) / records if records else 0.0


def refused(data: DataFacts) -> str:
    """The most usual reason."""
    if not data.reasons:
        return "Nothing is in quarantine."
    first = data.reasons[0]
    whole = sum(each.in_quarantine - each.replayed for each in data.datasets)
    what = f"the rule {first['rule']}"
    if first["field"]:
        what += f" of the field {first['field']}"
    return (
        f"Most often, {first['dataset']} broke {what}: "
        f"{count(first['records'], 'record')}, {part(first['records'], whole)} of what is in "
        "quarantine."
    )


# --- the site


def span(site: SiteFacts) -> str:
    """What time the figures of the site are about."""
    start, end = site.span.start, site.span.end
    if start is None or end is None:
        return "all time"
    if start >= end:
        return f"{moment(start)} on"
    if start.time() == end.time() == datetime.min.time():
        last = (end - timedelta(days=1)).date()
        return day(last) if last <= start.date() else f"{day(start.date())} to {day(last)}"
    return f"{moment(start)} to {moment(end)}"


def activity(site: SiteFacts) -> str:
    """When most happened, and the average of a step."""
    best = max(site.activity, key=lambda row: row["events"])
    mean = site.events / len(site.activity)
    return (
        f"There were {count(round(mean), 'event')} a {site.step} on average; the most "
        f"{'on' if site.step == 'day' else 'in'} {period(best['period'], site.step)}, "
        f"{number(best['events'])} by {count(best['users'], 'user')}."
    )


def event_types(site: SiteFacts) -> str:
    """The most frequent type of event."""
    first = site.event_types[0]
    return (
        f"{percent(first['share'])} of the events are of the type {first['event']}; there are "
        f"{count(len(site.event_types), 'type')}."
    )


def likes(site: SiteFacts) -> str:
    """How many likes and dislikes there are."""
    last = site.likes[None][-1]
    up, down = last["likes_so_far"], last["dislikes_so_far"]
    return (
        f"Users liked a video {number(up)} times and disliked one {number(down)} times: "
        f"{part(up, up + down)} of these are likes."
    )


def affinity(site: SiteFacts) -> str:
    """How much of what users do is about what they say that they like."""
    whole = site.matching + site.other
    users = sum(site.affinity)
    half = sum(site.affinity[SHARES // 2 + 1 :])
    return (
        f"{part(site.matching, whole)} of the events are on a video with a tag that is one of the "
        f"user's categories. For {number(half)} of {count(users, 'user')} "
        f"({part(half, users)}) it is more than half of what they do."
    )


def affinity_label(place: int) -> str:
    """The name of a part of the distribution, for a table."""
    if place == 0:
        return "none"
    return f"over {100 * (place - 1) // SHARES} to {100 * place // SHARES} %"


def retention(site: SiteFacts, rows: Sequence[Mapping[str, Any]]) -> str:
    """Of the users who could come back a week later, how many did."""
    first = [row for row in rows if row["week"] == 1]
    users, came = sum(row["cohort_users"] for row in first), sum(row["users"] for row in first)
    return (
        f"Of {count(users, 'user')}, {number(came)} ({part(came, users)}) had an event again in "
        "the week after that of their first one."
    )
