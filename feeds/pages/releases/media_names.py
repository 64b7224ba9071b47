"""Names, types and sizes of a release's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from babel.numbers import format_decimal

from data.models import Media
from data.text.clean import INVISIBLE, as_name
from feeds.translations import Texts

KINDS: Final[Mapping[str, str]] = {
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
"""Names of media types. Other images, audio and video use their subtype."""

KILOBYTE: Final = 1000
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class FileLine:
    """The line of a file: URL, name, and a description (type and size)."""

    url: str
    name: str
    about: str


def file_line(media: Media, texts: Texts) -> FileLine:
    """Return the line of a file; its name is its title or the last part of its URL."""
    about = (kind_of(media.type), size_of(media.length, texts))
    return FileLine(media.url, name_of(media), ", ".join(filter(None, about)))


def name_of(media: Media) -> str:
    """Return the displayed name of a file."""
    parts = urlsplit(media.url)
    in_address = unquote(parts.path.rstrip("/").rpartition("/")[2], errors="replace")
    return shown(media.title or "") or shown(in_address) or parts.netloc or media.url


def shown(text: str) -> str:
    """Remove direction marks, which could make ``fdp.exe`` look like ``exe.pdf``."""
    return as_name(INVISIBLE.sub("", text)).strip()


def kind_of(media_type: str) -> str:
    """Return the name of a media type, empty for unknown binary data."""
    if media_type in KINDS:
        return KINDS[media_type]
    family, _, name = media_type.partition("/")
    if family in {"image", "audio", "video"}:
        return name.removeprefix("x-").upper()
    return "" if name == "octet-stream" else media_type


def size_of(length: int | None, texts: Texts) -> str:
    """Format a number of bytes: ``1.2 MB``."""
    if length is None:
        return ""
    if length < KILOBYTE:
        return texts.ngettext("%(num)s byte", "%(num)s bytes", length)
    if length < MEGABYTE:
        return f"{texts.number(round(length / KILOBYTE))} kB"
    return f"{format_decimal(round(length / MEGABYTE, 1), locale=texts.locale)} MB"
