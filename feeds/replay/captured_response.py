"""Responses with captured files: body, media type and security headers.

Captured pages are treated as hostile. They are served in a sandbox, with their own Content Security
Policy: no scripts, no forms, no navigation out of the frame. They may only load images, fonts and
style sheets from this archive.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from data.archive.archived_response import Served
from data.archive.content_coding import Undecodable
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.http_head import REDIRECTS
from data.errors import ArchiveError
from data.text.css_links import Kind
from data.text.masking import MASK, PARAMETER, USER
from data.text.source_secrets import Secrets
from data.text.urls import web_address
from feeds.replay.archived_parts import MAX_PARTS, Parts
from feeds.replay.memento import Headers, ReplayResponse, escaped
from feeds.replay.rewrite import LinkTo, joined, rewritten_page, rewritten_style, style_links

MAX_BODY_BYTES = 20_000_000
"""Maximum size in bytes of a decompressed body that is replayed."""

SANDBOX_POLICY = (
    "sandbox; default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Content Security Policy of captured pages."""
REPLAY_HEADERS: Headers = [
    ("content-security-policy", SANDBOX_POLICY),
    ("x-dns-prefetch-control", "off"),
    ("x-robots-tag", "noindex"),
    ("cache-control", "public, max-age=3600"),
]
"""Response headers of captured pages."""

STYLE_TYPE = "text/css"
HTML_TYPES = frozenset(["text/html", "application/xhtml+xml"])
DISPLAYED_TYPES = frozenset(
    [
        *HTML_TYPES,
        "text/plain",
        STYLE_TYPE,
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "image/webp",
        "image/x-icon",
        "image/vnd.microsoft.icon",
    ]
)
"""Media types that browsers display in the sandbox. Files of other types are downloaded."""

TEXT_TYPE = re.compile(r"text/.+|.+[/+](?:json|xml)|.+/(?:javascript|ecmascript|x-javascript)")
"""Pattern for text types. Secrets in texts are masked. Captures of other types that
contain a secret are refused."""

REFUSED_CAPTURE_TEXT = (
    "This capture contains a secret from the address of its request, so it is not shown. "
    "The archive keeps it."
)

MAX_STYLE_SHEETS = 50
"""Maximum number of style sheets that are read to find a page's images and fonts."""

MAX_KNOWN_SHEETS = 200
"""Maximum number of style sheets whose parts are kept for the next pages."""

StyleSheets: TypeAlias = dict[tuple[str, int], list[tuple[str, Kind]]]
"""URLs and kinds of the parts of style sheets, by file and offset of the style sheet's capture."""

MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")
CHARSET = re.compile(r"charset\s*=\s*\"?([a-z0-9_.:-]{1,40})")


NOT_IMAGES = frozenset([*HTML_TYPES, "text/plain", "application/octet-stream"])
IMAGE_SIGNATURE = re.compile(
    rb"(?P<png>\x89PNG\r\n\x1a\n)|(?P<jpeg>\xff\xd8\xff)|(?P<gif>GIF8[79]a)"
    rb"|(?P<webp>RIFF....WEBP)|(?P<avif>....ftypavif)",
    re.DOTALL,
)
"""Pattern that matches the beginning of an image file, by its format."""

PART_TYPE = re.compile(r"(?:image|font)/.+|application/(?:x-)?(?:font-.+|vnd\.ms-fontobject)")
"""Pattern that matches types of images and fonts."""

