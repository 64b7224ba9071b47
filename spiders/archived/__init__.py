"""Pages out of an archive, read without the network by the same parts as those of a visit.

A file belongs here if it reads what was captured before; what asks servers is crawl's.
"""
