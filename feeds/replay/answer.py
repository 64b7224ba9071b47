"""A response with a past state, independent of the web server, and texts and headers for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from feeds.pages.renderer import POLICY

Headers: TypeAlias = list[tuple[str, str]]

PAGE: Headers = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", f"{POLICY}; frame-ancestors 'none'"),
    ("cache-control", "public, max-age=60, stale-while-revalidate=600"),
]
"""Headers of Communique's own pages."""

FRAME: Headers = [
    (name, value.replace("; frame-", "; frame-src 'self'; frame-", 1)) for name, value in PAGE
]
"""Headers of a page that shows a captured page in a frame."""

SHORT_LIVED = ("cache-control", "public, max-age=60")
"""The cache-control of TimeGates and TimeMaps, which may change with the next visit."""

RELEASE_HIDDEN: Final = "The operator of this site has hidden this release."
"""The text for a hidden release, with the status 410."""

CAPTURE_REMOVED: Final = "The operator of this archive has removed the captured page."
"""The text for a capture whose record was redacted or pruned, with the status 410."""


@dataclass(frozen=True, slots=True)
class ReplayResponse:
    """A response. If it has no body but a ``message``, the server shows that text on a page."""

    status: int
    headers: Headers
    body: bytes = b""
    message: str = ""
