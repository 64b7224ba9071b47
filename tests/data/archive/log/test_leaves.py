"""How a leaf is written."""

from __future__ import annotations

import datetime as dt
import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.log.leaves import ENTRY_BYTES, Leaf, decode_leaf, uri_hash

HASHES = st.binary(min_size=32, max_size=32)
TIMES = st.datetimes(timezones=st.just(dt.UTC))


@given(st.builds(Leaf, HASHES, TIMES, HASHES, HASHES, HASHES, st.uuids()))
def test_a_leaf_is_read_as_it_was_written(leaf: Leaf) -> None:
    entry = leaf.encode()
    assert len(entry) == ENTRY_BYTES == 153
    assert decode_leaf(entry) == leaf


def test_leaves_are_stored_in_the_order_of_the_specification() -> None:
    at = dt.datetime(1970, 1, 1, 0, 0, 1, 7, tzinfo=dt.UTC)
    leaf = Leaf(b"u" * 32, at, b"p" * 32, b"b" * 32, b"r" * 32, UUID(int=5))
    assert leaf.encode() == (
        b"\x01" + b"u" * 32 + (1_000_007).to_bytes(8) + b"p" * 32 + b"b" * 32 + b"r" * 32
    ) + (5).to_bytes(16)


def test_the_hash_of_an_address_depends_on_its_salt() -> None:
    salted = uri_hash(b"s" * 16, "https://acme.example/ö")
    assert salted == hashlib.sha256(b"s" * 16 + "https://acme.example/ö".encode()).digest()
    assert salted != uri_hash(b"t" * 16, "https://acme.example/ö")


@given(st.binary(max_size=200) | st.binary(min_size=152, max_size=152).map(lambda b: b"\x01" + b))
def test_any_bytes_are_a_leaf_or_refused(entry: bytes) -> None:
    try:
        leaf = decode_leaf(entry)
    except ValueError:
        return
    assert leaf.encode() == entry


def test_a_hash_of_another_length_is_refused() -> None:
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    with pytest.raises(ValueError, match="32 bytes"):
        Leaf(b"u", at, b"p" * 32, b"b" * 32, b"r" * 32, UUID(int=5)).encode()
