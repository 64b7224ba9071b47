"""Text, HTML and addresses in one form, so that equal things compare equal.

A file belongs here if it knows text alone: no release, no date, no store.
"""
