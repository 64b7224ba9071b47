"""Small, valid PNG and PDF files, generated from a name or a title."""

from __future__ import annotations

import hashlib
import struct
import zlib


def png(name: str, width: int) -> bytes:
    """Generate a striped PNG, ``width`` pixels wide and two thirds as high.

    The colours depend on the name. The image has eight-bit indexed colour, as in the PNG
    specification (ISO/IEC 15948).
    """
    height = width * 2 // 3
    seed = hashlib.sha256(name.encode()).digest()
    slope, stripe = 1 + seed[0] % 3, max(4, width // 8)
    rows = b"".join(
        b"\0" + bytes((x + slope * y) // stripe % 8 for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", seed[:24]),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, content) for kind, content in parts)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Build a chunk of a PNG: its length, type, content and checksum."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def pdf(title: str) -> bytes:
    """Generate a PDF 1.4 with one page that shows the Latin characters of ``title``."""
    shown = title.encode("latin-1", "replace").decode("latin-1")
    drawn = f"BT /F1 18 Tf 72 740 Td ({pdf_escaped(shown)}) Tj ET".encode("latin-1")
    name = b"<" + b"\xfe\xff".hex().encode() + title.encode("utf-16-be").hex().encode() + b">"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title %b >>" % name,
    )
    written = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"<< /Size %d /Root 1 0 R /Info 6 0 R >>" % (len(objects) + 1)
    start = len(written)
    return written + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        trailer,
        start,
    )


def pdf_escaped(text: str) -> str:
    """Escape a text for a PDF string in parentheses."""
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
