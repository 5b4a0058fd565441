"""Make a picture (PNG) of a report as a browser shows it.

python scripts/screenshot.py data/demo/report.html --out docs/images/report.png

It is taken by Chromium, in the light, at a desktop's width, and shows the top of the page.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MINUTES = 3 * 60_000


def find_browser() -> str:
    """The path of a Chromium: the one that $CHROMIUM names, or one on the PATH."""
    named = os.environ.get("CHROMIUM")
    for name in (named,) if named else BROWSERS:
        if found := shutil.which(name):
            return found
    sys.exit("There is no Chromium. On Debian: apt-get install chromium")


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=1215)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox"], timeout=MINUTES
        )
        page = browser.new_page(
            viewport={"width": given.width, "height": given.height}, color_scheme=given.scheme
        )
        page.goto(given.report.resolve().as_uri(), timeout=MINUTES)
        page.wait_for_selector("html[data-drawn=yes]", timeout=MINUTES)
        page.screenshot(path=given.out)
        browser.close()
    print(given.out)


if __name__ == "__main__":
    main()
