"""Releases that are documents: what a PDF says, and hostile ones."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib
from pypdf import PdfReader, PdfWriter

from data.dates.context import DateContext
from data.models import Content, Published
from spiders.crawl.drafts.release_reader import document_content, document_type
from spiders.download.documents import read_document
from spiders.download.pdf_reader import read_pdf
from spiders.items import ListingItem
from spiders.page.media_files import DocumentText, is_pdf
from spiders.page.page import Page
from spiders.release import document
from spiders.release.date.choice import document_date
from spiders.release.document import BROKEN_WORD, body_text_of, names_something, title_of
from tests.examples import thorough
from tests.spiders.attachments import made_files

READING = DateContext("Europe/Oslo", now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
HEADLINE = "Second lamp for the northern mole will be lit in winter, the board decides"
FIRST = (
    "The Harbour Board of Lindmouth will light lamp {} on the northern mole from the first of "
    "December, for all ships that come from the eastern ports at night."
)
SECOND = (
    "Harbour master Odile Brandt said that pilots had asked for it since storm {} of last winter, "
    "when two ferries lost their way in the snow. The lamp costs 40,000 crowns, and the board pays "
    "half of that, so that no ship has to pay {} crowns more."
)


def paragraphs(number: int) -> list[str]:
    """What a page says: no two say the same."""
    ships = ", ".join(SHIPS[number:])
    return [
        f"For {SHIPS[number]}: {FIRST.format(number + 1)}",
        f"{SECOND.format(number, number)} So do {ships}.",
    ]


SHIPS = (
    "the Alma",
    "the Berta and her crew",
    "three of the pilots' boats",
    "the ferries",
    "others",
)


def pdf(*, title: str = "Microsoft Word - draft7.docx", pages: int = 1, day: str = "") -> bytes:
    """A release of the invented Harbour Board as an office would send it."""
    made = FPDF()
    made.set_title(title)
    made.set_creation_date(dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC))
    for number in range(pages):
        made.add_page()
        made.set_font("helvetica", size=9)
        made.cell(0, 5, "HARBOUR BOARD OF LINDMOUTH", new_x="LMARGIN", new_y="NEXT")
        if not number:
            made.cell(0, 5, f"Press release 14. {day}", new_x="LMARGIN", new_y="NEXT")
            made.set_font("helvetica", "B", size=18)
            made.multi_cell(0, 9, HEADLINE, new_x="LMARGIN", new_y="NEXT")
        made.set_font("helvetica", size=11)
        for paragraph in paragraphs(number):
            made.multi_cell(0, 5, paragraph, new_x="LMARGIN", new_y="NEXT")
        made.cell(0, 5, f"Page {number + 1} of {pages}", new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def with_stream(content: bytes) -> bytes:
    """A PDF of one page with a compressed stream of drawing."""
    packed = isal_zlib.compress(content)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
        font,
    )
    objects = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, part) for n, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + objects + b"trailer << /Root 1 0 R /Size 6 >>\n%%EOF"


def locked(body: bytes, password: str) -> bytes:
    """The same document under a password."""
    writer = PdfWriter(PdfReader(BytesIO(body)))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_the_text_of_a_document_is_read_in_paragraphs_below_its_headline() -> None:
    said = read_pdf(pdf(day="2 March 2026", pages=4))
    assert body_text_of(said, HEADLINE).split("\n\n") == [
        paragraph for number in range(4) for paragraph in paragraphs(number)
    ]


def test_the_listing_names_a_document_better_than_its_metadata() -> None:
    assert title_of(read_pdf(pdf()), "A second lamp") == ("A second lamp", "listing")


@pytest.mark.parametrize(
    "listed", ["", "PDF", "Download", "ID 4073 (PDF)", "Download (PDF, 97 kB)"]
)
def test_a_link_that_names_nothing_gives_way_to_the_headline(listed: str) -> None:
    assert title_of(read_pdf(pdf()), listed) == (HEADLINE, "pdf:headline")


def test_metadata_titles_a_document_if_its_first_page_does_too() -> None:
    assert title_of(read_pdf(pdf(title=HEADLINE)), "") == (HEADLINE, "pdf:metadata")
    assert title_of(read_pdf(pdf(title="Template for releases")), "")[1] == "pdf:headline"


@pytest.mark.parametrize(
    "title", ["Lamp", "Bericht 2026", "港湾局のお知らせ", "Order No. 7, Trade"]
)
def test_short_titles_are_titles(title: str) -> None:
    assert names_something(title)


def day_of(published: Published | None) -> tuple[str, str] | None:
    """The day and the rule of a date."""
    return (published.day.isoformat(), published.rule) if published else None


def test_the_date_at_the_top_of_a_document_is_its_date() -> None:
    said = read_pdf(pdf(day="2 March 2026"))
    assert day_of(document_date(said, READING, None)) == ("2026-03-02", "pdf:text")


def test_an_undated_document_gets_its_creation_date() -> None:
    assert day_of(document_date(read_pdf(pdf()), READING, None)) == ("2026-03-03", "pdf:metadata")


def test_a_date_after_the_making_of_a_document_announces_something() -> None:
    said = read_pdf(pdf(day="Conference on 12 June 2026"))
    assert day_of(document_date(said, READING, None)) == ("2026-03-03", "pdf:metadata")


def test_broken_words_are_whole_and_lists_stay_lists() -> None:
    lines = (
        "The board of the har-",
        "bour of Lindmouth decided three things when it met in the town hall:",
        "• a lamp for the mole",
        "• a pilot boat, to be built in the yards of the town before the storms of",
        "winter come",
    )
    assert body_text_of(DocumentText(pages=("\n".join(lines),)), "").split("\n\n") == [
        "The board of the harbour of Lindmouth decided three things when it met in the town hall:",
        "• a lamp for the mole",
        "• a pilot boat, to be built in the yards of the town before the storms of winter come",
    ]


@given(st.lists(st.text(st.sampled_from("abÉ-1"), min_size=1, max_size=4), min_size=1, max_size=9))
def test_a_word_is_rejoined_only_if_a_line_break_split_it(lines: list[str]) -> None:
    text = ""
    for line in lines:
        if document.BROKEN_WORD.search(text) and line[:1].islower():
            text = text[:-1] + line
        else:
            text = f"{text} {line}" if text else line
    assert document.rejoined_lines(lines) == text


def test_each_line_of_a_long_paragraph_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paragraph before each line was read again: 10 seconds for 100,000 short lines."""
    read = 0

    class CountedPattern:
        def search(self, text: str) -> re.Match[str] | None:
            nonlocal read
            read += len(text)
            return BROKEN_WORD.search(text)

    monkeypatch.setattr(document, "BROKEN_WORD", CountedPattern())
    text = body_text_of(DocumentText(pages=("lamps\n" * 500,)), "")
    assert text.split() == ["lamps"] * 500
    assert read < 500 * 10


