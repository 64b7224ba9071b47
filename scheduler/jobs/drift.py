"""Guards the feeds of a source against another way of reading that spoils them.

Before a changed source file or a new version of Communique publishes, the newest stored pages of
the source are read by it, and what is read otherwise is counted. Where that is a mass change to the
worse, it is held back until a person accepts it.
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

from data.archive.content_coding import Undecodable
from data.archive.served import Served
from data.archive.warc.index import Index
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Capture, Content, Facet, Release
from data.revisions.edits import DOCUMENT
from data.revisions.readings import PagesDrift, TwoReadings, compare_readings
from data.store.protocol import Store
from data.topics.taxonomy import Taxonomy
from data.wording import counted
from scheduler.home import Home
from scheduler.jobs.unread_pages import PageCaptures
from spiders.archived.drift import Cause, Drift, ListingDrift, compare_listings, harms_of, names_all
from spiders.archived.listings import page_of
from spiders.archived.stored_pages import Archived, StoredPages, listings_of
from spiders.crawl.page_errors import NotARelease
from spiders.download.documents import is_pdf
from spiders.golden.expected import as_read
from spiders.golden.golden import BadGolden, Golden, read_golden
from spiders.items import Listing
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.loader import LoadedSource
from spiders.sources.source_file import SourceFile
from spiders.sources.source_reading import SourceReading

MOST_PAGES: Final = 20
"""Stored pages of a source that are read, the newest."""

MOST_SECONDS: Final = 10.0
"""Seconds of CPU after which no more of them are read: what was read has to do."""

log = logging.getLogger(__name__)


class KeptReading(msgspec.Struct, frozen=True):
    """What the store remembers of a source: the reading ``accepted`` last, and ``since`` when.

    ``held`` is the one that is held back, for what ``harm`` by what ``cause``. Where that is our
    own code, the source is not visited meanwhile.
    """

    accepted: SourceReading | None = None
    since: dt.datetime | None = None
    held: SourceReading | None = None
    cause: Cause = "file"
    harm: str = ""

    def why(self, source: str) -> str:
        """The sentence that tells a person what is held back, and what to do; or empty."""
        return why_held(source, self.cause, self.harm) if self.held else ""


@dataclass(frozen=True, slots=True)
class Admission:
    """How a source is to be read: ``loaded`` has the rules, and is None where it can't be.

    ``held`` is a sentence where its file or our code is held back, ``noted`` one where another way
    of reading was accepted that reads some pages otherwise.
    """

    loaded: LoadedSource | None
    held: str = ""
    noted: str = ""


class DriftGuard:
    """Says by what the sources of a HOME may be read."""

    def __init__(self, home: Home, store: Store, taxonomy: Taxonomy) -> None:
        self._home = home
        self._store = store
        self._taxonomy = taxonomy

    def admit(self, loaded: LoadedSource, *, accept: bool = False) -> Admission:
        """Decide by what a source is read now, and remember it. Raises StoreError.

        With ``accept`` it is read by its file and code of today, whatever they change.
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
            # Nothing tells whether that is mended: the archive is lost.
            return self._held(loaded, kept)
        self._keep(loaded.id, KeptReading(today, utc_now()))
        noted = "accepted by --accept" if accept else "; ".join(filter(None, map(note_of, drifts)))
        return Admission(loaded, noted=noted)

    def drifts(self, loaded: LoadedSource) -> Sequence[Drift]:
        """What would be read otherwise by the file and the code of today; nothing is remembered.

        Nothing where both are those that were accepted last.
        """
        accepted = self.kept(loaded.id).accepted
        if accepted == SourceReading.of(loaded.file):
            return []
        return self._drifts(loaded, accepted)

    def kept(self, source: str) -> KeptReading:
        """What is remembered of a source."""
        text = self._store.source_reading(source)
        try:
            return msgspec.json.decode(text, type=KeptReading) if text else KeptReading()
        except msgspec.DecodeError:
            # Another version of ours wrote it.
            return KeptReading()

    def newest_pages(self, loaded: LoadedSource) -> Iterator[tuple[Page, Release]]:
        """The newest archived pages of a source, each with the release that was read from it.

        None at a first visit.
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
            # Nothing of it was published yet.
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
        """The archived pages of a source; None where there are none."""
        # A document is read by no rules; what was removed by order has no place any more.
        releases = [
            one
            for one in self._newest(loaded.id, MOST_PAGES)
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
            log.warning("%s", error)
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
        self._until = time.process_time() + MOST_SECONDS

    def with_stored(self, file: SourceFile) -> Drift | None:
        """What a source file makes of the pages that the feeds show, beside what these say."""
        read = self._read(file, self._releases)
        pairs = [
            TwoReadings(one.url, one.content, read[one.id])
            for one in self._releases
            if one.id in read
        ]
        texts = self._archived.store.listings(self._loaded.id)
        known = {one.url: one for one in listings_of(texts)}

        def said(page: Page) -> Listing | None:
            listing = known.get(page.url)
            # A page that is newer can be in the archive of another machine alone, or in none.
            return listing if listing and names_all(page, listing) else None

        return _drift("program", pairs, self._listing(file, said))

    def with_rules(self, before: SourceFile) -> Drift | None:
        """What today's rules make of the pages that were seen last, beside what others make."""
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
        """The pages that the present versions of releases were read from."""
        for release in self._releases:
            if time.process_time() > self._until:
                return
            if answer := self._answer(release):
                yield page_of(replace(answer, url=release.url)), release

    def _read(self, file: SourceFile, releases: Sequence[Release]) -> Mapping[str, Content | None]:
        """What pages say by a source file, by id; None of one that is no release, as it reads it.

        What can't be had out of the archive is left out.
        """
        pages = StoredPages(self._archived, replace(self._loaded, file=file))
        for listing in self._listing_pages():
            pages.lists(listing)
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
                # A visit would lose it as well.
                log.exception("%s could not be read", release.url)
                found[release.id] = None
        return found

    def _answer(self, release: Release) -> Served | None:
        """What was served for a release; None where that is lost, or a document without rules."""
        answer = self._captures.answer(release.capture) if release.capture else None
        return answer if answer and not is_pdf(answer.body) else None

    def _listing(
        self, file: SourceFile, before: Callable[[Page], Listing | None]
    ) -> ListingDrift | None:
        """What a source file makes of the list that its newest captured page shows."""
        for page in self._listing_pages():
            known = before(page)
            if known and known.items:
                return compare_listings(known, _reader(file)(page))
        return None

    def _listing_pages(self) -> Iterator[Page]:
        """The pages that list its releases as they were captured last, its feed first."""
        for url in filter(None, (self._loaded.file.feed, self._loaded.file.url)):
            entries, _ = self._captures.of(url)
            last: Capture | None = self._captures.capture(entries[-1]) if entries else None
            answer = self._captures.answer(last) if last else None
            if answer:
                yield page_of(answer)


