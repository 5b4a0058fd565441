"""The errors that a user reads."""

import sys


class ReelhouseError(Exception):
    """Something that a user can mend: the text names the file, the place and the mend."""


class WrongUse(ReelhouseError):
    """A flag or a setting that makes no sense."""


class StdoutClosed(Exception):
    """Whoever read stdout has gone, as `head` does when it has enough."""


def complain(message: object) -> None:
    """Print what is wrong on stderr."""
    print(f"reelhouse: {message}", file=sys.stderr)
