"""Page that shows two versions of a release side by side: as captured, and as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from data.languages.tags import feed_language
from data.models import Facet, Release, Revision
from feeds.entries.body import difference
from feeds.entries.entry import title_of
from feeds.pages.releases.capture_page import FramedPage
from feeds.pages.releases.release_body import MAX_COMPRESSED_BYTES, shown_body
from feeds.pages.releases.release_page import change_words, crumbs
from feeds.pages.renderer import PageRenderer
from feeds.urls import capture_file, release_file, revision_file


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
    change = shown_body(difference(before, after, whole=False), texts, MAX_COMPRESSED_BYTES)
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
        crumbs=crumbs(pages.catalog, release, title),
    )
