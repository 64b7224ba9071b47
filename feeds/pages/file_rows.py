"""Rows for files of a release: name, type, size, and the beginning of the text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from babel.numbers import format_decimal

from data.models import Cut, FileKind, FileText, Media
from data.text.clean import INVISIBLE, as_name
from data.wording import N_
from feeds.translations import Texts

MAX_SHOWN_CHARACTERS: Final = 2_000
"""Maximum number of characters of an attachment's text on the page of its release."""

NAME_BY_TYPE: Final[Mapping[str, str]] = {
    "application/pdf": "PDF",
    "application/msword": "Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.oasis.opendocument.text": "OpenDocument",
    "application/rtf": "RTF",
    "application/vnd.ms-excel": "Excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.oasis.opendocument.spreadsheet": "OpenDocument",
    "application/vnd.ms-powerpoint": "PowerPoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/vnd.oasis.opendocument.presentation": "OpenDocument",
    "application/epub+zip": "EPUB",
    "application/zip": "ZIP",
    "text/csv": "CSV",
    "text/plain": "TXT",
    "image/jpeg": "JPEG",
    "image/svg+xml": "SVG",
    "audio/mpeg": "MP3",
}
"""Displayed names of media types. Other images, audio and video files are named by their
subtype."""

READ_KINDS: Final[Mapping[FileKind, str]] = {
    "pdf": "PDF",
    "docx": "Word",
    "odt": "OpenDocument",
    "ods": "OpenDocument",
    "odp": "OpenDocument",
    "rtf": "RTF",
    "xlsx": "Excel",
    "pptx": "PowerPoint",
}
"""Displayed names of the kinds of files whose text is read. They replace a wrong media type."""

KILOBYTE: Final = 1000
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class FileLine:
    """Row for an attached file: URL, name, and a description (type and size).

    ``text`` is the beginning of its text, and ``cut`` a sentence that explains why text is missing.
    """

    url: str
    name: str
    about: str
    text: str = ""
    cut: str = ""


def file_line(media: Media, texts: Texts, text: FileText | None = None) -> FileLine:
    """Return the row for a file. Its name is the file's title or the last part of its URL."""
    text = text or FileText()
    declared = kind_of(media.type)
    about = [READ_KINDS.get(text.kind, declared), readable_size(media.length, texts)]
    if text.pages:
        count = len(text.pages)
        about.append(texts.ngettext("%(num)s page of text", "%(num)s pages of text", count))
    whole = "\n\n".join(text.pages)
    shown = whole[:MAX_SHOWN_CHARACTERS] + ("…" if len(whole) > MAX_SHOWN_CHARACTERS else "")
    # Text is expected only from files of the kinds that are read.
    explained = text.cut in CUT_TEXTS and (text.cut != "kind" or declared in READ_KINDS.values())
    cut = texts.gettext(CUT_TEXTS[text.cut]) if explained else ""
    return FileLine(media.url, name_of(media), ", ".join(filter(None, about)), shown, cut)


CUT_TEXTS: Final[Mapping[Cut, str]] = {
    "pages": N_("The file has too many pages: the later pages are not searched."),
    "length": N_("The text of the file is too long: its end is not searched."),
    "time": N_("Reading the file took too long: not all of its text is searched."),
    "memory": N_("Reading the file took too much memory: not all of its text is searched."),
    "unpacked": N_("The file is too large when unpacked: not all of its text is searched."),
    "password": N_("The file has a password, so its text is not searched."),
    "damaged": N_("The file is damaged: not all of its text is searched."),
    "old": N_("The file is in an old Word, Excel or PowerPoint format that is not searched."),
    "scan": N_("The file is a scan, and the text of scans is not searched."),
    "kind": N_("The content of the file is not of this type, so its text is not searched."),
}
"""Messages that explain why part of a file's text is not searched."""


def name_of(media: Media) -> str:
    """Return the displayed name of a file."""
    parts = urlsplit(media.url)
    in_address = unquote(parts.path.rstrip("/").rpartition("/")[2], errors="replace")
    return (
        without_direction(media.title or "")
        or without_direction(in_address)
        or parts.netloc
        or media.url
    )


def without_direction(text: str) -> str:
    """Remove direction marks from a text.

    They could make ``fdp.exe`` look like ``exe.pdf``.
    """
    return as_name(INVISIBLE.sub("", text)).strip()


def kind_of(media_type: str) -> str:
    """Return the displayed name of a media type, or an empty string for unknown binary data."""
    if media_type in NAME_BY_TYPE:
        return NAME_BY_TYPE[media_type]
    family, _, name = media_type.partition("/")
    if family in {"image", "audio", "video"}:
        return name.removeprefix("x-").upper()
    return "" if name == "octet-stream" else media_type


def readable_size(length: int | None, texts: Texts) -> str:
    """Format a number of bytes: ``1.2 MB``."""
    if length is None:
        return ""
    if length < KILOBYTE:
        return texts.ngettext("%(num)s byte", "%(num)s bytes", length)
    if length < MEGABYTE:
        return f"{texts.number(round(length / KILOBYTE))} kB"
    return f"{format_decimal(round(length / MEGABYTE, 1), locale=texts.locale)} MB"
