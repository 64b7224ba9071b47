"""Find releases without pages of their own: sections of a page with heading, date and text.

A file belongs in this package if it finds sections in a page or reads one. It must not depend on
listings or visits.
"""
