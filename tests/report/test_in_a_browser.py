"""The report as a person has it: in a browser, on a phone, in the dark, on paper, by keyboard."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.report.conftest import Seen
from tests.report.site import DAYS, HOSTILE, NAMES, SOURCE, UNKNOWN, Site

Look = Callable[..., tuple[Page, Seen]]

CHARTS = {
    "activity": ".mark-rect path",
    "event-types": ".mark-rect path",
    "likes": ".mark-line path",
    "affinity": ".mark-rect path",
    "retention": ".mark-rect path",
    "refused-over-time": ".mark-rect path",
    "refused-by-rule": ".mark-rect path",
}


def marks(page: Page, chart: str) -> list[str]:
    """The shapes of a chart's marks."""
    found = page.locator(f"#chart-{chart} .mark-group {CHARTS[chart]}[d]")
    shapes: list[str] = found.evaluate_all("all => all.map(each => each.getAttribute('d'))")
    return shapes


def test_all_charts_are_drawn_quietly_and_without_a_network(report: Path, look: Look) -> None:
    page, seen = look(report)
    assert seen == []
    for chart in CHARTS:
        assert len(marks(page, chart)) > 0, chart
    assert len(marks(page, "activity")) == DAYS
    assert len(marks(page, "likes")) == 2
    assert "NaN" not in page.content().partition('<script type="application/json"')[0]
    assert report.stat().st_size < 2_000_000


def test_the_policy_lets_nothing_else_run_and_nothing_be_fetched(report: Path, look: Look) -> None:
    page, seen = look(report)
    refused = page.evaluate(
        """async () => {
            const script = document.createElement("script");
            script.textContent = "window.ran = 'inserted'";
            document.body.append(script);
            setTimeout("window.ran = 'a text'", 0);
            const image = new Image();
            image.src = "http://127.0.0.1:9/x.png";
            const fetched = await fetch("http://127.0.0.1:9/").then(() => "yes", () => "no");
            await new Promise((done) => setTimeout(done, 300));
            return [window.ran ?? "no", fetched];
        }"""
    )
    assert refused == ["no", "no"]
    said = [each for each in seen if "Content Security Policy" in each]
    for what in ("script", "img-src", "connect-src", "eval"):
        assert any(what in each for each in said), (what, said)


def test_names_appear_as_themselves_and_run_nothing(report: Path, look: Look) -> None:
    page, seen = look(report)
    shown = page.locator(".ranking bdi").all_text_contents()
    options = page.locator("#video option").all_text_contents()
    assert set(NAMES) <= set(shown)
    assert {f"{name} ({number})" for number, name in enumerate(NAMES[:9])} <= set(options)
    reasons = page.locator(".reasons")
    assert HOSTILE in reasons.locator("code").all_text_contents()
    assert SOURCE in reasons.text_content()  # type: ignore[operator]
    for name in ("script", "img", "b"):
        assert page.locator(f"main {name}").count() == 0
    for option in options:
        page.locator("#video").select_option(label=option)
    page.mouse.wheel(0, 20_000)
    assert page.evaluate("window.ran") is None
    assert seen == []


def test_choosing_a_video_shows_its_likes(site: Site, report: Path, look: Look) -> None:
    page, seen = look(report)
    before = marks(page, "likes")
    page.locator("#video").select_option("3")
    page.wait_for_function(
        "([line, before]) => document.querySelector(line).getAttribute('d') !== before",
        arg=[f"#chart-likes {CHARTS['likes']}", before[0]],
    )
    rows = page.locator("#chart-likes ~ details tbody:not([hidden])")
    assert rows.count() == 1
    last = rows.locator("tr").last.locator("td").all_text_contents()
    assert last[2:] == [str(site.likes()[3]), str(site.likes("dislike")[3])]
    page.get_by_role("radio", name="So far").check()
    page.wait_for_timeout(500)
    assert marks(page, "likes") != before
    top = page.locator("#chart-likes .role-axis-label text").all_text_contents()
    assert max(int(each) for each in top if each.isdigit()) <= max(site.likes().values()) * 1.5
    assert seen == []


