"""Child process that reads a PDF from standard input and writes a line of JSON.

python -m spiders.download.pdf_reader SECONDS

A hostile PDF may take endless time or memory, so the operating system ends this process at its
limits. spiders.download.documents starts it.
"""

import logging
import resource
import sys
from collections import defaultdict
from io import BytesIO
from typing import Any, Final

import msgspec
from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from spiders.page.media_files import DocumentText

MAX_MEMORY_BYTES: Final = 1_000_000_000
"""Maximum memory of this process, in bytes."""

MAX_PAGES: Final = 200
MAX_CHARACTERS: Final = 1_000_000
HEADLINE_PARTS: Final = 400
"""Maximum number of text pieces on the first page that are checked for the headline."""

PDF_ERRORS: Final = (
    PyPdfError,
    DependencyError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
)
"""Errors that pypdf raises for broken documents, besides AttributeError."""


def read_pdf(body: bytes) -> DocumentText:
    """Return the readable text and metadata of a PDF, or nothing if it is encrypted."""
    try:
        reader = PdfReader(BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return DocumentText()
        title, created = _metadata(reader)
        count = len(reader.pages)
    except (*PDF_ERRORS, AttributeError):
        return DocumentText()
    pages: list[str] = []
    left = MAX_CHARACTERS
    for number in range(min(count, MAX_PAGES)):
        text = _text(reader, number)[:left]
        pages.append(text)
        left -= len(text)
        if not left:
            break
    missing = ""
    if len(pages) < count or not left:
        missing = f"the document is long: only {len(pages):,} of its {count:,} pages are read"
    return DocumentText(title, _headline(reader), created, tuple(pages), missing)


def _metadata(reader: PdfReader) -> tuple[str, str]:
    """Return the title and the creation day from a PDF's metadata."""
    try:
        info = reader.metadata
        title = str(info.title or "") if info else ""
        created = info.creation_date if info else None
    except (*PDF_ERRORS, AttributeError):
        return "", ""
    return title[:1_000], created.date().isoformat() if created else ""


def _text(reader: PdfReader, number: int) -> str:
    """Return the text of page ``number``, or "" if the page can't be read."""
    try:
        return reader.pages[number].extract_text()
    except (*PDF_ERRORS, AttributeError):
        return ""


def _headline(reader: PdfReader) -> str:
    """Return the text in the largest font on the first page, or "" if all text has one size."""
    by_size: defaultdict[float, list[str]] = defaultdict(list)
    seen = 0

    def note(text: str, _: Any, matrix: list[float], _font: Any, size: float) -> None:
        nonlocal seen
        seen += 1
        if text.strip() and seen < HEADLINE_PARTS:
            height = size * (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5
            by_size[round(height, 1)].append(text)

    try:
        page: PageObject = reader.pages[0]
        page.extract_text(visitor_text=note)
    except (*PDF_ERRORS, AttributeError):
        return ""
    return " ".join(" ".join(by_size[max(by_size)]).split())[:1_000] if len(by_size) > 1 else ""


def main() -> int:
    """Read a PDF from standard input, and print its text and metadata as JSON."""
    seconds = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, hard))
    logging.disable()  # pypdf would log every defect of a document
    try:
        found = read_pdf(sys.stdin.buffer.read())
    except (MemoryError, RecursionError):
        found = DocumentText()
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
