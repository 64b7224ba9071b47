"""WARC files (WARC 1.1, ISO 28500:2017, one gzip member per record) and their indexes.

`records` creates records, `http_head` creates their HTTP headers, and `reader` reads records.
`warc_file` is one growing file; `cdxj` and `index` find records. Modules here work on the WARC
format. The log of all records is in data/archive/log; archive.py combines both.
"""
