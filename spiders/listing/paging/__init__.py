"""Find the next page of a listing, its archives, and signs of further releases.

`pagination` finds the next page. `labels` and `page_numbers` parse pagers. `period_links` finds
yearly and monthly archives. `unread` finds signs that a page shows only a part of its listing.
"""
