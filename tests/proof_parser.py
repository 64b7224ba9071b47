"""Parses and verifies proofs of the log, as a program of somebody else does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from data.archive.log.merkle_tree import HASH_BYTES, leaf_hash, node_hash
from data.archive.log.notes import SIZE, InvalidNote, from_base64, parse_checkpoint
from data.archive.log.tree_log import FIRST_LINE, Proof

MAX_HASHES: Final = 63
"""Maximum number of hashes in a proof."""


def parse_proof(data: bytes, what: str = "the proof") -> Proof:
    """Parse a proof; its signatures and leaf are checked separately.

    Raises InvalidNote.
    """
    head, empty, note = data.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    if len(lines) > 1 and lines[1].startswith("extra "):
        del lines[1]
    index = re.fullmatch(rf"index ({SIZE.pattern})", lines[1]) if len(lines) > 1 else None
    if not empty or lines[0] != FIRST_LINE or index is None or len(lines) - 2 > MAX_HASHES:
        raise InvalidNote(what, "it is not a proof of a log")
    hashes = tuple(from_base64(line, what) for line in lines[2:])
    if any(len(one) != HASH_BYTES for one in hashes):
        raise InvalidNote(what, "it is not a proof of a log")
    return Proof(int(index[1]), hashes, parse_checkpoint(note, what))


def holds(proof: Proof, entry: bytes) -> bool:
    """Return whether a proof is valid for a log entry.

    The signatures of the checkpoint must be checked separately.
    """
    size, root = proof.checkpoint.size, proof.checkpoint.root
    return proves_inclusion(proof.index, size, leaf_hash(entry), proof.hashes, root)


def proves_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Return whether a proof shows that a leaf is in a tree (RFC 9162, section 2.1.3.2).

    ``leaf`` is the leaf's hash, ``index`` its number. The tree has ``size`` leaves and the hash
    ``root``.
    """
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if node % 2 or node == last:
            found = node_hash(sibling, found)
            while not node % 2 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return not last and found == root
