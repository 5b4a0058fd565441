"""Which errors another attempt, a little later, may do without."""

import errno
import re

import duckdb
from deltalake.exceptions import DeltaProtocolError, SchemaMismatchError
from obstore.exceptions import (
    InvalidPathError,
    NotSupportedError,
    UnknownConfigurationKeyError,
)

from reelhouse.batch import SourceError
from reelhouse.errors import ReelhouseError
from reelhouse.flows.ingest import LeftOpen
from reelhouse.lake.commit import TooManyWriters
from reelhouse.landing.sources import SourceChanged
from reelhouse.storage import Denied, NotFound, StorageError

LASTING_ERRNO = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR),
    *(errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL),
}
"""What the operating system refuses for as long as nobody mends something."""

LASTING_WORDS = re.compile(
    "permission denied|access ?denied|read-only file system|necessary privileges|"
    "valid authentication|no ?such ?bucket|bucket does not exist|"
    "(?:401|403|404) (?:unauthorized|forbidden|not found)",
    re.IGNORECASE,
)
"""The same, as the libraries that reach a bucket say it in the texts of their errors."""

WRONG = (
    ReelhouseError,
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NameError, TypeError),
    *(NotImplementedError, ValueError),
)
"""What a user can mend, and what Python raises where code, or what it was given, is wrong."""

LASTING = (
    *(Denied, NotFound, SourceChanged, DeltaProtocolError, SchemaMismatchError),
    *(InvalidPathError, NotSupportedError, UnknownConfigurationKeyError),
)


def may_pass(error: BaseException) -> bool:
    """Whether what raised this error may succeed when it is done again.

    It may where a store is away or slow, other writers were quicker, or memory or disk ran out. It
    can't where access is denied, a name, a setting or a contract is wrong, what is asked for is
    not there, or Reelhouse has a bug. What is not known may.
    """
    if isinstance(error, LeftOpen | TooManyWriters | MemoryError):
        return True
    if isinstance(error, LASTING):
        return False
    if isinstance(error, StorageError | SourceError):  # with no cause, it is the name that is wrong
        return error.__cause__ is not None and may_pass(error.__cause__)
    if isinstance(error, WRONG):
        return False
    if isinstance(error, duckdb.Error):
        return isinstance(error, duckdb.OperationalError)
    if isinstance(error, OSError) and error.errno in LASTING_ERRNO:
        return False
    return LASTING_WORDS.search(str(error)) is None
