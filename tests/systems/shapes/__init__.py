"""Shapes of press rooms: how lists, pagers, states, dates and releases appear on real sites.

Each shape is a small site on loopback that lists the same invented posts in its own way. It answers
only the requests that the site it stands for would answer.
"""