def test_the_other_choices_change_their_charts(report: Path, look: Look) -> None:
    page, seen = look(report)
    events, rules = marks(page, "activity"), marks(page, "refused-by-rule")
    page.get_by_role("radio", name="Active users").check()
    page.locator("#dataset").select_option("users")
    page.wait_for_timeout(1000)
    assert marks(page, "activity") != events
    assert rules
    assert marks(page, "refused-by-rule") == []  # no user was refused
    assert page.locator(".reasons tbody:visible").count() == 0
    page.locator("#dataset").select_option("events")
    page.wait_for_timeout(1000)
    assert marks(page, "refused-by-rule") == rules
    assert page.locator(".reasons tbody:visible").count() > 0
    assert seen == []


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(
    report: Path, look: Look, width: int, scheme: Any
) -> None:
    page, seen = look(report, width, color_scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("each => each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        """width => [...document.querySelectorAll("main *")]
            .filter(each => !each.closest(".scroll, svg, .unseen"))
            .filter(each => each.getBoundingClientRect().right > width + 1)
            .map(each => each.outerHTML.slice(0, 80))""",
        width,
    )
    assert wide == []
    for chart in CHARTS:
        box = page.locator(f"#chart-{chart} svg").bounding_box()
        assert box is not None
        assert 200 < box["width"] <= width
    assert seen == []


def luminance(colour: str) -> float:
    """The relative luminance of rgb(…), as the Web Content Accessibility Guidelines define it."""
    parts = [int(each) / 255 for each in re.findall(r"\d+", colour)[:3]]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_and_charts_stand_out_from_the_paper(report: Path, look: Look, scheme: Any) -> None:
    page, _ = look(report, color_scheme="dark" if scheme == "print" else scheme)
    if scheme == "print":
        page.emulate_media(media="print")

    def style(selector: str, name: str) -> str:
        found = page.locator(selector).first
        return str(found.evaluate("(each, name) => getComputedStyle(each)[name]", name))

    paper = style("body", "backgroundColor")
    assert (luminance(paper) < 0.1) == (scheme == "dark")
    for selector in ("h1", ".lead", "figcaption", ".answer", ".note", "thead th", ".rule"):
        assert contrast(style(selector, "color"), paper) >= 4.5, selector
    for selector in ("activity .role-axis-label text", "retention .mark-text text"):
        assert contrast(style(f"#chart-{selector}", "fill"), paper) >= 4.5, selector
    for name in ("fill", "stroke"):
        chart = "activity" if name == "fill" else "likes"
        selector = f"#chart-{chart} .mark-group {CHARTS[chart]}"
        assert contrast(style(selector, name), paper) >= 3, chart


def test_printing_cuts_nothing_off(report: Path, look: Look) -> None:
    page, _ = look(report, 1440, color_scheme="dark")
    assert len(page.pdf(format="A4")) > 20_000
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    width = page.locator("#chart-activity svg").evaluate("each => +each.getAttribute('width')")
    assert 600 < width <= 690  # drawn for the paper, not made smaller for it
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 1000})  # A4 less the margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 690
    for chart in CHARTS:
        box = page.locator(f"#chart-{chart} svg").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 691


def test_the_keyboard_reaches_everything_in_reading_order(report: Path, look: Look) -> None:
    page, _ = look(report)
    places, names = [], []
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => {
                const each = document.activeElement, box = each.getBoundingClientRect();
                const style = getComputedStyle(each);
                return [each.tagName, each.id || each.textContent.trim() || each.value,
                    box.top + scrollY, style.outlineStyle];
            }"""
        )
        if here[0] == "BODY":
            break
        names.append(here[1])
        places.append(here[2])
        assert here[3] != "none", here
    assert names[0] == "Skip to the report"
    assert places[1:] == sorted(places[1:])
    for wanted in ("The site", "events", "video", "step", "dataset", "The figures as a table"):
        assert wanted in names, wanted
    page.locator("#video").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    assert page.locator("#chart-likes ~ details tbody:not([hidden])").count() == 1


def test_a_screen_reader_gets_headings_names_and_tables(report: Path, look: Look) -> None:
    page, _ = look(report)
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(each => +each.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for landmark in ("header", "nav[aria-label]", "main", "footer"):
        assert page.locator(landmark).count() == 1
    for chart in page.locator(".chart").all():
        assert chart.get_attribute("role") == "img"
        assert len(chart.get_attribute("aria-label") or "") > 30
        assert chart.locator("xpath=following-sibling::details").count() == 1
    for table in page.locator("table").all():
        named = table.get_attribute("aria-labelledby")
        assert page.locator(f"#{named}").count() == 1 if named else table.locator("caption").count()
    for control in page.locator("select, input").all():
        assert control.evaluate("each => each.labels.length") == 1
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator(".ranking bdi[dir=auto]").count() > 0


def test_days_are_utc_wherever_the_reader_is(report: Path, look: Look) -> None:
    said = []
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        page, _ = look(report, timezone_id=zone)
        said.append(page.locator("#chart-activity .role-axis-label text").all_text_contents())
        shapes = marks(page, "activity")
        page.locator(f"#chart-activity {CHARTS['activity']}").first.hover()
        tip = page.locator("#vg-tooltip-element")
        assert "1 Jan 2026" in (tip.text_content() or "")
        said.append(shapes)
    assert said[:2] == said[2:]


def test_an_unknown_video_is_named_by_its_number(site: Site, report: Path, look: Look) -> None:
    page, _ = look(report)
    assert UNKNOWN in dict(site.likes().most_common(10))
    assert f"unknown video {UNKNOWN}" in (page.locator(".ranking").first.text_content() or "")
    assert f"unknown video ({UNKNOWN})" in page.locator("#video option").all_text_contents()
