"""The archived parts of a captured page, and its archived screenshots and PDFs.

Parts are style sheets, images, fonts and icons. For each part, the capture nearest to the time of
the page is shown. The address of a screenshot is ``urn:screenshot:`` followed by the address of the
page. The address of a PDF begins with ``urn:pdf:``.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from data.archive.archived_response import Served
from data.archive.capture_search import Captures
from data.archive.content_coding import Undecodable
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.http_head import REDIRECTS
from data.archive.warc.reader import read_record
from data.errors import ArchiveError
from data.models import Revision
from data.text.css_links import Kind

MAX_PARTS: Final = 3_000
"""Maximum number of parts of a page or style sheet that are looked up in the archive."""

MAX_DRAWINGS: Final = 20
"""Maximum number of SVG files with symbols that are shown per page."""

MAX_DRAWING_BYTES: Final = 1_000_000
"""Maximum total size in bytes of the SVG files with symbols that are shown per page."""

XML_HEAD: Final = re.compile(r"<\?[^>]*>|<!DOCTYPE[^>]*>", re.IGNORECASE)
"""Pattern that matches XML processing instructions and the doctype of an SVG file, which are not
allowed in HTML.
"""

FAILURES: Final = frozenset([408, 425, 429, *range(500, 600)])
"""HTTP statuses that report a problem of the server, so they show nothing about the requested
file.
"""

MEDIA_TYPES_BY_RENDITION: Final[Mapping[str, Sequence[str]]] = {
    "screenshot": ("image/webp", "image/png", "image/jpeg"),
    "pdf": ("application/pdf",),
}
"""Media types of renditions, by kind. The URL of a rendition's record contains its kind."""


class Parts:
    """Finds the archived parts of one page or style sheet, and collects missing ones.

    ``find`` returns the capture to show for a URL, or None. ``address`` returns the URL of a part
    on this site. ``load`` returns the response in a capture.
    """

    def __init__(
        self,
        find: Callable[[str], CdxjEntry | None],
        address: Callable[[str], str],
        load: Callable[[CdxjEntry], Served],
    ) -> None:
        self._find = find
        self._address = address
        self.load = load
        self._entries: dict[str, CdxjEntry | None] = {}
        self._drawings: dict[str, CdxjEntry] = {}
        self.style_sheets: dict[str, CdxjEntry] = {}
        """Captures of the style sheets, by URL."""
        self.times: set[dt.datetime] = set()
        """Times of the captures of all parts."""
        self.missing: set[str] = set()
        """Parts that are not in the archive, each by one of its URLs."""

    def need(self, urls: Iterable[str], kind: Kind, *, is_guess: bool = False) -> dict[str, str]:
        """Return the addresses of the captures of a part, by original URL.

        ``urls`` are alternatives, such as the sizes of an image. If none of them is archived, the
        part is recorded as missing, unless it is uncertain whether the page has this part
        (``is_guess``).
        """
        found: dict[str, str] = {}
        first = ""
        for url in filter(None, urls):
            first = first or url
            if entry := self.capture(url):
                found[url] = self._address(url)
                self.times.add(entry.at)
                if kind == "import":
                    self.style_sheets.setdefault(url, entry)
        if first and not found and not is_guess:
            self.missing.add(first)
        return found

    def capture(self, url: str) -> CdxjEntry | None:
        """Return the capture to show for a URL, or None."""
        if url not in self._entries:
            is_full = len(self._entries) >= MAX_PARTS
            self._entries[url] = None if is_full else self._find(url)
        return self._entries[url]

    def captures(self) -> list[CdxjEntry]:
        """Return the captures of all parts that were looked up until now."""
        return [one for one in self._entries.values() if one]

    def need_drawing(self, url: str) -> None:
        """Record that the page shows symbols from an SVG file."""
        if not self.need([url], "image") or len(self._drawings) >= MAX_DRAWINGS:
            return
        if entry := self.capture(url):
            self._drawings[url] = entry

    def drawings(self) -> Iterator[tuple[str, str]]:
        """Yield URL and text of each SVG file whose symbols the page shows."""
        size = 0
        for url, entry in list(self._drawings.items()):
            try:
                drawing = self.load(entry)
            except (ArchiveError, Undecodable):
                continue
            size += len(drawing.body)
            if size > MAX_DRAWING_BYTES:
                return
            if "svg" in drawing.content_type:
                yield url, XML_HEAD.sub("", drawing.body.decode("utf-8", "replace"))


def nearest(entries: Sequence[CdxjEntry], uri: str, at: dt.datetime) -> CdxjEntry | None:
    """Return the capture of ``uri`` that is nearest to a time, or None.

    ``entries`` are captures of ``uri`` and of addresses that certainly lead to the same page.
    Failed responses are chosen only if there are no other captures.
    """
    same = [one for one in entries if one.uri == uri]
    # A redirect from another form of the address leads to this address, maybe in a circle.
    usable = same or [one for one in entries if one.status not in REDIRECTS]
    return min(usable, key=lambda one: (one.status in FAILURES, abs(one.at - at)), default=None)


def renditions_of(
    folder: Path, captures: Captures, versions: Sequence[Revision], number: int
) -> dict[str, CdxjEntry]:
    """Return the screenshot and the PDF of a version, by their key in RENDITIONS.

    They were recorded between the captures of this version and of the next version in the archive
    ``folder``. ``versions`` are all versions of the release, oldest first. Raises ArchiveError if
    the index of the archive can't be read.
    """
    later = [one.capture for one in versions if one.number >= number and one.capture]
    own = next((one.capture for one in versions if one.number == number), None)
    if own is None or not own.file:
        return {}
    since = own.at.replace(microsecond=0)
    until = next((one.at for one in later if one.at > own.at), None)
    try:
        uri = read_record(folder, own.file, own.offset).uri
    except ArchiveError:
        return {}
    found: dict[str, CdxjEntry] = {}
    for kind in MEDIA_TYPES_BY_RENDITION:
        for entry in captures.of(f"urn:{kind}:{uri}"):
            if since <= entry.at and (until is None or entry.at < until):
                found.setdefault(kind, entry)
    return found
