"""Find releases without pages of their own: parts of a page with heading, date and text.

Modules that find parts of a page, or extract one, belong in this package. They must not depend on
listings or visits.
"""
