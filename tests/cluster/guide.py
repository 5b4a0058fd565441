"""The commands of deploy/cluster.md, to be run as they stand there."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.cluster.standalone import ROOT, children

GUIDE = ROOT / "deploy" / "cluster.md"


def command(name: str) -> str:
    """The shell commands of the block that is named so."""
    (found,) = re.findall(rf"^```sh {name}\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    return str(found)


@contextmanager
def running(name: str, environment: dict[str, str], log: Path) -> "Iterator[subprocess.Popen[str]]":
    """Run a block's command in the repository's folder; what it says on stderr goes into a log.

    What still runs of it at the end is killed.
    """
    with log.open("w") as errors:
        process = subprocess.Popen(
            ["bash", "-euc", f"exec {command(name)}"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield process
    finally:
        for each in (process.pid, *children(process.pid)) if process.poll() is None else ():
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait()
