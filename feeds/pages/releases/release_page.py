"""The page of a release: its text as kept, where it comes from, what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from markupsafe import Markup

from data.models import Facet, Media, Neighbour, Neighbours, Release, Return, Revision
from data.stories.copies import StoryMember
from data.stories.passages import Passage, shared_passages
from data.text.clean import excerpt, plain
from data.text.language_tags import feed_language
from data.text.urls import web_address
from data.topics.facets import section_of
from feeds.catalog import Catalog
from feeds.entries.body import body_of
from feeds.entries.citation import citation_of
from feeds.entries.entry import UNTITLED, Entry
from feeds.pages.releases.change_words import changed_in
from feeds.pages.releases.date_origin import date_origin
from feeds.pages.releases.media_names import file_line, size_of
from feeds.pages.releases.release_body import shown_body
from feeds.pages.releases.story_page import ALIKE, LONGEST_TITLE, QUOTED, alike, story_lines
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
    story_file,
)

DESCRIBED: Final = 200
"""Characters of the description of a page at the most; search engines show no more."""

MOST_FILES: Final = 40
MOST_ALIASES: Final = 10
MOST_TOPICS: Final = 30
MOST_VERSIONS: Final = 20
MOST_MEMBERS: Final = 8
MOST_PASSAGES: Final = 2
"""What a page lists at the most; all of it is in the JSON of the release."""


LEAST: Final = 2
"""Releases of a story; one alone is none."""

ALONE: Final = Neighbours()


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
    beside: Neighbours = ALONE,
    story: Sequence[StoryMember] = (),
    captured: bool = False,
    back: Return | None = None,
) -> tuple[bytes, bool]:
    """The page of a release, and whether it shows only the beginning of its text.

    It leads to what stands ``beside`` it and to the other releases of its ``story``, which come
    first published first. ``captured`` is whether it has a page of captures, ``back`` its last
    return after a retraction.
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
        back=back,
        url=url,
        canonical=url,
        description=excerpt(entry.summary, DESCRIBED),
        og_type="article",
        image=next((one.url for one in entry.enclosures if is_picture(one)), ""),
        structured=news_article(catalog, entry, revisions[-MOST_VERSIONS:]),
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
        newer=beside_line(beside.newer),
        older=beside_line(beside.older),
        **told_elsewhere(catalog, release, story),
        versions=version_lines(revisions, texts),
        more_versions=max(0, len(revisions) - MOST_VERSIONS),
        citation=citation_of(release, entry),
        crumbs=crumbs_above(catalog, release),
    )
    return page, body.beginning


def beside_line(one: Neighbour | None) -> Neighbour | None:
    """What is shown of a release that stands beside another one."""
    if one is None:
        return None
    title = excerpt(one.title, LONGEST_TITLE) or UNTITLED
    return replace(one, title=title, language=feed_language(one.language) or "")


def told_elsewhere(
    catalog: Catalog, release: Release, story: Sequence[StoryMember]
) -> dict[str, Any]:
    """The editions of a release in other languages, and who else tells its story.

    What is told of each is how much of it stands in the first one; of the release itself too, with
    what it shares with the first one word for word.
    """
    if len(story) < LEAST or release.story is None:
        return {"editions": [], "others": [], "alike": "", "passages": [], "story": None}
    first, content = story[0], release.content
    own = next((one for one in story if one.release.id == release.id), first)
    near = [one for one in story[: MOST_MEMBERS + 1] if one is not own]
    lines = story_lines(catalog, [first, *(one for one in near if one is not first)])
    lines = lines if own is not first else lines[1:]
    editions = [
        line
        for line, one in zip(lines, near, strict=True)
        if one.release.source == release.source and line.language
    ]
    passages: tuple[Passage, ...] = ()
    if own is not first and own.overlap >= ALIKE:
        text = first.release.content.body_text
        passages = shared_passages(content.body_text, text, most=MOST_PASSAGES)
    return {
        "editions": editions,
        "others": [line for line in lines if line not in editions],
        "alike": alike(own, catalog.texts) if own is not first else "",
        "passages": [excerpt(one.text, QUOTED) for one in passages],
        "is_first": own is first,
        "told_by": len(story),
        "story": story_file(release.story),
    }


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


def crumbs_above(catalog: Catalog, release: Release) -> list[tuple[str, str]]:
    """The way down to where a release is filed: its source, and the section of that."""
    source = Facet(source=release.source)
    first = catalog.texts.gettext("All")
    above = [(first, "index.html"), (catalog.name(source), page_file(source))]
    if section := section_of(release.content.section):
        file = page_file(Facet(source=release.source, section=section.slug))
        above.append((catalog.section(release.source, section.slug), file))
    return above


def crumbs(catalog: Catalog, release: Release, title: str) -> list[tuple[str, str]]:
    """The way down to the page of a release."""
    return [*crumbs_above(catalog, release), (title, release_file(release.id))]
