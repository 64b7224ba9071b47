"""Replay of captured pages as mementos of their original URLs (RFC 7089, pattern 2.1).

A page's parts, such as images, have addresses with the time of the page. They lead to the nearest
captures.
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from data.archive.archived_response import NotServed, Served, served
from data.archive.capture_search import Captures
from data.archive.content_coding import Undecodable
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.archive.warc.records import target_uri
from data.errors import ArchiveError
from data.models import Capture, Revision
from data.settings import SiteSettings
from data.text.masking import masked
from data.text.source_secrets import Secrets
from data.text.urls import public_url_key, site_address, web_address
from feeds.pages.releases.version_and_capture_pages import FramedPage
from feeds.replay.archived_parts import MEDIA_TYPES_BY_RENDITION, Parts, nearest, renditions_of
from feeds.replay.captured_response import (
    MAX_BODY_BYTES,
    Restrictions,
    StyleSheets,
    captures_of_parts,
    find_parts,
    is_page,
    public_cause,
    shown,
)
from feeds.replay.memento import (
    RELEASE_HIDDEN,
    SHORT_LIVED,
    Headers,
    ReplayResponse,
    chosen,
    escaped,
    http_date,
    memento_headers,
    original_links,
    timegate,
    timemap,
)
from feeds.replay.memento_address import (
    AS_PART,
    DATED_PATH,
    MEMENTO_PREFIX,
    NO_TIME,
    PART_SUFFIX,
    RECORD,
    TIMEMAP,
    URL_TIME,
    PartGrants,
    address_in,
    last_moment,
    mementos_of_captures,
    original_of_captures,
)
from feeds.replay.rewrite import LinkTo

VARY_HEADER = ("vary", "sec-fetch-dest")
"""Response header of mementos. A browser tab gets a page with the memento in a frame, so the
response depends on the request's destination."""

IMPORTED_HEADER = "communique-imported"
"""Name of the response header with the name of the file from which a capture was imported. The file
name is percent-encoded."""

UNRESTRICTED = Restrictions(Secrets(()), lambda _: False, lambda *_: False)
"""Restrictions that withhold nothing."""


