"""For the tests of faults: a process that is to die, or to stop, at one step of its work."""

import os
import signal
from collections import Counter

STEPS = (
    "discovered",  # the new sources are known
    "file",  # a Parquet file is written, of data or of the ledger, and no commit names it yet
    "claimed",
    "prepared",  # the tables are there, and take the contract's columns
    "judged",
    "checked",  # the counts add up, and the sources are what they were
    "manifest",
    "replays",  # committed to the table of replays: the first step of a replay's end
    "quarantine",  # committed to the quarantine
    "lake",  # committed to the lake
    "closed",
    "cleared",  # the manifest is deleted
    "failed",  # a batch can't be finished, and is about to be given up
    "burnt",  # one of the tables will never take the batch
    "released",
    "deleted",  # the folders of a batch that was given up
    "begun",  # a merge is written into a table's properties
    "compacted",  # a table's small files are merged
    "proven",  # its records are the same as before
    "checkpointed",
    "cleaned",  # what is too old in the log is deleted
    "swept",  # a file is deleted that nobody needs
    "vacuumed",
)
"""The steps after which a run can be told to die or to stop."""

SIGNALS = {"REELHOUSE_DIE_AFTER": signal.SIGKILL, "REELHOUSE_STOP_AFTER": signal.SIGSTOP}

_times: Counter[str] = Counter()


def after(step: str) -> None:
    """Kill or stop this process if the environment says so.

    The variables of SIGNALS name a step, or, as in `manifest:2`, the second time it is reached.
    """
    _times[step] += 1
    for variable, sent in SIGNALS.items():
        wanted, _, time = os.environ.get(variable, "").partition(":")
        if wanted == step and _times[step] == int(time or 1):
            os.kill(os.getpid(), sent)
