"""The pages of releases and of their versions, each written again only where it would differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from data.interchange.release_fields import (
    dated_capture_fields,
    release_fields,
    version_capture_fields,
)
from data.models import Capture, Facet, Release, ReleaseSummary, Revision
from feeds.pages.capture_page import capture_page
from feeds.pages.release_page import release_page
from feeds.pages.revision_page import revision_page
from feeds.publishing.context import PublishContext
from feeds.publishing.entry_renderer import EntryRenderer, Shown, face
from feeds.urls import (
    capture_data_file,
    capture_file,
    release_data_file,
    release_file,
    release_text_file,
    revision_file,
)


def facet_of_page(release: Release) -> Facet:
    """The facet with which the page of a release is written: its day, or its source without one."""
    return Facet(period=release.day) if release.day else Facet(source=release.source)


class ReleasePages:
    """Has the pages of releases written."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._changes = context.changes
        self._store = context.store
        self._cache = context.cache
        self._renderer = renderer

    def due(self, facet: Facet, *, everything: bool) -> Iterator[tuple[Shown, bytes]]:
        """The releases of a facet whose pages would differ, each with the key of its page."""
        summaries = self._touched(facet, everything=everything)
        written = self._cache.page_keys([summary.id for summary in summaries])
        for summary in summaries:
            members = self._renderer.story(summary.story)
            key = self._context.key("page", summary.id, summary.version, *map(face, members))
            if everything or written.get(summary.id) != key:
                others = tuple(one for one in members if one.id != summary.id)
                yield Shown(summary, others), key

    def _touched(self, facet: Facet, *, everything: bool) -> Sequence[ReleaseSummary]:
        """The releases of a facet, or where that is known only those that a change touches.

        Of a source, those that have no day.
        """
        if everything or self._changes is None:
            return (
                self._store.backlog(facet.source) if facet.source else self._store.summaries(facet)
            )
        here = {
            one: change.summary
            for one, change in self._changes.items()
            if facet in change.facets and (facet.period or change.summary.is_backlog)
        }
        told = self._told.get(facet, ())
        return list({**self._store.summaries_of(told), **here}.values())

    @cached_property
    def _told(self) -> Mapping[Facet, Sequence[str]]:
        """The members of stories of which any changed, by facet: each names all the others."""
        found: dict[Facet, set[str]] = {}
        for story in {change.summary.story for change in (self._changes or {}).values()}:
            for member in self._renderer.story(story):
                found.setdefault(facet_of_page(member), set()).add(member.id)
        return {facet: sorted(members) for facet, members in found.items()}

    def write(self, shown: Shown, key: bytes) -> None:
        """Write the pages of a release: of its versions where it has several, of its captures."""
        release, entry = self._renderer.made(shown)
        pages, write = self._context.pages, self._context.write
        revisions = self._store.revisions(release.id)
        gone = self._store.sightings(release.id).gone if release.retracted else None
        captured = gone is not None or any(one.capture for one in revisions)
        page, beginning = release_page(pages, release, entry, revisions, captured=captured)
        write(release_file(release.id), page)
        write(release_data_file(release.id), release_data(release))
        if beginning:
            write(
                release_text_file(release.id), release.content.body_text.encode("utf-8", "replace")
            )
        else:
            self._context.remove(release_text_file(release.id))
        if captured:
            page = capture_page(pages, release, entry, revisions, gone)
            write(capture_file(release.id), page)
            write(capture_data_file(release.id), capture_data(release, revisions, gone))
        if len(revisions) > 1:
            for before, after in zip((None, *revisions), revisions, strict=False):
                page = revision_page(pages, release, entry, before, after)
                write(revision_file(release.id, after.number), page)
        self._cache.keep_page(release.id, key)
        self._context.checkpoint()


def release_data(release: Release) -> bytes:
    """A release as JSON, all but when a visit saw it last: each visit would write the file anew."""
    fields = release_fields(release)
    del fields["last_seen"]
    text = json.dumps(msgspec.to_builtins(fields), ensure_ascii=False, separators=(",", ":"))
    # Half of a character, which no document may hold, costs only itself.
    return text.encode("utf-8", "replace") + b"\n"


def capture_data(release: Release, revisions: Sequence[Revision], gone: Capture | None) -> bytes:
    """Which records of the archive show a release, or that it is gone, as JSON."""
    fields = {
        "id": release.id,
        "url": release.url,
        "revisions": version_capture_fields(revisions),
        "gone": dated_capture_fields(gone),
    }
    return msgspec.json.encode(fields) + b"\n"
