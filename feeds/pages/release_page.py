"""The page of a release: its text as kept, where it comes from, what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from data.models import Facet, Media, Release, Revision
from data.text.clean import excerpt, plain
from data.text.urls import web_address
from feeds.catalog import Catalog
from feeds.entries.body import body_of
from feeds.entries.citation import citation_of
from feeds.entries.entry import Entry
from feeds.pages.change_words import changed_in
from feeds.pages.date_origin import date_origin
from feeds.pages.media_names import file_line, size_of
from feeds.pages.release_body import shown_body
from feeds.pages.renderer import PageRenderer
from feeds.pages.structured_data import news_article
from feeds.translations import Texts
from feeds.urls import (
    capture_file,
    page_file,
    release_data_file,
    release_file,
    release_text_file,
    revision_file,
)

DESCRIBED: Final = 200
"""Characters of the description of a page at the most; search engines show no more."""

MOST_FILES: Final = 40
MOST_ALIASES: Final = 10
MOST_TOPICS: Final = 30
MOST_VERSIONS: Final = 20
"""What a page lists at the most; all of it is in the JSON of the release."""


@dataclass(frozen=True, slots=True)
class VersionLine:
    """The line of a version: its page, when it was first seen, and what it changed."""

    number: int
    file: str
    revision: Revision
    changed: str


def release_page(
    pages: PageRenderer,
    release: Release,
    entry: Entry,
    revisions: tuple[Revision, ...],
    *,
    captured: bool = False,
) -> tuple[bytes, bool]:
    """The page of a release, and whether it shows only the beginning of its text.

    ``captured`` is whether it has a page of captures.
    """
    catalog, texts = pages.catalog, pages.catalog.texts
    source = Facet(source=release.source)
    url = web_address(release.url) or entry.page
    body = shown_body(entry.body or body_of(release, url), texts)
    files = [media for media in entry.enclosures if media.url not in body.pictures]
    pictures = [media for media in files if is_picture(media)]
    others = [media for media in files if not is_picture(media)]
    aliases = [plain(alias) for alias in release.aliases if alias != release.url]
    text_size = len(release.content.body_text.encode("utf-8", "replace"))
    page = pages.render(
        "release.html",
        release_file(release.id),
        title=entry.title,
        facet=source,
        entry=entry,
        redacted=release.content.redacted,
        url=url,
        canonical=url,
        description=excerpt(entry.summary, DESCRIBED),
        og_type="article",
        image=next((one.url for one in entry.enclosures if is_picture(one)), ""),
        structured=news_article(catalog, entry, revisions),
        body=Markup(body.html),  # noqa: S704 - shown_body sanitizes
        beginning=body.beginning,
        whole=release_text_file(release.id),
        whole_size=size_of(text_size, texts),
        data=release_data_file(release.id),
        topics=[
            (catalog.topic(topic), page_file(Facet(topic=topic)))
            for topic in release.content.topics[:MOST_TOPICS]
        ],
        aliases=aliases[:MOST_ALIASES],
        origin=date_origin(release.published, texts),
        raw=excerpt(release.published.raw, 200),
        rule=excerpt(release.published.rule, 120),
        zone=release.published.zone,
        seen=release.first_seen,
        source_page=page_file(source),
        captures=capture_file(release.id) if captured else None,
        files=[file_line(media, texts) for media in others[:MOST_FILES]],
        pictures=[file_line(media, texts) for media in pictures[:MOST_FILES]],
        more=max(0, len(aliases) - MOST_ALIASES),
        more_files=max(0, len(others) - MOST_FILES) + max(0, len(pictures) - MOST_FILES),
        versions=version_lines(revisions, texts),
        more_versions=max(0, len(revisions) - MOST_VERSIONS),
        citation=citation_of(release, entry),
        crumbs=source_crumbs(catalog, release.source),
    )
    return page, body.beginning


def is_picture(media: Media) -> bool:
    """Whether a file is an image."""
    return media.type.startswith("image/")


def version_lines(revisions: tuple[Revision, ...], texts: Texts) -> list[VersionLine]:
    """The last versions of a release that has several, the newest first."""
    if len(revisions) == 1:
        return []
    changed = changed_in(revisions, texts)
    return [
        VersionLine(
            one.number, revision_file(one.release, one.number), one, changed.get(one.number, "")
        )
        for one in reversed(revisions[-MOST_VERSIONS:])
    ]


def source_crumbs(catalog: Catalog, source: str) -> list[tuple[str, str]]:
    """The way down to the page of a source."""
    facet = Facet(source=source)
    return [("All", "index.html"), (catalog.name(facet), page_file(facet))]


def crumbs(catalog: Catalog, release: Release, title: str) -> list[tuple[str, str]]:
    """The way down to the page of a release."""
    return [*source_crumbs(catalog, release.source), (title, release_file(release.id))]
