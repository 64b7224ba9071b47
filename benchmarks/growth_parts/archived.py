"""Functions that read archive records, index lines and documents from other programs."""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import brotli
import zstandard

from benchmarks.growth_parts.setting import READING
from data.archive.content_coding import GZIP_MAGIC, Undecodable, unpack
from data.archive.foreign_archives import read_foreign
from data.archive.warc.cdxj import decode_entry
from data.archive.warc.reader import read_file
from data.errors import ArchiveError
from data.interchange.lines import LineError, read_line
from data.topics.taxonomy import load_taxonomy
from spiders.download.pdf_reader import read_pdf

taxonomy = cache(load_taxonomy)

MAX_BODY_BYTES: Final = 20_000_000
"""Maximum bytes of an unpacked body."""


def cdxj(text: str) -> object:
    """Read a line of an index."""
    fields = {"url": text, "digest": "x", "length": "1", "offset": "0", "filename": text}
    found = []
    for line in (text, f"com,example)/ 20260302120000 {json.dumps(fields)}", f"a 20260302 {text}"):
        try:
            found.append(decode_entry(line.encode("utf-8", "replace")))
        except ValueError:
            continue
    return found


def warc(text: str) -> object:
    """Read records of a file."""
    body = text.encode("utf-8", "replace")
    head = f"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: {len(body)}\r\n"
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for n, content in enumerate(
            (
                body,
                head.encode() + b"X: " + body + b"\r\n\r\n",
                f"{head}\r\n".encode() + body + b"\r\n\r\n",
            )
        ):
            for name, packed in (
                (f"{n}.warc", content),
                (f"{n}.warc.gz", gzip.compress(content, 1)),
            ):
                path = Path(folder) / name
                path.write_bytes(packed)
                try:
                    found += [len([*read_foreign(path)])]
                    if name.endswith(".gz"):
                        found += [len([*read_file(path)])]
                except (ArchiveError, OSError):
                    continue
    return found


def codings(text: str) -> object:
    """Remove the content codings of a body: whole, cut, and of the text itself."""
    body = text.encode("utf-8", "replace")
    packed = {
        "gzip": gzip.compress(body, 1),
        "deflate": zlib.compress(body, 1),
        "br": brotli.compress(body, quality=1),
        "zstd": zstandard.ZstdCompressor(level=1).compress(body),
    }
    many = {
        "gzip": gzip.compress(b"", 1) * (len(body) // 20),
        "zstd": zstandard.ZstdCompressor().compress(b"") * (len(body) // 9),
    }
    starts = {"gzip": GZIP_MAGIC, "deflate": b"", "br": b"", "zstd": zstandard.FRAME_HEADER}
    found = []
    for name, start in starts.items():
        whole = packed[name]
        for one in (whole, whole[: len(whole) // 2], start + body, many.get(name, b"")):
            try:
                found.append(unpack(one, name, MAX_BODY_BYTES).is_whole)
            except Undecodable:
                continue
    return found


def lines(text: str) -> object:
    """Read a line of an import."""
    fields = {
        "url": "http://h.example/1",
        "title": text[:1000],
        "published": "2026-03-02",
        "body_html": text,
        "topics": [text[:200]],
    }
    found = []
    plain = {**fields, "body_html": None, "body_text": text, "summary": text, "section": text}
    for line in (text, json.dumps(fields), json.dumps(plain)):
        try:
            found.append(read_line(line.encode("utf-8", "replace"), "harbour", READING, taxonomy()))
        except LineError:
            continue
    return found


def pdf(text: str) -> object:
    """Read a PDF that has the text on its page."""
    shown = (
        text.encode("ascii", "replace").replace(b"\\", b"/").replace(b"(", b"[").replace(b")", b"]")
    )
    parts = (shown[n : n + 200] for n in range(0, len(shown), 200))
    stream = (
        b"BT /F1 12 Tf 20 700 Td " + b" T* ".join(b"(" + one + b") Tj" for one in parts) + b" ET"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    document, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(document))
        document += b"%d 0 obj%b endobj\n" % (number, one)
    start = len(document)
    document += b"xref\n0 6\n0000000000 65535 f \n"
    document += b"".join(b"%010d 00000 n \n" % place for place in places)
    document += b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % start
    return read_pdf(document)


ARCHIVED: Final[Mapping[str, Callable[[str], object]]] = {
    one.__name__: one for one in (cdxj, warc, codings, lines, pdf)
}
