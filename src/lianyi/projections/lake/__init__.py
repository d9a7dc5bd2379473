"""The lake: rows of other systems as they gave them, in Parquet that DuckDB and Spark read."""
