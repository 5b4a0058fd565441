"""Spark: its session, its jars, and into how many parts it cuts its work."""
