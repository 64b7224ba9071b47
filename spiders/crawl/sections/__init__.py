"""What a visit does with releases that are sections of a page.

A new file here reads or compares the sections of one page; it requests nothing.
"""
