"""The transparency log of the archive: a leaf of every record, in a tree that can only grow.

It follows the C2SP (tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-proof), over
the Merkle tree of RFC 6962. The door is tree_log.TreeLog. A file belongs here if it works on
leaves, hashes or signatures of the log, and knows no WARC.
"""
