"""Learn the templates of a source's release pages, and extract pages with them.

A template is learned from sample pages, stored, used, and abandoned if it no longer matches the
pages. Modules here compare several pages of one source.
"""
