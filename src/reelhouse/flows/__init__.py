"""The flows: ingest and replay, and what they leave to look at."""
