"""The page that says how all sources are, those first that somebody has to look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from data.health.state import Health
from data.models import Facet, HealthEvent
from data.text.clean import plain
from feeds.pages.renderer import PageRenderer
from feeds.pages.source_health_page import condition_label, source_health_file
from feeds.urls import page_file

FILE = "health/index.html"
"""Where the page lies that says how sources are as far as was told; our own server makes it anew
each time, as they are."""

MOST = 400
"""Sources that a page shows; those that somebody has to look at come first."""


@dataclass(frozen=True, slots=True)
class HealthRow:
    """The line of a source; what is not known of it is empty. Times are in UTC.

    ``label`` is the ``state`` as people read it. ``page`` is empty if no release of the source is
    published. ``details`` is its page of health, which our own server makes.
    """

    name: str
    page: str
    details: str
    state: str
    label: str
    visiting: bool
    code: str
    reason: str
    since: str
    last: str
    expected: str


def health_page(
    pages: PageRenderer, found: Iterable[Health], told: Mapping[str, HealthEvent]
) -> bytes:
    """The page of how sources are, with the last change that was ``told`` of each."""
    sources = sorted(found, key=lambda one: (one.is_well, name_key(pages, one.source)))
    rows = [row(pages, one, told.get(one.source)) for one in sources[:MOST]]
    unseen = [one.source for one in sources if one.last_run is None]
    imported = sum(is_imported(pages, one) for one in unseen)
    return pages.health(
        FILE,
        rows=rows,
        ill=sum(not one.is_well for one in sources),
        unseen=len(unseen) - imported,
        imported=imported,
        visiting=sum(one.visiting for one in sources),
        total=len(sources) - imported,
        is_live=True,
    )


def is_imported(pages: PageRenderer, source: str) -> bool:
    """Whether a source has no address: it was imported and has no source file to visit it by."""
    return not pages.catalog.source(source).url


def shown_condition(event: HealthEvent | None, *, is_read: bool) -> str:
    """The condition of a source by the last change of its health, if there was one.

    A source without a change works if a visit has read a release of it (``is_read``); otherwise it
    is ``new``, for nothing is known of it.
    """
    if event is None:
        return "ok" if is_read else "new"
    return "ok" if event.well else event.condition


def told_page(pages: PageRenderer, told: Mapping[str, HealthEvent], read: Collection[str]) -> bytes:
    """The page of the health of sources by the last change of each, if there was one.

    ``read`` are the ids of the sources of which a visit has read a release.
    """
    shown = {
        one.source: told.get(one.source)
        for one in pages.navigation.counts
        if one.source is not None and one == Facet(source=one.source)
    }
    order = sorted(
        shown.items(),
        key=lambda one: (one[1] is None or one[1].well, name_key(pages, one[0])),
    )
    rows = [
        told_row(pages, source, event, is_read=source in read) for source, event in order[:MOST]
    ]
    unseen = [one for one, event in shown.items() if event is None and one not in read]
    imported = sum(is_imported(pages, one) for one in unseen)
    return pages.health(
        FILE,
        rows=rows,
        ill=sum(event is not None and not event.well for event in shown.values()),
        unseen=len(unseen) - imported,
        imported=imported,
        visiting=0,
        total=len(shown) - imported,
        is_live=False,
    )


def name_key(pages: PageRenderer, source: str) -> tuple[tuple[str, str], str]:
    """What lines are sorted by: the name that is shown, and the id where two have the same."""
    return pages.catalog.texts.collation_key(pages.catalog.name(Facet(source=source))), source


def told_row(
    pages: PageRenderer, source: str, event: HealthEvent | None, *, is_read: bool
) -> HealthRow:
    """The line of a source by what was told of it."""
    facet = Facet(source=source)
    condition = shown_condition(event, is_read=is_read)
    return HealthRow(
        pages.catalog.name(facet),
        page_file(facet),
        "",
        condition,
        condition_label(pages.catalog.texts, condition),
        False,  # noqa: FBT003 - a file does not know it
        (event.code or event.state) if event else condition,
        plain(event.reason) if event else "",
        f"{event.at.astimezone(dt.UTC):%Y-%m-%d %H:%M}" if event else "",
        "",
        "",
    )


def row(pages: PageRenderer, one: Health, told: HealthEvent | None) -> HealthRow:
    """The line of a source: since the change that was told, or the visit that shows it."""
    source = Facet(source=one.source)
    changed = told and told.at if told and told.well == one.is_well else None
    since = changed or (None if one.is_well else one.last_run)
    return HealthRow(
        pages.catalog.name(source),
        page_file(source) if source in pages.navigation.counts else "",
        source_health_file(one.source),
        one.condition,
        condition_label(pages.catalog.texts, one.condition),
        one.visiting,
        one.code,
        plain(one.reason),
        f"{since.astimezone(dt.UTC):%Y-%m-%d %H:%M}" if since else "",
        (one.last_release or "")[:10],
        one.next_by.isoformat() if one.next_by else "",
    )
