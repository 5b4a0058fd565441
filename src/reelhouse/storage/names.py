"""Names that a bucket takes and obstore does not: which they are, and how they are found.

For obstore, and for Delta Lake, which shares its library, a name is a path: `a//b`, `a/../b` and
control characters are none, and one such name on a page makes a whole listing fail. PyArrow lists
any name (but no ETags), so it is asked for the names when that has happened.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

CONTROL = re.compile("[\x00-\x1f\x7f]")


def unfit(name: str) -> str | None:
    """What is wrong with an object's name, or None: `it has a control character`."""
    if CONTROL.search(name):
        return "it has a control character"
    parts = name.split("/")
    if "" in parts:
        return "it has an empty part (a / too many)"
    if "." in parts or ".." in parts:
        return "it has a part that is . or .."
    return None


def names_below(root: str, prefix: str, endpoint: str | None, signed: bool) -> list[str]:
    """All objects' names below a folder of `root`, relative to `root`, in the order of their bytes.

    Of folders (names that end with `/`), which may be objects of their own, only those are among
    them that are unfit. `endpoint` is the store's address, if it is not the cloud's own. Raises
    OSError.
    """
    from pyarrow.fs import FileSelector, FileType

    scheme, _, base = root.partition("://")
    base += "/"
    selector = FileSelector((base + prefix).rstrip("/"), allow_not_found=True, recursive=True)
    found = _filesystem(scheme, endpoint, signed).get_file_info(selector)
    names = []
    for each in found:
        name = each.path.removeprefix(base)
        if each.type == FileType.File:
            names.append(name)
        elif unfit(name):
            names.append(f"{name}/")
    return sorted(names, key=str.encode)


def _filesystem(scheme: str, endpoint: str | None, signed: bool) -> "FileSystem":
    from pyarrow import fs

    protocol, _, host = (endpoint or "").rstrip("/").rpartition("://")
    place: dict[str, Any] = {"scheme": protocol or "https", "endpoint_override": host or None}
    if scheme == "s3":
        retries = fs.AwsStandardS3RetryStrategy(max_attempts=10)
        return fs.S3FileSystem(**place, retry_strategy=retries)
    patience = timedelta(minutes=1)
    return fs.GcsFileSystem(**place, anonymous=not signed, retry_time_limit=patience)


def past_unfit(names: Sequence[str], last: str) -> tuple[Sequence[str], Sequence[str], str | None]:
    """How to go on after `last`: the names before the unfit ones, those, and the one after them.

    `names` are in the order of their bytes. The unfit ones are those up to the next that is fit;
    the one after them is None when they are the last.
    """
    after = names[bisect_right(names, last.encode(), key=str.encode) :]
    begin = next((i for i, name in enumerate(after) if unfit(name)), len(after))
    end = next((i for i in range(begin, len(after)) if not unfit(after[i])), len(after))
    return after[:begin], after[begin:end], after[end] if end < len(after) else None
