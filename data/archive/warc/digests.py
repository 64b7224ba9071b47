"""Parse digests in WARC files of any program: an algorithm, then hexadecimal or base 32."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple

ALGORITHMS: Final[dict[str, Callable[[bytes], Any]]] = {
    "md5": hashlib.md5,
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
}


class Digest(NamedTuple):
    """A digest: the name of its algorithm, and its bytes."""

    algorithm: str
    value: bytes

    def is_of(self, content: bytes) -> bool:
        """Whether this is the digest of these bytes."""
        return bool(ALGORITHMS[self.algorithm](content).digest() == self.value)


def parse_digest(text: str) -> Digest | None:
    """Return the digest in a field such as WARC-Payload-Digest.

    Return None if the digest is invalid or its algorithm is unknown.
    """
    name, _, value = text.strip().partition(":")
    name = name.lower().replace("-", "")
    if name not in ALGORITHMS:
        return None
    size = ALGORITHMS[name](b"").digest_size
    try:
        if len(value) == 2 * size:
            return Digest(name, bytes.fromhex(value))
        found = base64.b32decode(value.rstrip("=").upper() + "=" * (-len(value.rstrip("=")) % 8))
    except (ValueError, binascii.Error):
        return None
    return Digest(name, found) if len(found) == size else None
