"""How much the engine `duckdb` holds at a time, from the memory that its process may use."""

from dataclasses import dataclass

MB = 1024 * 1024
BASE_MB = 200
"""What a process takes that has judged a few lines: the interpreter, libraries, DuckDB itself."""


@dataclass(frozen=True)
class Sizes:
    """How much is held at a time, in bytes; the default ones are those that are fastest.

    `chunk` is what is read of a source in one go. `slice` is how much text DuckDB judges in one
    statement, and `first_slice` the same for the first one: until it starts, all but one processor
    have nothing to do. `segment` is how much is held, as Arrow tables, before it is written: one
    file a partition each time. `duckdb` is DuckDB's own limit.
    """

    chunk: int = 8 * MB
    slice: int = 24 * MB
    first_slice: int = 4 * MB
    segment: int = 192 * MB
    duckdb: int = 1024 * MB


def sizes(memory_mb: int | None = None) -> Sizes:
    """The sizes for a process that may use so many MB in all; by default, those that are fastest.

    A segment takes four times its size while it is sorted and written, and a slice up to ten times
    its text while the next one is read: both together take less than half of what is free, and
    what the allocators keep for later takes as much again.
    """
    most = Sizes()
    if memory_mb is None:
        return most
    free = max(memory_mb - BASE_MB, 0) * MB
    slice_ = min(most.slice, max(MB, free // 160))
    return Sizes(
        chunk=min(most.chunk, slice_),
        slice=slice_,
        first_slice=min(most.first_slice, slice_),
        segment=min(most.segment, max(8 * MB, free // 13)),
        duckdb=min(most.duckdb, max(96 * MB, free // 2)),
    )
