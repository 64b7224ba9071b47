"""Files that tests make: office documents, PDF, RTF and scans with given pages."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from docx import Document
from fpdf import FPDF
from odf.draw import Frame, Page, TextBox
from odf.opendocument import OpenDocumentPresentation, OpenDocumentSpreadsheet, OpenDocumentText
from odf.style import MasterPage, PageLayout
from odf.table import Table, TableCell, TableRow
from odf.text import P, SoftPageBreak
from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageFont
from pptx import Presentation

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="a" Type="http://x/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
FONT_OBJECT = (
    b"<</Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H"
    b" /DescendantFonts [4 0 R] /ToUnicode 5 0 R>>"
)
GLYPHS_OBJECT = (
    b"<</Type /Font /Subtype /CIDFontType2 /BaseFont /A /DW 600"
    b" /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>>>>"
)
OPEN_TEXT = "application/vnd.oasis.opendocument.text"


def saved(document: Any) -> bytes:
    """The bytes that a document saves."""
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def docx(pages: Sequence[str]) -> bytes:
    """A DOCX whose pages end with a break, and with a table on each page."""
    made = Document()
    for number, page in enumerate(pages):
        if number:
            made.add_page_break()  # type: ignore[no-untyped-call]
        first, *rest = page.split("\n")
        made.add_paragraph(first)
        for line in rest:
            made.add_table(1, 1).cell(0, 0).text = line
    return saved(made)


def xlsx(pages: Sequence[str]) -> bytes:
    """An XLSX with one sheet per page, one row per line, and one word per cell."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for page in pages:
        sheet = made.create_sheet()
        for line in page.split("\n"):
            sheet.append(line.split())
    return saved(made)


def pptx(pages: Sequence[str]) -> bytes:
    """A PPTX with one slide per page."""
    made = Presentation()
    for page in pages:
        slide = made.slides.add_slide(made.slide_layouts[1])
        title, _, text = page.partition("\n")
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    return saved(made)


def odt(pages: Sequence[str]) -> bytes:
    """An ODT with page breaks as LibreOffice stores them."""
    made = OpenDocumentText()
    for number, page in enumerate(pages):
        if number:
            made.text.addElement(SoftPageBreak())
        for line in page.split("\n"):
            made.text.addElement(P(text=line))
    return saved(made)


def ods(pages: Sequence[str]) -> bytes:
    """An ODS with one sheet per page."""
    made = OpenDocumentSpreadsheet()
    for number, page in enumerate(pages):
        table = Table(name=f"T{number}")
        for line in page.split("\n"):
            row = TableRow()
            for word in line.split():
                cell = TableCell()
                cell.addElement(P(text=word))
                row.addElement(cell)
            table.addElement(row)
        made.spreadsheet.addElement(table)
    return saved(made)


def odp(pages: Sequence[str]) -> bytes:
    """An ODP with one slide per page."""
    made = OpenDocumentPresentation()
    layout = PageLayout(name="plain")
    made.automaticstyles.addElement(layout)
    master = MasterPage(name="plain", pagelayoutname=layout)
    made.masterstyles.addElement(master)
    for page in pages:
        slide = Page(masterpagename=master)
        frame = Frame(width="20cm", height="10cm")
        box = TextBox()
        for line in page.split("\n"):
            box.addElement(P(text=line))
        frame.addElement(box)
        slide.addElement(frame)
        made.presentation.addElement(slide)
    return saved(made)


def rtf(pages: Sequence[str]) -> bytes:
    """An RTF in which all other letters than those of English are escaped."""
    letters = "".join(
        "\\page "
        if one == "\f"
        else "\\par\n"
        if one == "\n"
        else one
        if one.isascii()
        else unicode(one)
        for one in "\f".join(pages)
    )
    fonts = "{\\fonttbl{\\f0\\fswiss Helvetica;}}{\\info{\\title hidden}}"
    return f"{{\\rtf1\\ansi\\ansicpg1252\\uc1{fonts}{letters}}}".encode("ascii")


