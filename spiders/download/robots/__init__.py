"""Robots.txt (RFC 9309): its rules, and how crawls obey them."""
