"""Fetch beforehand what Spark reads the lake with: `python -m reelhouse.engines.fetch`.

Spark would fetch it, once, when it is first needed. Without Java, or without a network, this says
so, and nothing else is amiss.
"""

from reelhouse.engines import jars
from reelhouse.engines.session import spark_session, why_no_spark
from reelhouse.errors import ReelhouseError


def main() -> None:
    """Let Spark fetch Delta Lake's jar, unless it has it."""
    if jars.is_cached(jars.DELTA) or why_no_spark():
        return
    print("Fetching Delta Lake for Spark (90 MB, once)", flush=True)
    try:
        spark_session("local[1]", delta=True).stop()
    except ReelhouseError as error:
        print(f"It will be tried again when it is needed. {error}")


if __name__ == "__main__":
    main()
