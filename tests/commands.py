"""Commands in processes of their own."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Said:
    """What a command printed."""

    out: str
    err: str


def done(command: Sequence[str], environment: Mapping[str, str]) -> Said:
    """Run a command in the repository's folder; it must end well, and show no traceback."""
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    return Said(ended.stdout, ended.stderr)
