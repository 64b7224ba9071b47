"""Archive: server responses as WARC records in HOME/archive, and a transparency log about them.

`warc` writes and reads WARC files. `log` is the transparency log, with one leaf (entry) per record.
archive.py writes to both. Modules here work on records as received from servers, or on proofs about
records. Extraction belongs to spiders, publishing to feeds.
"""
