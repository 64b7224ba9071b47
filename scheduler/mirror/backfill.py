"""Backfill of a source from a web archive: find its captures, fetch them, and import them.

Each fetched capture is written to the archive immediately. So after an interruption, the backfill
continues with the missing captures.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Final
from uuid import uuid4

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import HEAD_END
from data.archive.warc.records import IDENTICAL_PAYLOAD, RESPONSE, Fields, warc_date
from data.clock import utc_now
from data.errors import ArchiveError
from data.health.run_errors import ARCHIVE
from data.models import Capture
from data.network.web_archive_index import IndexedCapture, possible
from data.text.urls import canonical_url
from data.wording import OnStepProgress
from scheduler.mirror.import_archive import ArchiveImport
from spiders.crawl.drafts.release_reader import PAGES
from spiders.page.media_files import DOCUMENT_TYPES
from spiders.sources.source_file import LoadedSource
from spiders.stored.imported_pages import ImportedPages
from spiders.web_archives.capture_plan import (
    HeldPayload,
    changes,
    gone_since,
    prefix_of,
    shape_of,
)
from spiders.web_archives.raw_capture import is_payload
from spiders.web_archives.web_archive import NoCapture, RawCapture, WebArchive, WebArchiveError

MAX_PREFIXES: Final = 30
"""Maximum number of address prefixes for which the index is read."""

MAX_CAPTURES: Final = 2_000_000
"""Maximum number of captures of a source in the index. If the index has more, the backfill
fails.
"""

MAX_LISTING_STEPS: Final = 60
"""Maximum number of captures of a listing that are fetched."""

MAX_BARREN_STEPS: Final = 4
"""Number of successive listing captures without unknown releases after which no more are
fetched.
"""

MAX_KNOWN_RELEASES: Final = 5000
"""Maximum number of stored releases whose addresses are compared with addresses in the index."""

PAGE_TYPES: Final = frozenset({*PAGES, *DOCUMENT_TYPES, "warc/revisit"})
"""Media types in an index that a capture of a release may have."""


@dataclass(slots=True)
class BackfillCounts:
    """Numbers of captures and releases in a backfill.

    ``captures`` is the number of captures of the source in the index. ``fetched`` is the number of
    fetched captures, and ``kept`` the number of captures that were already in our archive.
    ``impossible`` captures have a time in the future or before web archives existed. ``retracted``
    is the number of releases whose captures show that they were removed.
    """

    captures: int = 0
    fetched: int = 0
    kept: int = 0
    impossible: int = 0
    retracted: int = 0


class Backfill:
    """One backfill of a source from the web archive ``web``.

    ``task`` and ``pages`` import the fetched captures. A release counts as retracted if two
    captures show that its page is gone, and the second is at least ``confirmed_after`` later.
    """

    def __init__(
        self,
        web: WebArchive,
        task: ArchiveImport,
        pages: ImportedPages,
        loaded: LoadedSource,
        *,
        confirmed_after: dt.timedelta,
        on_step: OnStepProgress,
    ) -> None:
        self._web = web
        self._archive = task.archive
        self._store = task.store
        self._task = task
        self._pages = pages
        self._listings = pages.listings
        self._source, self._file = loaded.id, loaded.file
        self._confirmed_after = confirmed_after
        self._on_step = on_step
        self._now = utc_now()
        self._index: dict[str, dict[tuple[str, str], IndexedCapture]] = defaultdict(dict)
        self._prefixes: list[str] = []
        self._asked: set[str] = set()
        self._shapes: set[tuple[str, ...]] = set()
        self._known: Mapping[str, str] = {}
        self._payloads: dict[tuple[str, str], Capture] = {}
        self.counts = BackfillCounts()

    def fetch(self) -> None:
        """Find all captures of the source, and add them to the archive.

        Visits to the source may continue. Raises WebArchiveError if the web archive does not
        respond; the next run continues. Raises ArchiveError or StoreError if the archive or the
        store fails.
        """
        self._web.find(self._file.url)
        self._read_index()
        # Fetch captures of the listing until they show which pages are releases.
        for url in self._file.addresses:
            if (key := canonical_url(url)) in self._index:
                self._read_listing(changes(self._captures(key)))
        self._fetch_pages()

    def record(self) -> None:
        """Import the fetched captures into the store. The caller holds the lock of the source.

        Raises StoreError if the store fails.
        """
        self._task.read_pages(lambda done, whole: self._on_step("pages", done, whole))
        self._retract()

    # The index.

    def _read_index(self) -> None:
        known = [*islice(self._store.by_first_seen(self._source), MAX_KNOWN_RELEASES)]
        urls = [url for one in known for url in one.aliases]
        self._shapes.update(map(shape_of, urls))
        for url in self._file.addresses:
            self._add_prefix(prefix_of(url, is_listing=True))
            if not self._is_covered(url):
                self._add(self._web.captures(url))
        self._find_beside(urls)

    def _find_beside(self, urls: Iterable[str]) -> None:
        """Read the index for the addresses in ``urls``.

        If the index can list prefixes, it is read for all pages in the same folders.
        """
        for url in filter(self._pages.is_of_source, urls):
            if self._web.has_prefixes:
                self._add_prefix(prefix_of(url))
            elif (key := canonical_url(url)) not in self._asked:
                self._asked.add(key)
                self._add(self._web.captures(url))
        self._known = self._store.ids_at(self._source, [*self._index])

    def _is_covered(self, url: str) -> bool:
        return any(canonical_url(url).startswith(one) for one in self._prefixes)

    def _add_prefix(self, prefix: str) -> None:
        key = canonical_url(prefix)
        is_enough = len(self._prefixes) >= MAX_PREFIXES or self._is_covered(prefix)
        if self._web.has_prefixes and not is_enough:
            self._prefixes.append(key)
            self._add(self._web.captures(prefix, prefix=True))

    def _add(self, captures: Iterable[IndexedCapture]) -> None:
        found = [*captures]
        usable = possible(found, self._now)
        self.counts.impossible += len(found) - len(usable)
        for one in usable:
            if self._pages.is_of_source(one.url):
                rows = self._index[canonical_url(one.url)]
                self.counts.captures += (one.stamp, one.digest) not in rows
                rows.setdefault((one.stamp, one.digest), one)
        if self.counts.captures > MAX_CAPTURES:
            raise WebArchiveError(
                self._web.address,
                f"its index contains more than {MAX_CAPTURES:,} captures of this site, "
                "too many for a backfill",
            )
        self._on_step("index", self._web.requests, self._web.requests)

    def _captures(self, key: str) -> list[IndexedCapture]:
        """Return the captures of a page, oldest first."""
        return sorted(self._index[key].values(), key=lambda one: one.at)

    # Listings.

    def _read_listing(self, captures: Sequence[IndexedCapture]) -> None:
        """Fetch captures of a listing, one per step."""
        listed: dict[int, frozenset[str]] = {}
        barren = 0
        while len(listed) < min(MAX_LISTING_STEPS, len(captures)) and barren < MAX_BARREN_STEPS:
            place = self._next_step(captures, listed)
            if place is None:
                break
            before, shapes = len(self._listings.items), len(self._shapes)
            listed[place] = self._list(captures[place])
            is_barren = (before, shapes) == (len(self._listings.items), len(self._shapes))
            barren = barren + 1 if is_barren else 0
            self._on_step("listings", len(listed), len(listed))

    def _next_step(
        self, captures: Sequence[IndexedCapture], listed: Mapping[int, frozenset[str]]
    ) -> int | None:
        """Return the position of the next listing capture to fetch, or None at the end.

        The last and the first capture are fetched before the others. Then the largest gap between
        two successive fetched captures is halved, until no gap is left. If the archive's index can
        list pages, a gap is a period in which pages that are not recognized as possible releases
        were first captured. Otherwise, it is a period whose two listings share no release.
        """
        for place in (len(captures) - 1, 0):
            if place not in listed:
                return place
        gaps: list[tuple[int, int]] = []
        for left, right in pairwise(sorted(listed)):
            if right - left < 2:  # noqa: PLR2004 - no capture is between neighbours
                continue
            if self._web.has_prefixes:
                weight = self._unexplained(captures[left].at, captures[right].at)
            else:
                weight = 0 if listed[left] & listed[right] else right - left
            if weight:
                gaps.append((weight, (left + right) // 2))
        return max(gaps)[1] if gaps else None

    def _unexplained(self, since: dt.datetime, until: dt.datetime) -> int:
        """Return the number of pages that are not recognized as possible releases.

        Only pages first captured between ``since`` and ``until`` are counted, without listings.
        """
        count = 0
        for key, rows in self._index.items():
            first = next(iter(rows.values()))
            if since <= first.at <= until and first.url not in self._listings:
                count += not self._is_release(key, first.url)
        return count

    def _list(self, capture: IndexedCapture) -> frozenset[str]:
        """Fetch and read a capture of a listing, and return the keys of its items."""
        taken = self._take(capture)
        answer = self._task.answer(taken) if taken else None
        if answer is None:
            return frozenset()
        keys = self._listings.add(answer)
        items = [self._listings.items[key].url for key in keys if key in self._listings.items]
        self._shapes.update(map(shape_of, filter(self._pages.is_of_source, items)))
        self._find_beside(items)
        return frozenset(keys)

    # Releases.

    def _is_release(self, key: str, url: str) -> bool:
        """Return whether a page may be a release.

        A page may be a release if it is known or listed, or if its address resembles addresses of
        other releases. If no listing was captured, every page may be a release.
        """
        if not self._shapes and not self._listings.items:
            return True
        return key in self._known or key in self._listings.items or shape_of(url) in self._shapes

    def _fetch_pages(self) -> None:
        plans: list[tuple[str, list[IndexedCapture]]] = []
        for key in self._index:
            rows = [one for one in self._captures(key) if one.media_type in PAGE_TYPES]
            if rows and rows[0].url not in self._listings and self._is_release(key, rows[0].url):
                plans.append((key, changes(rows, self._held(key, rows[0].url))))
        self._pages.candidates.update(key for key, _ in plans)
        total = sum(len(captures) for _, captures in plans)
        done = 0
        for _, captures in plans:
            if captures and not any(one.digest for one in captures):
                self._take_without_digests(captures)
            else:
                for one in captures:
                    self._take(one)
            done += len(captures)
            self._on_step("captures", done, total)

    def _held(self, key: str, url: str) -> list[HeldPayload]:
        """Return the payloads of our own captures of a known release."""
        if key not in self._known:
            return []
        return [HeldPayload(at, digest) for at, digest in self._task.own_payloads(url)]

    def _take_without_digests(self, captures: Sequence[IndexedCapture]) -> None:
        """Fetch captures whose payloads are unknown.

        Captures between two captures with equal payloads are omitted.
        """
        taken: dict[int, Capture | None] = {}
        waiting = [(0, len(captures) - 1)]
        while waiting:
            left, right = waiting.pop()
            for end in (left, right):
                if end not in taken:
                    taken[end] = self._take(captures[end])
            before, after = taken[left], taken[right]
            is_same = before and after and before.digest == after.digest
            if right - left > 1 and not is_same:
                middle = (left + right) // 2
                waiting += [(left, middle), (middle, right)]

    def _take(self, capture: IndexedCapture) -> Capture | None:
        """Return our archive's record of a capture.

        The capture is fetched if the record is missing.
        """
        key = canonical_url(capture.url)
        payload = (key, capture.digest)
        found = self._stored(capture)
        held = self._payloads.get(payload) if capture.digest else None
        if found is None and held and (repeated := self._repeated(capture, held)):
            found = self._task.take_revisit(repeated, repeated.file)
        elif found is None:
            try:
                raw = self._web.fetch(capture)
            except NoCapture as error:
                if error.status and not capture.status:
                    # The index of this archive does not show which captures are errors.
                    place = capture.stamp, capture.digest
                    self._index[key][place] = replace(capture, status=error.status)
                    return None
                self._pages.result.add_error(capture.url, ARCHIVE, str(error))
                return None
            self.counts.fetched += 1
            found = self._task.take(record_of(raw), raw.address)
        if found and capture.digest:
            self._payloads.setdefault(payload, found)
        return found

    def _stored(self, capture: IndexedCapture) -> Capture | None:
        """Return our archive's record of a capture, or None if the capture has not been fetched."""
        for entry in self._archive.index.captures(capture.url):
            if entry.at == capture.at and entry.status in {0, capture.status or entry.status}:
                try:
                    found = self._task.take_stored(entry)
                except ArchiveError:
                    continue
                self.counts.kept += 1
                return found
        return None

    def _repeated(self, capture: IndexedCapture, held: Capture) -> ArchiveRecord | None:
        """Return the record of a capture whose payload was fetched with another capture.

        The record has the HTTP headers of the other capture. Returns None if the fetched payload
        does not have the digest in the index.
        """
        stored = self._archive.record(held.file, held.offset)
        if not is_payload(capture.digest, stored.block.partition(HEAD_END)[2]):
            return None
        fields = (
            ("WARC-Type", "revisit"),
            ("WARC-Profile", IDENTICAL_PAYLOAD),
            ("WARC-Payload-Digest", f"sha1:{capture.digest}"),
            ("WARC-Refers-To-Target-URI", stored.uri),
            ("WARC-Refers-To-Date", warc_date(held.at)),
        )
        head = stored.block.partition(HEAD_END)[0] + HEAD_END
        return record(capture.url, capture.at, self._web.address_of(capture), fields, head)

    # Retractions.

    def _retract(self) -> None:
        """Retract releases whose captures show that their pages were removed.

        A release that was seen later, by a visit or in the web archive, is not retracted.
        """
        self._known = self._store.ids_at(self._source, [*self._index])
        for release_id in dict.fromkeys(self._known.values()):
            release = self._store.release(release_id)
            if release is None or release.retracted:
                continue
            keys = {canonical_url(one) for one in release.aliases} & self._index.keys()
            gone = gone_since(
                [one for key in keys for one in self._captures(key)], self._confirmed_after
            )
            if gone and release.last_seen < gone[0]:
                why = f"gone in the captures of {self._web.address} of {gone[0]:%Y-%m-%d}"
                why += f" and {gone[1]:%Y-%m-%d}" if gone[1].date() != gone[0].date() else ""
                self.counts.retracted += self._store.retract(
                    release_id, at=gone[0], why=why, backlog=True
                )


def record_of(raw: RawCapture) -> ArchiveRecord:
    """Return the record of a fetched capture: the site's response at the time of the capture."""
    head = b"".join(b"%s: %s\r\n" % one for one in raw.headers)
    block = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + raw.body
    return record(raw.url, raw.at, raw.address, (("WARC-Type", "response"),), block)


def record(url: str, at: dt.datetime, address: str, fields: Fields, block: bytes) -> ArchiveRecord:
    """Return a record of a capture. ``address`` is the capture's address in the web archive."""
    every = (
        *fields,
        ("WARC-Record-ID", f"<{uuid4().urn}>"),
        ("WARC-Target-URI", url),
        ("WARC-Date", warc_date(at)),
        ("WARC-Source-URI", address),
        ("WARC-Creation-Date", warc_date(utc_now())),
        ("Content-Type", RESPONSE),
    )
    return ArchiveRecord(address, 0, 0, b"", every, block)
