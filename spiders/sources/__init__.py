"""Source files: their TOML schema, the strict loader, and the bundled files."""
