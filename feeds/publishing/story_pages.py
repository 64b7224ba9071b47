"""The pages of stories, each written again only where it would differ, and gone with its story."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from typing import Final

from data.models import Release
from data.stories.copies import StoryMember, tellings
from feeds.pages.releases.story_page import story_page
from feeds.publishing.context.entry_renderer import EntryRenderer, face
from feeds.publishing.context.publish_context import PublishContext
from feeds.urls import story_file

HELD: Final = 50
"""Stories of which it is held how alike their releases are, within one publication."""

LEAST: Final = 2
"""Releases of a story; one alone is none."""


class StoryPages:
    """Has the pages of stories written."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._renderer = renderer
        self._held: OrderedDict[str, tuple[StoryMember, ...]] = OrderedDict()
        self._keys: dict[str, bytes] = {}
        self._done: set[str] = set()

    def members(self, story: str | None) -> tuple[StoryMember, ...]:
        """The releases of a story, the first published first, and how alike each is to it."""
        if story is None:
            return ()
        if story not in self._held:
            self._held[story] = tellings(self._renderer.story(story))
            if len(self._held) > HELD:
                self._held.popitem(last=False)
        return self._held[story]

    def write(self, story: str | None) -> None:
        """Bring the page of a story up to date; it is gone where its releases tell no story."""
        if story is None or story in self._done:
            return
        self._done.add(story)
        releases = self._renderer.story(story)
        file = story_file(story)
        if len(releases) < LEAST:
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
        """What shapes the page of a story, and what the pages of its releases show of it."""
        if story is None:
            return b""
        if story not in self._keys:
            members = map(face_in_story, self._renderer.story(story))
            self._keys[story] = self._context.key("story", *members)
        return self._keys[story]


def face_in_story(release: Release) -> tuple[object, ...]:
    """What the time line of its story, and the pages of its other releases, show of a release."""
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
