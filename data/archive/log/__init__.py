"""Transparency log of the archive: one leaf per record, in a tree that can only grow.

The log follows the C2SP specifications (tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature,
tlog-proof) and the Merkle tree of RFC 6962. The main class is tree_log.TreeLog. Modules here work
on leaves, hashes and signatures, and do not depend on the WARC format.
"""
