"""The controls by which a listing leads to older releases: what they show, archives, what is left.

`labels` reads numbers and icons, `archives` finds archives of years and months, and `unread` finds
signs that a page shows only a part of its list.
"""
