"""The books of a batch: every record, and every byte, of every source is accounted for."""

from collections.abc import Iterable, Sequence

from reelhouse.batch import Source, SourceCount, Written
from reelhouse.errors import ReelhouseError

MOST_NAMED = 5
"""How many sources without a record a line for people names."""


class ConservationError(ReelhouseError):
    """An engine's counts do not add up: nothing of the batch was committed."""


def check_conservation(sources: Sequence[Source], written: Written) -> None:
    """Raise ConservationError unless every record of every source is accounted for, once."""
    counts = {each.uri: each for each in written.counts}
    if set(counts) != {source.uri for source in sources} or len(counts) != len(written.counts):
        raise ConservationError("the engine did not count each source once; nothing was committed")
    for each in written.counts:
        if each.records != each.valid + each.quarantined:
            raise ConservationError(
                f"{each.uri}: {each.records} records were read, {each.valid} valid and "
                f"{each.quarantined} quarantined ones were written; nothing was committed"
            )
    for what, files, count in (
        ("valid", written.valid_files, sum(each.valid for each in written.counts)),
        ("quarantined", written.quarantine_files, sum(each.quarantined for each in written.counts)),
    ):
        rows = sum(file.rows for file in files)
        if rows != count:
            raise ConservationError(
                f"{count} {what} records were counted, and the files hold {rows}; "
                "nothing was committed"
            )


def check_books(sources: Sequence[Source], counts: Iterable[SourceCount], format: str) -> None:
    """Raise ConservationError unless every byte of every source is accounted for, where it can be.

    A source that was not unpacked has as many bytes as its store says. Of CSV without a record,
    each byte is of the header or blank.
    """
    sizes = {source.uri: source.size for source in sources}
    for count in counts:
        if count.bytes is None:
            continue
        if wrong := _unaccounted(count, count.bytes, sizes[count.uri], format):
            raise ConservationError(f"{count.uri}: {wrong}; nothing was committed")


def _unaccounted(count: SourceCount, read: int, size: int, format: str) -> str | None:
    if count.unexplained < 0:
        return (
            f"{read} bytes were read, and {count.header_bytes} of headers and "
            f"{count.blank_bytes} of blank lines were counted"
        )
    if read != size and not count.packed:
        return f"{read} bytes were read, and its store says that it has {size}"
    if format == "csv" and count.unexplained and not count.records:
        return f"{count.unexplained} bytes are of no record, of no header, and not blank"
    return None


def no_record_told(counts: Iterable[SourceCount]) -> str | None:
    """Which of these sources hold no record, and why, in a line; None if each holds one."""
    empty = [count for count in counts if not count.records]
    if not empty:
        return None
    named = [f"{count.uri} ({count.why_no_record})" for count in empty[:MOST_NAMED]]
    if len(empty) > MOST_NAMED:
        named.append(f"and {len(empty) - MOST_NAMED:,} more")
    hold = "1 source holds" if len(empty) == 1 else f"{len(empty):,} sources hold"
    return f"{hold} no record: {', '.join(named)}"
