"""Renders the entries of feeds, each once; later they come from the cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from data.models import Facet, Release, ReleaseSummary
from data.topics.facets import facets_of
from feeds.entries.entry import ReleaseEntry, entry_of, shortened
from feeds.entries.story_folding import stands_for
from feeds.formats.feed_budget import fitted
from feeds.formats.rendering import RenderedEntry, rendered_entry
from feeds.publishing.context.publish_context import PublishContext

Wanted: TypeAlias = tuple[bytes, Callable[[], ReleaseEntry]]
"""The key of a rendered entry, and a function that creates the entry if it is not cached."""

MAX_HELD_BYTES = 96 * 1024 * 1024
"""Maximum bytes of rendered entries in memory during a publication, at about 20 KB each."""

MAX_HELD_STORIES, MAX_HELD_RELEASES = 500, 20
"""Maximum numbers of stories, and of releases with their entries, in memory."""


@dataclass(frozen=True, slots=True)
class ShownRelease:
    """A release in a feed, and the other releases of its story that it represents there."""

    summary: ReleaseSummary
    others: tuple[Release, ...] = ()


class EntryRenderer:
    """Renders the entries of one publication."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._held: OrderedDict[bytes, RenderedEntry] = OrderedDict()
        self._size = 0
        self._made: OrderedDict[bytes, tuple[Release, ReleaseEntry]] = OrderedDict()
        self._stories: OrderedDict[str, tuple[Release, ...]] = OrderedDict()

    def entries(self, facet: Facet, releases: Iterable[ReleaseSummary]) -> list[RenderedEntry]:
        """Return the entries for releases in the feed of a facet, in the same order."""
        wanted = [self._wanted(one) for one in self.shown(facet, releases)]
        return self.document(wanted, mixed=facet.source is None)

    def shown(self, facet: Facet, releases: Iterable[ReleaseSummary]) -> list[ShownRelease]:
        """Return the releases that a feed shows: one per story in feeds of several sources."""
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
        """Return the members of a story, first published first; none without a story."""
        if story is None:
            return ()
        if story not in self._stories:
            self._stories[story] = self._context.store.story(story)
            if len(self._stories) > MAX_HELD_STORIES:
                self._stories.popitem(last=False)
        return self._stories[story]

    def _wanted(self, shown: ShownRelease) -> Wanted:
        """Return the key and the creating function of a release's entry."""
        summary = shown.summary
        key = self._context.key(summary.id, summary.version, *map(face, shown.others))
        return key, lambda: self.made(shown)[1]

    def made(self, shown: ShownRelease) -> tuple[Release, ReleaseEntry]:
        """Return a release and its entry, from memory if it was used recently."""
        key = self._wanted(shown)[0]
        found = self._made.get(key)
        if found is None:
            release = self._context.store.release(shown.summary.id)
            if release is None:
                raise LookupError(f"release {shown.summary.id} is gone from the store")
            entry = entry_of(release, self._context.catalog, mixed=True, others=shown.others)
            found = self._made[key] = release, entry
            if len(self._made) > MAX_HELD_RELEASES:
                self._made.popitem(last=False)
        return found

    def document(self, wanted: Sequence[Wanted], *, mixed: bool) -> list[RenderedEntry]:
        """Return the entries of one feed document, shortened if they exceed its size limit."""
        return fitted(
            wanted, self.rendered, self._short, max_bytes=self._context.max_bytes, mixed=mixed
        )

    def _short(self, wanted: Wanted) -> RenderedEntry:
        key, make = wanted
        return self.rendered([(self._context.key("short", key), lambda: shortened(make()))])[0]

    def rendered(self, wanted: Sequence[Wanted]) -> list[RenderedEntry]:
        """Return rendered entries in the given order."""
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


def face(release: Release) -> tuple[object, ...]:
    """Return the properties of a release that entries of its story's other members show."""
    return release.id, release.source, release.url, release.content.title, release.content.language
