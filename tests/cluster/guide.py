"""The commands of deploy/cluster.md, to be run as they stand there."""

import re
import subprocess
from pathlib import Path

from tests.cluster.standalone import ROOT

GUIDE = ROOT / "deploy" / "cluster.md"


def command(name: str) -> str:
    """The shell commands of the block that is named so."""
    (found,) = re.findall(rf"^```sh {name}\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    return str(found)


def start(name: str, environment: dict[str, str], log: Path) -> "subprocess.Popen[str]":
    """Start a block's command in the repository's folder; its stderr goes into a log."""
    with log.open("w") as errors:
        return subprocess.Popen(
            ["bash", "-euc", f"exec {command(name)}"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
