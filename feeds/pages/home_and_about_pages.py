"""Home page (newest releases, and links to all lists), and pages about this site and its visits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from babel.units import format_unit

from data.languages.tags import feed_language
from data.models import Facet, HealthEvent, Release, Revision
from data.text.clean import excerpt
from feeds.entries.entry import title_of
from feeds.pages.health_page import is_imported, name_key, shown_condition
from feeds.pages.navigation import SINGLE_PAGE, Paging
from feeds.pages.renderer import MAX_NAME_CHARACTERS, PageRenderer, ReleaseRow, with_lines
from feeds.pages.structured_data import website
from feeds.urls import page_file, release_file, revision_file

ABOUT_FILE = "about/index.html"

MAX_RECENT_CHANGES = 4
"""Maximum number of corrections and retractions listed on the home page."""

MAX_FAULTY_SOURCES = 3
"""Maximum number of failing or degraded sources listed on the home page."""


def purpose(pages: PageRenderer) -> str:
    """Return a sentence that explains what the site contains, and who it is for."""
    institutions = pages.navigation.institutions
    if not institutions:
        return pages.catalog.texts.gettext(
            "Press releases of institutions, exactly as issued, with every correction and"
            " retraction, for people who follow, watch or cite them."
        )
    return pages.catalog.texts.ngettext(
        "Press releases of %(num)s institution, exactly as issued, with every correction and"
        " retraction, for people who follow, watch or cite them.",
        "Press releases of %(num)s institutions, exactly as issued, with every correction and"
        " retraction, for people who follow, watch or cite them.",
        institutions,
    )


def about_page(pages: PageRenderer) -> bytes:
    """Render the page about the accuracy and use of this site."""
    return pages.render(
        "about.html",
        ABOUT_FILE,
        title=pages.catalog.texts.gettext("About this site"),
        description=purpose(pages),
        hub=pages.catalog.hub,
    )


@dataclass(frozen=True, slots=True)
class Glance:
    """Summary of the health of all collected sources, for the home page.

    - ``total`` is the number of collected sources. ``unseen`` is the number of sources without a
      successful visit.
    - ``imported`` is the number of sources that were only imported. They are not in ``total``.
    - ``failing`` contains the ids of sources that do not work, and ``degraded`` the ids of sources
      that work with a fault. Both are sorted by name.
    """

    total: int
    unseen: int
    imported: int
    failing: tuple[str, ...]
    degraded: tuple[str, ...]

    @property
    def working(self) -> int:
        """Number of sources that work, including degraded sources."""
        return self.total - self.unseen - len(self.failing)


def glance(pages: PageRenderer, last: Mapping[str, HealthEvent], read: Collection[str]) -> Glance:
    """Summarize the health of all sources from their last recorded change of health.

    ``read`` contains the ids of sources with a release that a visit has found.
    """
    sources = [one.source or "" for one in pages.navigation.sources]
    collected = sorted(
        (one for one in sources if one not in pages.catalog.removed),
        key=partial(name_key, pages),
    )
    conditions = {one: shown_condition(last.get(one), is_read=one in read) for one in collected}
    unseen = {one for one, how in conditions.items() if how == "new"}
    imported = sum(is_imported(pages, one) for one in unseen)
    return Glance(
        len(collected) - imported,
        len(unseen) - imported,
        imported,
        tuple(one for one, how in conditions.items() if how not in {"ok", "new", "degraded"}),
        tuple(one for one, how in conditions.items() if how == "degraded"),
    )


@dataclass(frozen=True, slots=True)
class RecentChange:
    """A recent correction or retraction of a release: its day, and the release's title and page.

    For a correction, ``file`` is the page of the new version, which shows the changes.
    """

    day: str
    is_retraction: bool
    title: str
    language: str | None
    file: str


def recent_changes(
    edits: Iterable[Revision], retractions: Iterable[Release]
) -> tuple[RecentChange, ...]:
    """Return the newest corrections and retractions, newest first, at most MAX_RECENT_CHANGES.

    ``edits`` are the new versions of corrected releases, and ``retractions`` retracted releases.
    """
    found = [
        (edit.seen, False, revision_file(edit.release, edit.number), edit.content) for edit in edits
    ]
    found += [
        (one.retracted, True, release_file(one.id), one.content)
        for one in retractions
        if one.retracted
    ]
    found.sort(key=lambda change: change[0], reverse=True)
    return tuple(
        RecentChange(
            at.date().isoformat(),
            is_retraction,
            excerpt(title_of(content), MAX_NAME_CHARACTERS),
            feed_language(content.language),
            file,
        )
        for at, is_retraction, file, content in found[:MAX_RECENT_CHANGES]
    )


def home_page(
    pages: PageRenderer,
    lines: Sequence[ReleaseRow],
    health: Glance,
    changes: Sequence[RecentChange] = (),
    *,
    paging: Paging = SINGLE_PAGE,
) -> bytes:
    """Render the home page: the newest releases, and the newest ``changes`` of releases.

    ``paging`` links to older releases.
    """
    catalog, facet = pages.catalog, Facet()
    around = pages.navigation.around(facet)
    description = purpose(pages)
    faulty = (*health.failing, *health.degraded)
    page = pages.render(
        "home.html",
        page_file(facet),
        facet,
        title=catalog.title,
        description=description,
        structured=website(catalog, description),
        health=health,
        changes=changes,
        faulty=[
            (catalog.name(one), page_file(one))
            for one in (Facet(source=source) for source in faulty[:MAX_FAULTY_SOURCES])
        ],
        more_faulty=max(len(faulty) - MAX_FAULTY_SOURCES, 0),
        shown=len(lines),
        paging=paging,
        **around,
    )
    return with_lines(page, lines, page_file(facet), catalog.texts)


BOT_FILE = "bot/index.html"


@dataclass(frozen=True, slots=True)
class BotFacts:
    """Facts about visits.

    ``agent`` is the user agent, and ``robot`` its name in robots.txt. ``contact`` is the operator's
    mail address or URL. ``delay`` is the minimum time between two requests to a host, and
    ``interval`` the mean time between two visits, both in seconds. ``keys`` is the public address
    of the keys that sign requests, or empty.
    """

    agent: str
    robot: str
    contact: str
    delay: float
    interval: int
    keys: str = ""


def bot_page(pages: PageRenderer, facts: BotFacts) -> bytes:
    """Render the page: who visits a site, why and how often, and how to stop the visits."""
    texts = pages.catalog.texts
    return pages.render(
        "bot.html",
        BOT_FILE,
        title=texts.gettext("About our visits"),
        description=texts.gettext(
            "Who requests pages from your site, and how to stop these requests."
        ),
        facts=facts,
        delay=format_unit(facts.delay, "duration-second", locale=texts.locale),
        interval=format_unit(
            max(1, round(facts.interval / 60)), "duration-minute", locale=texts.locale
        ),
    )
