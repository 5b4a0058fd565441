"""Local paths, gs:// and s3://: one place that reads, writes and lists.

Local files are the operating system's own, so that any name is taken as it is; buckets go through
`obstore`, with the cloud's default credentials and endpoints from the environment.
"""

from functools import lru_cache

from reelhouse.storage.base import (
    Denied,
    Entry,
    NotFound,
    Refused,
    StorageError,
    Store,
    raised,
)
from reelhouse.storage.bucket import BucketStore
from reelhouse.storage.endpoints import gcs_endpoint, options, s3_endpoint, use_endpoints
from reelhouse.storage.failures import is_broken_off, refusal, refusals_told
from reelhouse.storage.local import LocalStore, is_folder, leads_back, umask

__all__ = [
    "BucketStore",
    "Denied",
    "Entry",
    "LocalStore",
    "NotFound",
    "Refused",
    "StorageError",
    "Store",
    "gcs_endpoint",
    "is_broken_off",
    "is_folder",
    "leads_back",
    "open_store",
    "options",
    "raised",
    "refusal",
    "refusals_told",
    "resolve",
    "s3_endpoint",
    "umask",
    "use_endpoints",
]

SCHEMES = ("gs://", "s3://", "memory://")


def open_store(root: str) -> Store:
    """The store of a folder (`./data/lake`, `/data`) or of a bucket (`gs://bucket/lake`).

    Raises StorageError for a scheme that is not known.
    """
    if root.startswith(SCHEMES):
        return _bucket(root)
    if "://" in root and not root.startswith("file://"):
        scheme = root.partition("://")[0]
        raise StorageError(
            f"{root}: no storage is known for {scheme}://; use a path, gs:// or s3://"
        )
    return LocalStore(root.removeprefix("file://"))


@lru_cache(maxsize=64)
def _bucket(root: str) -> "BucketStore":
    return BucketStore(root)


def resolve(uri: str) -> tuple[Store, str]:
    """The store and the path of a file that is named by its full URI."""
    if uri.startswith(SCHEMES):
        scheme, _, rest = uri.partition("://")
        bucket, _, path = rest.partition("/")
        return open_store(f"{scheme}://{bucket}"), path
    return open_store("/"), uri.removeprefix("file://").lstrip("/")
