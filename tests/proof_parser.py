"""Parses proofs of the log, as a program of somebody else does."""

from __future__ import annotations

import re
from typing import Final

from data.archive.log.merkle import HASH_BYTES
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
