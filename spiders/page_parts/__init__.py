"""Find releases that are only parts of a page, with a heading, date and text each.

Modules here find or extract parts of a page. They must not depend on listings or visits.
"""
