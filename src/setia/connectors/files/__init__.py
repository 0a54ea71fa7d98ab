"""Files of activities: CSV, JSON Lines and Parquet, read as the same objects. docs/guides/ingest.md is the manual."""
