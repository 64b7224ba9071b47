"""Page of a source, topic, period or other facet: its newest releases and its feeds."""

from collections.abc import Sequence

from markupsafe import Markup

from data.models import Facet
from feeds.pages.navigation import SINGLE_PAGE, Paging
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import ROOT_MARK, ReleaseRow, with_lines
from feeds.urls import page_file


def facet_page(
    pages: PageRenderer,
    facet: Facet,
    lines: Sequence[ReleaseRow],
    undated: Sequence[bytes] = (),
    *,
    latency: str = "",
    rhythm: Markup = Markup(),  # noqa: B008 - immutable
    paging: Paging = SINGLE_PAGE,
) -> bytes:
    """Render the page of a facet with the rows of its newest releases.

    ``undated`` are rows of releases without a date, which come last. ``latency`` is a sentence
    about the delay of releases, and ``rhythm`` contains charts of publication times. ``paging``
    links to older releases.
    """
    catalog = pages.catalog
    file = page_file(facet)
    backlog = b"".join(undated).decode().replace(ROOT_MARK, "../" * file.count("/"))
    around = pages.navigation.around(facet)
    # The page explains folded duplicates only if a count exceeds the number of listed releases.
    has_larger_count = (
        around["month"] if paging.older else len(lines) + len(undated) < around["total"]
    )
    page = pages.render(
        "facet.html",
        file,
        facet,
        title=catalog.name(facet),
        description=catalog.texts.ngettext(
            "%(num)s press release: %(name)s. With feeds, all versions and retractions.",
            "%(num)s press releases: %(name)s. With feeds, all versions and retractions.",
            around["total"],
            name=catalog.name(facet),
        ),
        shown=len(lines),
        is_source=facet == Facet(source=facet.source),
        undated=len(undated),
        latency=latency,
        rhythm=rhythm,
        paging=paging,
        folded=facet.source is None and bool(has_larger_count),
        backlog=Markup(backlog),  # noqa: S704 - escaped by the template of a row
        **around,
    )
    return with_lines(page, lines, file, catalog.texts)
