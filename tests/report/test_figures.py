"""What the report says: counted by hand, on lakes that lack things, and on one that was spoilt."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from playwright.sync_api import Page

from reelhouse.batch import Batch, SourceCount
from reelhouse.cli.main import run
from reelhouse.lake.ledger import Ledger
from reelhouse.report import periods, words
from reelhouse.report.data import LONGEST, MOST_EMPTY, DataFacts, Dataset, read_data
from reelhouse.report.make import figures
from reelhouse.report.page import drawing_library
from reelhouse.report.page import page as whole_page
from reelhouse.report.site import SiteFacts, ask
from reelhouse.usecases.lake_frames import LakeFrames
from reelhouse.usecases.lake_tables import LakeTables
from reelhouse.usecases.span import Span
from tests.report.conftest import Made, Seen
from tests.report.site import DAYS, START, UNKNOWN, Site, ingest

Look = Callable[..., tuple[Page, Seen]]

LINE = '{"user_id":1,"video_id":7,"event":"like","timestamp":1767225600}\n'


def lake_of(folder: Path, **sources: str) -> Path:
    """A lake with these sources, by dataset."""
    for dataset, text in sources.items():
        path = folder / "landing" / dataset / "source"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    ingest(folder, *sources)
    return folder / "lake"


def claimed(dataset: str, batch_id: str) -> Batch:
    return Batch(
        dataset=dataset,
        batch_id=batch_id,
        attempt=1,
        contract_version="v",
        engine="duckdb",
        ingested_at=datetime.now(UTC),
    )


def text_of(html: Path) -> str:
    """What a page says, without its scripts and styles."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", html.read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))


def test_the_figures_are_those_counted_in_plain_python(
    site: Site, make: Made, tmp_path: Path
) -> None:
    end = START + timedelta(days=DAYS - 10)
    flags = ["--from", "2026-01-03", "--to", end.date().isoformat()]
    found = make(site.lake, tmp_path / "r.html", *flags)
    inside = [
        each
        for each in site.events
        if (START + timedelta(days=2)).timestamp() <= each["timestamp"] < end.timestamp()  # type: ignore[operator]
    ]
    figures = found["figures"]
    assert found["report"] == str(tmp_path / "r.html")
    assert figures["events"] == len(inside)
    assert figures["users"] == len({each["user_id"] for each in inside})
    assert figures["videos"] == len({each["video_id"] for each in inside})
    assert figures["events_on_unknown_videos"] == sum(
        each["video_id"] == UNKNOWN for each in inside
    )
    assert figures["events_by_unknown_users"] == 0
    assert figures["records"] == figures["valid"] + figures["quarantined"]
    assert (figures["quarantined"], figures["trust"]) == (2, "yes")
    assert (figures["from"], figures["to"]) == ("2026-01-03T00:00:00Z", "2026-01-31T00:00:00Z")
    said = text_of(tmp_path / "r.html")
    assert "The site from 3 January 2026 to 30 January 2026, which is not all" in said
    assert f"events {len(inside):,} users who did something" in re.sub(
        r" ?([0-9,]+) ?", r" \1 ", said
    )


def test_spark_finds_what_duckdb_finds(site: Site, spark: Any) -> None:
    now = datetime.now(UTC)
    lakes = (LakeTables(str(site.lake), lenient=True), LakeFrames(spark, str(site.lake)))
    by_duckdb, by_spark = (ask(lake, Span(), now) for lake in lakes)
    assert by_duckdb == by_spark
    assert by_duckdb.events > 0


def test_a_span_with_nothing_says_so(site: Site, make: Made, look: Look, tmp_path: Path) -> None:
    found = make(site.lake, tmp_path / "r.html", "--from", "2031-01-01", "--to", "2031-02-01")
    page, seen = look(tmp_path / "r.html", 360)
    assert seen == []
    assert found["figures"]["events"] == 0
    said = page.locator("main").inner_text()
    assert "There is no event in this time (1 January 2031 to 31 January 2031)" in said
    assert page.locator("#chart-refused-by-rule svg").count() == 1
    assert page.locator(".chart").count() == page.locator(".chart svg").count()


