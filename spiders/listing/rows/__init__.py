"""The rows of a listing page: repeated regions, their records, and the items that records hold.

`flat_page` lays a page out as marks, `regions` finds what repeats, `records` and `record_fields`
read it. Which of several lists is the releases' own is decided outside, in `detect`.
"""
