"""HTML pages of stories: written only if they changed, deleted with their story."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from typing import Final

from data.models import Release
from data.stories.copies import StoryMember, story_members
from feeds.pages.releases.story_page import story_page
from feeds.publishing.context.entry_renderer import EntryRenderer, face
from feeds.publishing.context.publish_context import PublishContext
from feeds.urls import story_file

MAX_CACHED_STORIES: Final = 50
"""Maximum number of stories whose similarities are cached during a publication."""

MIN_STORY_RELEASES: Final = 2
"""Minimum number of releases in a story."""


class StoryPages:
    """Writes the pages of stories."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._renderer = renderer
        self._held: OrderedDict[str, tuple[StoryMember, ...]] = OrderedDict()
        self._keys: dict[str, bytes] = {}
        self._done: set[str] = set()

    def members(self, story: str | None) -> tuple[StoryMember, ...]:
        """Return a story's releases, first published first, with their similarity to the first."""
        if story is None:
            return ()
        if story not in self._held:
            self._held[story] = story_members(self._renderer.story(story))
            if len(self._held) > MAX_CACHED_STORIES:
                self._held.popitem(last=False)
        return self._held[story]

    def write(self, story: str | None) -> None:
        """Write the page of a story if it changed, or delete it if fewer than two are left."""
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
        """Return a digest of the story as its own page and its releases' pages show it."""
        if story is None:
            return b""
        if story not in self._keys:
            members = map(face_in_story, self._renderer.story(story))
            self._keys[story] = self._context.key("story", *members)
        return self._keys[story]


def face_in_story(release: Release) -> tuple[object, ...]:
    """Return the properties of a release that its story's time line and pages show."""
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
