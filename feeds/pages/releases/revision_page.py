"""The page of a version of a release: its changes and its text."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from markupsafe import Markup

from data.languages.tags import feed_language
from data.models import Facet, Release, Revision
from data.text.urls import web_address
from feeds.entries.body import body_of, difference
from feeds.entries.entry import ReleaseEntry, title_of
from feeds.pages.releases.release_body import shown_body
from feeds.pages.releases.release_page import change_words, crumbs
from feeds.pages.renderer import PageRenderer
from feeds.urls import capture_file, release_file, revision_file

MAX_COMPRESSED_BYTES: Final = 10_000
"""Maximum compressed bytes of the text, and of the changes next to it."""


def revision_page(
    pages: PageRenderer,
    release: Release,
    entry: ReleaseEntry,
    before: Revision | None,
    after: Revision,
) -> bytes:
    """Render the page of version ``after``; ``before`` is the previous version, if any."""
    texts = pages.catalog.texts
    url = web_address(release.url) or entry.page
    version = replace(release, content=after.content)
    body = shown_body(body_of(version, url), texts, MAX_COMPRESSED_BYTES)
    change = None
    if before:
        differing = difference(before, after, whole=False)
        change = shown_body(differing, texts, MAX_COMPRESSED_BYTES)
    neighbours = (after.number - 1, after.number + 1)
    return pages.render(
        "revision.html",
        revision_file(release.id, after.number),
        title=title_of(after.content),
        facet=Facet(source=release.source),
        language=feed_language(after.content.language),
        number=after.number,
        total=release.revision,
        last=after.number == release.revision,
        reading=after.reason == "reading",
        seen=after.seen,
        changed=change_words(before, after, texts) if before else "",
        change=Markup(change.html) if change else None,  # noqa: S704 - shown_body sanitizes
        cut_change=bool(change and change.beginning),
        body=Markup(body.html),  # noqa: S704 - shown_body sanitizes
        beginning=body.beginning,
        beside=[
            (number, revision_file(release.id, number)) if 1 <= number <= release.revision else None
            for number in neighbours
        ],
        backed=[one for one in (before, after) if one and one.capture],
        captures=capture_file(release.id),
        release=release_file(release.id),
        crumbs=crumbs(pages.catalog, release, entry.title),
    )
