"""Which sources lie in landing."""

from collections.abc import Iterator

from reelhouse.batch import Source
from reelhouse.storage import Entry, Refused, Store, open_store, raised

UNFINISHED = (".tmp", ".part", ".crc", ".crdownload")
"""How the name of a file ends that something is still writing, or that is none of ours."""


def discover(landing: str, dataset: str, refused: Refused = raised) -> Iterator[Source]:
    """The sources below `<landing>/<dataset>/`, at any depth.

    `refused` is told of folders and files that can't be listed, and the listing goes on.

    Files and folders whose name begins with `.` or `_`, and files that end in one of UNFINISHED,
    are passed over: that is how tools mark what is hidden or not yet whole.
    """
    store = open_store(landing)
    for entry in store.list(f"{dataset}/", refused):
        if not is_passed_over(entry.path.removeprefix(f"{dataset}/")):
            yield source_of(store, entry)


def is_passed_over(path: str) -> bool:
    """Whether the path of a file, below its dataset's folder, is hidden or unfinished."""
    return path.endswith(UNFINISHED) or any(part.startswith((".", "_")) for part in path.split("/"))


def source_of(store: Store, entry: Entry) -> Source:
    """A file of a store as a source."""
    return Source(store.uri(entry.path), entry.version, entry.size, entry.modified)


def dataset_of(landing: str, uri: str) -> str | None:
    """The dataset in whose folder of landing a source lies, or None."""
    root = open_store(landing).root.rstrip("/") + "/"
    dataset, slash, _ = uri.removeprefix(root).partition("/")
    return dataset if uri.startswith(root) and slash else None
