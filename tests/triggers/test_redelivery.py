"""Which errors are raised to the platform, so that it tries again, and which are not."""

import errno

import duckdb
import pyarrow as pa
import pytest
from deltalake.exceptions import CommitFailedError, DeltaError, SchemaMismatchError
from obstore.exceptions import GenericError, InvalidPathError, PermissionDeniedError

from reelhouse.batch import SourceError
from reelhouse.errors import ReelhouseError, WrongUse
from reelhouse.flows.books import ConservationError
from reelhouse.flows.ingest import LeftOpen
from reelhouse.lake.commit import TooManyWriters
from reelhouse.landing.sources import SourceChanged
from reelhouse.storage import Denied, NotFound, StorageError
from reelhouse.triggers.redelivery import may_pass


def because(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


AWAY = GenericError("Generic S3 error: Error performing GET: 503 Service Unavailable")
PASSING = [
    because(StorageError("s3://b/a: away"), AWAY),
    because(SourceError("s3://b/a", "away"), because(StorageError("s3://b/a: away"), AWAY)),
    because(StorageError("/lake: full"), OSError(errno.ENOSPC, "No space left on device")),
    because(StorageError("/lake: full"), OSError("No space left on device (os error 28)")),
    OSError("Generic GCS error: error sending request: operation timed out"),
    *(TimeoutError("timed out"), ConnectionResetError(errno.ECONNRESET, "reset")),
    *(AWAY, CommitFailedError("a conflict"), DeltaError("Generic S3 error: 500")),
    *(TooManyWriters("60 commits"), LeftOpen("left open"), MemoryError(), pa.ArrowMemoryError("m")),
    *(duckdb.OutOfMemoryException("no memory"), RuntimeError("who knows")),
]
LASTING = [
    *(Denied("s3://b/a: denied"), NotFound("s3://b/a: no such bucket")),
    because(SourceError("s3://b/a", "denied"), Denied("s3://b/a: denied")),
    because(StorageError("/a: denied"), PermissionError(errno.EACCES, "Permission denied")),
    because(StorageError("/a: denied"), OSError("Permission denied (os error 13)")),
    because(StorageError("s3://b/a//b"), InvalidPathError("a//b")),
    StorageError("'s3://b/a//b': it has an empty part (//); rename it"),
    PermissionDeniedError("The operation lacked the necessary privileges"),
    *(OSError("Server returned non-2xx status code: 403 Forbidden"), SchemaMismatchError("types")),
    *(WrongUse("a setting"), ReelhouseError("a contract"), ConservationError("a count")),
    *(SourceChanged("s3://b/a", "vanished"), KeyError("bug"), TypeError("bug"), ValueError("bad")),
    *(duckdb.BinderException("bug"), pa.ArrowInvalid("bug")),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_may_succeed_later_is_tried_again(error: BaseException) -> None:
    assert may_pass(error)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_what_must_be_mended_first_is_not(error: BaseException) -> None:
    assert not may_pass(error)
