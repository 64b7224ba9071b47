"""Files that are made to cost time or memory, or to be read wrongly."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Final

from pypdf import PdfReader, PdfWriter

from data.models.capture import Cut
from tests.spiders.attachments import made_files as made

PAGES: Final = ("The harbour board met\nin the old town hall", "Second page of the minutes")
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OPEN_SHEET: Final = "application/vnd.oasis.opendocument.spreadsheet"
WORKBOOK: Final = (
    '<workbook xmlns:r="http://x/relationships"><sheets><sheet r:id="s"/></sheets></workbook>'
)
SHEET_RELATION: Final = (
    '<Relationships xmlns="x"><Relationship Id="s" Type="http://x/worksheet" Target="s.xml"/>'
    '<Relationship Id="t" Type="http://x/sharedStrings" Target="t.xml"/></Relationships>'
)


def sheet(cells: str, shared: str = "<sst/>") -> bytes:
    """An XLSX with one sheet."""
    return made.package(
        {
            "_rels/.rels": made.RELATION.replace("word/document.xml", "xl/workbook.xml"),
            "xl/workbook.xml": WORKBOOK,
            "xl/_rels/workbook.xml.rels": SHEET_RELATION,
            "xl/s.xml": cells,
            "xl/t.xml": shared,
        }
    )


def entities(levels: int) -> str:
    """A document with entities that refer to each other ten times."""
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels))
    return f'<!DOCTYPE w [<!ENTITY a0 "word">{lines}]><w><t>&a{levels - 1};</t></w>'


def open_text(content: str | bytes) -> bytes:
    """An ODT with this content."""
    return made.package({"mimetype": made.OPEN_TEXT, "content.xml": content})


def encrypted(algorithm: str) -> bytes:
    """A PDF with a password."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(made.pdf(PAGES))))
    writer.encrypt("secret", algorithm=algorithm)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_objects(*objects: bytes) -> bytes:
    """A PDF of these objects."""
    return made.pdf_file(objects)


def cyclic_pages() -> bytes:
    """A PDF whose page tree contains itself."""
    return pdf_objects(
        b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [2 0 R] /Count 1000000>>"
    )


def nested_filters() -> bytes:
    """A PDF whose content was compressed three times."""
    packed = b"BT (x) Tj ET " * 20_000_000
    for _ in range(3):
        packed = zlib.compress(packed)
    content = b"<</Length %d /Filter [%s]>>stream\n%s\nendstream" % (
        len(packed),
        b"/FlateDecode " * 3,
        packed,
    )
    return pdf_objects(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>> /Contents 4 0 R>>",
        content,
    )


