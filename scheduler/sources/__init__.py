"""Sources of a home directory: health, decisions, changed extraction, renaming and removal."""