def test_a_lake_without_videos_users_and_quarantine_has_a_report(
    make: Made, look: Look, tmp_path: Path
) -> None:
    lake = lake_of(tmp_path, events=LINE)
    figures = make(lake, tmp_path / "r.html")["figures"]
    assert (figures["events"], figures["events_on_unknown_videos"]) == (1, 1)
    page, seen = look(tmp_path / "r.html", 360)
    assert seen == []
    said = page.locator("main").inner_text()
    assert "Nothing is in quarantine." in said
    assert "their creators are not known" in said
    assert "unknown video 7" in said
    assert page.locator(".chart").count() == page.locator(".chart svg").count() > 0
    assert (
        len(json.loads(page.locator("#charts").text_content() or ""))
        == page.locator(".chart").count()
    )


def test_a_lake_without_events_has_a_report(make: Made, look: Look, tmp_path: Path) -> None:
    header = "id,name,url,creation_timestamp,creator_id,private"
    lake = lake_of(tmp_path, videos=f"{header}\n1,First,https://example.com,1767225600,1,0\n")
    figures = make(lake, tmp_path / "r.html")["figures"]
    assert (figures["records"], figures["events"], figures["newest_event"]) == (1, 0, None)
    page, seen = look(tmp_path / "r.html")
    assert seen == []
    assert "There are no events in the lake yet" in page.locator("main").inner_text()


def test_an_empty_lake_has_a_report(make: Made, look: Look, tmp_path: Path) -> None:
    ledger, batch = Ledger(str(tmp_path / "lake")), claimed("events", "b")
    ledger.append([ledger.claimed_entry(batch)])
    ledger.release(batch, "tried")
    figures = make(tmp_path / "lake", tmp_path / "new/folder/r.html")["figures"]
    assert (figures["records"], figures["trust"]) == (0, "none")
    page, seen = look(tmp_path / "new/folder/r.html", 360)
    assert seen == []
    assert page.locator("svg, #charts").count() == 0
    assert "The lake is empty" in page.locator("main").inner_text()


def test_events_of_the_future_do_not_move_the_time_of_the_report(
    make: Made, tmp_path: Path
) -> None:
    later = datetime.now(UTC) + timedelta(days=4000)
    future = LINE.replace("1767225600", str(int(later.timestamp())))
    old = LINE.replace("1767225600", str(1767225600 - 200 * 86400))
    lake = lake_of(tmp_path, events=LINE + future + old)
    figures = make(lake, tmp_path / "r.html")["figures"]
    assert (figures["events"], figures["to"]) == (1, "2026-01-02T00:00:00Z")
    assert figures["from"] == "2025-10-04T00:00:00Z"
    assert "1 event is dated after this report was made" in text_of(tmp_path / "r.html")


def test_sources_without_records_are_told(tmp_path: Path, look: Look) -> None:
    lake = str(tmp_path / "lake")
    ledger, now = Ledger(lake), datetime.now(UTC)
    reasons = [
        SourceCount("/<b>header</b>.csv", 0, 0, 0, "id", 3, 3),
        SourceCount("/blank.csv", 0, 0, 0, None, 2000, 0, 2000),
        SourceCount("/full.csv", 1, 1, 0, "id", 8, 3),
    ]
    for number, counts in enumerate([reasons, [], reasons[2:], reasons[:1]]):
        ledger.committed(claimed("videos", str(number)), counts, 1, 0.1)
    found = read_data(lake)
    (dataset,) = found.datasets
    assert (dataset.sources, dataset.sources_without_records, dataset.bytes) == (5, 3, 2022)
    assert [(each["source"], each["why"]) for each in found.empty] == [
        ("/<b>header</b>.csv", "only a header"),
        ("/<b>header</b>.csv", "only a header"),
        ("/blank.csv", "only blank lines"),
    ]
    assert words.without_records(found) == (
        "3 sources held no record: only a header (2), only blank lines (1)."
    )
    assert figures(SiteFacts(), found)["sources_without_records"] == 3
    html = tmp_path / "r.html"
    html.write_text(whole_page(SiteFacts(), found, now, drawing_library()))
    page, seen = look(html, 360)
    assert seen == []
    said = page.locator("main").inner_text()
    assert words.without_records(found) in said
    assert "/<b>header</b>.csv" in said
    assert "2,022" in said
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_of_many_sources_without_records_the_last_are_shown(tmp_path: Path) -> None:
    ledger, now = Ledger(str(tmp_path)), datetime.now(UTC)
    empty = [SourceCount(f"/{number}", 0, 0, 0, None, 0) for number in range(1000)]
    ledger.committed(claimed("events", "b"), empty, 0, 0.1)
    found = read_data(str(tmp_path))
    assert (len(found.empty), found.sources_without_records) == (MOST_EMPTY, 1000)
    assert words.without_records(found) == "1,000 sources held no record."
    assert "These are the last ones, of 1,000." in whole_page(SiteFacts(), found, now, "")


