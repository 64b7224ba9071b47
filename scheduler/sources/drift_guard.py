"""Protect a source's feeds against harmful changes in extraction.

Before a changed source file or a new version of Communique is used, the newest stored pages of the
source are extracted with it, and the differences are counted. If many releases would become worse,
the change is held until a person accepts it.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from data.archive.archived_response import Served
from data.archive.content_coding import Undecodable
from data.archive.warc.index import Index
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Capture, Content, Facet, Release
from data.revisions.edits import DOCUMENT
from data.revisions.extraction_drift import PagesDrift, TwoReadings, compare_readings
from data.store.core.store import Store
from data.topics.taxonomy import Taxonomy
from data.wording import counted
from scheduler.home.home import Home
from spiders.crawl.page_errors import NotARelease
from spiders.extract.golden import BadGolden, Golden, as_read, read_golden
from spiders.items import Listing
from spiders.listing.read import read_listing
from spiders.page.media_files import is_pdf
from spiders.page.page import Page
from spiders.sources.source_file import LoadedSource, SourceFile, SourceReading
from spiders.stored.drift import Cause, Drift, ListingDrift, compare_listings, harms_of, names_all
from spiders.stored.stored_pages import Archived, PageCaptures, StoredPages, listings_of, page_of

MAX_PAGES: Final = 20
"""Maximum number of stored pages per source that are compared, newest first."""

MAX_CPU_SECONDS: Final = 10.0
"""Maximum CPU time in seconds for comparing the pages of a source. After this time, no more pages
are compared."""

log = logging.getLogger(__name__)

NOTHING_STORED: Final = Drift("program", "nothing", PagesDrift(0, 0))
"""Result for a source without pages in the archive or in the samples."""


class KeptReading(msgspec.Struct, frozen=True):
    """The last decisions about changes in the extraction of a source.

    ``accepted`` is the extraction that is used since the time ``since``.

    ``held`` is the changed extraction that is held for review. ``harm`` is its effect, and
    ``cause`` says whether the source file or Communique's code changed. If the code changed, the
    source is not visited until a person accepts the change.
    """

    accepted: SourceReading | None = None
    since: dt.datetime | None = None
    held: SourceReading | None = None
    cause: Cause = "file"
    harm: str = ""

    def why(self, source: str) -> str:
        """Return the reason why a change is held for review, and how to accept it, or ""."""
        return why_held(source, self.cause, self.harm) if self.held else ""


@dataclass(frozen=True, slots=True)
class Admission:
    """Decision about the extraction rules for a source.

    ``loaded`` contains the rules, and is None if the visit must wait. ``held`` explains why a
    change is held for review, or is empty. ``noted`` describes the effect of an accepted change, or
    is empty.
    """

    loaded: LoadedSource | None
    held: str = ""
    noted: str = ""


class DriftGuard:
    """Decides which version of the extraction rules is used for each source in a home directory."""

    def __init__(self, home: Home, store: Store, taxonomy: Taxonomy) -> None:
        self._home = home
        self._store = store
        self._taxonomy = taxonomy

    def admit(self, loaded: LoadedSource, *, accept: bool = False) -> Admission:
        """Decide which extraction rules are used for a source now, and store the decision.

        With ``accept``, the current source file and code are used even if they make releases worse.
        Raises StoreError if the store fails.
        """
        kept, today = self.kept(loaded.id), SourceReading.of(loaded.file)
        if kept.accepted == today and kept.held is None:
            return Admission(loaded)
        if kept.held == today and not accept:
            return self._held(loaded, kept)
        drifts = [] if accept or kept.accepted == today else self._drifts(loaded, kept.accepted)
        worse = [drift for drift in drifts if drift.is_mass_change]
        if worse:
            accepted, cause = kept.accepted, worse[0].cause
            if accepted and cause == "file":
                accepted = msgspec.structs.replace(accepted, program=today.program)
            held = KeptReading(accepted, kept.since, today, cause, harms_of(worse[0]))
            self._keep(loaded.id, held)
            return self._held(loaded, held)
        if kept.held and any(drift.pages_of == "nothing" for drift in drifts):
            # Without the archive, it is unknown whether the change would still make releases worse.
            return self._held(loaded, kept)
        self._keep(loaded.id, KeptReading(today, utc_now()))
        noted = "accepted by --accept" if accept else "; ".join(filter(None, map(note_of, drifts)))
        return Admission(loaded, noted=noted)

    def drifts(self, loaded: LoadedSource) -> Sequence[Drift]:
        """Return the changes to stored releases that the current source file and code would cause.

        Nothing is stored. If the current file and code are already accepted, the result is empty.
        """
        accepted = self.kept(loaded.id).accepted
        if accepted == SourceReading.of(loaded.file):
            return []
        return self._drifts(loaded, accepted)

    def kept(self, source: str) -> KeptReading:
        """Return the last decisions about changes in the extraction of a source."""
        text = self._store.source_reading(source)
        try:
            return msgspec.json.decode(text, type=KeptReading) if text else KeptReading()
        except msgspec.DecodeError:
            # Another version of Communique has written this value.
            return KeptReading()

    def newest_pages(self, loaded: LoadedSource) -> Iterator[tuple[Page, Release]]:
        """Yield the newest archived pages of a source, each with its stored release.

        Before the first visit, there are no pages.
        """
        if self._store.last_visit(loaded.id) is None:
            return
        with ExitStack() as stack:
            compared = self._compared(loaded, stack)
            yield from compared.pages() if compared else ()

    def _held(self, loaded: LoadedSource, kept: KeptReading) -> Admission:
        why = kept.why(loaded.id)
        if kept.cause == "program" or kept.accepted is None:
            return Admission(None, why)
        return Admission(replace(loaded, file=kept.accepted.applied_to(loaded.file)), why)

    def _keep(self, source: str, kept: KeptReading) -> None:
        self._store.keep_source_reading(source, msgspec.json.encode(kept).decode())

    def _drifts(self, loaded: LoadedSource, accepted: SourceReading | None) -> Sequence[Drift]:
        if accepted is None and not self._newest(loaded.id, 1):
            # No release of this source has been published yet.
            return []
        today = SourceReading.of(loaded.file)
        found = []
        with ExitStack() as stack:
            compared = self._compared(loaded, stack)
            golden = self._golden(loaded)
            before = accepted.applied_to(loaded.file) if accepted else loaded.file
            if accepted is None or accepted.program != today.program:
                drift = compared.with_stored(before) if compared else None
                found.append(drift or expected_drift(golden, before))
            if accepted and not accepted.has_rules_of(today):
                drift = compared.with_rules(before) if compared else None
                found.append(drift or sample_drift(golden, before, loaded.file))
        return found

    def _compared(self, loaded: LoadedSource, stack: ExitStack) -> StoredSource | None:
        """Return the archived pages of a source for a comparison, or None if there are none."""
        # Rules do not apply to documents, and removed records can't be read.
        releases = [
            one
            for one in self._newest(loaded.id, MAX_PAGES)
            if one.capture and one.capture.file and one.content.body_rule != DOCUMENT
        ]
        if not releases:
            return None
        index = stack.enter_context(closing(Index(self._home.archive)))
        archived = Archived(
            self._home.archive, index, self._store, self._taxonomy, self._home.settings
        )
        return StoredSource(archived, loaded, releases)

    def _newest(self, source: str, most: int) -> Sequence[Release]:
        return [*self._store.releases(Facet(source=source), limit=most)]

    def _golden(self, loaded: LoadedSource) -> Golden | None:
        folder = self._home.samples / loaded.id
        try:
            return read_golden(folder) if folder.is_dir() else None
        except BadGolden as error:
            log.warning("extraction changes were not checked: %s", error)
            return None


class StoredSource:
    """The newest archived pages of a source."""

    def __init__(
        self, archived: Archived, loaded: LoadedSource, releases: Sequence[Release]
    ) -> None:
        self._archived = archived
        self._loaded = loaded
        self._releases = releases
        self._captures = PageCaptures(
            archived.folder, archived.index, archived.settings.network.max_bytes
        )
        self._until = time.process_time() + MAX_CPU_SECONDS

    def with_stored(self, file: SourceFile) -> Drift | None:
        """Compare the results of a source file for archived pages with the published releases."""
        read = self._read(file, self._releases)
        pairs = [
            TwoReadings(one.url, one.content, read[one.id])
            for one in self._releases
            if one.id in read
        ]
        texts = self._archived.store.listings(self._loaded.id)
        known = {one.url: one for one in listings_of(texts)}

        def stored_listing(page: Page) -> Listing | None:
            listing = known.get(page.url)
            # The newest page may be only in another machine's archive, or in none.
            return listing if listing and names_all(page, listing) else None

        return _drift("program", pairs, self._listing(file, stored_listing))

    def with_rules(self, before: SourceFile) -> Drift | None:
        """Compare the results of the current source file and of ``before`` on the newest pages."""
        sightings = self._archived.store.sightings
        seen = [
            replace(one, capture=last) if (last := sightings(one.id).seen) and last.file else one
            for one in self._releases
        ]
        first = self._read(before, seen)
        second = self._read(self._loaded.file, [one for one in seen if one.id in first])
        pairs = [
            TwoReadings(one.url, first[one.id], second[one.id], one.content)
            for one in seen
            if one.id in second
        ]
        return _drift("file", pairs, self._listing(self._loaded.file, _reader(before)))

    def pages(self) -> Iterator[tuple[Page, Release]]:
        """Yield the archived pages from which the current versions of releases were extracted."""
        for release in self._releases:
            if time.process_time() > self._until:
                return
            if answer := self._answer(release):
                yield page_of(replace(answer, url=release.url)), release

    def _read(self, file: SourceFile, releases: Sequence[Release]) -> Mapping[str, Content | None]:
        """Extract releases from their archived pages with a source file. Returns contents by id.

        The content is None if the page is no longer extracted as a release. Pages that can't be
        read from the archive are omitted.
        """
        pages = StoredPages(self._archived, replace(self._loaded, file=file))
        for listing in self._listing_pages():
            pages.learn_day_order(listing)
        pages.learn(releases)
        found: dict[str, Content | None] = {}
        for release in releases:
            if time.process_time() > self._until:
                break
            if self._answer(release) is None:
                continue
            try:
                found[release.id] = pages.draft(release)[0].content
            except (ArchiveError, Undecodable):
                continue
            except NotARelease:
                found[release.id] = None
            except Exception:
                # A visit would also fail on this page.
                log.exception("the page at %s could not be extracted", release.url)
                found[release.id] = None
        return found

    def _answer(self, release: Release) -> Served | None:
        """Return the archived response for a release.

        Returns None if the response is lost, or if the release is a document.
        """
        answer = self._captures.answer(release.capture) if release.capture else None
        return answer if answer and not is_pdf(answer.body) else None

    def _listing(
        self, file: SourceFile, before: Callable[[Page], Listing | None]
    ) -> ListingDrift | None:
        """Return how a source file changes the extraction of the newest listing page, or None.

        ``before`` extracts the listing with the previous source file.
        """
        for page in self._listing_pages():
            known = before(page)
            if known and known.items:
                return compare_listings(known, _reader(file)(page))
        return None

    def _listing_pages(self) -> Iterator[Page]:
        """Yield the newest captured pages that list releases, with the feed first."""
        for url in filter(None, (self._loaded.file.feed, self._loaded.file.url)):
            entries, _ = self._captures.of(url)
            last: Capture | None = self._captures.capture(entries[-1]) if entries else None
            answer = self._captures.answer(last) if last else None
            if answer:
                yield page_of(answer)


def expected_drift(golden: Golden | None, file: SourceFile) -> Drift:
    """Compare the results of a source file on its sample pages with the expected values."""
    if golden is None:
        return NOTHING_STORED
    listing, release = golden.read_by(file)
    try:
        listed, content = as_read(golden.expected, listing, release, file.timezone)
    except (KeyError, TypeError, ValueError):
        # `communique sources check` reports this error.
        return NOTHING_STORED
    pair = TwoReadings(release.url, content, release.content)
    pages = compare_readings([pair])
    return Drift("program", "samples", pages, compare_listings(listed, listing))


def sample_drift(golden: Golden | None, before: SourceFile, after: SourceFile) -> Drift:
    """Compare the results of two source files on the sample pages."""
    if golden is None:
        return msgspec.structs.replace(NOTHING_STORED, cause="file")
    (old, was), (new, now) = golden.read_by(before), golden.read_by(after)
    pages = compare_readings([TwoReadings(now.url, was.content, now.content)])
    return Drift("file", "samples", pages, compare_listings(old, new))


def _drift(
    cause: Cause, pairs: Sequence[TwoReadings], listing: ListingDrift | None
) -> Drift | None:
    """Return the differences between two extractions, or None if no pages could be compared."""
    if not pairs and listing is None:
        return None
    return Drift(cause, "archive", compare_readings(pairs), listing)


def _reader(file: SourceFile) -> Callable[[Page], Listing]:
    """Return a function that extracts the first listing page with the given source file."""

    def read(page: Page) -> Listing:
        # Extraction modifies the tree, so each one gets a new Page.
        fresh = Page(page.url, page.body, page.content_type)
        return read_listing(fresh, file.date_context(utc_now()), file.listing)

    return read


def why_held(source: str, cause: Cause, harm: str) -> str:
    """Return a message that explains why a change is held for review, and how to accept it."""
    accept = f"`communique collect {source} --accept` (see `communique sources check {source}`)"
    if cause == "file":
        return (
            f"its changed source file is held for review: {harm}; the previous rules are used"
            f" until you correct the file, or accept the change with {accept}"
        )
    return (
        "this version of Communique extracts it differently, which is held for review:"
        f" {harm}; it is not visited until you accept the change with {accept}"
    )


def note_of(drift: Drift) -> str:
    """Return a sentence about the effect of an accepted change, or an empty string."""
    what = "its source file" if drift.cause == "file" else "this version of Communique"
    if drift.pages_of == "nothing":
        return f"no stored page shows what {what} extracts differently"
    parts = []
    if fields := drift.releases.fields:
        counts = [f"{one.field} on {one.gained + one.lost + one.changed}" for one in fields]
        parts.append(f"{', '.join(counts)} of {counted(drift.releases.pages, 'stored page')}")
    if drift.listing and drift.listing.differs:
        parts.append(f"on its listing {drift.listing.gained} more, {drift.listing.lost} fewer")
    return f"{what} extracts differently: {'; '.join(parts)}" if parts else ""
