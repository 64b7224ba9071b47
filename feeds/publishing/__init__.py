"""Which feeds and pages are written, and how: selection, archive pages, files.

The door is publish.publish. A file belongs here if it decides what is written to HOME/site.
"""
