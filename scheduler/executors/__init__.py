"""Runs jobs as child processes: crawls by host, publications one at a time."""
