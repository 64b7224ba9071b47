"""A release in a few words: enough to know where it stands in feeds, and whether it changed."""

from __future__ import annotations

import msgspec


class Outline(msgspec.Struct, frozen=True, gc=False):
    """A release without its text.

    ``version`` is another number whenever anything changed that readers see; it counts nothing.
    ``order`` is seconds since 1970, by which feeds sort.
    """

    id: str
    source: str
    version: int
    order: float
    story: str | None = None
