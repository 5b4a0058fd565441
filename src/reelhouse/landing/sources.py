"""Whether sources are what they were when they were claimed, and can be read."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeGuard

from reelhouse.batch import Source, SourceError
from reelhouse.errors import ReelhouseError
from reelhouse.storage import Denied, NotFound, StorageError, resolve

AT_ONCE = 16
TOLD = 3
"""How many sources an error of many names."""


class SourceChanged(ReelhouseError):
    """A source that is not what it was when it was claimed."""

    def __init__(self, uri: str, what: str) -> None:
        super().__init__(f"{uri} {what} while it was read; nothing of it was taken")
        self.uri, self.vanished = uri, what == "vanished"


class UnfitSources(ReelhouseError):
    """Sources for which a batch can't be finished; the others are to be taken without them."""

    def __init__(self, each: Sequence[SourceChanged | SourceError]) -> None:
        told = [str(error) for error in each[:TOLD]]
        if len(each) > TOLD:
            told.append(f"and {len(each) - TOLD} more")
        super().__init__("; ".join(told))
        self.each = each


def check_unchanged(source: Source) -> None:
    """Raise SourceChanged if a source is not the one that was claimed, SourceError if hidden."""
    store, path = resolve(source.uri)
    try:
        entry = store.head(path)
    except StorageError as error:
        raise SourceError(source.uri, str(error)) from error
    if entry is None:
        raise SourceChanged(source.uri, "vanished")
    if entry.version != source.version:
        raise SourceChanged(source.uri, "was replaced")


def check_readable(source: Source) -> None:
    """Raise SourceChanged, or SourceError for a source whose first byte can't be read."""
    check_unchanged(source)
    store, path = resolve(source.uri)
    try:
        next(store.stream(path, 0, 1), b"")
    except StorageError as error:
        raise SourceError(source.uri, str(error)) from error


def raise_unfit(sources: Sequence[Source], check: Callable[[Source], None]) -> None:
    """Check all sources, and raise UnfitSources with what is wrong with some of them.

    Raises StorageError if it is not the sources that are at fault, but the bucket: where it is
    away, each request takes seconds to fail, so that not all sources are checked.
    """
    away: list[StorageError] = []

    def wrong(source: Source) -> SourceChanged | SourceError | None:
        if len(away) >= AT_ONCE:
            return None
        try:
            check(source)
        except (SourceChanged, SourceError) as error:
            if "://" in source.uri and _is_away(error.__cause__):
                away.append(error.__cause__)
            return error
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [error for error in pool.map(wrong, sources) if error is not None]
    if away and len(away) >= min(AT_ONCE, len(sources)):
        raise away[0]
    if found:
        raise UnfitSources(found)


def _is_away(cause: BaseException | None) -> TypeGuard[StorageError]:
    """Whether it is perhaps not the source that is at fault, but the bucket."""
    return isinstance(cause, StorageError) and not isinstance(cause, Denied | NotFound)
