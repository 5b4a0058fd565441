"""Demonstration data as a video site lands it, broken records included."""