ANY_ORIGIN = ("access-control-allow-origin", "*")
"""Header of images and fonts. Browsers load fonts and masks only with this header, because a page
in a sandbox has no origin."""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Functions that decide which captured content must not be shown.

    ``is_withheld`` decides by the original URL. ``shows_withheld`` examines a capture's digest,
    URL, content type and body for content that was removed from the site.
    """

    secrets: Secrets
    is_withheld: Callable[[str], bool]
    shows_withheld: Callable[[str, str, str, bytes], bool]


def shown(
    found: Served, headers: Headers, link: LinkTo, parts: Parts, secrets: Secrets, *, follow: LinkTo
) -> ReplayResponse:
    """Return a capture with its original status, or an error if the capture can't be shown.

    ``follow`` maps the target of a redirect to a URL on this site, and ``link`` the target of a
    link. Values of secret parameters and ``secrets`` are masked in links and texts. Raises
    Undecodable if the rewritten links would make the page too large.
    """
    headers = [*REPLAY_HEADERS, *headers]
    if found.status in REDIRECTS and (target := target_of(found)):
        location = secrets.masked(escaped(follow(target)))
        return ReplayResponse(found.status, [*headers, ("location", location)])
    media_type, charset = type_of(found, secrets)
    body = shown_body(found, media_type, link, parts, secrets)
    if secrets.is_in(body):
        return ReplayResponse(403, [], message=REFUSED_CAPTURE_TEXT)
    if media_type in HTML_TYPES:
        media_type, charset = "text/html", "utf-8"
    elif media_type == STYLE_TYPE:
        charset = "utf-8"
    elif media_type not in DISPLAYED_TYPES:
        headers.append(("content-disposition", "attachment"))
    if PART_TYPE.fullmatch(media_type):
        headers.append(ANY_ORIGIN)
    full = f"{media_type}; charset={charset}" if charset else media_type
    # Statuses such as 206, or a 304 with a body, are replayed as a normal page.
    is_error = 400 <= found.status < 600  # noqa: PLR2004 - the classes of errors
    return ReplayResponse(
        found.status if is_error else 200, [("content-type", full), *headers], body
    )


def shown_body(
    found: Served, media_type: str, link: LinkTo, parts: Parts, secrets: Secrets
) -> bytes:
    """Return a capture's body for replay: HTML and styles in UTF-8, other texts as stored.

    Secrets in UTF-16 texts are not masked; the caller checks for them.
    """
    body = found.body
    if media_type in HTML_TYPES:
        body = rewritten_page(body, found.content_type, found.url, link, parts)
    elif media_type == STYLE_TYPE:
        body = rewritten_style(body, found.content_type, found.url, parts)
    elif TEXT_TYPE.fullmatch(media_type):
        return without_secrets(body.decode("latin-1"), secrets).encode("latin-1")
    else:
        return body
    return without_secrets(body.decode(), secrets).encode()


def without_secrets(text: str, secrets: Secrets) -> str:
    """Mask secrets, user names in URLs, and values of secret parameters in a text.

    User names and parameters are masked even in URLs that do not belong to a source, because links
    must match the URLs in archive records.
    """
    return secrets.masked(PARAMETER.sub(rf"\g<1>{MASK}", USER.sub("", text)))


def type_of(found: Served, secrets: Secrets) -> tuple[str, str]:
    """Return the media type of a response, and its charset if known.

    An image that is declared as a text gets the type of its format, because browsers show such
    images on live pages. If the type is missing or invalid, a response that looks like HTML counts
    as HTML, and any other response as binary data. A type that contains a secret is invalid.
    """
    declared, _, parameters = found.content_type.partition(";")
    media_type = declared.strip().lower()
    if not MEDIA_TYPE.fullmatch(media_type) or secrets.is_in(declared.encode()):
        looks = found.body[:1000].lstrip().lower().startswith((b"<!doctype html", b"<html"))
        media_type = "text/html" if looks else "application/octet-stream"
    if media_type in NOT_IMAGES and (image := IMAGE_SIGNATURE.match(found.body)):
        return f"image/{image.lastgroup}", ""
    charset = CHARSET.search(parameters.lower())
    return media_type, charset[1] if charset and is_charset(charset[1]) else ""


def is_charset(name: str) -> bool:
    """Return whether Python can decode text in this charset."""
    try:
        # Python does not look up the charset if the text is empty.
        "a".encode(name)
    except (LookupError, ValueError):
        return False
    return True


def find_parts(
    found: Served, parts: Parts, secrets: Secrets, sheets: StyleSheets | None = None
) -> None:
    """Find all ``parts`` of a captured page and of its style sheets.

    Style sheets that are in ``sheets`` are not read again, and others are added.
    """
    sheets = {} if sheets is None else sheets
    if type_of(found, secrets)[0] in HTML_TYPES:
        rewritten_page(found.body, found.content_type, found.url, str, parts)
    read = 0
    # A style sheet may import others, and even itself.
    while read < min(len(parts.style_sheets), MAX_STYLE_SHEETS):
        entry = list(parts.style_sheets.values())[read]
        read += 1
        place = entry.file, entry.offset
        if place not in sheets:
            with suppress(ArchiveError, Undecodable):
                sheet = parts.load(entry)
                links: list[tuple[str, Kind]] = []
                if sheet.status in REDIRECTS:
                    links = [(target_of(sheet), "import")]
                elif type_of(sheet, secrets)[0] == STYLE_TYPE:
                    links = style_links(sheet.body, sheet.content_type, sheet.url)
                if len(sheets) >= MAX_KNOWN_SHEETS:
                    sheets.clear()
                sheets[place] = links[:MAX_PARTS]
        for url, kind in sheets.get(place, ()):
            parts.need([url], kind)


def captures_of_parts(
    found: Served, parts: Parts, secrets: Secrets, sheets: StyleSheets
) -> list[CdxjEntry]:
    """Return the captures of all ``parts`` of a captured page, with the targets of redirects.

    ``sheets`` are the known style sheets; see ``find_parts``.
    """
    find_parts(found, parts, secrets, sheets)
    followed = 0
    while followed < len(captures := parts.captures()):
        entry = captures[followed]
        followed += 1
        if entry.status in REDIRECTS:
            with suppress(ArchiveError, Undecodable):
                parts.need([target_of(parts.load(entry))], "image")
    return captures


def target_of(found: Served) -> str:
    """Return the URL to which a response redirects, or an empty string."""
    return web_address(joined(found.url, found.header(b"location").decode("latin-1"))) or ""


def is_page(made: ReplayResponse) -> bool:
    """Return whether a response contains a captured HTML page."""
    return bool(made.body) and dict(made.headers).get("content-type", "").startswith("text/html")


def public_cause(error: ArchiveError | Undecodable) -> str:
    """Describe why a capture can't be shown, without local paths."""
    return error.public if isinstance(error, ArchiveError) else str(error)
