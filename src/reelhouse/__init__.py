"""Reelhouse: one contract, every engine, the same verdict."""

__version__ = "0.1.0"
