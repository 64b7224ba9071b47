"""Releases as lines of JSON: export, import, and the public names of fields."""
