"""Self-contained proofs that a leaf is in a log (C2SP tlog-proof)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from data.archive.log.attestations import Attestations
from data.archive.log.checkpoint import Checkpoint
from data.archive.log.merkle import inclusion_proof, leaf_hash, proves_inclusion
from data.archive.log.tree_log import TreeLog
from data.errors import ArchiveError

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"

SUFFIX: Final = ".tlog-proof"


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
    """Return the proof of a leaf in its first co-signed checkpoint, or else in the last checkpoint.

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
