"""Releases as lines of JSON: export, import, and public field names."""
