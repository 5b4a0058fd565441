"""Python imports this at the start of each process that has this folder on its path."""

import tests.conformance.made_up.vocabulary  # noqa: F401
