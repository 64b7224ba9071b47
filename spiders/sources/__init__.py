"""Source files: the TOML schema, the strict loader, and the shipped files."""
