"""To be said."""

from __future__ import annotations

import msgspec


class DocumentText(msgspec.Struct, frozen=True):
    """What a document says: its pages in lines, and what it states of itself.

    ``title`` is that of its metadata, ``headline`` the line in the largest letters on its first
    page, ``created`` the day on which it was made, as ISO 8601 writes it.
    """

    title: str = ""
    headline: str = ""
    created: str = ""
    pages: tuple[str, ...] = ()
