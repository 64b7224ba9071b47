"""Page of a release: text, origin, versions, story and files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup

from data.languages.tags import feed_language
from data.models import (
    DepositReceipt,
    Facet,
    FileText,
    Media,
    Neighbour,
    Neighbours,
    Release,
    Return,
    Revision,
)
from data.stories.copies import StoryMember
from data.stories.passages import SharedPassage, shared_passages
from data.text.clean import excerpt, plain
from data.text.urls import web_address
from feeds.catalog import Catalog
from feeds.entries.body import body_of
from feeds.entries.entry import UNTITLED, FeedEntry
from feeds.pages.file_rows import file_line, readable_size
from feeds.pages.navigation import release_crumbs
from feeds.pages.releases.date_origin import date_origin
from feeds.pages.releases.release_body import shown_body
from feeds.pages.releases.story_page import (
    MAX_PASSAGE_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    MIN_OVERLAP,
    alike,
    story_lines,
)
from feeds.pages.releases.version_and_capture_pages import changed_in
from feeds.pages.renderer import PageRenderer
from feeds.pages.structured_data import citation_of, news_article
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

MAX_DESCRIPTION_CHARACTERS: Final = 200
"""Maximum length in characters of a page's meta description. Search engines show no more."""

MAX_FILES: Final = 40
MAX_ALIASES: Final = 10
MAX_TOPICS: Final = 30
MAX_VERSIONS: Final = 20
MAX_MEMBERS: Final = 8
MAX_PASSAGES: Final = 2
MAX_DEPOSITS: Final = 10
"""Maximum numbers of items on the page of a release, by kind (files, topics, versions, deposits and
others). The JSON of the release contains all items.
"""

MIN_STORY_RELEASES: Final = 2
"""Minimum number of releases in a story."""


def release_page(
    pages: PageRenderer,
    release: Release,
    entry: FeedEntry,
    revisions: tuple[Revision, ...],
    *,
    neighbours: Neighbours,
    story: Sequence[StoryMember],
    captured: bool,
    back: Return | None,
    texts_of_files: Mapping[str, FileText],
    receipts: Sequence[DepositReceipt],
) -> tuple[bytes, bool]:
    """Render the page of a release, and return it and whether its text was cut.

    The page links to the ``neighbours`` and to the other releases of its ``story``, which are in
    order of publication. ``captured`` is true if the release has a page that lists its captures.
    ``back`` is the last time that the release was back online after a retraction.
    ``texts_of_files`` are the texts of its attachments by digest, and ``receipts`` the captures of
    other archives.
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
    versions = version_lines(revisions, texts)
    digests = dict(release.content.file_digests)
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
        description=excerpt(entry.summary, MAX_DESCRIPTION_CHARACTERS),
        og_type="article",
        image=next((one.url for one in entry.enclosures if is_picture(one)), ""),
        structured=news_article(catalog, entry, revisions[-MAX_VERSIONS:]),
        body=Markup(body.html),  # noqa: S704 - shown_body sanitizes
        beginning=body.beginning,
        whole=release_text_file(release.id),
        whole_size=readable_size(text_size, texts),
        data=release_data_file(release.id),
        topics=[
            (catalog.topic(topic), page_file(Facet(topic=topic)))
            for topic in release.content.topics[:MAX_TOPICS]
        ],
        aliases=aliases[:MAX_ALIASES],
        origin=date_origin(release.published, texts),
        rule=excerpt(release.published.rule, 120),
        seen=release.first_seen,
        source_page=page_file(source),
        captures=capture_file(release.id) if captured else None,
        deposits=[one for one in receipts if web_address(one.url)][-MAX_DEPOSITS:],
        files=[
            file_line(media, texts, texts_of_files.get(digests.get(media.url, "")))
            for media in others[:MAX_FILES]
        ],
        pictures=[file_line(media, texts) for media in pictures[:MAX_FILES]],
        more=max(0, len(aliases) - MAX_ALIASES),
        more_files=max(0, len(others) - MAX_FILES) + max(0, len(pictures) - MAX_FILES),
        newer=neighbour_line(neighbours.newer),
        older=neighbour_line(neighbours.older),
        **story_values(catalog, release, story),
        versions=versions,
        correction=next((one for one in versions if is_correction(one[0])), None),
        more_versions=max(0, len(revisions) - MAX_VERSIONS),
        citation=citation_of(release, entry),
        crumbs=release_crumbs(catalog, release),
    )
    return page, body.beginning


def neighbour_line(one: Neighbour | None) -> Neighbour | None:
    """Prepare the title and language of a neighbouring release for display."""
    if one is None:
        return None
    title = excerpt(one.title, MAX_TITLE_CHARACTERS) or UNTITLED
    return replace(one, title=title, language=feed_language(one.language) or "")


def story_values(
    catalog: Catalog, release: Release, story: Sequence[StoryMember]
) -> dict[str, Any]:
    """Return the template values for a release's story, and for its editions in other languages.

    Releases that contain a larger share of the first release's text come first. Passages that the
    first release and this release have in common are quoted.
    """
    if len(story) < MIN_STORY_RELEASES or release.story is None:
        return {"editions": [], "others": [], "alike": "", "passages": [], "story": None}
    first, content = story[0], release.content
    own = next((one for one in story if one.release.id == release.id), first)
    near = [one for one in sorted(story, key=lambda one: -one.share) if one is not own]
    editions = [
        one for one in near if one.release.source == release.source and one.release.content.language
    ]
    others = [one for one in near if one not in editions]
    passages: tuple[SharedPassage, ...] = ()
    if own is not first and own.overlap >= MIN_OVERLAP:
        text = first.release.content.body_text
        passages = shared_passages(content.body_text, text, most=MAX_PASSAGES)
    return {
        "editions": story_lines(catalog, [first, *editions[:MAX_MEMBERS]])[1:],
        "others": story_lines(catalog, [first, *others[:MAX_MEMBERS]])[1:],
        "alike": alike(own, catalog.texts) if own is not first else "",
        "passages": [excerpt(one.text, MAX_PASSAGE_CHARACTERS) for one in passages],
        "is_first": own is first,
        "story_size": len(story),
        "story": story_file(release.story),
    }


def is_picture(media: Media) -> bool:
    """Whether a file is an image."""
    return media.type.startswith("image/")


def version_lines(revisions: tuple[Revision, ...], texts: Texts) -> list[tuple[Revision, str, str]]:
    """Return rows for the last versions, newest first: version, file and summary of its changes.

    The result is empty if there is only one version.
    """
    if len(revisions) == 1:
        return []
    changed = changed_in(revisions, texts)
    return [
        (one, revision_file(one.release, one.number), changed.get(one.number, ""))
        for one in reversed(revisions[-MAX_VERSIONS:])
    ]


def is_correction(revision: Revision) -> bool:
    """Whether a version is an edit by the publisher, not a new extraction of the same page."""
    return revision.number > 1 and revision.is_numbered and revision.reason == "served"
