"""For the tests of faults: a process that is to die at one step of a batch's life."""

import os
import signal

STEPS = ("claimed", "judged", "checked", "manifest", "quarantine", "lake", "closed")
"""The steps after which a run can be told to die, in order."""


def after(step: str) -> None:
    """Kill this process if the environment's REELHOUSE_DIE_AFTER names this step."""
    if os.environ.get("REELHOUSE_DIE_AFTER") == step:
        os.kill(os.getpid(), signal.SIGKILL)
