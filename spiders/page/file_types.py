"""Kinds of files that a site serves beside its pages: by suffix, and by media type.

Suffixes stand without a dot, as parts of a regular expression.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final = "pdf|docx?|odt|rtf"
"""Documents to read: a listing may link to such in place of a page."""

OFFICE: Final = f"{TEXTS}|xlsx?|ods|pptx?|odp"
"""Documents of all kinds: texts, tables and slides."""

RECORDINGS: Final = "mp4|m4v|mov|webm|mp3|m4a|ogg|wav"

DOWNLOADS: Final = f"{OFFICE}|csv|zip|epub|{RECORDINGS}"
"""All that is attached to a release."""

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
"""Media types of files that are releases in themselves where a listing links to them."""
