"""Find the rows of a listing page: repeated regions, their records, and the records' items.

`flat_page` converts a page to a sequence of marks (texts and links). `regions` finds repeated
regions. `records` and `record_fields` extract their records and items. `detect` (outside this
package) chooses the region that lists the releases.
"""
