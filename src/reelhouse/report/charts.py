"""The charts of the report, as Vega-Lite that Altair makes.

Colours are CSS variables, so that the page's style decides: light, dark or print. All times are
UTC. What a chart shows is also in a table beside it, so the drawing itself is one image for a
screen reader, with a description.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt

from reelhouse.report import periods
from reelhouse.report.data import DataFacts
from reelhouse.report.site import SHARES, SiteFacts

INK, MUTED, GRID = "var(--ink)", "var(--muted)", "var(--line)"
COLOURS = tuple(f"var(--series-{place})" for place in range(1, 7))
BLUE, ORANGE = COLOURS[:2]
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3])

HEIGHT = 220
STEP = 26
"""The height of one bar with its gap, in pixels."""

RULES = 12
"""How many rules are shown at most, the most usual first."""

DARKEST = 0.6
"""How opaque the fullest square of a heat map is: text on it stays readable, light and dark."""

POINTS = 31
"""Up to so many steps, a line shows its points."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
CONFIG: dict[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "titlePadding": 8,
        "tickCount": 5,
    },
    "axisX": {"grid": False, "labelOverlap": "greedy", "labelSeparation": 8},
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 12,
        "symbolSize": 80,
    },
    "line": {"strokeWidth": 2.25, "strokeCap": "round", "strokeJoin": "round"},
    "text": {"color": INK, "fontSize": 12},
}
TIME = alt.Scale(type="utc")


Chart = Mapping[str, Any]


def all_charts(site: SiteFacts, data: DataFacts) -> dict[str, Chart]:
    """The charts by their ids; those with nothing to show are left out."""
    made: dict[str, Chart | None] = {
        "activity": activity(site),
        "likes": likes(site),
        "event-types": event_types(site),
        "affinity": affinity(site),
        "retention": retention(site),
        "refused-over-time": refused_over_time(data),
        "refused-by-rule": refused_by_rule(data),
    }
    return {name: chart for name, chart in made.items() if chart is not None}


def activity(site: SiteFacts) -> Chart | None:
    """A bar a step: events or users, as the parameter `measure` says."""
    if not site.activity:
        return None
    rows = _timed(site.activity, "events", "users")
    base = (
        _chart(rows, HEIGHT)
        .add_params(alt.param(name="measure", value="events"))
        .transform_calculate(shown="datum[measure]")
    )
    bars = base.mark_rect(fill=BLUE, stroke="var(--paper)", strokeWidth=1).encode(
        x=_time_axis(site.step, "start"),
        x2="end",
        y=alt.Y(
            "shown:Q", title=None, axis=_whole_numbers(), scale=alt.Scale(zero=True, nice=True)
        ),
        y2=alt.datum(0),
        tooltip=[_period_tip(site.step), *_tips(events="Events", users="Users")],
    )
    return _spec(bars)


def likes(site: SiteFacts) -> Chart | None:
    """Likes and dislikes, of the video and in the mode that the parameters say."""
    if None not in site.likes:
        return None
    rows = [
        {"video": "all" if video is None else str(video), **row}
        for video, series in site.likes.items()
        for row in _timed(series, "likes", "dislikes", "likes_so_far", "dislikes_so_far")
    ]
    kinds = ["likes", "dislikes"]
    many = len(site.likes[None]) > POINTS
    chart = (
        _chart(rows, HEIGHT)
        .add_params(alt.param(name="video", value="all"), alt.param(name="mode", value="step"))
        .transform_filter("datum.video == video")
        .transform_fold([*kinds], as_=["kind", "each"])
        .transform_calculate(shown="mode == 'step' ? datum.each : datum[datum.kind + '_so_far']")
        .mark_line(clip=False, point=not many and {"size": 45, "filled": True})
        .encode(
            x=_time_axis(site.step, "start"),
            y=alt.Y("shown:Q", title=None, axis=_whole_numbers(), scale=alt.Scale(zero=True)),
            color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE])),
            strokeDash=alt.StrokeDash(
                "kind:N", scale=alt.Scale(domain=kinds, range=list(DASHES[:2]))
            ),
            tooltip=[
                _period_tip(site.step),
                alt.Tooltip("kind:N", title="What"),
                alt.Tooltip("shown:Q", title="How many", format=",d"),
            ],
        )
    )
    return _spec(chart)


def event_types(site: SiteFacts) -> Chart | None:
    """A bar for each type of event."""
    if not site.event_types:
        return None
    rows = [{name: row[name] for name in ("event", "count", "share")} for row in site.event_types]
    tips = [*_tips(count="Events"), alt.Tooltip("share:Q", title="Share", format=".1%")]
    base = _chart(rows, STEP * len(rows))
    return _counts(base, {row["event"]: row["count"] for row in rows}, "event", "count", BLUE, tips)


