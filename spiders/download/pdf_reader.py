"""A child process that reads one PDF: bytes on standard input, a line of JSON on standard output.

    python -m spiders.download.pdf_reader SECONDS

A PDF is a program to be run, and a hostile one never ends or asks for all the memory there is. So
it is read in a process of its own, which the system ends when it has used up what it may use; see
spiders.download.documents for who starts it.
"""

from __future__ import annotations

import logging
import resource
import signal
import sys
from collections import defaultdict
from io import BytesIO
from typing import Any, Final

import msgspec
from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from spiders.page.page import DocumentText

MEMORY: Final = 1_000_000_000
"""Bytes of memory that reading may ask for."""

MOST_PAGES: Final = 200
MOST_CHARACTERS: Final = 1_000_000
HEADLINE_PARTS: Final = 400
"""Pieces of text on the first page among which its headline is looked for."""

BROKEN: Final = (PyPdfError, DependencyError, ArithmeticError, LookupError, TypeError, ValueError)
"""What pypdf raises for documents that are not as they should be, beside AttributeError."""


def read_pdf(body: bytes) -> DocumentText:
    """The text and metadata of a PDF, as far as they can be read; nothing of a locked one."""
    try:
        reader = PdfReader(BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return DocumentText()
        title, created = _metadata(reader)
        count = min(len(reader.pages), MOST_PAGES)
    except (*BROKEN, AttributeError):
        return DocumentText()
    pages: list[str] = []
    left = MOST_CHARACTERS
    for number in range(count):
        text = _text(reader, number)[:left]
        pages.append(text)
        left -= len(text)
        if not left:
            break
    return DocumentText(title, _headline(reader), created, tuple(pages))


def _metadata(reader: PdfReader) -> tuple[str, str]:
    """The title that the metadata states, and the day of creation."""
    try:
        said = reader.metadata
        title = str(said.title or "") if said else ""
        created = said.creation_date if said else None
    except (*BROKEN, AttributeError):
        return "", ""
    return title[:1_000], created.date().isoformat() if created else ""


def _text(reader: PdfReader, number: int) -> str:
    """The text of a page; empty where it can't be read, as the others may."""
    try:
        return reader.pages[number].extract_text()
    except (*BROKEN, AttributeError):
        return ""


def _headline(reader: PdfReader) -> str:
    """The text in the largest letters on the first page; empty where all are of one size."""
    said: defaultdict[float, list[str]] = defaultdict(list)
    seen = 0

    def note(text: str, _: Any, matrix: list[float], _font: Any, size: float) -> None:
        nonlocal seen
        seen += 1
        if text.strip() and seen < HEADLINE_PARTS:
            height = size * (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5
            said[round(height, 1)].append(text)

    try:
        page: PageObject = reader.pages[0]
        page.extract_text(visitor_text=note)
    except (*BROKEN, AttributeError):
        return ""
    return " ".join(" ".join(said[max(said)]).split())[:1_000] if len(said) > 1 else ""


def main() -> int:
    """Read the document on standard input."""
    signal.alarm(int(sys.argv[1]))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
    logging.disable()  # pypdf tells of every flaw of a document
    try:
        found = read_pdf(sys.stdin.buffer.read())
    except (MemoryError, RecursionError):
        found = DocumentText()
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
