"""The error that a user reads."""


class ReelhouseError(Exception):
    """Something that a user can mend: the text names the file, the place and the mend."""


class WrongUse(ReelhouseError):
    """A flag or a setting that makes no sense."""
