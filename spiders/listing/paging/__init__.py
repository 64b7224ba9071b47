"""Pagination: the next page of a listing, its archives, and signs of unread releases.

`pagination` finds the next page. `labels` and `page_numbers` parse pagers. `archives` finds yearly
and monthly archives. `unread` finds signs that a page shows only a part of its listing.
"""
