"""Child process that reads an attachment from standard input and writes lines of JSON.

python -m spiders.attachments.child SECONDS [LANGUAGE …]

The first line is the kind of the file, followed by one line per page. The last line is a FileText
without pages. If the operating system ends this process at its limits, the parent keeps the pages
already written. With languages, scanned pages are recognized.
"""

import logging
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError

from data.models.capture import Cut, FileKind, FileText
from spiders.attachments.limits import MAX_CHARACTERS, MAX_PAGES, CutShort
from spiders.attachments.office import open_office
from spiders.attachments.rtf import read_rtf
from spiders.attachments.scan import Scans
from spiders.download.pdf_reader import MAX_MEMORY_BYTES, PDF_ERRORS
from spiders.page.media_files import is_pdf

ZIP: Final = b"PK\x03\x04"
RTF: Final = b"{\\rtf"
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM: Final = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream that contains a password-protected Office Open XML file."""

IMAGE_SIGNATURES: Final = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
"""First bytes of images that may be scans: PNG, JPEG and TIFF."""

MIN_CHARACTERS: Final = 20
"""Minimum number of letters and digits on a page that is not a scan."""


def read_pdf_pages(body: bytes, recognize: Callable[[int], str] | None) -> Iterator[str]:
    """Yield the text of each page of a PDF.

    ``recognize`` returns the text of a scanned page, given its number from 1. If it is None,
    scanned pages have no text. Raises CutShort for an encrypted, damaged or scanned file.
    """
    reader, count = _open(body)
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


def _open(body: bytes) -> tuple[PdfReader, int]:
    """Return the reader of a PDF and its number of pages."""
    try:
        reader = PdfReader(BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise CutShort("password")
        return reader, len(reader.pages)
    except FileNotDecryptedError as error:
        raise CutShort("password") from error
    except (*PDF_ERRORS, AttributeError) as error:
        raise CutShort("damaged") from error


def opened(body: bytes, scans: Scans | None, folder: Path) -> tuple[FileKind, Iterator[str]]:
    """Return the kind of a file and an iterator over its pages, which reads them on demand."""
    if is_pdf(body):
        recognize = None
        if scans:
            path = folder / "file.pdf"
            path.write_bytes(body)
            recognize = partial(scans.page, path)
        return "pdf", read_pdf_pages(body, recognize)
    if body.startswith(ZIP):
        return open_office(body)
    if body.startswith(RTF):
        return "rtf", read_rtf(body)
    if body.startswith(IMAGE_SIGNATURES):
        return "image", _image(body, scans)
    if body.startswith(OLD_OFFICE):
        raise CutShort("password" if ENCRYPTED_STREAM in body else "old")
    return "unknown", iter(())


def _image(body: bytes, scans: Scans | None) -> Iterator[str]:
    if scans is None:
        raise CutShort("scan")
    yield from scans.image(body)


def read(body: bytes, scans: Scans | None, folder: Path, write: Callable[[str], None]) -> Cut:
    """Write the kind and then each page of a file, and return the reason if text is missing.

    ``scans`` recognizes scanned pages. If it is None, they are not read.
    """
    left = MAX_CHARACTERS
    try:
        kind, pages = opened(body, scans, folder)
        write(kind)
        if kind == "unknown":
            return "kind"
        for number, page in enumerate(pages):
            if number == MAX_PAGES:
                return "pages"
            write("\n".join(map(str.strip, page[:left].splitlines())).strip())
            left -= len(page)
            if left < 0:
                return "length"
    except CutShort as error:
        return error.cut
    except (MemoryError, RecursionError):
        return "memory"
    return ""


def write_line(value: object) -> None:
    """Write one line of JSON."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """Read a file from standard input, and print its kind, its pages and the final FileText."""
    seconds, *languages = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, hard))
    logging.disable()  # pypdf would log every defect of a document
    scans = Scans(languages) if languages else None
    with tempfile.TemporaryDirectory() as folder:
        cut = read(sys.stdin.buffer.read(), scans, Path(folder), write_line)
    write_line(FileText(cut=cut, tool=scans.tool if scans else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
