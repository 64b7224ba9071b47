"""What holds for every connection and every answer, whoever gives it.

A new file here knows no address of the site.
"""
