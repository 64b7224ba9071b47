"""Shared state of one publication: changes, rendered entries, the order of facets, and the result.

Each entry is rendered only once and then read from the cache.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final, TypeAlias

import msgspec

from data.clock import utc_now
from data.errors import PublishError
from data.models import ChangeCursor, Facet, Release, ReleaseChange, ReleaseSummary, Revision
from data.store.core.store import Store
from data.store.shared_sql.events import PUBLISHING
from data.topics.facets import facets_of
from feeds.catalog import Catalog
from feeds.entries.entry import FeedEntry, entry_of, shortened, stands_for
from feeds.formats.rendering import RenderedEntry, fitted, rendered_entry
from feeds.pages.renderer import PageRenderer
from feeds.publishing.archive_pages import ArchivePages
from feeds.publishing.render_cache import RenderCache
from feeds.urls import DAY, MONTH, is_published

Write: TypeAlias = Callable[[str, bytes], object]
"""Function that writes a file, given its name within the site and its content."""

Wanted: TypeAlias = tuple[bytes, Callable[[], FeedEntry]]
"""The cache key of a rendered entry, and a function that creates the entry if it is not cached."""

MAX_CHANGES = 1000
"""Maximum number of changed releases that are checked one by one. If more releases changed, whole
feeds are compared."""

PUBLISHED_NOTE: Final = "point"
"""Cache key for the cursor of the last event that was published without errors."""

QUEUED_NOTE: Final = "queued"
"""Cache key of the cursor of the last event whose facets are queued."""

MAX_HELD_BYTES = 96 * 1024 * 1024
"""Maximum size in bytes of rendered entries in memory during a publication. An entry has about 20
KB."""

MAX_HELD_STORIES, MAX_HELD_RELEASES = 500, 20
"""Maximum number of stories in memory, and maximum number of releases with entries in memory."""


@dataclass(frozen=True, slots=True)
class PublishContext:
    """State of one publication: the store, the renderers and the functions that write files.

    - ``counts`` maps facets to numbers of releases.
    - ``changes`` maps ids to the releases that changed since the last publication. It is None if
      the changes are not known.
    - ``entries`` is the minimum number of releases in a feed document (if the feed has that many),
      and ``max_bytes`` its maximum size.
    - ``layout`` is a digest of everything that affects all entries.
    - ``checkpoint`` is called between files of a facet, and saves progress if many files wait to be
      flushed to disk.
    """

    store: Store
    catalog: Catalog
    pages: PageRenderer
    archive: ArchivePages
    cache: RenderCache
    counts: Mapping[Facet, int]
    changes: Mapping[str, ReleaseChange] | None
    entries: int
    max_bytes: int
    layout: bytes
    write: Write
    checkpoint: Callable[[], None]
    is_there: Callable[[str], bool]
    remove: Callable[[str], None]

    @property
    def has_undated_changes(self) -> bool:
        """Whether a release without a date may have changed since the last publication."""
        if self.changes is None:
            return True
        return any(change.summary.is_backlog for change in self.changes.values())

    def known_release(self, release_id: str) -> Release:
        """Return a release that the store has listed.

        Raises LookupError if the release has been deleted since then.
        """
        if release := self.store.release(release_id):
            return release
        raise LookupError(f"release {release_id} is no longer in the store")

    def edit(self, release_id: str, number: int) -> tuple[Release, Revision, Revision]:
        """Return a release, the version before version ``number``, and version ``number``."""
        release = self.known_release(release_id)
        revisions = {one.number: one for one in self.store.revisions(release_id)}
        after = revisions[number]
        return release, revisions.get(number - 1, after), after

    def key(self, *parts: object) -> bytes:
        """Return the cache key of a result that depends on ``parts`` and on the layout."""
        return blake2b(repr(parts).encode(), digest_size=16, key=self.layout).digest()


@dataclass(frozen=True, slots=True)
class ShownRelease:
    """A release in a feed, and the other releases of the story that it represents in this feed."""

    summary: ReleaseSummary
    others: tuple[Release, ...] = ()


class EntryRenderer:
    """Renders the entries of one publication, and caches them."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._held: OrderedDict[bytes, RenderedEntry] = OrderedDict()
        self._size = 0
        self._made: OrderedDict[bytes, tuple[Release, FeedEntry]] = OrderedDict()
        self._stories = lru_cache(MAX_HELD_STORIES)(context.store.story)

    def entries(self, facet: Facet, releases: Iterable[ReleaseSummary]) -> list[RenderedEntry]:
        """Return the rendered entries of releases in a facet's feed, in the same order."""
        wanted = [self._wanted(one) for one in self.shown(facet, releases)]
        return self.document(wanted, mixed=facet.source is None)

    def shown(self, facet: Facet, releases: Iterable[ReleaseSummary]) -> list[ShownRelease]:
        """Return the releases that a facet's feed shows.

        Feeds of several sources show only one release per story.
        """
        if facet.source is not None:
            return [ShownRelease(release) for release in releases]
        found = []
        for release in releases:
            members = self.story(release.story)
            others = stands_for(release.id, members, lambda one: facet in facets_of(one))
            if others is not None:
                found.append(ShownRelease(release, others))
        return found

    def story(self, story: str | None) -> tuple[Release, ...]:
        """Return the releases of a story, in order of publication.

        If ``story`` is None, the result is empty.
        """
        return self._stories(story) if story is not None else ()

    def _wanted(self, shown: ShownRelease) -> Wanted:
        """Return the cache key of a release's entry, and a function that creates the entry."""
        summary = shown.summary
        key = self._context.key(summary.id, summary.version, *map(face, shown.others))
        return key, lambda: self.made(shown)[1]

    def made(self, shown: ShownRelease) -> tuple[Release, FeedEntry]:
        """Return a release and its entry. Recently used pairs are kept in memory."""
        key = self._wanted(shown)[0]
        found = self._made.get(key)
        if found is None:
            release = self._context.known_release(shown.summary.id)
            entry = entry_of(release, self._context.catalog, mixed=True, others=shown.others)
            found = self._made[key] = release, entry
            if len(self._made) > MAX_HELD_RELEASES:
                self._made.popitem(last=False)
        return found

    def document(self, wanted: Sequence[Wanted], *, mixed: bool) -> list[RenderedEntry]:
        """Return the rendered entries of a feed document.

        Entries are shortened if they exceed the maximum size of the document.
        """
        return fitted(
            wanted, self.rendered, self._short, max_bytes=self._context.max_bytes, mixed=mixed
        )

    def _short(self, wanted: Wanted) -> RenderedEntry:
        key, make = wanted
        return self.rendered([(self._context.key("short", key), lambda: shortened(make()))])[0]

    def rendered(self, wanted: Sequence[Wanted]) -> list[RenderedEntry]:
        """Return rendered entries in the given order, from the cache if possible."""
        held, cache = self._held, self._context.cache
        missing = [key for key, _ in wanted if key not in held]
        found = cache.entries(missing) if missing else {}
        made = {}
        for key, make in wanted:
            if key not in held and key not in found:
                entry = make()
                made[key] = found[key] = rendered_entry(entry, self._context.pages.row(entry))
        if made:
            cache.keep_entries(made)
        held.update(found)
        self._size += sum(entry.size for entry in found.values())
        answer = [held[key] for key, _ in wanted]
        while self._size > MAX_HELD_BYTES:
            self._size -= held.popitem(last=False)[1].size
        return answer


