"""The command line. Results go to stdout, messages to stderr; 0 done, 1 failed, 2 wrong use."""

from reelhouse.cli.main import app, main

__all__ = ["app", "main"]
