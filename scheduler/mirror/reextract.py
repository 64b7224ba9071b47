"""Extraction of archived pages with the current rules, without network access.

Stored releases are extracted again. Captured pages that belong to no release are extracted, too.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass

import msgspec

from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.clock import utc_now
from data.health.run_errors import ARCHIVE, BUG, STORE
from data.identity.decision import decide_reextraction
from data.identity.matching import mint
from data.models import Capture, Facet, Release
from data.revisions.extraction_drift import field_differences
from data.store.core.store import Store
from data.text.masked_values import without_secrets
from data.text.source_secrets import Secrets
from data.text.urls import canonical_url, host_of
from data.topics.taxonomy import Taxonomy, load_taxonomy
from data.wording import OnStepProgress
from scheduler.home.home import SOURCE_LOCK, Home
from scheduler.home.home_records import keep_home_files
from scheduler.sources.drift_guard import DriftGuard, why_held
from spiders.items import ListingItem
from spiders.sources.source_file import LoadedSource, load_sources
from spiders.stored.drift import harms_of
from spiders.stored.imported_pages import ImportCounts, ImportedPages
from spiders.stored.stored_pages import (
    UNREADABLE,
    Archived,
    ArchivedListings,
    PageCaptures,
    StoredPages,
)


def queue_unread(home: Home, store: Store, lost: Collection[str]) -> list[str]:
    """Queue captured pages without a release in a rebuilt store, and return their URLs.

    These are pages that archived listings link to, and pages of the ``lost`` releases.
    """
    sources, _ = load_sources(home.sources)
    found: list[str] = []
    with closing(Index(home.archive)) as index:
        captures = PageCaptures(home.archive, index, home.settings.network.max_bytes)
        addresses = by_host(index.addresses()) if lost else {}
        moves = store.source_moves()
        for source in store.sources():
            if source not in sources:
                continue
            file = sources[source].file
            listings = ArchivedListings(file, report_error=lambda *_: None)
            listings.read(captures.answers)
            items = {
                key: item
                for key, item in listings.items.items()
                if key not in listings and captures.of(item.url)[0]
            }
            names = [source, *(old for old, new in moves.items() if new == source)]
            for url in addresses.get(host_of(file.url), ()):
                if any(mint(name, url) in lost for name in names):
                    items.setdefault(canonical_url(url), ListingItem(url, ""))
            known = store.ids_at(source, [*items])
            items = {key: item for key, item in items.items() if key not in known}
            texts = {key: msgspec.json.encode(item).decode() for key, item in items.items()}
            store.await_items(source, texts, front=False)
            found += [item.url for item in items.values()]
    return found


def without_file(home: Home, store: Store) -> list[str]:
    """Return the missing source files of visited sources, by name."""
    sources, _ = load_sources(home.sources)
    ended = store.removed_sources()
    lacking = [one for one in store.sources() if one not in sources and one not in ended]
    # Sources that were never visited come from imports.
    return [f"sources/{one}.toml" for one in lacking if store.last_visit(one)]


def by_host(urls: Collection[str]) -> dict[str, list[str]]:
    """Group URLs by host."""
    found: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        found[host_of(url)].append(url)
    return found


@dataclass(frozen=True, slots=True)
class Unread:
    """Pages of a source that do not belong to a release: the captures of each page, oldest first.

    ``items`` maps pages to their entries in a listing, ``led`` to the URLs that redirected to them.
    All keys are canonical URLs.
    """

    histories: Sequence[Sequence[Capture]]
    items: Mapping[str, ListingItem]
    led: Mapping[str, Sequence[str]]


def find_unread(captures: PageCaptures, store: Store, source: str) -> Unread:
    """Return archived pages that a source's listings link to and that belong to no release."""
    items: dict[str, ListingItem] = {}
    led: dict[str, list[str]] = {}
    histories: list[list[Capture]] = []
    for text in store.unread(source):
        item = msgspec.json.decode(text, type=ListingItem)
        entries, redirects = captures.of(item.url)
        keys = {canonical_url(one.uri) for one in entries}
        items |= dict.fromkeys(keys, item)
        led |= dict.fromkeys(keys, redirects)
        history = [*filter(None, map(captures.capture, distinct_captures(entries)))]
        histories += [history] if history else []
    return Unread(histories, items, led)


