"""The default store: SQL and nothing else."""
