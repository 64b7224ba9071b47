"""What the archive says of records that were taken out of it: their leaves, and why.

It is a metadata record of its own, which is in the log as all are. So nobody can take a record out
in silence: its leaf stays, and only a record that is in the log too explains why nothing is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

REMOVAL: Final = "urn:communique:removal"
"""The WARC-Target-URI of such records."""

JSON: Final = "application/json"


class Removal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was taken out at once, and ``why``; ``kind`` says by which command.

    ``leaves`` are the first and the last number of each run of leaves whose records are gone.
    """

    kind: Literal["redact", "prune"]
    why: str
    leaves: Sequence[tuple[int, int]] = ()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Removal).decode


def encode(removal: Removal) -> bytes:
    """The block of the record: JSON in UTF-8."""
    return _encode(removal)


def decode(block: bytes) -> Removal:
    """What a block holds. Raises msgspec.DecodeError."""
    return _decode(block)


def leaves_of(removal: Removal, highest: int) -> set[int]:
    """The numbers up to ``highest`` of the leaves whose records a removal took out."""
    return {
        number
        for first, last in removal.leaves
        for number in range(max(0, first), min(last, highest) + 1)
    }


def runs(leaves: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers as runs of those that follow each other: the first and the last of each."""
    found: list[tuple[int, int]] = []
    for leaf in sorted(leaves):
        if found and leaf == found[-1][1] + 1:
            found[-1] = found[-1][0], leaf
        else:
            found.append((leaf, leaf))
    return found
