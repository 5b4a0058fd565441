"""`python -m reelhouse`, and what `spark-submit` is given."""

from reelhouse.cli import main

main()
