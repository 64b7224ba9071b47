"""Reading attachments: their text by page, and files that are made to cause trouble."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from scrapy import Request
from scrapy.http import Response

from data.models.capture import Cut, FileText
from spiders.attachments import child
from spiders.attachments.read import (
    READING,
    AttachmentMiddleware,
    Reading,
    ReadingTime,
    read_attachment,
)
from spiders.attachments.scan import Scans, installed_models
from spiders.download.documents import read_document
from tests.spiders.attachments import made_files as made

PAGES = (
    "Qərar № 12\nBələdiyyə şurası limanın açılışını təsdiq etdi",
    "İkinci səhifə\nHafenausschuß Ελλάδα 12500",
)
MAKERS: dict[str, Callable[[Sequence[str]], bytes]] = {
    "pdf": made.pdf,
    "docx": made.docx,
    "xlsx": made.xlsx,
    "pptx": made.pptx,
    "odt": made.odt,
    "ods": made.ods,
    "odp": made.odp,
    "rtf": made.rtf,
}


def read_here(body: bytes, scans: Scans | None = None, folder: Path = Path()) -> FileText:
    """The text that the child process would write, read in this process."""
    written: list[str] = []
    cut = child.read(body, scans, folder, written.append)
    kind, *pages = written or ["unknown"]
    return FileText(kind, tuple(pages), cut, scans.tool if scans else "")  # type: ignore[arg-type]


def words(text: FileText) -> list[list[str]]:
    """The words of each page."""
    return [page.split() for page in text.pages]


@pytest.mark.parametrize("kind", MAKERS)
def test_the_words_of_each_page_are_read_from_every_kind_of_file(kind: str) -> None:
    read = read_here(MAKERS[kind](PAGES))
    assert (read.kind, read.cut) == (kind, "")
    assert words(read) == [page.split() for page in PAGES]


def test_a_word_document_has_pages_where_word_began_them_and_notes_below() -> None:
    document = (
        "<w:document xmlns:w='w'><w:p><w:r><w:t>one</w:t><w:footnoteReference w:id='2'/></w:r>"
        "</w:p><w:p><w:r><w:br w:type='page'/></w:r></w:p><w:p><w:r><w:lastRenderedPageBreak/>"
        "<w:t>two</w:t></w:r></w:p><w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
        "</w:document>"
    )
    notes = "<w:footnotes xmlns:w='w'><w:footnote w:id='2'><w:p><w:t>note</w:t></w:p></w:footnote>"
    parts = {
        "_rels/.rels": made.RELATION,
        "word/document.xml": document,
        "word/footnotes.xml": notes + "</w:footnotes>",
    }
    assert words(read_here(made.package(parts))) == [["one", "note"], ["two"]]


def test_an_rtf_file_is_decoded_by_the_charset_of_its_fonts() -> None:
    body = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}"
        rb"\f0 Caf\'e9 {\*\hidden x}\f1 \'cf\'ee\'f0\'f2\f0  d\'e9j\'e0}"
    )
    assert words(read_here(body)) == [["Café", "Порт", "déjà"]]


def entities() -> str:
    """A document whose entities would expand to a billion words."""
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE w [<!ENTITY a0 "word">{lines}]><w><t>&a9;</t></w>'


def with_password() -> bytes:
    """A PDF that opens only with a password."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(made.pdf(PAGES))))
    writer.encrypt("secret", algorithm="AES-256")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], Cut]] = {
    "a zip bomb": (lambda: made.word(b"<w>" + b" " * 110_000_000), "unpacked"),
    "entities that expand": (lambda: made.word(entities()), "damaged"),
    "deeply nested elements": (lambda: made.word("<w>" * 100_000), "damaged"),
    "a truncated DOCX": (lambda: made.docx(PAGES)[:-300], "damaged"),
    "a truncated RTF": (lambda: made.rtf(PAGES)[:-20], "damaged"),
    "nested groups of RTF": (lambda: b"{\\rtf1" + b"{" * 100_000, "damaged"),
    "a PDF with a password": (with_password, "password"),
    "a DOCX with a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "password",
    ),
    "an ODT with a password": (
        lambda: made.package(
            {"mimetype": made.OPEN_TEXT, "META-INF/manifest.xml": "<encryption-data/>"}
        ),
        "password",
    ),
    "an old DOC": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old"),
    "600 pages": (lambda: made.pdf(["word"] * 600), "pages"),
    "a broken PDF": (lambda: b"%PDF-1.7\n" + bytes(1_000), "damaged"),
    "a page without text": (lambda: made.pdf([""]), "scan"),
    "an image": (lambda: made.scan("text"), "scan"),
    "a web page": (lambda: b"<html><body>%PDF-1.4 is no document</body>", "kind"),
    "no bytes": (lambda: b"", "kind"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_bounded_and_its_missing_text_has_a_reason(name: str) -> None:
    make, cut = HOSTILE[name]
    assert read_here(make()).cut == cut


@pytest.mark.thorough
def test_the_pages_that_were_read_within_the_time_are_kept() -> None:
    slow = made.pdf(PAGES[:1], last="BT /F 12 Tf (x) Tj ET\n" * 300_000)
    read = read_attachment(slow, seconds=2)
    assert (read.kind, read.cut, len(read.pages)) == ("pdf", "time", 1)


def test_processes_that_read_hostile_files_know_no_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python, seen = tmp_path / "python", tmp_path / "seen"
    python.write_text(f'#!/bin/sh\nenv >> {seen}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("COMMUNIQUE_ALERTS__SMTP__PASSWORD", "lantern")
    assert len(read_attachment(made.pdf(PAGES)).pages) == len(PAGES)
    assert len(asyncio.run(read_document(made.pdf(PAGES))).pages) == len(PAGES)
    environments = seen.read_text()
    assert environments.count("PATH=") >= 2
    assert "lantern" not in environments
    assert "HOME=" not in environments


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_a_file_with_text_is_read_without_the_programs_for_scans(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = MAKERS[kind]((PAGES[0], "", PAGES[1]))
    monkeypatch.setenv("PATH", str(tmp_path))
    read = read_attachment(body, ["de"])
    assert (read.cut, read.tool) == ("", "")
    assert [page for page in words(read) if page] == [page.split() for page in PAGES]


def test_a_scan_is_not_read_without_the_programs_for_scans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed_models.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    for body in (made.scanned_pdf([made.scan("text")]), made.scan("text")):
        assert read_here(body, Scans(["de"]), tmp_path).cut == "scan"
    installed_models.cache_clear()


@pytest.mark.skipif("deu" not in installed_models(), reason="tesseract for German is missing")
@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_the_version_of_tesseract_is_stored_only_for_text_that_it_recognized(
    kind: str, tmp_path: Path
) -> None:
    body = MAKERS[kind]((PAGES[0], ""))
    assert read_here(body, Scans(["de"]), tmp_path).tool == ""


@pytest.mark.thorough
@pytest.mark.skipif("deu" not in installed_models(), reason="tesseract for German is missing")
def test_a_scan_is_recognized_in_the_language_of_the_source() -> None:
    page = made.scan("Der Hafen öffnet im Frühling\nfür alle größeren Schiffe")
    read = read_attachment(made.scanned_pdf([page]), ["de"])
    assert words(read) == [
        ["Der", "Hafen", "öffnet", "im", "Frühling", "für", "alle", "größeren", "Schiffe"],
    ]
    assert read.tool.startswith("tesseract")


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["spiders.attachments.child", "spiders.download.pdf_reader"])
def test_processes_that_read_files_do_not_load_what_visits_need(name: str) -> None:
    code = f"import sys, {name}; sys.exit(not {{'scrapy', 'numpy'}}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0  # noqa: S603 - our own code


URL = "http://harbour.example/minutes.rtf"


def test_an_attachment_for_which_no_time_is_left_is_not_stored_as_an_empty_text() -> None:
    reading = Reading(ReadingTime(left=0.0), ())
    request = Request(URL, meta={READING: reading})
    response = Response(URL, body=b"{\\rtf1 The lamp is lit.}")
    assert asyncio.run(AttachmentMiddleware().process_response(request, response)) is response
    assert reading.text is None
