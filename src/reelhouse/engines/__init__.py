"""The engines: each judges the records of a batch, and writes Parquet where it is told."""