def wide_png() -> bytes:
    """A PNG of 60,000 by 60,000 pixels in a few bytes."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000))
    parts = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def quine() -> bytes:
    """A zip file of many large parts."""
    return made.package({f"word/part{number}.xml": bytes(1_000_000) for number in range(200)})


HOSTILE: Final[Mapping[str, tuple[Callable[[], bytes], tuple[Cut, ...]]]] = {
    "zip bomb as DOCX": (lambda: made.word(b"<w>" + b" " * 300_000_000), ("unpacked",)),
    "zip bomb of elements": (
        lambda: made.word(b"<w>" + b"<a/>" * 40_000_000),
        ("unpacked", "time"),
    ),
    "zip bomb of text": (
        lambda: made.word(b"<w><t>" + b"word " * 40_000_000),
        ("damaged", "unpacked", "memory"),
    ),
    "zip bomb as ODT": (lambda: open_text(b"<w>" + b"<p>x</p>" * 20_000_000), ("unpacked", "time")),
    "zip with 200 large parts": (quine, ("kind",)),
    "entities, 10 levels": (lambda: made.word(entities(10)), ("damaged",)),
    "entities in an ODT": (lambda: open_text(entities(9)), ("damaged",)),
    "external entity": (
        lambda: made.word(
            '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]><w><t>&a;</t></w>'
        ),
        ("damaged",),
    ),
    "external document type": (
        lambda: open_text('<!DOCTYPE w SYSTEM "http://127.0.0.1:9/x.dtd"><w><p>x</p></w>'),
        ("damaged",),
    ),
    "100,000 nested elements": (lambda: made.word("<w>" * 100_000), ("damaged",)),
    "an attribute of 20 MB": (lambda: made.word(f'<w a="{"x" * 20_000_000}"/>'), ("damaged",)),
    "200,000 attributes": (
        lambda: made.word("<w " + " ".join(f'a{n}=""' for n in range(200_000)) + "/>"),
        ("damaged", ""),
    ),
    "no XML": (lambda: made.word("no XML at all"), ("damaged",)),
    "missing main part": (lambda: made.package({"_rels/.rels": made.RELATION}), ("damaged",)),
    "3 million cells": (
        lambda: sheet(f"<w><row>{'<c><v>12345</v></c>' * 3_000_000}</row></w>"),
        ("length", "time"),
    ),
    "a million references to one long string": (
        lambda: sheet(
            "<w>" + '<c t="s"><v>0</v></c>' * 1_000_000 + "</w>",
            f"<sst><si><t>{'long ' * 10_000}</t></si></sst>",
        ),
        ("length", "memory", "time"),
    ),
    "a string number of 10,000 digits": (
        lambda: sheet(f'<w><c t="s"><v>{"9" * 10_000}</v></c></w>'),
        ("damaged", ""),
    ),
    "repeated spaces": (
        lambda: open_text('<w><p>a<s c="999999999999"/>b</p></w>'),
        ("",),
    ),
    "100,000 pages of an ODT": (
        lambda: open_text(f"<w>{'<p>x</p><soft-page-break/>' * 100_000}</w>"),
        ("pages",),
    ),
    "truncated DOCX": (lambda: made.docx(PAGES)[:-400], ("damaged",)),
    "truncated XLSX": (lambda: made.xlsx(PAGES)[:1_500], ("damaged",)),
    "truncated ODT": (lambda: made.odt(PAGES)[:900], ("damaged",)),
    "truncated RTF": (lambda: made.rtf(PAGES)[:-30], ("damaged",)),
    "truncated PDF": (lambda: made.pdf(PAGES)[:600], ("damaged", "scan")),
    "DOCX with changed bytes": (lambda: spoiled(made.docx(PAGES)), ("damaged",)),
    "nested RTF groups": (lambda: b"{\\rtf1" + b"{" * 1_000_000, ("damaged",)),
    "RTF with huge binary": (lambda: b"{\\rtf1 word \\bin9999999999 x}", ("damaged",)),
    "20 MB of RTF controls": (lambda: b"{\\rtf1" + b"\\b1\\b0" * 3_300_000 + b"}", ("", "time")),
    "20 MB of RTF groups": (lambda: b"{\\rtf1" + b"{}" * 10_000_000 + b"}", ("", "time")),
    "PDF of 10,000 pages": (lambda: made.pdf(["word"] * 10_000), ("pages",)),
    "PDF with endless operators": (
        lambda: made.pdf(PAGES, last="BT /F 12 Tf (x) Tj ET\n" * 3_000_000),
        ("time", "memory", "damaged"),
    ),
    "PDF compressed three times": (nested_filters, ("damaged", "memory", "scan", "time", "")),
    "PDF whose page tree is a circle": (cyclic_pages, ("damaged", "memory")),
    "PDF of zeros": (lambda: b"%PDF-1.7\n" + bytes(20_000_000), ("damaged",)),
    "PDF with a password (AES)": (lambda: encrypted("AES-256"), ("password",)),
    "PDF with a password (RC4)": (lambda: encrypted("RC4-128"), ("password",)),
    "DOCX with a password": (
        lambda: OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
        ("password",),
    ),
    "ODS with a password": (
        lambda: made.package(
            {"mimetype": OPEN_SHEET, "META-INF/manifest.xml": "<a><encryption-data/></a>"}
        ),
        ("password",),
    ),
    "PNG of 60,000 pixels": (wide_png, ("damaged", "time", "memory", "scan")),
    "20 MB of random bytes": (lambda: random.Random(3).randbytes(20_000_000), ("kind",)),  # noqa: S311 - no secret
}
"""Files and the reasons that may be reported for their missing text. An empty reason means that the
whole text was read within the limits."""


def spoiled(body: bytes) -> bytes:
    """A file with zeros in its largest part."""
    middle = body.index(b"word/document.xml") + 200
    return body[:middle] + bytes(200) + body[middle + 200 :]
