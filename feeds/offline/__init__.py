"""Offline copies of the site: folders that a browser opens from disk without a server.

A module belongs here if it makes an offline copy differ from HOME/site.
"""
