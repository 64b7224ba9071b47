"""When things run, and the command line: connects the other three packages.

Imports go one way: commands, fleet, service, terminal, mirror, children, sources and planning,
home.
"""
