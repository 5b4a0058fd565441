"""For the tests of faults: a process that is to die, or to stop, at one step of its work."""

import os
import signal
from collections import Counter
from enum import StrEnum


class Step(StrEnum):
    """The steps after which a run can be told to die or to stop."""

    DISCOVERED = "discovered"  # the new sources are known
    FILE = "file"  # a Parquet file is written, of data or of the ledger, and no commit names it yet
    CLAIMED = "claimed"
    PREPARED = "prepared"  # the tables are there, and take the contract's columns
    JUDGED = "judged"
    CHECKED = "checked"  # the counts add up, and the sources are what they were
    MANIFEST = "manifest"
    REPLAYS = "replays"  # committed to the table of replays: the first step of a replay's end
    QUARANTINE = "quarantine"  # committed to the quarantine
    LAKE = "lake"  # committed to the lake
    CLOSED = "closed"
    CLEARED = "cleared"  # the manifest is deleted
    FAILED = "failed"  # a batch can't be finished, and is about to be given up
    BURNT = "burnt"  # one of the tables will never take the batch
    RELEASED = "released"
    DELETED = "deleted"  # the folders of a batch that was given up
    BEGUN = "begun"  # a merge is written into a table's properties
    COMPACTED = "compacted"  # a table's small files are merged
    PROVEN = "proven"  # its records are the same as before
    CHECKPOINTED = "checkpointed"
    CLEANED = "cleaned"  # what is too old in the log is deleted
    SWEPT = "swept"  # a file is deleted that nobody needs
    VACUUMED = "vacuumed"


SIGNALS = {"REELHOUSE_DIE_AFTER": signal.SIGKILL, "REELHOUSE_STOP_AFTER": signal.SIGSTOP}

_times: Counter[Step] = Counter()


def after(step: Step) -> None:
    """Kill or stop this process if the environment says so.

    The variables of SIGNALS name a step, or, as in `manifest:2`, the second time it is reached.
    Raises ValueError for a step that there is not.
    """
    _times[step] += 1
    for variable, sent in SIGNALS.items():
        wanted, _, time = os.environ.get(variable, "").partition(":")
        if wanted and Step(wanted) is step and _times[step] == int(time or 1):
            os.kill(os.getpid(), sent)
