"""All responses of a press room on one day of the demo, by address."""

import datetime as dt
import email.utils
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from scheduler.demo.rooms import MOVED_STATUS, Room, Showing, instant_of, showing
from scheduler.demo.views import View, pdf, png

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
