"""Releases without pages of their own: sections of one page, each with a heading, date and text.

A new file finds sections in a page or reads one. It knows neither lists nor visits.
"""
