"""Reelhouse measured against its peers: `python -m benchmarks.run`."""
