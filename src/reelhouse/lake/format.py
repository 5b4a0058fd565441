"""The number of the format in which the ledger and the manifests are written.

It grows when an older version would misread what a newer one writes, and only then: a column or a
key that an older version passes over needs no new number.
"""

from reelhouse.errors import ReelhouseError
from reelhouse.version import __version__

FORMAT = 1
"""What this version writes, and the most that it reads. Before it there was no number."""

PROPERTY = "reelhouse.format"
"""The property of the ledger's table that has the number."""


class NewerFormat(ReelhouseError):
    """Something that a newer version of Reelhouse has written: it is left as it is."""


def check_format(place: str, number: object) -> None:
    """Raise NewerFormat for a number that is above FORMAT, or is none; None is older than any."""
    if number is None or (str(number).isdecimal() and int(str(number)) <= FORMAT):
        return
    raise NewerFormat(
        f"{place} has the format {number}, and this Reelhouse ({__version__}) knows up to "
        f"{FORMAT}: use the version that wrote it, or a newer one"
    )
