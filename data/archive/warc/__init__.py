"""WARC files (WARC 1.1, ISO 28500:2017, one gzip member per record) and their indexes.

`records` creates records, `http_head` the HTTP headers in them, and `reader` reads them.
`warc_file` is one growing file; `cdxj` and `index` find records. Modules here know the WARC format.
The log that proves records is in data/archive/log; archive.py combines both.
"""
