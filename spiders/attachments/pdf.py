"""Read the text of PDF files page by page, and recognize the text of scanned pages."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Final

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError

from spiders.attachments.limits import CutShort
from spiders.download.pdf_reader import PDF_ERRORS

MIN_CHARACTERS: Final = 20
"""Minimum number of letters and digits on a page that is not a scan."""


def read_pdf_pages(body: bytes, recognize: Callable[[int], str] | None) -> Iterator[str]:
    """Yield the text of each page.

    ``recognize`` returns the text of a scanned page, given its number from 1. If it is None,
    scanned pages have no text. Raises CutShort for an encrypted, damaged or scanned file.
    """
    reader = _open(body)
    count = len(reader.pages)
    has_text = is_damaged = False
    for number in range(count):
        try:
            text = reader.pages[number].extract_text()
        except (*PDF_ERRORS, AttributeError):
            text, is_damaged = "", True
        if sum(map(str.isalnum, text)) < MIN_CHARACTERS and recognize:
            try:
                text = recognize(number + 1) or text
            except CutShort as error:
                if error.cut != "scan":
                    raise
                recognize = None
        has_text |= bool(text.strip())
        yield text
    if is_damaged or not count:
        raise CutShort("damaged")
    if not (has_text or recognize):
        raise CutShort("scan")


def _open(body: bytes) -> PdfReader:
    """Return the reader of a file whose pages can be counted."""
    try:
        reader = PdfReader(BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise CutShort("password")
        len(reader.pages)
    except FileNotDecryptedError as error:
        raise CutShort("password") from error
    except (*PDF_ERRORS, AttributeError) as error:
        raise CutShort("damaged") from error
    return reader
