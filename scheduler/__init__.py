"""Decide when everything runs, and connect the other three packages to the command line.

Imports go one way: commands, fleet, service, terminal, mirror, children, sources and planning,
home.
"""
