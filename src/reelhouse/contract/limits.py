"""Limits of what is judged."""

MAX_LINE_BYTES = 8 * 1024 * 1024
"""The longest line that is judged, in bytes, unless the settings say otherwise."""
