"""Timing of all work, and connection of the other three packages to the command line.

Imports go one way: commands, fleet, service, terminal, mirror, children, sources and planning,
home.
"""
