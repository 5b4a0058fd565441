"""Days, weeks, months or years: the steps in which the report counts, so that they stay few."""

from collections.abc import Iterator
from datetime import date, timedelta

STEPS = ("day", "week", "month", "year")
MOST = 100
"""How many steps a chart has at most, unless it is about more than so many years."""


def step_for(first: date, last: date) -> str:
    """The finest step of which there are at most MOST from the first day to the last."""
    days = (last - first).days
    for step, length in (("day", 1), ("week", 7), ("month", 28)):
        if days < MOST * length:
            return step
    return "year"


def begin(day: date, step: str) -> date:
    """The first day of the step that a day is in; weeks begin on Monday."""
    if step == "week":
        return day - timedelta(days=day.weekday())
    if step == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if step == "year" else day


def after(day: date, step: str) -> date:
    """The first day of the step after the one that begins on this day."""
    if step in ("day", "week"):
        return day + timedelta(days=7 if step == "week" else 1)
    further = day + timedelta(days=31 if step == "month" else 366)
    return begin(further, step)


def steps(first: date, last: date, step: str) -> Iterator[date]:
    """The beginnings of all steps from the one that has the first day to that of the last."""
    here, last = begin(first, step), begin(last, step)
    while here <= last:
        yield here
        here = after(here, step)
