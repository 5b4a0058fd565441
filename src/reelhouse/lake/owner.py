"""Who has a batch: the name of a process, and whether the owner of a claim is gone."""

import os
import socket
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from reelhouse.batch import Batch
from reelhouse.lake.claims import Claim

_left: set[tuple[str, int, datetime]] = set()
"""Which attempts at which batches this process has failed to finish; the time tells the lake."""


def leave(batch: Batch) -> None:
    """Say that this process is no more at its attempt at a batch, whatever the lease says."""
    _left.add((batch.batch_id, batch.attempt, batch.ingested_at))


def owner_is_gone(claim: Claim) -> bool:
    """Whether a claim's lease has run out, or its process on this host is dead or has failed."""
    left = (claim.batch_id, claim.attempt, claim.ingested_at) in _left
    return process_is_gone(claim.owner, claim.lease_until) or (
        left and claim.owner == this_process()
    )


def process_is_gone(owner: str, lease_until: datetime) -> bool:
    """Whether a lease has run out, or the process that it is for, on this host, is dead."""
    if lease_until < datetime.now(UTC):
        return True
    host, _, process = owner.rpartition("/")
    number, _, started = process.partition(":")
    if host != _host():
        return False
    found = _started(int(number))
    return found is None or (found != started and UNKNOWN not in (found, started))


def this_process() -> str:
    """The name of this process, that no other has: host and boot, number, and start time."""
    return f"{_host()}/{os.getpid()}:{_started(os.getpid())}"


SANDBOXES = ("AWS_LAMBDA_FUNCTION_NAME", "K_SERVICE", "CLOUD_RUN_JOB")
"""What the environment has in Lambda, and in Cloud Run, where Cloud Functions are too.

Their sandboxes are copies of one snapshot, or hide what a machine is: host name, boot, process
table, numbers and start times may be the same in two of them that live at the same time.
"""

UNKNOWN = "running"
"""Stands for the start time of a process of which it is only known that there is one."""


@lru_cache(maxsize=1)
def _host() -> str:
    if any(os.environ.get(name) for name in SANDBOXES):
        return uuid.uuid4().hex  # so only the lease tells whether another process is gone
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = f"{uuid.getnode():x}"
    # a container shares its host's boot, and has a process table of its own
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{socket.gethostname()}/{boot}/{space}"


def _started(process: int) -> str | None:
    """When a process of this host started, or None if there is none."""
    try:
        found = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        state, start = found[0], found[19]
    except (OSError, IndexError):  # /proc is not there, or in part, or hides what is not ours
        return _alive(process)
    return None if state in "ZX" else start


def _alive(process: int) -> str | None:
    """Without /proc: whether there is such a process at all."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return UNKNOWN
