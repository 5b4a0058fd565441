"""The Cloud Function's entry points: `ingest_file` for CloudEvents, `sweep` for HTTP."""

import os
from pathlib import Path

own_contracts = Path(__file__).parent / "contracts"
if own_contracts.is_dir():
    os.environ.setdefault("REELHOUSE_CONTRACTS", str(own_contracts))

from reelhouse import ingest_file, sweep  # noqa: E402

__all__ = ["ingest_file", "sweep"]
