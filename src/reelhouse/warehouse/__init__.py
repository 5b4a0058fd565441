"""The warehouse: raw lines, errors, and a star schema, in DuckDB, BigQuery or Snowflake."""
