"""All responses of a press room on one day of the demo, by address, with links, dates and files."""

import datetime as dt
import email.utils
import hashlib
import posixpath
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import jinja2
from markupsafe import Markup, escape

from scheduler.demo.rooms import (
    MOVED_STATUS,
    ROOMS_FOLDER,
    ReleaseText,
    Room,
    RoomFile,
    Showing,
    instant_of,
    showing,
)

INNER_LINK = re.compile(r"\[([^\]]+)\]\(@([^)]+)\)")
"""Pattern that matches a link to another release of the room, with its label and key."""

BOX_RELEASES = 3
"""Number of other releases in the box on a page."""


@cache
def templates() -> jinja2.Environment:
    """Load the templates of all rooms. Undefined names in a template cause errors."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOMS_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class View:
    """Data of a page for its template.

    ``base`` is the room's origin (``http://127.0.0.1:8081``). ``here`` is the page's path, for
    relative links.
    """

    showing: Showing
    base: str
    here: str

    def render(self, template: str, **more: Any) -> str:
        """Render a template of the room."""
        room = self.showing.room
        found = templates().get_template(f"{self.showing.id}/{template}")
        return found.render(view=self, room=room, day=self.showing.day, base=self.base, **more)

    def href(self, path: str) -> str:
        """Return a link to ``path`` in the room's form of links."""
        room = self.showing.room
        if room.links == "base":
            folder = posixpath.dirname(room.listing_path or "/") + "/"
            return path.removeprefix(folder)
        if room.links == "relative":
            bare, mark, query = path.partition("?")
            start = posixpath.dirname(self.here.partition("?")[0])
            return posixpath.relpath(bare, start) + mark + query
        return path

    def link(self, release: ReleaseText) -> str:
        """Return a link to a release in the room's form of links."""
        return self.href(self.showing.room.address(release))

    def image(self, image: RoomFile, width: int | None = None) -> str:
        """Return the path of an image. ``width`` is in pixels (by default the smallest width)."""
        room = self.showing.room
        return room.image_path.format(name=image.name, width=width or room.image_widths[0])

    def file(self, file: RoomFile) -> str:
        """Return the path of an attachment."""
        return self.showing.room.file_path.format(name=file.name)

    def kilobytes(self, file: RoomFile) -> int:
        """Return the size of an attachment in kilobytes, rounded up."""
        return -(-len(pdf(file.title)) // 1024)

    def image_bytes(self, image: RoomFile) -> int:
        """Return the size in bytes of the widest version of an image."""
        return len(png(image.name, max(self.showing.room.image_widths)))

    def date(self, release: ReleaseText, form: str | None = None) -> str:
        """Format the day of a release in the room's language and digits."""
        room, day = self.showing.room, release.day
        text = (form or room.day_format).format(
            day=day.day,
            day2=f"{day.day:02}",
            month=room.months[day.month - 1],
            month1=day.month,
            month2=f"{day.month:02}",
            year=day.year,
            weekday=room.weekdays[day.weekday()] if room.weekdays else "",
        )
        return text.translate(room.native)

    def inline(self, text: str) -> Markup:
        """Escape a text, and convert the links in it to HTML links."""
        known = {release.key: release for release in self.showing.releases}
        out, last = Markup(), 0
        for match in INNER_LINK.finditer(text):
            out += escape(text[last : match.start()])
            label, key = match.groups()
            target = self.link(known[key]) if key in known else None
            if target:
                out += Markup('<a href="{}">{}</a>').format(target, label)
            else:
                out += escape(label)
            last = match.end()
        return out + escape(text[last:])

    def others(self, release: ReleaseText) -> tuple[ReleaseText, ...]:
        """Return the releases in the box on a page, which change every day."""
        rest = [other for other in self.showing.releases if other.key != release.key]
        start = (len(release.key) + self.showing.day * BOX_RELEASES) % len(rest)
        return tuple((rest + rest)[start : start + BOX_RELEASES])

    def popular(self) -> tuple[ReleaseText, ...]:
        """Return the most-read releases. They are the same on all pages and change every day."""
        ranked = sorted(self.showing.releases, key=self.visits)
        start = self.showing.day % BOX_RELEASES
        return tuple(ranked[start :: len(ranked) // BOX_RELEASES][:BOX_RELEASES])

    def visits(self, release: ReleaseText) -> int:
        """Return the value of the view counter, which grows every day."""
        return 40 + sum(release.key.encode()) % 700 + 137 * self.showing.day

    @staticmethod
    def rfc822(release: ReleaseText) -> str:
        """Format the time of publication for RSS, in its original time zone."""
        return email.utils.format_datetime(release.instant)

    @staticmethod
    def summary(release: ReleaseText) -> str:
        """Return the first 24 words of the first paragraph, without links."""
        words = INNER_LINK.sub(r"\1", release.blocks[0].text).split()
        return " ".join(words[:24]) + (" […]" if len(words) > 24 else "")  # noqa: PLR2004 - see above


def png(name: str, width: int) -> bytes:
    """Generate a PNG image with stripes. Its height is two thirds of ``width`` (pixels).

    The colours depend on the name. The image has eight-bit indexed colour, as in the PNG
    specification (ISO/IEC 15948).
    """
    height = width * 2 // 3
    seed = hashlib.sha256(name.encode()).digest()
    slope, stripe = 1 + seed[0] % 3, max(4, width // 8)
    rows = b"".join(
        b"\0" + bytes((x + slope * y) // stripe % 8 for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", seed[:24]),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, content) for kind, content in parts)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Create a chunk of a PNG file: its length, type, content and checksum."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def pdf(title: str) -> bytes:
    """Generate a PDF 1.4 file with one page that shows the Latin characters of ``title``."""
    shown = title.encode("latin-1", "replace").decode("latin-1")
    drawn = f"BT /F1 18 Tf 72 740 Td ({pdf_escaped(shown)}) Tj ET".encode("latin-1")
    name = b"<" + b"\xfe\xff".hex().encode() + title.encode("utf-16-be").hex().encode() + b">"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title %b >>" % name,
    )
    written = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"<< /Size %d /Root 1 0 R /Info 6 0 R >>" % (len(objects) + 1)
    start = len(written)
    return written + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        trailer,
        start,
    )


def pdf_escaped(text: str) -> str:
    """Escape a text for a PDF string, which is in parentheses."""
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


OLD_FILE = dt.datetime(2019, 1, 7, 8, 30, tzinfo=dt.UTC)
"""Value of Last-Modified for constant files: style sheets and pages about the institution."""


@dataclass(frozen=True, slots=True)
class RoomResponse:
    """A response of a press room. ``modified`` is aware UTC."""

    status: int
    content_type: str
    body: bytes
    etag: str | None = None
    modified: dt.datetime | None = None
    location: str | None = None

    def unchanged(self, if_none_match: str | None, if_modified_since: str | None) -> bool:
        """Return whether a conditional GET gets a 304 response (RFC 9110, section 13.2.2)."""
        if if_none_match is not None:
            if self.etag is None:
                return False
            asked = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
            return "*" in asked or self.etag.removeprefix("W/") in asked
        if if_modified_since is None or self.modified is None:
            return False
        try:
            since = email.utils.parsedate_to_datetime(if_modified_since)
        except ValueError:
            return False
        return self.modified <= since


@cache
def responses(room: str, day: int, base: str) -> Mapping[str, RoomResponse]:
    """Map each path and query of a press room to its response on ``day``.

    ``base`` is the room's origin, for canonical links and feeds.
    """
    shown = showing(room, day)
    table: dict[str, RoomResponse] = {}
    for build in (
        small_files,
        about_pages,
        listing_pages,
        release_pages,
        print_pages,
        feed,
        moved_pages,
    ):
        table.update(build(shown, base))
    return table


Pairs: TypeAlias = Iterator[tuple[str, RoomResponse]]
"""Pairs of a path and its response."""


def page(
    shown: Showing, text: str, modified: dt.datetime, stable: str | None = None
) -> RoomResponse:
    """Create the response for an HTML page, with the room's encoding and validators.

    The weak ETag is the digest of ``stable``, the part of the page without counters and boxes.
    """
    room = shown.room
    body = text.encode(room.encoding, "xmlcharrefreplace")
    etag = None
    if "etag" in room.validators:
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    elif "weak-etag" in room.validators:
        etag = f'W/"{hashlib.sha256((stable or text).encode()).hexdigest()[:12]}"'
    dated = modified if "last-modified" in room.validators else None
    return RoomResponse(200, room.content_type, body, etag, dated)


def small_files(shown: Showing, _base: str) -> Pairs:
    """Yield robots.txt, style sheets, scripts, images and attachments."""
    room = shown.room
    yield (
        "/robots.txt",
        RoomResponse(200, "text/plain", room.robots.lstrip().encode(), modified=OLD_FILE),
    )
    for path, text in room.assets.items():
        kind = "text/css" if path.endswith(".css") else "text/javascript"
        yield path, RoomResponse(200, kind, text.encode(), modified=OLD_FILE)
    for path, width in room.icons.items():
        yield path, RoomResponse(200, "image/png", png(path, width), modified=OLD_FILE)
    for release in shown.releases:
        at = release.instant.astimezone(dt.UTC)
        for image in release.images:
            for width in room.image_widths:
                path = room.image_path.format(name=image.name, width=width)
                yield path, RoomResponse(200, "image/png", png(image.name, width), modified=at)
        for file in release.files:
            path = room.file_path.format(name=file.name)
            yield path, RoomResponse(200, "application/pdf", pdf(file.title), modified=at)


def about_pages(shown: Showing, base: str) -> Pairs:
    """Yield the pages to which menus link: home, about, contact."""
    for path, (title, text) in shown.room.pages.items():
        made = View(shown, base, path).render("page.html", title=title, text=text)
        yield path, page(shown, made, OLD_FILE)


def listing_pages(shown: Showing, base: str) -> Pairs:
    """Yield the pages of the listing, or nothing if the room has only a feed."""
    room = shown.room
    if room.listing_path is None:
        return
    count = -(-len(shown.releases) // room.per_page)
    paths = [listing_address(room, number) for number in range(1, count + 1)]
    for number, path in enumerate(paths, start=1):
        items = shown.releases[(number - 1) * room.per_page : number * room.per_page]
        made = View(shown, base, path).render(
            "listing.html", items=items, number=number, paths=paths
        )
        keys = " ".join(f"{item.key} {item.title}" for item in items)
        yield path, page(shown, made, instant_of(shown.day), keys)


def listing_address(room: Room, number: int) -> str:
    """Return the path of a listing page. ``number`` starts at 1."""
    if number == 1 or room.page_path is None:
        return room.listing_path or "/"
    return room.page_path.format(page=number, offset=(number - 1) * room.per_page)


def release_pages(shown: Showing, base: str) -> Pairs:
    """Yield the page of each release."""
    for release in shown.releases:
        path = shown.room.address(release)
        made = View(shown, base, path).render("release.html", release=release)
        yield path, page(shown, made, release.last_modified, release.title + release.body)


def print_pages(shown: Showing, base: str) -> Pairs:
    """Yield the print view of each release. robots.txt disallows these pages."""
    if shown.room.print_path is None:
        return
    for release in shown.releases:
        path = shown.room.print_path.format(key=release.key)
        made = View(shown, base, path).render("print.html", release=release)
        yield path, page(shown, made, release.last_modified)


def feed(shown: Showing, base: str) -> Pairs:
    """Yield the feed if the room has one. It changes when a release appears or is edited."""
    path = shown.room.feed_path
    if path is None:
        return
    made = View(shown, base, path).render("feed.xml", items=shown.releases).encode()
    etag = f'"{hashlib.sha256(made).hexdigest()[:20]}"'
    newest = max(release.last_modified for release in shown.releases)
    yield path, RoomResponse(200, "application/rss+xml; charset=utf-8", made, etag, newest)


def moved_pages(shown: Showing, base: str) -> Pairs:
    """Yield addresses from earlier days, which now redirect or return 404."""
    for path, target in shown.moved.items():
        if target is None:
            yield path, not_found(shown, base, path)
        else:
            yield path, RoomResponse(MOVED_STATUS, "text/html", b"", location=target)


def not_found(shown: Showing, base: str, path: str) -> RoomResponse:
    """Create the room's 404 page for an unknown path."""
    made = View(shown, base, path).render("page.html", title="404", text="404")
    return RoomResponse(404, shown.room.content_type, made.encode(shown.room.encoding, "replace"))
