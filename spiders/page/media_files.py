"""Recognize images, documents and other files by URL and content, and store the text of documents.

The constants with suffixes are regular expressions, without the leading dot. This module imports
nothing large, because child processes that read hostile documents use it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

TEXTS: Final = "pdf|docx?|odt|rtf"
"""Suffixes of text documents, which a listing may link to instead of pages."""

OFFICE: Final = f"{TEXTS}|xlsx?|ods|pptx?|odp"
"""Suffixes of office documents: texts, tables and slides."""

RECORDINGS: Final = "mp4|m4v|mov|webm|mp3|m4a|ogg|wav"

DOWNLOADS: Final = f"{OFFICE}|csv|zip|epub|{RECORDINGS}"
"""Suffixes of all files that can be attachments of a release."""

IMAGES: Final = "jpe?g|png|webp|gif|avif|bmp|tiff?"

DOCUMENT_TYPES: Final = frozenset(
    {
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/rtf",
    }
)
"""Media types of documents that count as releases if a listing links to them."""


LAZY = (
    "data-src", "data-lazy-src", "data-original", "data-lazy", "data-srcset", "data-lazy-srcset",
    "data-url", "data-full", "data-hi-res-src",
)  # fmt: skip
"""Attributes that contain the URL of an image that a script loads later."""

IMAGE = re.compile(rf"\.(?:{IMAGES})$", re.IGNORECASE)

DOWNLOAD_FILE = re.compile(rf"\.(?:{DOWNLOADS})$", re.IGNORECASE)

MAYBE_IMAGE = re.compile(rf"%|\.(?:{IMAGES})(?![a-z0-9])", re.IGNORECASE)

FILE_HINT = re.compile(rf"%|\.(?:{DOWNLOADS})(?![a-z0-9])", re.IGNORECASE)
"""Pattern for a quick check of URLs. Those that don't match are not files, and need no parsing."""

PLAIN_URL = re.compile(
    r"(?:https?://[A-Za-z0-9.-]+|(?!//))(/[A-Za-z0-9/._~+-]*)(?:\?[A-Za-z0-9&=._~+-]*)?"
)
"""Pattern of URLs whose path can be read without parsing, like most URLs."""

PLACEHOLDER_IMAGE = re.compile(
    r"^data:|blank\.|spacer|placeholder|pixel|1x1|loading|lazy\.", re.IGNORECASE
)
"""Pattern of URLs of placeholder images."""


def largest_source(attributes: Mapping[str, Any]) -> str:
    """Return the URL of an image from the attributes of its element.

    Attributes for lazy loading take precedence over ``src``, which then contains only a
    placeholder. ``src`` takes precedence over ``srcset``.
    """
    for name in filter(attributes.__contains__, LAZY):
        value = str(attributes[name] or "").strip()
        if value and not value.startswith("data:"):
            return of_set(value) if name.endswith("srcset") else value
    source = str(attributes.get("src") or "").strip()
    if source and not PLACEHOLDER_IMAGE.search(source):
        return source
    return of_set(str(attributes.get("srcset") or ""))


def of_set(srcset: str) -> str:
    """Return the URL with the largest width or density in a ``srcset``.

    Returns the first URL if no widths or densities are given.
    """
    best, width = "", -1.0
    for part in re.split(r",\s+|,(?=https?:|//|/)", srcset):
        address, _, size = part.strip().partition(" ")
        number = re.match(r"[\d.]+", size.strip())
        wide = float(number.group()) if number else 0.0
        if address and wide > width:
            best, width = address, wide
    return best


def leads_to_image(url: str) -> bool:
    """Whether the path of a URL ends in an image suffix."""
    return bool(MAYBE_IMAGE.search(url) and IMAGE.search(path_of(url)))


def leads_to_file(url: str) -> bool:
    """Whether a URL is a file to download, judging by the suffix of its path or a query value."""
    return bool(FILE_HINT.search(url) and DOWNLOAD_FILE.search(file_of(url)))


def file_of(url: str) -> str:
    """Return the path of a URL, or the file name in its query.

    For example, the file of ``get.aspx?file=map.odt`` is ``map.odt``.
    """
    path = path_of(url)
    if DOWNLOAD_FILE.search(path) or "?" not in url:
        return path
    asked = (value for _, value in parse_qsl(url.partition("?")[2].partition("#")[0]))
    return next(filter(DOWNLOAD_FILE.search, asked), path)


def path_of(url: str) -> str:
    """Return the decoded path of a URL, or an empty string if the URL is invalid."""
    if plain := PLAIN_URL.fullmatch(url):
        return plain[1]
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


PDF: Final = b"%PDF-"

MAX_PDF_OFFSET: Final = 1_024
"""Maximum offset in bytes of the header of a PDF in a body (ISO 32000-1, annex H, 3.4.1)."""


class DocumentText(msgspec.Struct, frozen=True):
    """The text and metadata of a document such as a PDF.

    - ``title``: the title in the metadata.
    - ``headline``: the line in the largest letters on the first page.
    - ``created``: the creation date, in ISO 8601.
    - ``pages``: the text of each page.
    - ``missing``: why pages or all text are missing, or "".
    """

    title: str = ""
    headline: str = ""
    created: str = ""
    pages: tuple[str, ...] = ()
    missing: str = ""


def is_pdf(body: bytes) -> bool:
    """Whether a body is a PDF, whatever its Content-Type."""
    return PDF in body[:MAX_PDF_OFFSET] and body.lstrip()[:1] != b"<"
