"""Conditional requests and content codings (RFC 9110, sections 8.8, 12.5.3 and 13).

All functions are pure and parse header values as bytes. An invalid header counts as missing.
"""

import re
from calendar import timegm
from collections.abc import Iterable
from email.utils import parsedate
from functools import lru_cache

TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
CODING = re.compile(
    rb"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.IGNORECASE
)


@lru_cache(maxsize=256)
def accepted(header: bytes, offered: tuple[str, ...]) -> str:
    """Return the content coding to use: the client's preferred one of ``offered``, or ``identity``.

    A client that refuses all codings also gets ``identity``.
    """
    weights: dict[str, float] = {}
    for part in header[:1000].split(b","):
        if found := CODING.fullmatch(part):
            name = found[1].decode("ascii").lower().removeprefix("x-")
            weights[name] = float(found[2]) if found[2] else 1.0
    # A client that accepts any coding gets gzip, which all clients understand.
    weights.setdefault("gzip", weights.get("*", 0.0))
    best = max(offered, key=lambda coding: weights.get(coding, 0.0), default="identity")
    weight = weights.get(best, 0.0)
    plain = weights.get("identity", 0.0)
    return best if weight > 0 and weight >= plain else "identity"


def matching(header: bytes, tags: Iterable[bytes]) -> bytes | None:
    """Return the first ETag of ``tags`` that an If-None-Match header contains, or None.

    The comparison is weak. ``*`` in the header matches any ETag.
    """
    if header.strip() == b"*":
        return next(iter(tags), None)
    named = set(TAG.findall(header))
    return next((tag for tag in tags if tag in named), None)


def has_since(header: bytes, modified: int) -> bool:
    """Return whether the time in an If-Modified-Since header is at or after ``modified``.

    ``modified`` is in seconds since 1970 (UTC).
    """
    try:
        parsed = parsedate(header.decode("ascii"))
        return parsed is not None and timegm(parsed) >= modified
    except (ValueError, OverflowError, IndexError, TypeError):
        return False
