"""Self-contained proofs that a leaf is in a log (C2SP tlog-proof)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from data.archive.log.attestations import Attestations
from data.archive.log.checkpoint import SIZE, Checkpoint, parse_checkpoint
from data.archive.log.merkle import HASH_BYTES, inclusion_proof, leaf_hash, proves_inclusion
from data.archive.log.notes import InvalidNote, from_base64
from data.archive.log.tree_log import TreeLog
from data.errors import ArchiveError

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"

SUFFIX: Final = ".tlog-proof"

MOST_HASHES: Final = 63
"""Maximum number of hashes in a proof."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that the leaf ``index`` is in a checkpoint's tree.

    It contains the sibling hashes from the leaf up to the root.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint

    def encode(self) -> bytes:
        """Return the proof as a file."""
        hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in self.hashes)
        head = f"{FIRST_LINE}\nindex {self.index}\n{hashes}\n"
        return head.encode() + self.checkpoint.encode()

    def holds(self, entry: bytes) -> bool:
        """Return whether the proof is valid for a log entry.

        The signatures of the checkpoint are checked separately.
        """
        size, root = self.checkpoint.size, self.checkpoint.root
        return proves_inclusion(self.index, size, leaf_hash(entry), self.hashes, root)


def prove(log: TreeLog, index: int) -> Proof:
    """Return the proof of a leaf, for its first co-signed checkpoint or the last one.

    Raises ArchiveError if the leaf is not in the tree yet.
    """
    present = log.checkpoint()
    if present is None or not 0 <= index < present.size:
        cause = f"its leaf {index} is not in the signed tree yet; the next visit adds it at its end"
        raise ArchiveError(str(log.folder), cause)
    checkpoint = Attestations(log.folder).first_over(index, present.origin) or present
    tree = log.tree(present.size)
    hashes = inclusion_proof(index, checkpoint.size, tree.hash_of)
    return Proof(index, tuple(hashes), checkpoint)


def parse_proof(data: bytes, what: str = "the proof") -> Proof:
    """Parse a proof; its signatures and leaf are checked separately.

    Raises InvalidNote.
    """
    head, empty, note = data.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    if len(lines) > 1 and lines[1].startswith("extra "):
        del lines[1]
    index = re.fullmatch(rf"index ({SIZE.pattern})", lines[1]) if len(lines) > 1 else None
    if not empty or lines[0] != FIRST_LINE or index is None or len(lines) - 2 > MOST_HASHES:
        raise InvalidNote(what, "it is not a proof of a log")
    hashes = tuple(from_base64(line, what) for line in lines[2:])
    if any(len(one) != HASH_BYTES for one in hashes):
        raise InvalidNote(what, "it is not a proof of a log")
    return Proof(int(index[1]), hashes, parse_checkpoint(note, what))