def unicode(letter: str) -> str:
    """A letter as RTF escapes it, with a question mark for older programs."""
    units = letter.encode("utf-16-le")
    pairs = (int.from_bytes(units[at : at + 2], "little", signed=True) for at in (0, 2))
    return "".join(f"\\u{one}?" for one in [*pairs][: len(units) // 2])


def pdf(pages: Sequence[str], *, right_to_left: bool = False, last: str = "") -> bytes:
    """A PDF whose glyphs are numbered and mapped to characters, as most programs write them.

    Text from right to left is stored in the order in which it is painted. ``last`` is the content
    stream of a further page.
    """
    letters = sorted({one for page in pages for one in page if one != "\n"})
    glyphs = {one: number for number, one in enumerate(letters, start=1)}
    mapped = "".join(
        f"<{number:04x}> <{one.encode('utf-16-be').hex()}>\n" for one, number in glyphs.items()
    )
    blocks = _in_blocks(mapped.splitlines())
    unicode_map = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{blocks}endcmap end end"
    )
    contents = []
    for page in pages:
        lines = (painted(line) if right_to_left else line for line in page.split("\n"))
        shown = " T*\n".join(
            f"<{''.join(f'{glyphs[one]:04x}' for one in line)}> Tj" for line in lines
        )
        contents.append(f"BT /F 12 Tf 14 TL 60 760 Td\n{shown}\nET")
    return pdf_of([*contents, *([last] if last else [])], unicode_map)


def painted(line: str) -> str:
    """The letters of a line of words from right to left and numbers, in the order of painting."""
    return re.sub(r"\d+", lambda number: number[0][::-1], line[::-1])


def _in_blocks(lines: Sequence[str]) -> str:
    return "".join(
        f"{len(some)} beginbfchar\n" + "\n".join(some) + "\nendbfchar\n"
        for some in (lines[at : at + 100] for at in range(0, len(lines), 100))
    )


def pdf_of(contents: Sequence[str], unicode_map: str) -> bytes:
    """A PDF with these content streams, and one font without an embedded file."""
    kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        f"<</Type /Pages /Kids [{kids}] /Count {len(contents)}>>".encode(),
        FONT_OBJECT,
        GLYPHS_OBJECT,
        stream(unicode_map.encode()),
    ]
    for number, content in enumerate(contents):
        objects.append(
            b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
            b" /Resources <</Font <</F 3 0 R>>>> /Contents %d 0 R>>" % (7 + 2 * number)
        )
        objects.append(stream(content.encode()))
    return pdf_file(objects)


def stream(content: bytes) -> bytes:
    """A compressed stream."""
    packed = zlib.compress(content)
    return b"<</Length %d /Filter /FlateDecode>>stream\n%s\nendstream" % (len(packed), packed)


def pdf_file(objects: Iterable[bytes]) -> bytes:
    """A PDF file of objects, of which the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, start)
    return bytes(out)


def scan(text: str, *, dots_per_inch: int = 200, tilt: float = 0.0) -> bytes:
    """An A4 page in grey with text in 11 points, as a scanner makes a PNG of it."""
    size = (round(8.27 * dots_per_inch), round(11.69 * dots_per_inch))
    page = Image.new("L", size, 250)
    font = ImageFont.truetype(FONT, round(11 * dots_per_inch / 72))
    margin = dots_per_inch
    ImageDraw.Draw(page).multiline_text((margin, margin), text, fill=20, font=font, spacing=14)
    page = page.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=250)
    out = BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def scanned_pdf(scans: Sequence[bytes]) -> bytes:
    """A PDF whose pages are images."""
    made = FPDF()
    for one in scans:
        made.add_page()
        made.image(BytesIO(one), x=0, y=0, w=210)
    return bytes(made.output())


def package(parts: Mapping[str, bytes | str]) -> bytes:
    """A zip file of parts."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def word(document: bytes | str) -> bytes:
    """A DOCX with this main part."""
    return package({"_rels/.rels": RELATION, "word/document.xml": document})
