"""Search queries and results, independent of the database."""