def digest_of(values: object) -> bytes:
    """Return a digest of values that have a complete ``repr``."""
    return blake2b(repr(values).encode(), digest_size=16).digest()


def face(release: Release) -> tuple[object, ...]:
    """Return the properties of a release that are shown with other releases of the same story."""
    return release.id, release.source, release.url, release.content.title, release.content.language


@dataclass(frozen=True, slots=True)
class Publication:
    """The result of one publication.

    - ``feeds`` is the number of rendered feeds, of which ``written`` were written and ``unchanged``
      were not.
    - ``seconds`` is wall-clock time.
    - ``errors`` are the feeds and pages that failed. They keep their last good file, and the next
      publication tries them again.
    - ``files`` are the written feed files.
    - ``rewritten`` is true if all files of the site were written, including archive pages.
    """

    feeds: int = 0
    written: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    errors: tuple[PublishError, ...] = ()
    files: tuple[str, ...] = ()
    rewritten: bool = False


def place(facet: Facet) -> tuple[bool, bool, str, str, str, str, str]:
    """Return the sort key of a facet, which puts facets that share entries next to each other.

    Days precede their month, months their year, and sources their sections. So shared entries are
    still in memory when they are needed again. The feed of all releases is last.
    """
    # "~" sorts after "-".
    period = f"{facet.period}~" if facet.period else ""
    other = (facet.source or "~", facet.topic or "", facet.section or "", facet.language or "")
    return facet == Facet(), not facet.period, period, *other


def is_day(facet: Facet) -> bool:
    """Return whether a facet selects all releases of one day."""
    return facet.period is not None and len(facet.period) == DAY


def is_month(facet: Facet) -> bool:
    """Return whether a facet selects all releases of one month."""
    return facet.period is not None and len(facet.period) == MONTH


def is_source(facet: Facet) -> bool:
    """Return whether a facet selects all releases of one source."""
    return facet.source is not None and facet == Facet(source=facet.source)


class ChangesSinceLastRun:
    """Changed releases since the last publication without errors, and queued facets.

    Create this object before reading the counts of facets. Otherwise, this publication and the next
    could miss an event in between.
    """

    def __init__(self, store: Store, cache: RenderCache) -> None:
        self._store = store
        self._cache = cache
        self._present = store.last_event(PUBLISHING)
        self._published = self._noted(PUBLISHED_NOTE)

    def _noted(self, name: str) -> ChangeCursor | None:
        """Return the event cursor stored as ``name`` in the cache, or None if it is unknown."""
        try:
            return msgspec.json.decode(self._cache.note(name) or b"", type=ChangeCursor)
        except msgspec.DecodeError:
            # The cursor is missing, or another version of Communique saved it.
            return None

    def queue(self) -> None:
        """Queue the facets that events changed, and move the cursor in the same transaction.

        Facets with hidden or redacted releases on archive pages are written completely. If the
        cursor is unknown, all facets are queued.
        """
        before = self._noted(QUEUED_NOTE)
        if before != self._present:
            self._cache.queue(filter(is_published, self._store.dirty_feeds(before)))
            self._cache.keep_note(QUEUED_NOTE, msgspec.json.encode(self._present))
            self._cache.queue_rewrite(filter(is_published, self._store.withheld_feeds(before)))

    @property
    def is_known(self) -> bool:
        """Whether the last publication without errors published this store."""
        return self._published is not None and self._store.has_event(self._published)

    def dirty(self) -> frozenset[Facet]:
        """Return the facets that changed since the last publication without errors."""
        return self._store.dirty_feeds(self._published)

    def changes(self) -> Mapping[str, ReleaseChange] | None:
        """Return the changed releases by id, or None if they are unknown."""
        if self._published is None:
            return None
        return self._store.changes_since(self._published, limit=MAX_CHANGES)

    def keep(self) -> None:
        """Save the cursor of the last event that this publication covers."""
        if self._published != self._present:
            self._cache.keep_note(PUBLISHED_NOTE, msgspec.json.encode(self._present))
            self._store.pass_publication(self._present, utc_now())
