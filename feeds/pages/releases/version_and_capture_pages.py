"""Pages of the versions of a release: their text and changes, their captures, and comparisons."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup

from data.languages.tags import feed_language
from data.models import Capture, Facet, Release, Revision
from data.revisions.stored_difference import changes_between, classes_between
from data.text.urls import web_address
from feeds.entries.body import body_of, difference
from feeds.entries.entry import FeedEntry, title_of
from feeds.pages.events_page import edit_words
from feeds.pages.navigation import release_crumbs
from feeds.pages.releases.release_body import shown_body
from feeds.pages.renderer import PageRenderer
from feeds.translations import Texts
from feeds.urls import capture_data_file, capture_file, href, release_file, revision_file

MAX_SUMMARIZED: Final = 20
"""Maximum number of versions whose changes are summarized, because comparing versions is slow."""

MAX_VERSION_BYTES: Final = 10_000
"""Maximum compressed size in bytes of the text of a version, and of the changes shown beside it."""

MAX_CAPTURED_VERSIONS: Final = 50
"""Maximum number of versions whose archive records the page lists. The JSON file lists all
versions."""

NO_RENDITIONS: Final[Mapping[int, Collection[str]]] = {}


def capture_page(
    pages: PageRenderer,
    release: Release,
    entry: FeedEntry,
    revisions: tuple[Revision, ...],
    gone: Capture | None,
    *,
    seen: Capture | None = None,
    is_shown: bool = False,
    renditions: Mapping[int, Collection[str]] = NO_RENDITIONS,
) -> bytes:
    """Render the list of archive records of a release.

    ``gone`` is the capture of the response that reported the missing page. If a server shows
    captured pages (``is_shown``), the list links to them. ``seen`` is the last capture of the
    unchanged release. Only the web server passes ``seen``: a static file would change after every
    visit. ``renditions`` contains "screenshot" and "pdf" for each version that has them.
    """
    return pages.render(
        "capture.html",
        capture_file(release.id),
        title=entry.title,
        facet=Facet(source=release.source),
        language=entry.language,
        id=release.id,
        revisions=revisions[-MAX_CAPTURED_VERSIONS:],
        more=max(0, len(revisions) - MAX_CAPTURED_VERSIONS),
        seen=seen,
        gone=gone,
        is_shown=is_shown,
        renditions=renditions,
        data=capture_data_file(release.id),
        release=release_file(release.id),
        timemap=release_file(release.id).replace("index.html", "timemap"),
        crumbs=release_crumbs(pages.catalog, release, entry.title),
    )


@dataclass(frozen=True, slots=True)
class FramedPage:
    """A captured page in a frame: its original ``url``, and its ``address`` on this site.

    ``at`` is the time of the capture. ``oldest`` and ``newest`` are the times of its archived
    parts, such as images, or None if it has none. ``missing`` is the number of files that the
    page may use and that are not archived. ``imported`` is the name of the file from which the
    capture was imported, or empty. All times are in UTC.
    """

    url: str
    address: str
    at: dt.datetime
    oldest: dt.datetime | None = None
    newest: dt.datetime | None = None
    missing: int = 0
    imported: str = ""


def replay_page(
    pages: PageRenderer,
    release: Release,
    revision: Revision,
    framed: FramedPage,
    *,
    seen: Capture | None = None,
) -> bytes:
    """Render the page that shows the captured page of a version in a frame.

    ``seen`` is the last capture of the same version, if known.
    """
    title = title_of(revision.content)
    return pages.render(
        "replay.html",
        release_file(release.id).replace("index.html", "capture/page"),
        title=title,
        facet=Facet(source=release.source),
        number=revision.number,
        label=revision.label,
        framed=framed,
        seen=seen,
        captures=capture_file(release.id),
        crumbs=release_crumbs(pages.catalog, release, title),
    )


def memento_page(pages: PageRenderer, framed: FramedPage) -> bytes:
    """Render the page that shows any captured page in a frame."""
    root = urlsplit(pages.catalog.site).path
    return pages.render(
        "replay.html",
        "memento/index.html",
        title=framed.url,
        number=None,
        label=None,
        framed=framed,
        seen=None,
        canonical=framed.url,
        # The page has the address of the memento, so relative links would depend on its depth.
        link=lambda file: root + href(file),
        crumbs=[],
    )


@dataclass(frozen=True, slots=True)
class ComparedVersion:
    """One side of a comparison.

    ``framed`` is the captured page, or None if it can't be shown. ``renditions`` contains
    "screenshot" and "pdf" if the archive has them.
    """

    version: Revision
    framed: FramedPage | None = None
    renditions: Sequence[str] = ()


def compare_page(
    pages: PageRenderer,
    release: Release,
    versions: Sequence[Revision],
    sides: tuple[ComparedVersion, ComparedVersion],
) -> bytes:
    """Render the page that compares two of the versions of a release.

    The page links to the comparisons of each side with its neighbours in ``versions``.
    """
    before, after = (side.version for side in sides)
    texts = pages.catalog.texts
    title = title_of(after.content)
    change = shown_body(difference(before, after, whole=False), texts)
    others = [pair for pair in pairwise(versions) if pair != (before, after)]
    pairs = [(old, new) for old, new in others if new == before or old == after]
    return pages.render(
        "compare.html",
        release_file(release.id).replace("index.html", "capture/compare"),
        title=title,
        facet=Facet(source=release.source),
        language=feed_language(after.content.language),
        sides=sides,
        pairs=pairs,
        changed=change_words(before, after, texts),
        change=Markup(change.html),  # noqa: S704 - shown_body sanitizes
        cut_change=change.beginning,
        revisions=[revision_file(release.id, one.number) for one in (before, after)],
        captures=capture_file(release.id),
        release=release_file(release.id),
        crumbs=release_crumbs(pages.catalog, release, title),
    )


def change_words(before: Revision, after: Revision, texts: Texts) -> str:
    """Describe the changes between two versions in a few words: ``title; 2 paragraphs``."""
    parts = []
    for change in changes_between(before, after):
        match change.field:
            case "title":
                parts.append(texts.gettext("title"))
            case "body":
                parts.append(
                    texts.ngettext("%(num)s paragraph", "%(num)s paragraphs", change.passages)
                )
            case "attachment_text" | "links":
                continue  # Its file is already counted, and links are a class of edits.
            case _:
                parts.append(texts.ngettext("%(num)s file", "%(num)s files", change.passages))
    words = edit_words(classes_between(before, after), texts)
    return "; ".join(parts) + (f" ({words})" if parts and words else words)


def changed_in(revisions: tuple[Revision, ...], texts: Texts) -> dict[int, str]:
    """Describe the changes of each of the last versions, by version number."""
    some = revisions[-MAX_SUMMARIZED - 1 :]
    return {
        after.number: texts.gettext("Re-extracted; the publisher changed nothing")
        if after.reason == "reading"
        else change_words(before, after, texts)
        for before, after in pairwise(some)
    }


def revision_page(
    pages: PageRenderer,
    release: Release,
    entry: FeedEntry,
    before: Revision | None,
    after: Revision,
    *,
    is_served: bool = False,
) -> bytes:
    """Render the page of version ``after``; ``before`` is the previous version, if any.

    If a server shows captured pages (``is_served``), the page links to the comparison of the two
    versions.
    """
    texts = pages.catalog.texts
    url = web_address(release.url) or entry.page
    version = replace(release, content=after.content)
    body = shown_body(body_of(version, url), texts, MAX_VERSION_BYTES)
    change = following = None
    if after.number < release.revision:
        following = (after.number + 1, revision_file(release.id, after.number + 1))
    if before:
        differing = difference(before, after, whole=False)
        change = shown_body(differing, texts, MAX_VERSION_BYTES)
    backed = [one for one in (before, after) if one and one.capture]
    return pages.render(
        "revision.html",
        revision_file(release.id, after.number),
        title=title_of(after.content),
        facet=Facet(source=release.source),
        language=feed_language(after.content.language),
        number=after.number,
        numbered=after.is_numbered,
        total=release.revision,
        last=after.number == release.revision,
        reading=after.reason == "reading",
        seen=after.seen,
        changed=change_words(before, after, texts) if before else "",
        change=Markup(change.html) if change else None,  # noqa: S704 - shown_body sanitizes
        cut_change=bool(change and change.beginning),
        body=Markup(body.html),  # noqa: S704 - shown_body sanitizes
        beginning=body.beginning,
        previous=(before.label, revision_file(release.id, before.number)) if before else None,
        following=following,
        backed=backed,
        is_compared=is_served and len(backed) == 2,  # noqa: PLR2004 - both are archived
        captures=capture_file(release.id),
        release=release_file(release.id),
        crumbs=release_crumbs(pages.catalog, release, entry.title),
    )
