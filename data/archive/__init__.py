"""Archive: server responses as WARC records in HOME/archive, and the log that proves them.

`warc` writes and reads files. `log` is the transparency log with a leaf per record. archive.py
writes to both. Modules here work on records as served, or on proofs about them. Extraction belongs
to spiders, publishing to feeds.
"""
