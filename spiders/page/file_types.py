"""Types of files other than pages, as file suffixes and media types.

Suffixes are parts of regular expressions, without the dot.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final = "pdf|docx?|odt|rtf"
"""Suffixes of text documents. A listing may link to a text document instead of a page."""

OFFICE: Final = f"{TEXTS}|xlsx?|ods|pptx?|odp"
"""Suffixes of office documents: texts, tables and slides."""

RECORDINGS: Final = "mp4|m4v|mov|webm|mp3|m4a|ogg|wav"

DOWNLOADS: Final = f"{OFFICE}|csv|zip|epub|{RECORDINGS}"
"""Suffixes of all files that may be attached to a release."""

IMAGES: Final = "jpe?g|png|webp|gif|avif|bmp|tiff?"

DOCUMENT_TYPES: Final = frozenset(
    {
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/rtf",
    }
)
"""Media types of documents that count as releases if a listing links to them."""
