"""The options of spark-submit by which Spark reads Delta Lake and buckets.

    python -m reelhouse.spark.jars s3 gs delta

fetches the jars and prints the options, for the stores named and, with `delta`, for reading the
lake: for jobs that spark-submit starts, and for a Spark Connect server.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence

from reelhouse.errors import ReelhouseError, WrongUse
from reelhouse.spark.fetch import local_jars
from reelhouse.spark.jars import (
    DELTA_SETTINGS,
    SETS,
    executor_settings,
    needed,
    package_settings,
    spark_default,
    store_settings,
)


def submit_options(
    words: Iterable[str],
    own_jars: Sequence[str] = (),
    as_packages: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """The options of spark-submit for the stores `s3` and `gs`, and for `delta`.

    The jars are fetched if they are not here, and `tell` gets a line for people meanwhile;
    `own_jars`, and those that spark-defaults.conf names, go along. With `as_packages` they are
    named as Maven coordinates, and nothing is fetched. Raises WrongUse for another word, and
    ReelhouseError if the jars can't be fetched.
    """
    words = list(words)
    if not words or set(words) - SETS.keys():
        raise WrongUse("name what Spark is to read: one or more of s3, gs and delta")
    uris, delta = [f"{word}://" for word in words if word != "delta"], "delta" in words
    if as_packages:
        settings = package_settings(needed(uris, delta))
    else:
        own = [*own_jars, *(spark_default("spark.jars") or "").split(",")]
        own += local_jars(needed(uris, delta), tell)
        settings = {"spark.jars": ",".join(filter(None, own))}
    settings |= store_settings(uris) | executor_settings()
    if delta:
        settings |= DELTA_SETTINGS
    return [each for name, value in settings.items() for each in ("--conf", f"{name}={value}")]


def main(arguments: list[str]) -> int:
    """Print the options of spark-submit; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m reelhouse.spark.jars")
    parser.add_argument("words", nargs="*", metavar="s3|gs|delta", help="what Spark is to read")
    parser.add_argument(
        "--jars",
        default="",
        help="your own jars, with commas between them: spark-submit's --jars would replace all",
    )
    parser.add_argument(
        "--packages",
        action="store_true",
        help="name Maven coordinates, for a driver that runs elsewhere, and fetch nothing",
    )
    given = parser.parse_args(arguments)
    try:
        options = submit_options(given.words, given.jars.split(","), given.packages, _tell)
    except ReelhouseError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2 if isinstance(error, WrongUse) else 1
    print("\n".join(options))
    return 0


def _tell(line: str) -> None:
    """Say a line to a person; stdout is for the options."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
