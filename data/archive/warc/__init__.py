"""The files of the archive: WARC 1.1 (ISO 28500:2017), a gzip member a record, and their indexes.

records makes a record of what was served, http_head the HTTP head in it, reader reads records back;
warc_file is one file that grows, files says which one a process appends to, cdxj and index find
records again. A file belongs here if it knows the WARC format; the log that proves the records is
data/archive/log's, and archive.py joins both.
"""
