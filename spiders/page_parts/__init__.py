"""Find releases that are only parts of a page, with a heading, date and text each.

Modules that find or extract parts of a page belong in this package. They must not depend on
listings or visits.
"""
