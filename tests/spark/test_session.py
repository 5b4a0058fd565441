"""One process has one session, whatever it asks for first."""

import subprocess
import sys
from pathlib import Path

from reelhouse.demo.generate import generate

FIRST_INGESTS = """
import reelhouse as rh

lake = rh.Lake("lake")
lake.ingest("landing", engine="spark").raise_for_failures()
print(lake.analyze("top-users", engine="spark").num_rows)
"""


def test_a_process_may_ingest_first_and_ask_later(tmp_path: Path) -> None:
    """Its session reads Delta too, though ingestion did not need that."""
    generate(tmp_path / "landing", events=20, users=5, videos=5, seed=1)
    done = subprocess.run(
        [sys.executable, "-c", FIRST_INGESTS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
