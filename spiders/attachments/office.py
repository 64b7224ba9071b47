"""Read Office Open XML (DOCX, XLSX, PPTX) and OpenDocument files (ODT, ODS, ODP).

Both are zip files of XML. The XML is parsed as a stream, without a tree, and entities are never
expanded. Elements are recognized by their local names, because the strict variant of Office Open
XML has other namespaces.
"""

import posixpath
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, ClassVar, Final, TypeVar
from zipfile import BadZipFile, ZipFile

from lxml import etree

from data.models.capture import FileKind
from spiders.attachments.limits import MAX_UNPACKED_BYTES, CutShort

MAX_SPACES: Final = 100
"""Maximum number of spaces that one element of an OpenDocument file represents."""

PAGE_TAGS: Final[Mapping[FileKind, str]] = {"ods": "table", "odp": "page"}
"""Elements that contain a sheet or slide, by kind of OpenDocument file."""

SKIPPED_ELEMENTS: Final = frozenset(
    ("tracked-changes", "annotation", "note-citation", "notes", "forms", "Fallback", "rPh")
)
"""Elements without text for readers, such as deleted text, comments, and duplicates."""


class XmlText:
    """Collects text in pages. Content of `SKIPPED_ELEMENTS` elements is omitted.

    ``text_tags`` contains the names of the elements whose characters are text.
    """

    text_tags: ClassVar = frozenset[str]()

    def __init__(self) -> None:
        self._pages: list[str] = []
        self._parts: list[str] = []
        self._skipped = self._inside = 0

    def take(self) -> list[str]:
        """Return the pages that were completed since the last call."""
        pages, self._pages = self._pages, []
        return pages

    def add(self, text: str) -> None:
        """Append text to the current page."""
        self._parts.append(text)

    def end_page(self, *, keep_empty: bool = False) -> None:
        """Complete the current page. An empty page is dropped unless ``keep_empty`` is true."""
        text = "".join(self._parts)
        if keep_empty or text.strip():
            self._pages.append(text)
        self._parts.clear()

    def doctype(self, *_: object) -> None:
        """Reject a document type declaration, which office documents never have."""
        raise CutShort("damaged")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Process the start of an element."""
        name = local(tag)
        if self._skipped or name in SKIPPED_ELEMENTS:
            self._skipped += 1
        else:
            self._inside += name in self.text_tags
            self.begin(name, attributes)

    def end(self, tag: str) -> None:
        """Process the end of an element."""
        if self._skipped:
            self._skipped -= 1
        else:
            name = local(tag)
            self._inside -= name in self.text_tags
            self.finish(name)

    def data(self, text: str) -> None:
        """Process characters."""
        if self._inside and not self._skipped:
            self.read(text)

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Process the start of an element that is not skipped."""

    def finish(self, name: str) -> None:
        """Process the end of an element that is not skipped."""

    def read(self, text: str) -> None:
        """Collect the characters of a text element."""
        self.add(text)

    def close(self) -> None:
        """Complete the last page."""
        self.end_page()


class Relations(XmlText):
    """Collects relations (type and target by id), and references to them in ``tag`` elements."""

    def __init__(self, tag: str = "") -> None:
        super().__init__()
        self._tag = tag
        self.found: dict[str, tuple[str, str]] = {}
        self.references: list[str] = []

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Collect one relation or reference."""
        if name == "Relationship":
            kind, target = attributes.get("Type", ""), attributes.get("Target", "")
            self.found[attributes.get("Id", "")] = kind, target
        elif name == self._tag:
            self.references += [
                value for key, value in attributes.items() if key.endswith("/relationships}id")
            ]


class WordText(XmlText):
    """Collects the texts of the pages of a DOCX file, or the text of a slide.

    Pages begin where Word began them when it last saved the file. ``notes`` contains the texts of
    notes, by the element that refers to a note and the note's id. Notes are added at the end of the
    page. If the parsed part contains the notes themselves, ``noted`` then contains their texts by
    id.
    """

    text_tags = frozenset("t")

    def __init__(self, notes: Mapping[tuple[str, str], str] | None = None) -> None:
        super().__init__()
        self._notes = notes or {}
        self._of_page: list[str] = []
        self._note = ""
        self.noted: dict[str, str] = {}

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Process text, breaks and references to notes."""
        if name in {"tab", "tc"}:
            self.add(" ")
        elif name == "noBreakHyphen":
            self.add("-")
        elif name in {"br", "cr"}:
            self.add("\n")
            if attribute(attributes, "type") == "page":
                self.end_page()
        elif name == "lastRenderedPageBreak":
            self.end_page()
        elif name in {"footnote", "endnote"}:
            self._note = attribute(attributes, "id")
        elif (key := (name, attribute(attributes, "id"))) in self._notes:
            self._of_page.append(self._notes[key])

    def finish(self, name: str) -> None:
        """Process the end of a paragraph or note."""
        if name == "p":
            self.add("\n")
        elif name in {"footnote", "endnote"}:
            self.noted[self._note] = "".join(self._parts).strip()
            self._parts.clear()

    def end_page(self, *, keep_empty: bool = False) -> None:
        """Complete the current page with its notes."""
        self._parts += [f"\n{note}" for note in self._of_page]
        self._of_page.clear()
        super().end_page(keep_empty=keep_empty)


