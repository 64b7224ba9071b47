"""The mirror: what servers answered, as WARC records in HOME/archive, and the log that proves it.

warc writes and reads the files; log is the transparency log that holds a leaf of every record;
archive.py puts a record into both. A new file here works on records as they were served, or on the
proof of them; what is read of a page belongs to spiders, what is made of it to feeds.
"""
