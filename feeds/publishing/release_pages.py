"""HTML pages of releases and their versions, written only if they changed."""

import json
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from data.interchange.release_fields import (
    dated_capture_fields,
    deposit_fields,
    release_fields,
    version_capture_fields,
)
from data.models import (
    Capture,
    DepositReceipt,
    Facet,
    Neighbours,
    Release,
    ReleaseSummary,
    Revision,
)
from data.stories.copies import StoryMember, story_members
from feeds.pages.releases.release_page import MIN_STORY_RELEASES, release_page
from feeds.pages.releases.story_page import story_page
from feeds.pages.releases.version_and_capture_pages import capture_page, revision_page
from feeds.publishing.publish_context import EntryRenderer, PublishContext, ShownRelease, face
from feeds.urls import (
    capture_data_file,
    capture_file,
    release_data_file,
    release_file,
    release_text_file,
    revision_file,
    story_file,
)

DIGEST_BYTES: Final = 16
"""Size in bytes of the digest at the start of the value that the cache stores for a page."""

FORMER_LINKS_NOTE: Final = "former links"
"""Cache key under which the previous neighbours and stories of changed releases are stored until
their pages are rewritten.
"""

FormerLinks: TypeAlias = tuple[str | None, str | None, str | None]
"""Ids of the newer neighbour, the older neighbour and the story of a release, when its page was
last written."""

MAX_CACHED_STORIES: Final = 50
"""Maximum number of stories whose text similarities are cached during a publication."""


@dataclass(frozen=True, slots=True)
class DuePage:
    """A release whose page must be written, its neighbours, and the value to save in the cache."""

    shown: ShownRelease
    beside: Neighbours
    note: bytes


def ids_of(beside: Neighbours) -> tuple[str | None, str | None]:
    """Return the ids of the newer and the older neighbour of a release."""
    return tuple(one.id if one else None for one in (beside.newer, beside.older))  # type: ignore[return-value]  # of the pair


def former_links_in(note: bytes) -> FormerLinks:
    """Return the links of a page from the value that the cache stores for the page."""
    if len(note) == DIGEST_BYTES:
        return None, None, None
    return msgspec.json.decode(note[DIGEST_BYTES:], type=FormerLinks)


