"""Output for people at a terminal: progress bars, tables and reports."""
