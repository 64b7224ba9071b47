"""The tree against RFC 6962 as it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from data.archive.log.merkle_tree import (
    EMPTY,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    proves_consistency,
    root_of,
)
from tests.proof_parser import proves_inclusion

SIZES = st.integers(1, 300)


def mth(entries: Sequence[bytes]) -> bytes:
    """MTH of section 2.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = largest(len(entries))
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def largest(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(entries) == 1:
        return []
    k = largest(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], *, complete: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if m == len(entries):
        return [] if complete else [mth(entries)]
    k = largest(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], complete=complete), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], complete=False), mth(entries[:k])]


def entries_of(size: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(size)]


@given(st.integers(0, 300))
def test_the_root_is_that_of_the_rfc(size: int) -> None:
    entries = entries_of(size)
    assert root_of([leaf_hash(entry) for entry in entries]) == mth(entries)


@given(SIZES, st.data())
def test_an_inclusion_proof_is_that_of_the_rfc_and_holds_for_its_leaf_alone(
    size: int, data: st.DataObject
) -> None:
    entries = entries_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, lambda begin, end: mth(entries[begin:end]))
    assert proof == path(index, entries)
    root, leaf = mth(entries), leaf_hash(entries[index])
    assert proves_inclusion(index, size, leaf, proof, root)

    assert not proves_inclusion(index, size, leaf_hash(b"another"), proof, root)
    assert not proves_inclusion(index, size, leaf, [*proof, EMPTY], root)
    assert not proves_inclusion(index, size, leaf, proof, EMPTY)
    assert not proves_inclusion(size, size, leaf, proof, root)
    if proof:
        assert not proves_inclusion(index, size, leaf, proof[:-1], root)
        other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index))
        assert not proves_inclusion(other, size, leaf, proof, root)


@given(SIZES, st.data())
def test_a_consistency_proof_is_that_of_the_rfc_and_refuses_a_fork(
    size: int, data: st.DataObject
) -> None:
    entries = entries_of(size)
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(old, size, lambda begin, end: mth(entries[begin:end]))
    assert proof == subproof(old, entries, complete=True)
    assert proves_consistency(old, size, mth(entries[:old]), mth(entries), proof)

    forged = [*entries]
    forged[data.draw(st.integers(0, old - 1))] = b"forged"
    forked = consistency_proof(old, size, lambda begin, end: mth(forged[begin:end]))
    assert not proves_consistency(old, size, mth(entries[:old]), mth(forged), forked)
    assert not proves_consistency(old, size, mth(entries[:old]), mth(forged), proof)
    assert not proves_consistency(old, size, mth(entries[:old]), mth(entries), [*proof, EMPTY])
    if proof:
        assert not proves_consistency(old, size, mth(entries[:old]), mth(entries), proof[:-1])


def test_every_tree_extends_the_empty_one_and_none_extends_a_larger_one() -> None:
    entries = entries_of(7)
    assert proves_consistency(0, 7, EMPTY, mth(entries), [])
    assert not proves_consistency(0, 7, mth(entries), mth(entries), [])
    assert not proves_consistency(7, 3, mth(entries), mth(entries[:3]), [])