class CapturedPages:
    """Replays the captures in the archive ``folder`` for one site. Thread-safe.

    ``grants`` are added to the addresses of parts on a site with tokens.

    All methods raise ArchiveError if the archive can't be read.
    """

    def __init__(self, folder: Path, site: SiteSettings, grants: PartGrants | None = None) -> None:
        self._folder = folder
        self._index = Index(folder)
        self._captures = Captures(folder, self._index)
        self._site = site_address(site.url)
        self._root = urlsplit(self._site).path
        self._grants = grants

    def close(self) -> None:
        """Close the archive's index; the next request opens it again."""
        self._index.close()

    @property
    def are_there(self) -> bool:
        """Whether the archive exists."""
        return self._folder.is_dir()

    def answer(
        self,
        asked: str,
        accept: bytes | None,
        restrictions: Restrictions,
        *,
        is_tab: bool = False,
    ) -> ReplayResponse | None:
        """Return the response for the path ``asked``, which is the part after MEMENTO_PREFIX.

        Returns None if the URL in the path was not captured. ``accept`` is the value of the
        Accept-Datetime header, or None. For a browser tab (``is_tab``), the response describes a
        page with a frame. Raises StoreError if the store can't be read.
        """
        stamp = ""
        if of_timemap := TIMEMAP.fullmatch(asked):
            asked = of_timemap[1]
        elif dated := DATED_PATH.fullmatch(asked):
            stamp, asked = dated[1], dated[2]
        all_entries = self._entries(asked, restrictions.secrets)
        # A redacted release has no captures left, but its address is still known.
        addresses = {one.uri for one in all_entries} or {address_in(asked)} - {""}
        if any(map(restrictions.is_withheld, addresses)):
            return ReplayResponse(410, [], message=RELEASE_HIDDEN)
        entries = self._captures.by_second(all_entries)
        if of_part := AS_PART.fullmatch(stamp):
            return self._part(of_part[1], address_in(asked), entries, restrictions)
        if of_record := RECORD.fullmatch(stamp):
            stamp = of_record[1]
            return self._record(stamp, int(of_record[2]), all_entries, entries, restrictions)
        if stamp:
            return self._memento(stamp, entries, restrictions, is_tab=is_tab)
        if not entries:
            return None
        original, mementos = (
            original_of_captures(self._site, entries),
            mementos_of_captures(self._site, entries),
        )
        if of_timemap:
            origins = (self.origin(one, restrictions.secrets) for one in entries)
            mementos = [
                replace(one, imported=origin) for one, origin in zip(mementos, origins, strict=True)
            ]
        return timemap(original, mementos) if of_timemap else timegate(original, mementos, accept)

    def address(self, url: str, at: dt.datetime, record: str = "") -> str:
        """Return the URL path of the memento of a URL at a time, from the root of the server.

        ``record`` selects one of several captures of the same second.
        """
        return (
            f"{self._root}{MEMENTO_PREFIX}{at.astimezone(dt.UTC):{URL_TIME}}{record}/{escaped(url)}"
        )

    def framed(self, capture: Capture, restrictions: Restrictions) -> FramedPage:
        """Return the data about a captured page for the page that shows it in a frame.

        Raises ArchiveError or Undecodable if the capture can't be shown.
        """
        secrets = restrictions.secrets
        found = self._served(capture)
        if self._captures.is_set_aside(capture):
            cause = f"byte {capture.offset}: it was set aside and is not evidence of this archive"
            raise NotServed(capture.file, cause)
        url = secrets.masked(found.url)
        entries = self._entries(url, secrets)
        shown = {one.leaf for one in self._captures.by_second(entries)}
        # A record of a 304 response is in neither list.
        is_hidden = capture.leaf not in shown and any(one.leaf == capture.leaf for one in entries)
        address = self.address(url, capture.at, f"-{capture.leaf}" if is_hidden else "")
        return self._framed(found, url, address, capture, restrictions)

    def parts(
        self, capture: Capture, restrictions: Restrictions, sheets: StyleSheets
    ) -> list[CdxjEntry]:
        """Return the captures of a captured page's parts, such as images.

        ``sheets`` are the style sheets of earlier pages, which are not read again. Raises
        Undecodable if the page can't be decoded.
        """
        found = self._served(capture)
        parts = self._parts(capture.at.replace(microsecond=0), str, restrictions)
        captures = captures_of_parts(found, parts, restrictions.secrets, sheets)
        return [one for one in captures if not restrictions.is_withheld(one.uri)]

    def part_addresses(self, capture: Capture) -> frozenset[str]:
        """Return the addresses of a captured page's parts, in the form of ``public_url_key``.

        Returns nothing for a page that can't be read.
        """
        with suppress(ArchiveError, Undecodable):
            return frozenset(
                public_url_key(one.uri) for one in self.parts(capture, UNRESTRICTED, {})
            )
        return frozenset()

    def renditions(self, versions: Sequence[Revision], number: int) -> dict[str, CdxjEntry]:
        """Return the screenshot and the PDF of a version, by their key in RENDITIONS.

        ``versions`` are all versions of the release, oldest first.
        """
        return renditions_of(self._folder, self._captures, versions, number)

    def rendition(self, entry: CdxjEntry, restrictions: Restrictions) -> ReplayResponse | None:
        """Return an archived screenshot or PDF, or None if the record has another type."""
        kind = entry.uri.split(":")[1]
        headers = [("memento-datetime", http_date(entry.at))]
        made = self._replayed(entry, headers, entry.at, restrictions)
        is_usual = dict(made.headers).get("content-type") in MEDIA_TYPES_BY_RENDITION[kind]
        return made if made.message or is_usual else None

    def _served(self, capture: Capture | CdxjEntry) -> Served:
        return served(self._folder, self._index, capture.file, capture.offset, MAX_BODY_BYTES)

    def _framed(
        self,
        found: Served,
        url: str,
        address: str,
        capture: Capture | CdxjEntry,
        restrictions: Restrictions,
    ) -> FramedPage:
        parts = self._parts(capture.at.replace(microsecond=0), str, restrictions)
        find_parts(found, parts, restrictions.secrets)
        return FramedPage(
            url,
            address,
            capture.at,
            min(parts.times, default=None),
            max(parts.times, default=None),
            len(parts.missing),
            self.origin(capture, restrictions.secrets),
        )

    def _memento(
        self,
        stamp: str,
        entries: Sequence[CdxjEntry],
        restrictions: Restrictions,
        *,
        is_tab: bool,
    ) -> ReplayResponse | None:
        at = last_moment(stamp)
        if at is None:
            return ReplayResponse(400, [], message=f"{NO_TIME}, such as 2022 or 20221124 (UTC).")
        if not entries:
            return None
        mementos = mementos_of_captures(self._site, entries)
        place = chosen(mementos, at)
        if f"{entries[place].at:{URL_TIME}}" != stamp:
            # The exact time of the chosen capture has a separate address.
            return ReplayResponse(302, [("location", escaped(mementos[place].url)), SHORT_LIVED])
        headers = memento_headers(original_of_captures(self._site, entries), mementos, place)
        entry = entries[place]
        made = self._replayed(entry, headers, at, restrictions)
        if not is_page(made):
            return made
        made.headers.append(VARY_HEADER)
        if not is_tab:
            return made
        found = self._served(entry)
        # A frame with the address of the page around it would stay empty.
        address = self.address(entry.uri, entry.at, f"-{entry.leaf}")
        framed = self._framed(found, entry.uri, address, entry, restrictions)
        return replace(made, framed=framed)

    def _record(
        self,
        stamp: str,
        leaf: int,
        all_entries: Sequence[CdxjEntry],
        entries: Sequence[CdxjEntry],
        restrictions: Restrictions,
    ) -> ReplayResponse | None:
        """Return the response for a capture, selected by its leaf number in the log.

        All captures of the second ``stamp`` can be selected, not only the memento of this second.
        """
        found = (one for one in all_entries if one.leaf == leaf and f"{one.at:{URL_TIME}}" == stamp)
        entry = next(found, None)
        if entry is None:
            return None
        headers = [
            ("memento-datetime", http_date(entry.at)),
            ("link", ", ".join(original_links(original_of_captures(self._site, entries)))),
        ]
        return self._replayed(entry, headers, entry.at, restrictions)

    def _part(
        self, stamp: str, uri: str, entries: Sequence[CdxjEntry], restrictions: Restrictions
    ) -> ReplayResponse | None:
        """Return the capture of a part that is nearest to the time of its page."""
        at = last_moment(stamp)
        entry = nearest(entries, uri, at) if at else None
        if at is None or entry is None:
            return None
        headers = [("memento-datetime", http_date(entry.at))]
        return self._replayed(entry, headers, at, restrictions, is_part=True)

    def _replayed(
        self,
        entry: CdxjEntry,
        headers: Headers,
        at: dt.datetime,
        restrictions: Restrictions,
        *,
        is_part: bool = False,
    ) -> ReplayResponse:
        """Return the response for a capture, or an error that explains why it is not shown.

        ``headers`` are added to the response. ``at`` is the time of the page.
        """
        if origin := self.origin(entry, restrictions.secrets):
            headers = [*headers, (IMPORTED_HEADER, quote(origin))]
        try:
            found = self._served(entry)
            made = self._shown(found, headers, at, restrictions, is_part=is_part)
        except (ArchiveError, Undecodable) as error:
            return ReplayResponse(
                404, [], message=f"This capture can't be shown: {public_cause(error)}."
            )
        kind = dict(made.headers).get("content-type", "")
        if restrictions.shows_withheld(entry.digest, entry.uri, kind, made.body):
            return ReplayResponse(410, [], message=RELEASE_HIDDEN)
        return made

    def _shown(
        self,
        found: Served,
        headers: Headers,
        at: dt.datetime,
        restrictions: Restrictions,
        *,
        is_part: bool,
    ) -> ReplayResponse:
        """Return a response with a capture whose page was captured at ``at``."""
        size = 0

        def address(url: str, record: str = "") -> str:
            nonlocal size
            # Addresses in archive records have no secrets and no fragments.
            made = self.address(target_uri(url)[0], at, record)
            made += masked("".join(url.partition("#")[1:]))
            # If the base address is long, a million short links would become a million long links.
            size += len(made)
            if size > MAX_BODY_BYTES:
                raise Undecodable(
                    f"the addresses of all links exceed {MAX_BODY_BYTES:,} bytes in total"
                )
            return made

        def part(url: str) -> str:
            uri = target_uri(url)[0]
            grant = self._grants.grant(f"{at:{URL_TIME}}", uri) if self._grants else ""
            return address(url, PART_SUFFIX + grant)

        follow = part if is_part else address
        parts = self._parts(at, part, restrictions)
        return shown(found, headers, address, parts, restrictions.secrets, follow=follow)

    def _parts(self, at: dt.datetime, address: LinkTo, restrictions: Restrictions) -> Parts:
        """Return the archived parts of a page that was captured at ``at``."""

        def find(url: str) -> CdxjEntry | None:
            uri = target_uri(url)[0]
            entries = self._captures.by_second(self._entries(uri, restrictions.secrets))
            return nearest(entries, uri, at)

        def load(entry: CdxjEntry) -> Served:
            found = self._served(entry)
            if restrictions.is_withheld(entry.uri) or restrictions.shows_withheld(
                entry.digest, entry.uri, found.content_type, found.body
            ):
                raise NotServed(entry.file, RELEASE_HIDDEN)
            return found

        return Parts(find, address, load)

    def _entries(self, asked: str, secrets: Secrets) -> list[CdxjEntry]:
        """Return the captures of a URL that may be shown, in the order in which they were written.

        An imported record whose URL contains a secret is omitted.
        """
        address = address_in(asked)
        if not address:
            return []
        entries = self._captures.of(address)
        shown = (one for one in entries if secrets.masked(one.uri) == one.uri)
        return [one for one in shown if web_address(one.uri)]

    def origin(self, capture: Capture | CdxjEntry, secrets: Secrets) -> str:
        """Return the name of the file from which a capture was imported, or an empty string.

        Secrets in the name are masked.
        """
        return secrets.masked(self._captures.origin(capture))