class ReleasePages:
    """Writes the pages of releases."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._changes = context.changes
        self._store = context.store
        self._cache = context.cache
        self._renderer = renderer
        self.stories = StoryPages(context, renderer)
        self._former: set[FormerLinks] = set()

    @property
    def knows_changes(self) -> bool:
        """Whether the changes since the last publication are known."""
        return self._changes is not None

    def save_former_links(self) -> None:
        """Save the links on the pages of changed releases. Call this before a page is written.

        Writing a page replaces the saved value of the page. If the publication then stops, the next
        one still needs the former neighbours, because they link to this release.
        """
        saved = self._cache.note(FORMER_LINKS_NOTE)
        before = msgspec.json.decode(saved, type=set[FormerLinks]) if saved else set()
        now = map(former_links_in, self._cache.page_keys(sorted(self._changes or ())).values())
        self._former = before.union(now)
        if self._former != before:
            self._cache.keep_note(FORMER_LINKS_NOTE, msgspec.json.encode(self._former))
            self._cache.commit()

    def delete_former_links(self) -> None:
        """Delete the saved links. Call this after all affected pages are written."""
        self._cache.keep_note(FORMER_LINKS_NOTE, b"")

    def due(self, facet: Facet, *, everything: bool) -> Iterator[DuePage]:
        """Yield the releases of a facet whose pages must be written, or all with ``everything``."""
        return self._due(self._touched(facet, everything=everything), everything=everything)

    def due_elsewhere(self, dirty: Collection[Facet]) -> Iterator[DuePage]:
        """Yield releases whose pages must be written because a neighbour or story member changed.

        A neighbour is the next newer or older release of the source. ``dirty`` are the facets that
        changed since the last publication without errors.
        """
        ids: set[str | None] = set()
        stories: set[str | None] = set()
        if self._changes is None:
            for source in {one.source for one in dirty if one.source and not one.topic}:
                every = self._store.summaries(Facet(source=source))
                ids.update(summary.id for summary in every)
                stories.update(summary.story for summary in every)
        else:
            stories.update(change.summary.story for change in self._changes.values())
            for around in self._store.neighbours(sorted(self._changes)).values():
                ids.update(ids_of(around))
        for newer, older, story in self._former:
            ids.update((newer, older))
            stories.add(story)
        for story in stories:
            self.stories.write(story)
            ids.update(member.id for member in self._renderer.story(story))
        found = self._store.summaries_of(sorted(filter(None, ids)))
        yield from self._due([*found.values()], everything=False)

    def _due(self, summaries: Sequence[ReleaseSummary], *, everything: bool) -> Iterator[DuePage]:
        ids = [summary.id for summary in summaries]
        written = self._cache.page_keys(ids)
        around = self._store.neighbours(ids)
        for summary in summaries:
            beside = around.get(summary.id) or Neighbours()
            story = self.stories.key(summary.story)
            key = self._context.key("page", summary.id, summary.version, story, beside)
            note = key + msgspec.json.encode((*ids_of(beside), summary.story))
            if everything or written.get(summary.id) != note:
                members = self._renderer.story(summary.story)
                others = tuple(one for one in members if one.id != summary.id)
                yield DuePage(ShownRelease(summary, others), beside, note)

    def _touched(self, facet: Facet, *, everything: bool) -> Sequence[ReleaseSummary]:
        """Return the changed releases of a facet, or all its releases if the changes are not known.

        For a source, this returns only releases without a day. Releases with a day belong to the
        facet of their day.
        """
        if everything or self._changes is None:
            return (
                self._store.backlog(facet.source) if facet.source else self._store.summaries(facet)
            )
        return [
            change.summary
            for change in self._changes.values()
            if facet in change.facets and (facet.period or change.summary.is_backlog)
        ]

    def write(self, due: DuePage) -> None:
        """Write the pages of a release, its versions and its captures."""
        release, entry = self._renderer.made(due.shown)
        pages, write = self._context.pages, self._context.write
        versions = self._store.all_versions(release.id)
        gone = self._store.sightings(release.id).gone if release.retracted else None
        captured = gone is not None or any(one.capture for one in versions)
        # The captures of other archives may still contain the text that was redacted here.
        receipts = [] if release.content.redacted else self._store.receipts(release.id)
        page, beginning = release_page(
            pages,
            release,
            entry,
            versions,
            neighbours=due.beside,
            story=self.stories.members(release.story),
            captured=captured,
            back=next(iter(self._store.returns_of(release.id)), None),
            texts_of_files=self._store.texts_of_releases([release]),
            receipts=receipts,
        )
        write(release_file(release.id), page)
        write(release_data_file(release.id), release_data(release, receipts))
        if beginning:
            write(
                release_text_file(release.id), release.content.body_text.encode("utf-8", "replace")
            )
        else:
            self._context.remove(release_text_file(release.id))
        if captured:
            page = capture_page(pages, release, entry, versions, gone)
            write(capture_file(release.id), page)
            write(capture_data_file(release.id), capture_data(release, versions, gone))
        if len(versions) > 1:
            for before, after in zip((None, *versions), versions, strict=False):
                page = revision_page(pages, release, entry, before, after)
                write(revision_file(release.id, after.number), page)
        # A newer store may have published more versions. A single version has no page.
        number = release.revision if len(versions) > 1 else 0
        while self._context.is_there(file := revision_file(release.id, number := number + 1)):
            self._context.remove(file)
        self.stories.write(release.story)
        self._cache.keep_page(release.id, due.note)
        self._context.checkpoint()


def release_data(release: Release, receipts: Sequence[DepositReceipt] = ()) -> bytes:
    """Return a release as JSON without ``last_seen``, which changes with every visit."""
    fields = release_fields(release)
    del fields["last_seen"]
    if receipts:
        fields["deposits"] = deposit_fields(receipts)
    text = json.dumps(msgspec.to_builtins(fields), ensure_ascii=False, separators=(",", ":"))
    # Replace an unpaired surrogate, because it is invalid in every document.
    return text.encode("utf-8", "replace") + b"\n"


def capture_data(release: Release, revisions: Sequence[Revision], gone: Capture | None) -> bytes:
    """Return the archive records of a release's versions and retraction as JSON."""
    fields = {
        "id": release.id,
        "url": release.url,
        "revisions": version_capture_fields(revisions),
        "gone": dated_capture_fields(gone),
    }
    return msgspec.json.encode(fields) + b"\n"


class StoryPages:
    """Writes the pages of stories."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._renderer = renderer
        self._members = lru_cache(MAX_CACHED_STORIES)(self._read_members)
        self._keys: dict[str, bytes] = {}
        self._done: set[str] = set()

    def members(self, story: str | None) -> tuple[StoryMember, ...]:
        """Return the releases of a story with their similarity to its first release.

        They are in order of publication.
        """
        return self._members(story) if story is not None else ()

    def _read_members(self, story: str) -> tuple[StoryMember, ...]:
        return story_members(self._renderer.story(story))

    def write(self, story: str | None) -> None:
        """Write the page of a story if it changed.

        If the story has fewer than two releases, delete the page.
        """
        if story is None or story in self._done:
            return
        self._done.add(story)
        releases = self._renderer.story(story)
        file = story_file(story)
        if len(releases) < MIN_STORY_RELEASES:
            self._context.remove(file)
            self._context.cache.keep_page(file, b"")
            return
        key = self.key(story)
        written = self._context.cache.page_keys([file]).get(file)
        if written != key or not self._context.is_there(file):
            page = story_page(self._context.pages, story, self.members(story))
            self._context.write(file, page)
            self._context.cache.keep_page(file, key)

    def key(self, story: str | None) -> bytes:
        """Return a digest of everything that pages show about a story."""
        if story is None:
            return b""
        if story not in self._keys:
            members = map(face_in_story, self._renderer.story(story))
            self._keys[story] = self._context.key("story", *members)
        return self._keys[story]


def face_in_story(release: Release) -> tuple[object, ...]:
    """Return the properties of a release that pages about its story show."""
    text = zlib.crc32(release.content.body_text.encode("utf-8", "replace"))
    return (
        *face(release),
        release.published,
        release.first_seen,
        release.order,
        release.content.publisher,
        release.retracted is not None,
        text,
    )
