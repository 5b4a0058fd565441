"""The page: one HTML file with its style, its script, the charts and the library that draws them.

Whatever comes from data is escaped by the template, or is JSON in which no character can end a
script. The page's own policy (CSP) lets only the two scripts run that are in it, and no request be
made.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from reelhouse.report import charts, words
from reelhouse.report.data import DataFacts
from reelhouse.report.site import SHARES, TOP, SiteFacts
from reelhouse.text import escape
from reelhouse.version import __version__

_IN_SCRIPT = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


@lru_cache(maxsize=1)
def drawing_library() -> str:
    """Vega-Lite and all that it stands on, as one script, from vl-convert; takes some seconds."""
    import vl_convert

    script: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return script


def page(site: SiteFacts, data: DataFacts, now: datetime, library: str) -> str:
    """The whole file."""
    found = charts.all_charts(site, data)
    scripts = [_script(library), _script(_text("page.js"))] if found else []
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"escaped": escape, "tidy": tidy_source}
    environment.globals |= {"words": words, "chart": found}
    return environment.from_string(_text("page.html.j2")).render(
        site=site,
        data=data,
        now=now,
        version=__version__,
        verdict=words.verdict(data),
        cohorts=charts.cohorts(site),
        prefix=_common([reason["source"] for reason in data.reasons]),
        policy=_policy(scripts),
        style=Markup(_text("page.css")),
        scripts=[Markup(each) for each in scripts],
        specs=Markup(_json(found)),
        top=TOP,
        shares=SHARES,
    )


def _text(name: str) -> str:
    return (files("reelhouse.report") / name).read_text(encoding="utf-8")


def _script(text: str) -> str:
    """A script as the page has it: nothing in it ends it, and line ends are as a browser's."""
    return text.replace("\r\n", "\n").replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _policy(scripts: list[str]) -> str:
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'"
        for each in scripts
    ]
    allowed = " ".join(hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)


def _common(sources: list[str]) -> str:
    """The folder that all sources are in, with a slash at its end; nothing if there is none."""
    if not sources:
        return ""
    first, last = min(sources), max(sources)
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[: first[:length].rfind("/") + 1]


def tidy_source(source: str, prefix: str) -> str:
    """A source without the folder that all are in."""
    return escape(source[len(prefix) :] or source)
