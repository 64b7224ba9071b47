"""XML parser targets that collect the text of office documents.

Elements are recognized by their local names, because the strict variant of Office Open XML has
other namespaces.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from data.models.file_text import FileKind
from spiders.attachments.limits import CutShort

MAX_SPACES: Final = 100
"""Maximum number of spaces that one element of an OpenDocument file represents."""

PAGE_TAGS: Final[Mapping[FileKind, str]] = {"ods": "table", "odp": "page"}
"""Elements that contain a sheet or slide, by kind of OpenDocument file."""

SKIPPED_ELEMENTS: Final = frozenset(
    ("tracked-changes", "annotation", "note-citation", "notes", "forms", "Fallback", "rPh")
)
"""Elements without text for readers, such as deleted text, comments, and duplicates."""


class XmlText:
    """Collects text in pages. Content of `SKIPPED_ELEMENTS` elements is omitted."""

    def __init__(self) -> None:
        self._pages: list[str] = []
        self._parts: list[str] = []
        self._skipped = 0

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
            self.begin(name, attributes)

    def end(self, tag: str) -> None:
        """Process the end of an element."""
        if self._skipped:
            self._skipped -= 1
        else:
            self.finish(local(tag))

    def data(self, text: str) -> None:
        """Process characters."""
        if not self._skipped:
            self.read(text)

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Process the start of an element that is not skipped."""

    def finish(self, name: str) -> None:
        """Process the end of an element that is not skipped."""

    def read(self, text: str) -> None:
        """Process characters that are not skipped."""

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

    def __init__(self, notes: Mapping[tuple[str, str], str] | None = None) -> None:
        super().__init__()
        self._notes = notes or {}
        self._of_page: list[str] = []
        self._inside = 0
        self._note = ""
        self.noted: dict[str, str] = {}

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Process text, breaks and references to notes."""
        if name == "t":
            self._inside += 1
        elif name in {"tab", "tc"}:
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
        """Process the end of a text, paragraph or note."""
        if name == "t":
            self._inside -= 1
        elif name == "p":
            self.add("\n")
        elif name in {"footnote", "endnote"}:
            self.noted[self._note] = "".join(self._parts).strip()
            self._parts.clear()

    def read(self, text: str) -> None:
        """Collect the characters of a text element."""
        if self._inside:
            self.add(text)

    def end_page(self, *, keep_empty: bool = False) -> None:
        """Complete the current page with its notes."""
        self._parts += [f"\n{note}" for note in self._of_page]
        self._of_page.clear()
        super().end_page(keep_empty=keep_empty)


class SheetText(XmlText):
    """Collects the shared strings of an XLSX, or the cells of a sheet with one row per line."""

    def __init__(self, strings: Sequence[str]) -> None:
        super().__init__()
        self._shared = strings
        self._type = ""
        self._value: list[str] = []
        self._inside = 0
        self.strings: list[str] = []

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Process the start of a cell, a string or a value."""
        if name == "c":
            self._type = attributes.get("t", "n")
        if name in {"c", "si"}:
            self._value.clear()
        self._inside += name in {"t", "v"}

    def finish(self, name: str) -> None:
        """Process the end of a row, a cell, a string or a value."""
        self._inside -= name in {"t", "v"}
        if name == "si":
            self.strings.append("".join(self._value))
        elif name == "row":
            self.add("\n")
        elif name == "c" and (value := self._cell("".join(self._value).strip())):
            self.add(f"{value} ")

    def _cell(self, value: str) -> str:
        if self._type == "s":
            known = value.isascii() and value.isdecimal() and int(value) < len(self._shared)
            return self._shared[int(value)] if known else ""
        return "" if self._type in {"b", "e"} else value

    def read(self, text: str) -> None:
        """Collect the text of a cell's value."""
        if self._inside:
            self._value.append(text)


class OpenDocumentText(XmlText):
    """Collects the texts of the pages, sheets or slides of an OpenDocument file."""

    def __init__(self, kind: FileKind) -> None:
        super().__init__()
        self._page = PAGE_TAGS.get(kind, "")
        self._tables = 0
        self._paragraphs = 0
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
            self._paragraphs += 1
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
            self._paragraphs -= 1
            # The cells of a row share one line.
            self.add(" " if self._page == "table" else "\n")
        elif name == "table-row":
            self.add("\n")
        elif name == self._page:
            self._tables -= 1
            if not self._tables:
                self.end_page(keep_empty=True)

    def read(self, text: str) -> None:
        """Collect the characters of a paragraph."""
        if self._paragraphs:
            self.add(text)


def local(tag: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


def attribute(attributes: Mapping[str, str], name: str) -> str:
    """Return the value of an attribute in any namespace, or an empty string."""
    return next((value for key, value in attributes.items() if local(key) == name), "")
