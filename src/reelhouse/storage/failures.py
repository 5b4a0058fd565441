"""What libraries say of a failure, told apart and in words: of a bucket, and of a disk.

What obstore and Delta Lake, which share a library, say of it is long, and tells of requests.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from reelhouse.errors import ReelhouseError
from reelhouse.storage.base import StorageError

NO_CREDENTIALS = re.compile("/latest/(api/token|meta-data)|/computeMetadata/|169[.]254[.]")
"""The last place where credentials are looked for is a service that only a cloud's machines have.
"""

NO_BUCKET = re.compile("NoSuchBucket|bucket does not exist")
NO_ANSWER = re.compile(
    "error sending request|error trying to connect|tcp connect error|dns error|operation timed out",
    re.IGNORECASE,
)
GIVEN_UP = re.compile(r"after [1-9]\d* retries, .*status code: (5\d\d|429) ", re.DOTALL)
"""A store that has answered for minutes that it can't serve now."""

ADDRESS = re.compile(r"Error performing [A-Z]+ (https?://[^/\s]+)")
REASONS = ("connection refused", "failed to lookup address", "timed out", "certificate")

STORES = {"s3": "S3", "gs": "GCS"}
CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE (that takes pip install "
    "'reelhouse[aws]'), or give this machine a role",
    "gs": "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS, or "
    "give this machine a service account",
}
ENDPOINTS = {"s3": "s3_endpoint or AWS_ENDPOINT_URL", "gs": "gcs_endpoint or STORAGE_EMULATOR_HOST"}


def why_unreachable(uri: str, text: str) -> str | None:
    """What is wrong with the bucket of a URI; None if it is about an object, or something else.

    `text` is all that the library says, its trace of the inner errors included.
    """
    scheme, _, rest = uri.partition("://")
    if scheme not in STORES:
        return None
    bucket = f"{scheme}://{rest.partition('/')[0]}"
    if NO_BUCKET.search(text):
        return f"there is no bucket {bucket}: correct its name, or make it"
    if NO_CREDENTIALS.search(text):
        return f"{bucket}: no credentials of {STORES[scheme]} were found: {CREDENTIALS[scheme]}"
    if NO_ANSWER.search(text):
        found = ADDRESS.search(text)
        where = f" at {found[1]}" if found else ""
        reason = next((f" ({each})" for each in REASONS if each in text.lower()), "")
        return (
            f"{bucket}: {STORES[scheme]} does not answer{where}{reason}: is the network up, and is "
            f"the address right ({ENDPOINTS[scheme]})?"
        )
    return None


def is_broken_off(error: BaseException | None) -> bool:
    """Whether an answer was lost in a way that obstore does not get over by itself.

    It tries again after all faults but two: an answer that ends in the middle, and one to the last
    request of an upload in parts, after which the store knows no more of that upload.
    """
    return bool(re.search("request or response body error|NoSuchUpload", str(error)))


REFUSALS = re.compile(
    "no space left on device|disk quota exceeded|read-only file system|permission denied|"
    "input/output error|too many open files|file too large",
    re.IGNORECASE,
)
"""What an operating system says when it refuses a file, wherever it stands in a message."""


def refusal(error: BaseException) -> str | None:
    """What the operating system refused, if that is what an error of a library's own is about."""
    found = REFUSALS.search(str(error))
    return found[0].lower() if found else None


@contextmanager
def refusals_told(place: str) -> Iterator[None]:
    """Turn what a library says about the operating system's refusal into a StorageError.

    Delta Lake, DuckDB and Spark have errors of their own for a full disk. `place` is where it
    happened, unless Reelhouse itself or the library names the file.
    """
    try:
        yield
    except ReelhouseError:
        raise
    except Exception as error:
        refused = refusal(error)
        if refused is None:
            raise
        text = str(error).replace('\\"', '"')
        named = re.search(rf'"(/[^"\n]+)": {refused}|StorageError: (.+?): {refused}', text, re.I)
        raise StorageError(f"{named[1] or named[2] if named else place}: {refused}") from error
