"""How a listing leads to older releases: its next page, its archives, and what is left unread.

`pagination` finds the next page, `labels` and `page_numbers` read pagers, `archives` finds archives
of years and months, and `unread` finds signs that a page shows only a part of its list.
"""
