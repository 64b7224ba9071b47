"""The entries that a feed shows of releases: rendered once, then taken from the cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from data.models import Facet, Release, ReleaseSummary
from data.topics.facets import facets_of
from feeds.entries.entry import Entry, entry_of, shortened
from feeds.entries.story_folding import stands_for
from feeds.formats.feed_budget import fitted
from feeds.formats.rendering import RenderedEntry, rendered_entry
from feeds.publishing.context.publish_context import PublishContext

Wanted: TypeAlias = tuple[bytes, Callable[[], Entry]]
"""The key of a rendered entry, and how to make the entry where it is not in the cache."""

HELD = 96 * 1024 * 1024
"""Bytes of rendered entries held in memory within one publication; each takes some 20 KB."""

STORIES, AT_HAND = 500, 20
"""Stories, and releases with their entries, held in memory within one publication."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A release in a feed, with the releases of its story that it stands for there."""

    summary: ReleaseSummary
    others: tuple[Release, ...] = ()


class EntryRenderer:
    """Renders the entries of one publication."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._held: OrderedDict[bytes, RenderedEntry] = OrderedDict()
        self._size = 0
        self._made: OrderedDict[bytes, tuple[Release, Entry]] = OrderedDict()
        self._stories: OrderedDict[str, tuple[Release, ...]] = OrderedDict()

    def entries(self, facet: Facet, releases: Iterable[ReleaseSummary]) -> list[RenderedEntry]:
        """What the feed of a facet shows of these releases, in their order."""
        wanted = [self._wanted(one) for one in self.shown(facet, releases)]
        return self.document(wanted, mixed=facet.source is None)

    def shown(self, facet: Facet, releases: Iterable[ReleaseSummary]) -> list[Shown]:
        """What a feed shows of these releases: where sources mix, a story once."""
        if facet.source is not None:
            return [Shown(release) for release in releases]
        found = []
        for release in releases:
            members = self.story(release.story)
            others = stands_for(release.id, members, lambda one: facet in facets_of(one))
            if others is not None:
                found.append(Shown(release, others))
        return found

    def story(self, story: str | None) -> tuple[Release, ...]:
        """The members of a story, the first published first; none for no story."""
        if story is None:
            return ()
        if story not in self._stories:
            self._stories[story] = self._context.store.story(story)
            if len(self._stories) > STORIES:
                self._stories.popitem(last=False)
        return self._stories[story]

    def _wanted(self, shown: Shown) -> Wanted:
        """The entry of a release."""
        summary = shown.summary
        key = self._context.key(summary.id, summary.version, *map(face, shown.others))
        return key, lambda: self.made(shown)[1]

    def made(self, shown: Shown) -> tuple[Release, Entry]:
        """A release and its entry; the last few are at hand, for its feeds and its page alike."""
        key = self._wanted(shown)[0]
        found = self._made.get(key)
        if found is None:
            release = self._context.store.release(shown.summary.id)
            if release is None:
                raise LookupError(f"release {shown.summary.id} is gone from the store")
            entry = entry_of(release, self._context.catalog, mixed=True, others=shown.others)
            found = self._made[key] = release, entry
            if len(self._made) > AT_HAND:
                self._made.popitem(last=False)
        return found

    def document(self, wanted: Sequence[Wanted], *, mixed: bool) -> list[RenderedEntry]:
        """The entries of one feed document, shortened where they do not fit its budget."""
        return fitted(
            wanted, self.rendered, self._short, max_bytes=self._context.max_bytes, mixed=mixed
        )

    def _short(self, wanted: Wanted) -> RenderedEntry:
        key, make = wanted
        return self.rendered([(self._context.key("short", key), lambda: shortened(make()))])[0]

    def rendered(self, wanted: Sequence[Wanted]) -> list[RenderedEntry]:
        """Rendered entries, in the order in which they are wanted."""
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
        while self._size > HELD:
            self._size -= held.popitem(last=False)[1].size
        return answer


def face(release: Release) -> tuple[object, ...]:
    """What the entry of another member of its story shows of a release."""
    return release.id, release.source, release.url, release.content.title, release.content.language
