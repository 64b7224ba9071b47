"""What the files of a release are called, what they are, and how large."""

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
"""Media types and what people call them; of images, sounds and films the second half does."""

KILO: Final = 1000
MEGA: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class FileLine:
    """The line of a file: its address, its name, and what is known of it."""

    url: str
    name: str
    about: str


def file_line(media: Media, texts: Texts) -> FileLine:
    """The line of a file; its name is its title, or that in its address, decoded."""
    about = (kind_of(media.type), size_of(media.length, texts))
    return FileLine(media.url, name_of(media), ", ".join(filter(None, about)))


def name_of(media: Media) -> str:
    """What a file is called."""
    parts = urlsplit(media.url)
    in_address = unquote(parts.path.rstrip("/").rpartition("/")[2], errors="replace")
    return shown(media.title or "") or shown(in_address) or parts.netloc or media.url


def shown(text: str) -> str:
    """A name without marks of direction, by which ``fdp.exe`` would look like ``exe.pdf``."""
    return as_name(INVISIBLE.sub("", text)).strip()


def kind_of(media_type: str) -> str:
    """What people call a media type; nothing where it says nothing."""
    if media_type in KINDS:
        return KINDS[media_type]
    family, _, name = media_type.partition("/")
    if family in {"image", "audio", "video"}:
        return name.removeprefix("x-").upper()
    return "" if name == "octet-stream" else media_type


def size_of(length: int | None, texts: Texts) -> str:
    """A number of bytes as people read it: ``1.2 MB``."""
    if length is None:
        return ""
    if length < KILO:
        return texts.ngettext("%(num)s byte", "%(num)s bytes", length)
    if length < MEGA:
        return f"{texts.number(round(length / KILO))} kB"
    return f"{format_decimal(round(length / MEGA, 1), locale=texts.locale)} MB"
