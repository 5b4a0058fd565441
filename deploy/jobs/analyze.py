"""A use case on Spark, as `spark-submit` takes it, where Reelhouse is installed.

    spark-submit deploy/jobs/analyze.py tag-affinity --lake gs://… --top 10

The arguments are those of `reelhouse analyze`.
"""

import sys

from reelhouse import run_command

if __name__ == "__main__":
    sys.exit(run_command(["analyze", "--engine", "spark", *sys.argv[1:]]))
