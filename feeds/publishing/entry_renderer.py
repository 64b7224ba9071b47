"""Which releases a feed shows, and their entries: rendered once, then taken from those kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from data.models import Facet, Release, ReleaseSummary, facets_of
from data.store.protocol import ReadStore
from feeds.catalog import Catalog
from feeds.entries.entry import Entry, entry_of
from feeds.formats.rendering import RenderedEntry, rendered_entry
from feeds.pages.renderer import PageRenderer
from feeds.publishing.render_cache import RenderCache

Wanted: TypeAlias = tuple[bytes, Callable[[], Entry]]
"""The key of a rendered entry, and how to make the entry where it is not kept."""

HELD = 96 * 1024 * 1024
"""Bytes of rendered entries held in memory within one run; each takes some 20 KB."""

STORIES, AT_HAND = 500, 20
"""Stories, and releases with their entries, held in memory within one run."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A release in a feed, with the releases of its story that it stands for there."""

    outline: ReleaseSummary
    others: tuple[Release, ...] = ()


class Renderer:
    """Renders the entries of one run; ``salt`` is a digest of all that shapes every entry."""

    def __init__(
        self,
        store: ReadStore,
        directory: Catalog,
        kept: RenderCache,
        pages: PageRenderer,
        salt: bytes,
    ) -> None:
        self.store = store
        self.directory = directory
        self.kept = kept
        self.pages = pages
        self._salted = blake2b(digest_size=16, key=salt)
        self._held: OrderedDict[bytes, RenderedEntry] = OrderedDict()
        self._size = 0
        self._made: OrderedDict[bytes, tuple[Release, Entry]] = OrderedDict()
        self._stories: OrderedDict[str, tuple[Release, ...]] = OrderedDict()

    def shown(self, facet: Facet, outlines: Iterable[ReleaseSummary]) -> list[Shown]:
        """What a feed shows of these releases.

        Where sources mix, a story is shown by the member of this facet that was published first,
        even if that one was retracted since: an entry never gives its place to another.
        """
        if facet.source is not None:
            return [Shown(outline) for outline in outlines]
        found = []
        for outline in outlines:
            members = self.story(outline.story)
            first = next((one.id for one in members if facet in facets_of(one)), outline.id)
            if first == outline.id:
                others = tuple(one for one in members if one.id != first)
                found.append(Shown(outline, others))
        return found

    def story(self, story: str | None) -> tuple[Release, ...]:
        """The members of a story, the first published first; none for no story."""
        if story is None:
            return ()
        if story not in self._stories:
            self._stories[story] = self.store.story(story)
            if len(self._stories) > STORIES:
                self._stories.popitem(last=False)
        return self._stories[story]

    def key(self, *parts: object) -> bytes:
        """The key of what these parts shape."""
        digest = self._salted.copy()
        digest.update(repr(parts).encode())
        return digest.digest()

    def wanted(self, shown: Shown) -> Wanted:
        """The entry of a release."""
        outline = shown.outline
        key = self.key(outline.id, outline.version, *map(face, shown.others))
        return key, lambda: self.made(shown)[1]

    def made(self, shown: Shown) -> tuple[Release, Entry]:
        """A release and its entry; the last few are at hand, for its feeds and its page alike."""
        key = self.wanted(shown)[0]
        found = self._made.get(key)
        if found is None:
            release = self.store.release(shown.outline.id)
            if release is None:
                raise LookupError(f"release {shown.outline.id} is gone from the store")
            found = release, entry_of(release, self.directory, mixed=True, others=shown.others)
            self._made[key] = found
            if len(self._made) > AT_HAND:
                self._made.popitem(last=False)
        return found

    def fragments(self, wanted: Sequence[Wanted]) -> list[RenderedEntry]:
        """Rendered entries, in the order in which they are wanted."""
        held = self._held
        missing = [key for key, _ in wanted if key not in held]
        found = self.kept.fragments(missing) if missing else {}
        made = {}
        for key, make in wanted:
            if key not in held and key not in found:
                entry = make()
                made[key] = found[key] = rendered_entry(entry, self.pages.row(entry))
        if made:
            self.kept.keep(made)
        held.update(found)
        self._size += sum(fragment.size for fragment in found.values())
        answer = [held[key] for key, _ in wanted]
        while self._size > HELD:
            self._size -= held.popitem(last=False)[1].size
        return answer


def face(release: Release) -> tuple[object, ...]:
    """What the entry of another member of its story shows of a release."""
    return release.id, release.source, release.url, release.content.title, release.content.language
