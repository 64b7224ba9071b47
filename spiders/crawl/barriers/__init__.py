"""What stands in place of a page: a challenge, a login, a notice, or a page without its text.

A file belongs here if it recognizes such a page; it requests nothing.
"""
