"""Find releases without pages of their own: parts of a page with heading, date and text.

A file belongs in this package if it finds parts in a page or reads one. It must not depend on
listings or visits.
"""