class SheetText(XmlText):
    """Collects the shared strings of an XLSX, or the cells of a sheet with one row per line."""

    text_tags = frozenset(("t", "v"))

    def __init__(self, strings: Sequence[str]) -> None:
        super().__init__()
        self._shared = strings
        self._type = ""
        self._value: list[str] = []
        self.strings: list[str] = []

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Process the start of a cell or a string."""
        if name == "c":
            self._type = attributes.get("t", "n")
        if name in {"c", "si"}:
            self._value.clear()

    def finish(self, name: str) -> None:
        """Process the end of a row, a cell or a string."""
        if name == "si":
            self.strings.append("".join(self._value))
        elif name == "row":
            self.add("\n")
        elif name == "c":
            value = "".join(self._value).strip()
            if self._type == "s":
                known = value.isascii() and value.isdecimal() and int(value) < len(self._shared)
                value = self._shared[int(value)] if known else ""
            if value and self._type not in {"b", "e"}:
                self.add(f"{value} ")

    def read(self, text: str) -> None:
        """Collect the text of a cell's value."""
        self._value.append(text)


class OpenDocumentText(XmlText):
    """Collects the texts of the pages, sheets or slides of an OpenDocument file."""

    text_tags = frozenset(("p", "h"))

    def __init__(self, kind: FileKind) -> None:
        super().__init__()
        self._page = PAGE_TAGS.get(kind, "")
        self._tables = 0
        self._style = ""
        self._breaking = set[str]()
        """Names of paragraph styles that start a new page."""

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Process styles, breaks and paragraphs."""
        if name == "style":
            self._style = attribute(attributes, "name")
        elif name == "paragraph-properties" and attribute(attributes, "break-before") == "page":
            self._breaking.add(self._style)
        elif name in {"p", "h"}:
            if attribute(attributes, "style-name") in self._breaking and not self._page:
                self.end_page()
        elif name == self._page:
            self._tables += 1
        elif name == "soft-page-break" and not self._page:
            self.end_page()
        elif name == "s":
            count = attribute(attributes, "c")
            self.add(" " * (min(int(count), MAX_SPACES) if count.isdecimal() else 1))
        elif name in {"tab", "table-cell"}:
            self.add(" ")
        elif name == "line-break":
            self.add("\n")

    def finish(self, name: str) -> None:
        """Process the end of a paragraph, sheet or slide."""
        if name in {"p", "h"}:
            # The cells of a row share one line.
            self.add(" " if self._page == "table" else "\n")
        elif name == "table-row":
            self.add("\n")
        elif name == self._page:
            self._tables -= 1
            if not self._tables:
                self.end_page(keep_empty=True)


def local(tag: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


def attribute(attributes: Mapping[str, str], name: str) -> str:
    """Return the value of an attribute in any namespace, or an empty string."""
    return next((value for key, value in attributes.items() if local(key) == name), "")


DAMAGE_ERRORS: Final = (BadZipFile, EOFError, KeyError, NotImplementedError, OSError, ValueError)
"""Errors of damaged zip files, besides zlib.error and XMLSyntaxError."""

OPEN_DOCUMENT: Final[Mapping[str, FileKind]] = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.text-template": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
}

WORD_NOTES: Final = {"footnoteReference": "footnotes.xml", "endnoteReference": "endnotes.xml"}
"""Parts of a DOCX with notes, by the element that refers to a note."""


Target = TypeVar("Target", bound=XmlText)


class Package:
    """A zip file whose parts are read up to a maximum total size."""

    def __init__(self, body: bytes) -> None:
        try:
            self._zip = ZipFile(BytesIO(body))
        except DAMAGE_ERRORS as error:
            raise CutShort("damaged") from error
        self._left = MAX_UNPACKED_BYTES
        self.names = frozenset(self._zip.namelist())

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the content of a part. Raises CutShort if it is damaged, encrypted or too large."""
        try:
            if self._zip.getinfo(name).flag_bits & 1:
                raise CutShort("password")
            with self._zip.open(name) as part:
                while chunk := part.read(65_536):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise CutShort("unpacked")
                    yield chunk
        except (*DAMAGE_ERRORS, zlib.error) as error:
            raise CutShort("damaged") from error

    def parsed(self, name: str, target: XmlText) -> Iterator[str]:
        """Parse a part into a target, and yield the pages that the target completes."""
        handler: Any = target  # The stubs of lxml declare that tags may be bytes.
        parser: Any = etree.XMLParser(target=handler, resolve_entities=False, no_network=True)
        try:
            for chunk in self.chunks(name):
                parser.feed(chunk)
                yield from target.take()
            parser.close()
        except etree.XMLSyntaxError as error:
            yield from target.take()
            raise CutShort("damaged") from error
        yield from target.take()

    def read(self, name: str, target: Target) -> Target:
        """Parse a part into a target completely, and return the target."""
        for _ in self.parsed(name, target):
            pass
        return target

    def relations(self, name: str) -> Mapping[str, tuple[str, str]]:
        """Return the types and targets of a part's relations, by id."""
        folder, file = posixpath.split(name)
        path = posixpath.join(folder, "_rels", f"{file}.rels")
        if path not in self.names:
            return {}
        return {
            id_: (kind, posixpath.normpath(posixpath.join("/", folder, to)).lstrip("/"))
            for id_, (kind, to) in self.read(path, Relations()).found.items()
        }


