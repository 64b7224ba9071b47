"""What is answered for a state of the past: status, headers and a body, before any server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from feeds.pages.renderer import POLICY

Headers: TypeAlias = list[tuple[str, str]]

PAGE: Headers = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", f"{POLICY}; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "public, max-age=60, stale-while-revalidate=600"),
]
"""The headers of a page of ours."""

FRAME: Headers = [
    (name, value.replace("; frame-", "; frame-src 'self'; frame-", 1)) for name, value in PAGE
]
"""The headers of a page of ours around one that was captured."""

SHORT = ("cache-control", "public, max-age=60")
"""Where a TimeGate leads, and what a TimeMap lists, changes with the next visit."""

HIDDEN: Final = "Whoever runs this site has taken this release out of it."
"""What is said of a hidden release, with the status 410."""

PAGE_TAKEN_OUT: Final = "The operator of this archive took the captured page out of it."
"""The text for a capture whose record was redacted or pruned, with the status 410."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; where it has no body but something is ``said``, the server says that in a page."""

    status: int
    headers: Headers
    body: bytes = b""
    said: str = ""
