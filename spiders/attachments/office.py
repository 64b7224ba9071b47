"""Read Office Open XML (DOCX, XLSX, PPTX) and OpenDocument files (ODT, ODS, ODP).

Both are zip files of XML. The XML is parsed as a stream, without a tree, and entities are never
expanded.
"""

import posixpath
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from lxml import etree

from data.models.file_text import FileKind
from spiders.attachments.limits import MAX_UNPACKED_BYTES, CutShort
from spiders.attachments.markup import OpenDocumentText, Relations, SheetText, WordText, XmlText

CHUNK_BYTES: Final = 65_536

DAMAGE_ERRORS: Final = (BadZipFile, EOFError, KeyError, NotImplementedError, OSError, ValueError)
"""Errors of damaged zip files, besides zlib.error and XMLSyntaxError."""

OFFICE: Final[Mapping[str, FileKind]] = {"word": "docx", "xl": "xlsx", "ppt": "pptx"}
"""Kinds of Office Open XML by the folder of their main part."""

OPEN_DOCUMENT: Final[Mapping[str, FileKind]] = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.text-template": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
}

WORD_NOTES: Final = {"footnoteReference": "footnotes.xml", "endnoteReference": "endnotes.xml"}
"""Parts of a DOCX with notes, by the element that refers to a note."""


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
                while chunk := part.read(CHUNK_BYTES):
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

    def relations(self, name: str) -> Mapping[str, tuple[str, str]]:
        """Return the types and targets of a part's relations, by id."""
        folder, file = posixpath.split(name)
        path = posixpath.join(folder, "_rels", f"{file}.rels")
        if path not in self.names:
            return {}
        target = Relations()
        for _ in self.parsed(path, target):
            pass
        return {
            id_: (kind, posixpath.normpath(posixpath.join("/", folder, to)).lstrip("/"))
            for id_, (kind, to) in target.found.items()
        }


def open_office(body: bytes) -> tuple[FileKind, Iterator[str]]:
    """Return the kind of a zip file and an iterator over its pages, which reads them on demand."""
    package = Package(body)
    if "mimetype" in package.names:
        declared = b"".join(package.chunks("mimetype")).decode("ascii", "replace").strip()
        if kind := OPEN_DOCUMENT.get(declared):
            return kind, _open_document(package, kind)
    for type_, main in package.relations("").values():
        if type_.endswith("/officeDocument"):
            found = OFFICE.get(main.partition("/")[0])
            if found == "docx":
                return found, _word(package, main)
            if found == "xlsx":
                return found, _sheets(package, main)
            if found == "pptx":
                return found, _slides(package, main)
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
            target = WordText()
            for _ in package.parsed(name, target):
                pass
            notes |= {(reference, id_): text for id_, text in target.noted.items()}
    yield from package.parsed(main, WordText(notes))


def _slides(package: Package, main: str) -> Iterator[str]:
    for name in _in_order(package, main, "sldId"):
        yield "\n".join(package.parsed(name, WordText()))


def _sheets(package: Package, main: str) -> Iterator[str]:
    strings: list[str] = []
    for type_, name in package.relations(main).values():
        if type_.endswith("/sharedStrings") and name in package.names:
            shared = SheetText(())
            for _ in package.parsed(name, shared):
                pass
            strings = shared.strings
    for name in _in_order(package, main, "sheet"):
        yield "\n".join(package.parsed(name, SheetText(strings)))


def _in_order(package: Package, main: str, tag: str) -> Iterator[str]:
    """Yield the parts that elements of the main part refer to, in document order."""
    target = Relations(tag)
    for _ in package.parsed(main, target):
        pass
    relations = package.relations(main)
    for id_ in target.references:
        if id_ in relations and relations[id_][1] in package.names:
            yield relations[id_][1]