HOSTILE = {
    "empty": b"%PDF-1.7",
    "cut": pdf()[:900],
    "noise": b"%PDF-1.4\n" + bytes(range(256)) * 400,
    "pages without end": b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
    b"2 0 obj << /Type /Pages /Kids [2 0 R] /Count 9 >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF",
    "deep": b"%PDF-1.4\n1 0 obj " + b"[" * 200_000 + b" endobj\ntrailer << /Root 1 0 R >>\n%%EOF",
    "a bomb": with_stream(bytes(300_000_000)),
    "text without end": with_stream(b"BT /F1 12 Tf " + b"(lamp) Tj " * 4_000_000 + b"ET"),
    "locked": locked(pdf(), "secret"),
}


OTHERS = [kind for kind in HOSTILE if kind != "a bomb"]


@pytest.mark.parametrize("kind", ["a bomb", *thorough(*OTHERS)])
def test_a_hostile_document_yields_nothing_and_ends(kind: str) -> None:
    said = asyncio.run(read_document(HOSTILE[kind], seconds=2))
    assert sum(map(len, said.pages)) <= 1_000_000


@pytest.mark.thorough
def test_the_limit_of_a_reader_is_its_cpu_time_and_not_the_time_on_the_clock() -> None:
    endless = made_files.pdf(["lamp"], last="BT /F 12 Tf (lamp) Tj ET\n" * 300_000)
    reader = [sys.executable, "-P", "-m", "spiders.download.pdf_reader", "1"]
    ended = subprocess.run(reader, input=endless, check=False)  # noqa: S603 - our own module
    assert ended.returncode == -signal.SIGKILL


def test_a_reader_that_can_not_be_started_yields_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    found = asyncio.run(read_document(pdf()))
    assert (found.pages, "can't be read" in found.missing) == ((), True)


def content_of(page: Page, item: ListingItem | None) -> Content:
    """The content of the release that a document is."""
    return document_content(page, document_type(page) or "", item, READING)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_an_unreadable_document_keeps_its_listing_data_and_its_file(body: bytes) -> None:
    item = ListingItem("https://harbour.example/14.pdf", "A second lamp")
    page = Page(item.url, body, "application/pdf", DocumentText())
    content = content_of(page, item)
    assert content.title == "A second lamp"
    assert [media.url for media in content.attachments] == [item.url]
    assert content.body_text == ""


def test_a_document_that_only_its_owner_may_change_is_read() -> None:
    assert "Odile Brandt" in read_pdf(locked(pdf(), "")).pages[0]


def test_a_document_is_recognized_whatever_its_media_type() -> None:
    page = Page(
        "https://harbour.example/get?id=14", pdf(), "application/octet-stream", read_pdf(pdf())
    )
    content = content_of(page, None)
    assert content.title == HEADLINE
    assert content.attachments[0].type == "application/pdf"
    assert content.body_html.startswith("<p>For the Alma: The Harbour Board of Lindmouth")
    assert content.language == "en"


def test_a_page_about_documents_is_not_a_document() -> None:
    assert is_pdf(b"\n" + pdf())
    assert not is_pdf(b"<html><body><p>%PDF-1.4 is how a document begins</p>")