def affinity(site: SiteFacts) -> Chart | None:
    """How many users there are by the share of their events that match."""
    if not sum(site.affinity):
        return None
    labels = ["0", *(f"{100 * place // SHARES}" for place in range(1, SHARES + 1))]
    rows = [
        {"share": label, "users": users} for label, users in zip(labels, site.affinity, strict=True)
    ]
    chart = (
        _chart(rows, HEIGHT)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(
                "share:O",
                sort=labels,
                title="matching events of a user, in %, up to",
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
                scale=alt.Scale(paddingInner=0.15),
            ),
            y=alt.Y("users:Q", title="users", axis=_whole_numbers(), scale=alt.Scale(zero=True)),
            tooltip=[alt.Tooltip("share:O", title="Up to %"), *_tips(users="Users")],
        )
    )
    return _spec(chart)


def cohorts(site: SiteFacts) -> list[dict[str, Any]]:
    """Each cohort and each later week up to the end of the span, also where nobody came back."""
    if site.span.end is None or site.last_at is None:
        return []
    last = site.last_at.date()
    there = {(row["cohort"], row["week"]): row["users"] for row in site.retention}
    sizes = {row["cohort"]: row["cohort_users"] for row in site.retention}
    return [
        {
            "cohort": cohort,
            "week": week,
            "users": there.get((cohort, week), 0),
            "cohort_users": size,
            "share": there.get((cohort, week), 0) / size,
        }
        for cohort, size in sorted(sizes.items())
        for week in range(1, (periods.begin(last, "week") - cohort).days // 7 + 1)
    ]


def retention(site: SiteFacts) -> Chart | None:
    """A heat map: a row for each cohort, a column for each later week."""
    found = cohorts(site)
    if not found:
        return None
    rows = [row | {"cohort": row["cohort"].isoformat()} for row in found]
    most = max(row["share"] for row in rows) or 1
    base = _chart(rows, STEP * len({row["cohort"] for row in rows})).encode(
        x=alt.X(
            "week:O",
            title="weeks after the first event",
            axis=alt.Axis(labelAngle=0, orient="top", domain=False, ticks=False),
            scale=alt.Scale(padding=0.06),
        ),
        y=alt.Y("cohort:O", title=None, scale=alt.Scale(padding=0.06)),
        tooltip=[
            alt.Tooltip("cohort:O", title="First event in the week of"),
            *_tips(week="Weeks later", users="Came back", cohort_users="Of users"),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    squares = base.mark_rect(fill=BLUE, stroke=GRID).encode(
        fillOpacity=alt.FillOpacity(
            "share:Q", scale=alt.Scale(domain=[0, most], range=[0, DARKEST]), legend=None
        )
    )
    size = alt.ExprRef("width / domain('x').length < 30 ? 9 : 12")
    figures = base.transform_calculate(
        label="datum.share > 0 && datum.share < 0.005 ? '<1' : format(100 * datum.share, '.0f')"
    )
    figures = figures.mark_text(fontSize=size).encode(text=alt.Text("label:N"))
    return _spec(alt.layer(squares, figures))


def refused_over_time(data: DataFacts) -> Chart | None:
    """The share that was refused: by period and dataset, or by batch as long as there is little."""
    rows = [dict(row) for row in data.shares]
    if not rows or not data.reasons:
        return None
    if len({row["period"] for row in rows}) < 3:
        return _refused_by_batch(data)
    names = _names(data)
    timed = _timed(
        (row for row in rows if row["dataset"] in names),
        *("dataset", "records", "quarantined", "share"),
    )
    chart = (
        _chart(timed, HEIGHT)
        .add_params(alt.param(name="dataset", value="all"))
        .transform_filter("dataset == 'all' || datum.dataset == dataset")
        .mark_line(point={"size": 50, "filled": True})
        .encode(
            x=_time_axis(data.step, "start"),
            y=alt.Y(
                "share:Q",
                title=None,
                axis=alt.Axis(format=".1~%"),
                scale=_shares(timed),
            ),
            color=_by_dataset(alt.Color, names, COLOURS),
            strokeDash=_by_dataset(alt.StrokeDash, names, DASHES),
            shape=_by_dataset(alt.Shape, names, SHAPES),
            tooltip=[_period_tip(data.step), alt.Tooltip("dataset:N", title="Dataset"), *_SHARE],
        )
    )
    return _spec(chart)


def _refused_by_batch(data: DataFacts) -> Chart:
    rows: list[dict[str, Any]] = [
        {
            "place": place,
            "batch": f"{batch.ingested_at:%m-%d %H:%M} {batch.dataset}",
            "dataset": batch.dataset,
            "records": batch.records,
            "quarantined": batch.quarantined,
            "share": batch.quarantined / batch.records,
        }
        for place, batch in enumerate(data.batches)
        if batch.records
    ]
    base = _chart(rows, STEP * len(rows)).add_params(alt.param(name="dataset", value="all"))
    base = base.transform_filter("dataset == 'all' || datum.dataset == dataset").encode(
        y=_rows_of("batch", [row["batch"] for row in rows]),
        x=alt.X(
            "share:Q",
            title=None,
            axis=alt.Axis(format=".1~%", grid=True, tickCount=4),
            scale=_shares(rows),
            stack=None,
        ),
        tooltip=[alt.Tooltip("batch:N", title="Batch"), *_SHARE],
    )
    return _spec(base.mark_bar(color=ORANGE))


def refused_by_rule(data: DataFacts) -> Chart | None:
    """A bar for each rule."""
    if not data.rules:
        return None
    sums: Counter[str] = Counter()
    for row in data.rules:
        sums[row["rule"]] += row["records"]
    shown = dict(sums.most_common(RULES))
    rows = [dict(row) for row in data.rules if row["rule"] in shown]
    base = (
        _chart(rows, STEP * len(shown))
        .add_params(alt.param(name="dataset", value="all"))
        .transform_filter("dataset == 'all' || datum.dataset == dataset")
        .transform_aggregate(records="sum(records)", groupby=["rule"])
    )
    return _counts(base, shown, "rule", "records", ORANGE, _tips(records="Records"))


# --- what they share


_LABELS = alt.Axis(labelLimit=150, labelColor=INK)
_SHARE = [
    alt.Tooltip("records:Q", title="Records", format=",d"),
    alt.Tooltip("quarantined:Q", title="Refused", format=",d"),
    alt.Tooltip("share:Q", title="Share", format=".2%"),
]
_FORMATS = {"day": "%-d %b %Y", "week": "week of %-d %b %Y", "month": "%B %Y", "year": "%Y"}


def _chart(rows: list[dict[str, Any]], height: Any) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows), width="container", height=height)


def _spec(chart: Any) -> Chart:
    spec: dict[str, Any] = chart.to_dict()
    spec.pop("config", None)
    spec["config"] = CONFIG
    spec["autosize"] = {"type": "fit-x", "contains": "padding", "resize": True}
    return spec


def _timed(rows: Iterable[Mapping[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Rows with the `start` and, if it is there, the `end` of their period."""
    found = []
    for row in rows:
        times = {"start": _utc(row["period"])}
        if "after" in row:
            times["end"] = _utc(row["after"])
        found.append(times | {name: row[name] for name in names})
    return found


def _utc(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _time_axis(step: str, name: str) -> alt.X:
    axis = alt.Axis(
        format="%Y" if step == "year" else "%b %Y" if step == "month" else "%-d %b",
        tickCount=alt.ExprRef("ceil(width / 110)"),
    )
    return alt.X(f"{name}:T", title=None, axis=axis, scale=TIME)


def _period_tip(step: str) -> alt.Tooltip:
    return alt.Tooltip(
        "start:T", title="Time (UTC)", timeUnit="utcyearmonthdate", format=_FORMATS[step]
    )


def _tips(**titles: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", title=title, format=",d") for name, title in titles.items()]


def _whole_numbers() -> alt.Axis:
    millions = "format(datum.value / 1e6, ',.1~f') + ' M'"
    return alt.Axis(
        labelExpr=f"datum.value < 1e6 ? format(datum.value, ',d') : {millions}", tickMinStep=1
    )


def _rows_of(name: str, labels: Sequence[str]) -> alt.Y:
    """A row for each label, in this order, also where a choice leaves nothing in it."""
    return alt.Y(
        f"{name}:N", title=None, axis=_LABELS, scale=alt.Scale(domain=list(labels)), sort=None
    )


def _counts(
    base: alt.Chart,
    whole: Mapping[str, int],
    label: str,
    value: str,
    colour: str,
    tips: list[alt.Tooltip],
) -> Chart:
    """Horizontal bars from zero, each with its number.

    Their order and their scale are those of the whole, whatever part of it is chosen.
    """
    room = alt.Scale(
        domain=[0, max(whole.values()) or 1], range=[0, alt.ExprRef("width - 64")], nice=False
    )
    placed = base.encode(
        y=_rows_of(label, list(whole)),
        x=alt.X(f"{value}:Q", title=None, axis=None, scale=room, stack=None),
        tooltip=[alt.Tooltip(f"{label}:N", title=label.capitalize()), *tips],
    )
    numbers = placed.mark_text(align="left", dx=6).encode(text=alt.Text(f"{value}:Q", format=",d"))
    return _spec(alt.layer(placed.mark_bar(color=colour), numbers))


def _shares(rows: Sequence[Mapping[str, Any]]) -> alt.Scale:
    """From zero to the greatest share, whatever part is chosen."""
    return alt.Scale(domain=[0, max(row["share"] for row in rows) or 0.01], nice=True)


def _names(data: DataFacts) -> list[str]:
    return [each.name for each in data.datasets][: len(COLOURS)]


def _by_dataset(kind: Any, names: Sequence[str], values: Sequence[Any]) -> Any:
    return kind("dataset:N", scale=alt.Scale(domain=list(names), range=list(values[: len(names)])))
