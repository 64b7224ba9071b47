"""Schedules all work, and connects the other three packages to the command line.

Each folder may import only the folders after it: commands, fleet, service, terminal, mirror,
children, sources and planning, home.
"""