def expected_drift(golden: Golden | None, file: SourceFile) -> Drift:
    """What a source file makes of its sample pages, beside what a person wrote of them."""
    if golden is None:
        return NOTHING_STORED
    listing, release = golden.read_by(file)
    try:
        listed, content = as_read(golden.expected, listing, release, file.timezone)
    except (KeyError, TypeError, ValueError):
        # `sources check` says what is wrong with it.
        return NOTHING_STORED
    pair = TwoReadings(release.url, content, release.content)
    pages = compare_readings([pair])
    return Drift("program", "samples", pages, compare_listings(listed, listing))


def sample_drift(golden: Golden | None, before: SourceFile, after: SourceFile) -> Drift:
    """What a source file makes of its sample pages, beside what it made of them before."""
    if golden is None:
        return msgspec.structs.replace(NOTHING_STORED, cause="file")
    (old, was), (new, now) = golden.read_by(before), golden.read_by(after)
    pages = compare_readings([TwoReadings(now.url, was.content, now.content)])
    return Drift("file", "samples", pages, compare_listings(old, new))


NOTHING_STORED: Final = Drift("program", "nothing", PagesDrift(0, 0))
"""No page of a source is kept, neither in the archive nor as a sample."""


def _drift(
    cause: Cause, pairs: Sequence[TwoReadings], listing: ListingDrift | None
) -> Drift | None:
    """How a source is read otherwise; None where no page could be had."""
    if not pairs and listing is None:
        return None
    return Drift(cause, "archive", compare_readings(pairs), listing)


def _reader(file: SourceFile) -> Callable[[Page], Listing]:
    """Reads the first page of a listing by a source file."""

    def read(page: Page) -> Listing:
        # Reading leaves marks on a tree: each has one of its own.
        fresh = Page(page.url, page.body, page.content_type)
        return read_listing(fresh, file.date_context(utc_now()), file.listing)

    return read


def why_held(source: str, cause: Cause, harm: str) -> str:
    """The sentence that tells a person what is held back, and what to do."""
    accept = f"`communique collect {source} --accept` (see `communique sources check {source}`)"
    if cause == "file":
        return (
            f"its changed source file is held back: {harm}; it is read by the rules of"
            f" before until the file is mended or taken by {accept}"
        )
    return (
        "this version of Communique reads it otherwise than its feeds say, which is held back:"
        f" {harm}; it is not visited until that is taken by {accept}"
    )


def note_of(drift: Drift) -> str:
    """What a way of reading that was accepted reads otherwise, in a sentence; or empty."""
    what = "its source file" if drift.cause == "file" else "this version of Communique"
    if drift.pages_of == "nothing":
        return f"no stored page of it shows what {what} reads otherwise"
    parts = []
    if fields := drift.releases.fields:
        told_of = [f"{one.field} on {one.gained + one.lost + one.changed}" for one in fields]
        parts.append(f"{', '.join(told_of)} of {counted(drift.releases.pages, 'stored page')}")
    if drift.listing and drift.listing.differs:
        parts.append(f"on its listing {drift.listing.gained} more, {drift.listing.lost} less")
    return f"{what} reads otherwise: {'; '.join(parts)}" if parts else ""
