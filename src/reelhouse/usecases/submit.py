"""What makes a module of a use case a job: `spark-submit …/event_types.py --lake URI`."""

import sys

from reelhouse.cli.main import run


def main(name: str) -> None:
    """Answer one use case, with the flags of `reelhouse analyze`."""
    sys.exit(run(["analyze", name, *sys.argv[1:]]))