def open_office(body: bytes) -> tuple[FileKind, Iterator[str]]:
    """Return the kind of a zip file and an iterator over its pages, which reads them on demand."""
    package = Package(body)
    if "mimetype" in package.names:
        declared = b"".join(package.chunks("mimetype")).decode("ascii", "replace").strip()
        if kind := OPEN_DOCUMENT.get(declared):
            return kind, _open_document(package, kind)
    for type_, main in package.relations("").values():
        office = OFFICE.get(main.partition("/")[0])
        if office and type_.endswith("/officeDocument"):
            return office[0], office[1](package, main)
    return "unknown", iter(())


def _open_document(package: Package, kind: FileKind) -> Iterator[str]:
    manifest = "META-INF/manifest.xml"
    if manifest in package.names and b"encryption-data" in b"".join(package.chunks(manifest)):
        raise CutShort("password")
    yield from package.parsed("content.xml", OpenDocumentText(kind))


def _word(package: Package, main: str) -> Iterator[str]:
    notes: dict[tuple[str, str], str] = {}
    for reference, file in WORD_NOTES.items():
        name = posixpath.join(posixpath.dirname(main), file)
        if name in package.names:
            noted = package.read(name, WordText()).noted
            notes |= {(reference, id_): text for id_, text in noted.items()}
    yield from package.parsed(main, WordText(notes))


def _slides(package: Package, main: str) -> Iterator[str]:
    for name in _in_order(package, main, "sldId"):
        yield "\n".join(package.parsed(name, WordText()))


def _sheets(package: Package, main: str) -> Iterator[str]:
    strings: list[str] = []
    for type_, name in package.relations(main).values():
        if type_.endswith("/sharedStrings") and name in package.names:
            strings = package.read(name, SheetText(())).strings
    for name in _in_order(package, main, "sheet"):
        yield "\n".join(package.parsed(name, SheetText(strings)))


def _in_order(package: Package, main: str, tag: str) -> Iterator[str]:
    """Yield the parts that elements of the main part refer to, in document order."""
    references = package.read(main, Relations(tag)).references
    relations = package.relations(main)
    names = (relations[id_][1] for id_ in references if id_ in relations)
    yield from (name for name in names if name in package.names)


OFFICE: Final[Mapping[str, tuple[FileKind, Callable[[Package, str], Iterator[str]]]]] = {
    "word": ("docx", _word),
    "xl": ("xlsx", _sheets),
    "ppt": ("pptx", _slides),
}
"""Kinds of Office Open XML and their readers, by the folder of the main part."""
