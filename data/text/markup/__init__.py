"""Limits on HTML, so that parsers read hostile markup in linear time."""
