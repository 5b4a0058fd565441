"""A site with names of all kinds, ingested for real, its report, and a browser to read it in."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from reelhouse.cli.main import run
from tests.report.site import Site, ingest

SLOW = 120_000
"""How long a page may take, in milliseconds: the machine may have other work."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, (shutil.which(name) for name in names if name)), None)
    if found is None:
        pytest.fail("the report is tested in Chromium; Debian's package is called chromium")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"], timeout=SLOW)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site, in a lake."""
    made = Site()
    folder = tmp_path_factory.mktemp("site")
    made.land(folder / "landing")
    ingest(folder)
    return made.at(folder / "lake")


Made = Callable[..., dict[str, Any]]


@pytest.fixture
def make(capsys: pytest.CaptureFixture[str]) -> Made:
    """Make a report by the command line, and return what `--json` says."""

    def report(lake: Path, out: Path, *flags: str) -> dict[str, Any]:
        capsys.readouterr()
        assert run(["report", "--lake", str(lake), "--out", str(out), "--json", *flags]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return report


@pytest.fixture(scope="session")
def report(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the site."""
    out = tmp_path_factory.mktemp("report") / "site.html"
    assert run(["report", "--lake", str(site.lake), "--out", str(out)]) == 0
    return out


class Seen(list[str]):
    """What a page said on the console, asked the network for, or popped up."""

    def dialog(self, dialog: Dialog) -> None:
        self.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., tuple[Page, Seen]]]:
    """Open a file in a window of its own, and wait until its charts are drawn."""
    contexts = []

    def open_page(path: Path, width: int = 1440, **options: Any) -> tuple[Page, Seen]:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(SLOW)
        page, seen = context.new_page(), Seen()
        page.on("console", lambda message: seen.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on("dialog", seen.dialog)
        page.on("request", lambda request: seen.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        assert seen == [f"request: {path.as_uri()}"] or page.locator("#charts").count() == 1
        if page.locator("#charts").count():
            page.wait_for_selector("html[data-drawn=yes]")
        seen.remove(f"request: {path.as_uri()}")
        return page, seen

    yield open_page
    for context in contexts:
        context.close()
