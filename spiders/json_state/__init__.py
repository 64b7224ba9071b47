"""Decode the JSON state in a page's scripts without running JavaScript."""