def test_a_row_that_is_gone_from_the_lake_is_told(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, events=LINE + LINE.replace("7", "8") + "{}\n")
    assert words.verdict(read_data(str(lake)))[0] == "yes"
    DeltaTable(str(lake / "events")).delete("video_id = 8")
    answer, said = words.verdict(read_data(str(lake)))
    assert answer == "no"
    assert "the tables of events have other numbers of rows" in said


def test_a_batch_that_does_not_add_up_is_told(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, events=LINE)
    ledger = Ledger(str(lake))
    entry = ledger.committed_entry(claimed("events", "wrong"), (), 0, 0.0)
    ledger.append([entry | {"records": 3, "valid": 1, "quarantined": 1}])
    answer, said = words.verdict(read_data(str(lake)))
    assert (answer, said.partition(",")[0]) == ("no", "No: in 1 batch")


def test_a_batch_that_was_left_is_told_and_one_at_work_is_no_matter(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, events=LINE)
    ledger = Ledger(str(lake))
    ledger.append([ledger.claimed_entry(claimed("events", "open"))])
    assert words.verdict(read_data(str(lake)))[0] == "yes"
    left = Ledger(str(lake), lease=timedelta(minutes=-1))
    left.append([left.claimed_entry(claimed("users", "left"))])
    answer, said = words.verdict(read_data(str(lake)))
    assert answer == "care"
    assert "1 batch was left open" in said


def test_what_lands_and_never_comes_in_is_told(make: Made, tmp_path: Path) -> None:
    lake, landing = lake_of(tmp_path, events=LINE), tmp_path / "landing"
    flags = ("--landing", str(landing))
    assert make(lake, tmp_path / "r.html", *flags)["figures"]["trust"] == "yes"
    (landing / "event").mkdir()
    (landing / "event/a.jsonl").write_text(LINE)
    (landing / "<script>window.ran = 9<!--").write_text(LINE)
    (landing / "events/again").symlink_to("source")
    found = make(lake, tmp_path / "r.html", *flags)
    assert found["figures"]["trust"] == "care"
    assert found["figures"]["because"] == (
        "Mostly: every record that came in is accounted for, but nothing came in of 2 files in "
        "landing, which no contract names."
    )
    assert [stray["hint"] for stray in found["strays"]] == ["did you mean events?", None]
    said = text_of(tmp_path / "r.html")
    assert (
        f"2 files in landing ({landing}) belong to no dataset: event/ (did you mean events?), "
        "&lt;script&gt;window.ran = 9&lt;!--; sources lie in &lt;landing&gt;/&lt;dataset&gt;/."
    ) in said
    assert "events/again and events/source are one file: it counts as two sources." in said


def test_a_contract_that_is_wrong_ends_no_report(make: Made, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, events=LINE)
    (tmp_path / "c").mkdir()
    (tmp_path / "c/ads.odcs.yaml").write_text("a: [")
    found = make(lake, tmp_path / "r.html", "--contracts", str(tmp_path / "c"))
    assert (found["figures"]["trust"], found["strays"]) == ("yes", [])


def test_what_was_replayed_is_no_longer_among_the_refused(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, events=LINE.replace('"like"', '"loved"') + "{}\n")
    own = tmp_path / "contracts"
    own.mkdir()
    shipped = Path(__file__).parents[2] / "src/reelhouse/contracts/events.odcs.yaml"
    text = shipped.read_text()
    assert "- like\n" in text
    (own / shipped.name).write_text(
        re.sub(r"( *)- like\n", r"\1- like\n\1- loved\n", text).replace("1.0.0", "1.1.0")
    )
    flags = ["--lake", str(lake), "--contracts", str(own), "--apply"]
    assert run(["quarantine", "replay", "events", *flags]) == 0
    found = read_data(str(lake))
    assert (found.records, found.valid, found.quarantined, found.replayed) == (2, 0, 2, 1)
    assert found.conserved
    assert "validValues" not in {each["rule"] for each in found.rules}


