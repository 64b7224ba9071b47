"""Sources of a home directory: health, decisions of people, changed extraction, rename, removal."""
