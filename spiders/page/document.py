"""Recognize PDF documents, and store their extracted text.

This module imports nothing large, because child processes that read hostile documents use it.
"""

from typing import Final

import msgspec

PDF: Final = b"%PDF-"

MAX_PDF_OFFSET: Final = 1_024
"""Maximum offset in bytes of the header of a PDF in a body (ISO 32000-1, annex H, 3.4.1)."""


class DocumentText(msgspec.Struct, frozen=True):
    """The text and metadata of a document such as a PDF.

    - ``title``: the title in the metadata.
    - ``headline``: the line in the largest letters on the first page.
    - ``created``: the creation date, in ISO 8601.
    - ``pages``: the text of each page.
    - ``missing``: why pages or all text are missing, or "".
    """

    title: str = ""
    headline: str = ""
    created: str = ""
    pages: tuple[str, ...] = ()
    missing: str = ""


def is_pdf(body: bytes) -> bool:
    """Whether a body is a PDF, whatever its Content-Type."""
    return PDF in body[:MAX_PDF_OFFSET] and body.lstrip()[:1] != b"<"