def test_the_trend_compares_what_came_in_last_with_what_came_before() -> None:
    def on(day: int, quarantined: int) -> dict[str, Any]:
        period = date(2026, 1, day)
        return {"period": period, "records": 100, "quarantined": quarantined}

    facts = DataFacts("lake", shares=[on(1, 2), on(2, 2), on(3, 2)])
    assert words.trend(facts) == (
        "Since 3 January 2026, 2.0 % of the records were refused, about as many as before (2.0 %)."
    )
    facts.shares.append(on(4, 10))
    assert "10.0 % of the records were refused, more than before (2.0 %)" in str(words.trend(facts))
    assert words.trend(DataFacts("lake", shares=[on(1, 2)])) is None


def test_many_days_of_batches_are_drawn_as_a_line_for_each_dataset(
    look: Look, tmp_path: Path
) -> None:
    names = ("events", "users", "<i>own</i> & \u2028")
    facts = DataFacts("lake", datasets=[Dataset(name, records=100) for name in names])
    facts.reasons = [
        {"dataset": "events", "field": "", "rule": "json", "records": 1}
        | {"message": "no", "example": "{", "source": "/a/b"}
    ]
    for day in range(40):
        for place, name in enumerate(names):
            period, share = date(2026, 1, 1) + timedelta(days=day), place / 50
            row = {"period": period, "dataset": name, "records": 50, "quarantined": place}
            facts.shares.append(row | {"share": share})
    html = whole_page(SiteFacts(), facts, datetime.now(UTC), drawing_library())
    (tmp_path / "r.html").write_text(html)
    page, seen = look(tmp_path / "r.html", 360)
    lines = page.locator("#chart-refused-over-time .mark-line path")
    assert lines.count() == 3
    page.locator("#dataset").select_option(names[2])
    page.wait_for_function(
        "document.querySelectorAll('#chart-refused-over-time .mark-line path').length === 1"
    )
    said = page.locator("#data ~ *").filter(has_text=names[2])
    assert said.count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert seen == []


def test_a_report_without_examples_has_nothing_of_what_records_say(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, events='{"user_id": "personal", "event": "personal"}\n')
    now, shown = datetime.now(UTC), []
    for examples in (True, False):
        found = read_data(str(lake), examples)
        shown.append(whole_page(SiteFacts(), found, now, ""))
        assert "type" in shown[-1]
    assert "personal" in shown[0]
    assert "personal" not in shown[1]
    assert "For example" not in shown[1]


def test_what_is_long_is_cut(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, events="{" + "x" * 100_000 + "\n")
    found = read_data(str(lake))
    (reason,) = found.reasons
    assert len(reason["example"]) == LONGEST + 1
    html = whole_page(SiteFacts(), found, datetime.now(UTC), "")
    assert len(html) < 60_000


def test_no_text_can_end_the_script_that_holds_the_charts() -> None:
    from reelhouse.report.page import _json

    text = "</script><!--\u2028\u2029&"
    found = _json({text: text})
    assert not set("<>&\u2028\u2029") & set(found)
    assert json.loads(found) == {text: text}


def test_steps_are_few_and_none_is_missing() -> None:
    day = date(2026, 1, 7)
    for days, step in ((0, "day"), (99, "day"), (100, "week"), (800, "month"), (4000, "year")):
        last = day + timedelta(days=days)
        assert periods.step_for(day, last) == step
        found = list(periods.steps(day, last, step))
        assert len(found) <= periods.MOST + 1
        assert found[0] <= day < periods.after(found[0], step)
        assert found[-1] <= last < periods.after(found[-1], step)
        for here, following in pairwise(found):
            assert periods.after(here, step) == following
    assert list(periods.steps(date(2026, 1, 7), date(2026, 1, 13), "week")) == [
        date(2026, 1, 5),
        date(2026, 1, 12),
    ]


def test_shares_never_lie_by_rounding() -> None:
    for share, said in (
        *((0, "0 %"), (1, "100 %"), (0.0004, "under 0.1 %"), (0.9996, "over 99.9 %")),
        *((0.0204, "2.0 %"), (0.5, "50.0 %")),
    ):
        assert words.percent(share) == said


def test_wrong_use_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "r.html"
    assert run(["report", "--lake", str(tmp_path / "none"), "--out", str(out)]) == 1
    assert "there is no lake at" in capsys.readouterr().err
    flags = ["--from", "2026-02-01", "--to", "2026-01-01", "--out", str(out)]
    assert run(["report", *flags]) == 2
    assert "is after --to" in capsys.readouterr().err
    assert not out.exists()