def read_unread(
    unread: Unread, captures: PageCaptures, loaded: LoadedSource, store: Store, taxonomy: Taxonomy
) -> ImportCounts:
    """Extract pages that belong to no release, as if visited at the times of their captures.

    Returns the numbers of new releases and of errors.
    """
    pages = ImportedPages(loaded, store, taxonomy, keeps_source=False)
    pages.listings.items |= unread.items
    pages.read(unread.histories, captures.answer, unread.led, lambda *_: None)
    for url in pages.media:
        entries, _ = captures.of(url)
        if entries and (capture := captures.capture(entries[-1])):
            store.keep_file(loaded.id, url, capture)
    return pages.result


def distinct_captures(entries: Sequence[CdxjEntry]) -> list[CdxjEntry]:
    """Return the captures of a page that differ from the previous capture, and the last capture."""
    before = (None, *entries)
    changes = [
        one
        for one, last in zip(entries, before, strict=False)
        if not last or last.digest != one.digest
    ]
    return changes if not entries or changes[-1] == entries[-1] else [*changes, entries[-1]]


class Reread(msgspec.Struct, frozen=True):
    """A release whose extraction changed, or failed with an ``error``.

    ``gained`` are new fields. ``lost`` are fields that are no longer on the page. Their stored
    values are kept. ``changed`` are fields with another value. ``revision`` is the number of the
    new revision, or 0 if the change is too small for a revision.
    """

    id: str
    url: str
    title: str
    gained: Sequence[str] = ()
    lost: Sequence[str] = ()
    changed: Sequence[str] = ()
    revision: int = 0
    error: str = ""


class DiscoveredRelease(msgspec.Struct, frozen=True):
    """A new release, extracted from an archived page that did not belong to a release before."""

    id: str
    url: str
    title: str


class Reextraction(msgspec.Struct, frozen=True):
    """Result of a re-extraction.

    ``read`` is the number of releases. ``unarchived`` is the number of releases without a page in
    the archive. ``without_file`` is the number of releases without a valid source file; their
    sources are ``unread_sources``. ``releases`` lists changes and failures. ``new`` lists releases
    from captured pages that did not belong to a release. ``held`` maps each source for which
    nothing is stored to the reason: too many of its releases would become worse.
    """

    read: int
    unarchived: int
    without_file: int
    unread_sources: Sequence[str]
    releases: Sequence[Reread]
    new: Sequence[DiscoveredRelease] = ()
    held: Mapping[str, str] = {}

    @property
    def failed(self) -> int:
        """Return the number of releases that could not be extracted."""
        return sum(bool(one.error) for one in self.releases)


def reextract(
    home: Home,
    sources: Mapping[str, LoadedSource],
    *,
    source: str | None = None,
    since: dt.date | None = None,
    dry: bool = False,
    accept: bool = False,
    on_progress: OnStepProgress | None = None,
) -> Reextraction:
    """Extract releases again, and store improvements.

    ``source`` limits the releases to one source, and ``since`` to releases published since a day.
    Without ``since``, captured pages that listings contain and that are in no release are extracted
    as well. With ``dry``, nothing is stored. A change that would make many releases of a source
    worse is held for review, unless ``accept`` is set. ``on_progress`` is called with the name of a
    step, the progress, and the total. The result contains ``***`` instead of secrets. Raises
    StoreError, and HomeInUse during a visit to one of the sources.
    """
    with ExitStack() as stack:
        store = stack.enter_context(closing(home.plain_store() if dry else home.store()))
        index = stack.enter_context(closing(Index(home.archive)))
        run = Rereading(home, store, index, dry=dry, accept=accept, on_progress=on_progress)
        counts = store.facets()
        chosen = {one: counts.get(Facet(source=one), 0) for one in store.sources()}
        chosen = {one: count for one, count in chosen.items() if source in {None, one}}
        run.whole = sum(chosen.values())
        for one, count in chosen.items():
            if one not in sources:
                run.skip(one, count)
                continue
            with ExitStack() as held:
                if not dry:
                    held.enter_context(home.lock(f"{SOURCE_LOCK}{one}", "re-extraction"))
                run.read(sources[one], since)
        if not dry:
            store.update_search_index()
        # A rebuilt store does not know the secrets before the next visit.
        addresses = (address for one in sources.values() for address in one.file.addresses)
        outcome: Reextraction = without_secrets(
            without_secrets(run.outcome(), store.secrets()), Secrets(addresses)
        )
    return outcome


