"""Robots.txt (RFC 9309): what it allows, and how crawls obey it."""
