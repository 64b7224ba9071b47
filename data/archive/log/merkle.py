"""Merkle tree of RFC 6962, section 2.1: hashes, proofs, and verification of proofs.

Proofs are computed with a function ``hash_of(begin, end)`` that returns the hash of a range of
leaves. The function is called only for ranges that are subtrees.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

HASH_BYTES: Final = 32
"""Size of a hash in bytes."""

EMPTY: Final = hashlib.sha256(b"").digest()
"""Root hash of a tree without leaves."""

RangeHash: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Return the leaf hash of a log entry in the Merkle tree."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two adjacent subtrees, from their hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root hash of a tree.

    ``hashes`` are the hashes of its leaves, or of full subtrees of equal height.
    """
    if not hashes:
        return EMPTY
    sha256 = hashlib.sha256
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        # If the number of hashes is odd, the last one has no sibling and moves up.
        hashes = [*above, hashes[-1]] if len(hashes) % 2 else above
    return hashes[0]


def split(leaves: int) -> int:
    """Return the size of the left subtree: the largest power of 2 smaller than ``leaves``."""
    return 1 << (leaves - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, hash_of: RangeHash) -> list[bytes]:
    """Return the inclusion proof of the leaf ``index`` in a tree with ``size`` leaves.

    The proof is PATH of RFC 6962, section 2.1.1: hashes in the order from the leaf to the root.
    """
    begin, end = 0, size
    proof = []
    while end - begin > 1:
        middle = begin + split(end - begin)
        if index < middle:
            proof.append(hash_of(middle, end))
            end = middle
        else:
            proof.append(hash_of(begin, middle))
            begin = middle
    return proof[::-1]


def consistency_proof(old: int, size: int, hash_of: RangeHash) -> list[bytes]:
    """Return the proof that a tree with ``size`` leaves extends the tree with ``old`` leaves.

    The proof is PROOF of RFC 6962, section 2.1.2. It is empty if the old tree is empty or both
    sizes are equal.
    """
    if old in {0, size}:
        return []
    begin, end = 0, size
    proof = []
    while end != old:
        middle = begin + split(end - begin)
        if old <= middle:
            proof.append(hash_of(middle, end))
            end = middle
        else:
            proof.append(hash_of(begin, middle))
            begin = middle
    if begin:
        # Verifiers know the root of the old tree, but not the hash of its last subtree.
        proof.append(hash_of(begin, end))
    return proof[::-1]


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


def proves_consistency(
    old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether a proof shows that a tree extends an older tree (RFC 9162, section 2.1.4.2).

    The older tree has ``old`` leaves and the hash ``old_root``, the newer tree ``size`` leaves and
    the hash ``root``.
    """
    if old == size:
        return not proof and old_root == root
    if not old:
        return not proof and old_root == EMPTY
    if not 0 < old < size or not proof:
        return False
    node, last = old - 1, size - 1
    path = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    while node % 2:
        node, last = node >> 1, last >> 1
    found_old = found = path[0]
    for sibling in path[1:]:
        if not last:
            return False
        if node % 2 or node == last:
            found_old, found = node_hash(sibling, found_old), node_hash(sibling, found)
            while not node % 2 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return not last and found_old == old_root and found == root