class Rereading:
    """One run of ``reextract``, which processes one source after the other."""

    def __init__(
        self,
        home: Home,
        store: Store,
        index: Index,
        *,
        dry: bool,
        accept: bool,
        on_progress: OnStepProgress | None,
    ) -> None:
        self._home = home
        self._store = store
        self._dry = dry
        self._accept = accept
        self._on_progress = on_progress or (lambda _what, _done, _of: None)
        taxonomy = load_taxonomy(home.topics)
        self._guard = DriftGuard(home, store, taxonomy)
        self._held: dict[str, str] = {}
        self._archived = Archived(home.archive, index, store, taxonomy, home.settings)
        self._captures = PageCaptures(home.archive, index, home.settings.network.max_bytes)
        self._changes: list[Reread] = []
        self._new: list[DiscoveredRelease] = []
        self._read = self._unarchived = 0
        self._without_file: dict[str, int] = {}
        self.whole = 0

    def outcome(self) -> Reextraction:
        """Return the result of the re-extraction so far."""
        self._on_progress("releases", self.whole, self.whole)
        counts = self._read, self._unarchived, sum(self._without_file.values())
        return Reextraction(*counts, [*self._without_file], self._changes, self._new, self._held)

    def skip(self, source: str, releases: int) -> None:
        """Skip a source without a source file."""
        if releases:
            self._without_file[source] = releases

    def read(self, loaded: LoadedSource, since: dt.date | None) -> None:
        """Extract the pages of one source again."""
        if loaded.own and not self._dry:
            # Archive the rules that are used from now on.
            keep_home_files(self._home, self._store, [loaded.id])
        if held := self._why_held(loaded):
            self._held[loaded.id] = held
            if not self._dry:
                return
        unread = None if since else find_unread(self._captures, self._store, loaded.id)
        if unread is None or not unread.histories:
            self._read_stored(loaded, since)
            return
        with suppress(Undone), self._store.transaction() if self._dry else nullcontext():
            # These pages come first, because layouts are also learned from them.
            taxonomy = self._archived.taxonomy
            done = read_unread(unread, self._captures, loaded, self._store, taxonomy)
            self._new += (DiscoveredRelease(*one) for one in done.new)
            self._changes += [
                Reread("", one.url, "", error=one.message)
                for one in done.errors
                if one.kind in {ARCHIVE, BUG, STORE}
            ]
            self._read_stored(loaded, since)
            if self._dry:
                raise Undone

    def _why_held(self, loaded: LoadedSource) -> str:
        """Return the reason why a source's re-extraction is held for review, or an empty string."""
        if self._dry:
            if self._accept:
                return ""
            worse = (one for one in self._guard.drifts(loaded) if one.is_mass_change)
            return next((why_held(loaded.id, one.cause, harms_of(one)) for one in worse), "")
        return self._guard.admit(loaded, accept=self._accept).held

    def _read_stored(self, loaded: LoadedSource, since: dt.date | None) -> None:
        """Extract the pages of stored releases again."""
        releases = [*self._store.by_first_seen(loaded.id, since=since)]
        # Captures of removed records have no file.
        archived = [one for one in releases if one.capture and one.capture.file]
        self._unarchived += len(releases) - len(archived)
        pages = StoredPages(self._archived, loaded)
        pages.learn(archived)
        fresh = {one.id for one in self._new}
        for release in archived:
            if release.id not in fresh:
                self._on_progress("releases", self._read, self.whole)
                self._read += 1
                self._changes += self._reread(pages, release)

    def _reread(self, pages: StoredPages, release: Release) -> Iterable[Reread]:
        """Extract one release again, and yield the difference if there is one."""
        try:
            draft, labels = pages.draft(release)
        except UNREADABLE as error:
            yield Reread(release.id, release.url, release.content.title, error=str(error))
            return
        before, decision = None, decide_reextraction(draft, release)
        found = field_differences(release.content, draft.content, decision.release.content)
        if found.lost:
            before = pages.before(release, self._store.revisions(release.id)[-1])
            decision = decide_reextraction(draft, release, before)
            found = field_differences(release.content, draft.content, decision.release.content)
        if decision.release == release and not found.lost:
            return
        if not self._dry and decision.release != release:
            now = utc_now()
            self._store.record_reextraction(release.id, draft, at=now, labels=labels, before=before)
        revision = decision.release.revision if decision.kind == "changed" else 0
        title = decision.release.content.title
        yield Reread(release.id, release.url, title, *found, revision=revision)


class Undone(Exception):
    """Exception that rolls back a transaction."""
