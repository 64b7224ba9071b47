"""Check sums of what was put together, from those of its parts (CRC-32, as gzip has it).

A CRC is linear: that of two parts is that of the first, carried over as many zeros as the second is
long, and that of the second.
"""

from __future__ import annotations

from isal.isal_zlib import crc32

ZEROS = memoryview(bytes(1 << 20))


def over_zeros(check: int, length: int) -> int:
    """A check sum carried on over ``length`` bytes of zeros."""
    while length > len(ZEROS):
        check = crc32(ZEROS, check)
        length -= len(ZEROS)
    return crc32(ZEROS[:length], check)


def residue(check: int, length: int) -> int:
    """What joins a part to those before it: its check sum but for what its length alone gives."""
    return check ^ over_zeros(0, length)


def joined(first: int, second: int, length: int) -> int:
    """The check sum of two parts, of the second by its residue and its length in bytes."""
    return over_zeros(first, length) ^ second
