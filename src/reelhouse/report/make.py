"""Making the report: ask, draw, write."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reelhouse.errors import DatasetFailed, apart, raised
from reelhouse.landing.notices import NO_NOTICES, Notices
from reelhouse.report import words
from reelhouse.report.data import DataFacts, read_data
from reelhouse.storage import resolve
from reelhouse.usecases.span import Span

if TYPE_CHECKING:
    from reelhouse.report.site import SiteFacts
    from reelhouse.usecases.run import Lake


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report that was written: where it is, its size, and its figures, ready for JSON."""

    uri: str
    size: int
    figures: dict[str, object]


def make_report(
    lake: "Lake",
    out: str,
    span: Span,
    tell: Callable[[str], None] = lambda text: None,
    *,
    examples: bool = True,
    notices: Notices = NO_NOTICES,
    warehouse: tuple[int, int] | None = None,
    failed: Callable[[DatasetFailed], object] = raised,
) -> Report:
    """Write the report of a lake to a file, whole or not at all. `out` is a path or a URI.

    The lake is a lenient one: whoever has no videos yet has a report.

    Without `examples`, it has no record that was refused, and no message about one. `notices` are
    of what in landing no run takes. `warehouse` is what `last_reconciled` says. `failed` gets what
    goes wrong with a dataset, or with what is asked of the site; the report says that it lacks
    them. Raises ReelhouseError.
    """
    from reelhouse.report.page import drawing_library, page
    from reelhouse.report.site import SiteFacts, ask

    now = datetime.now(UTC)
    store, path = resolve(out)
    with ThreadPoolExecutor(1) as aside:
        library = aside.submit(drawing_library)
        data = read_data(lake.root, examples, failed)
        data.notices, data.warehouse = notices, warehouse
        site = SiteFacts(span=span, unread=True)
        with apart("the site's figures", failed):
            site = ask(lake, span, now, tell)
        tell("Drawing")
        html = page(site, data, now, library.result()).encode()
    store.write(path, html)
    return Report(uri=store.uri(path), size=len(html), figures=figures(site, data))


def figures(site: "SiteFacts", data: DataFacts) -> dict[str, object]:
    """The figures at the top of the report."""
    answer, said = words.verdict(data)
    known = not site.unread
    return {
        "from": _iso(site.span.start),
        "to": _iso(site.span.end),
        "events": site.events if known else None,
        "users": site.users if known else None,
        "videos": site.videos if known else None,
        "events_on_unknown_videos": site.on_unknown_videos if known else None,
        "events_by_unknown_users": site.by_unknown_users if known else None,
        "newest_event": _iso(site.newest_at),
        "last_batch": _iso(data.batches[0].at if data.batches else None),
        "records": data.records,
        "valid": data.valid,
        "quarantined": data.quarantined,
        "replayed": data.replayed,
        "sources_without_records": data.sources_without_records,
        "open_batches": len(data.open_batches),
        "in_warehouse": data.warehouse and data.warehouse[0],
        "otherwise_in_warehouse": data.warehouse and data.warehouse[1],
        "trust": answer,
        "because": said,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
