"""Archive: server responses as WARC records in HOME/archive, and a transparency log of them.

`warc` writes and reads WARC files. `log` is the transparency log, with one leaf (entry) per record.
archive.py writes to both. Modules here work with records and with proofs about them; spiders
extract releases, and feeds publish them.
"""
