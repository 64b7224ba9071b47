"""Pages of what happened: corrections, retractions, changes in the health of sources.

The first shows the newest, older ones are at ``page/N/``, counted from the oldest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from data.models import Facet, HealthEvent, Release, Return, Revision
from data.revisions.stored_difference import changes_between
from data.text.clean import allowed, plain
from data.text.language_tags import feed_language
from feeds.entries.entry import title_of
from feeds.entries.events import HEALTH, NETWORK
from feeds.pages.paging import ALONE, Paging
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import NAMES
from feeds.urls import (
    EVENT_FEEDS,
    FEED_TYPES,
    FORMATS,
    EventFeed,
    capture_file,
    event_file,
    page_file,
    release_file,
    revision_file,
)

SIZE = 20
"""Events on an older page; the first shows up to twice as many."""

SHORT = 600
"""Characters of a difference in one field; the page of the version has all of it."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """What happened, and where more of it is told.

    ``name`` is the title of a release or the name of a source, with its ``language`` where it is
    known, and ``file`` its page, or empty. ``what`` follows it, ``who`` published it, ``text`` says
    more as HTML, and ``more`` are files with what they are called.
    """

    at: dt.datetime
    name: str
    file: str
    language: str | None = None
    what: str = ""
    who: str = ""
    text: Markup | None = None
    more: tuple[tuple[str, str], ...] = ()


def edit_line(
    pages: PageRenderer, release: Release, before: Revision, after: Revision
) -> EventLine:
    """The line of an edit, with what it changed in short."""
    texts = pages.catalog.texts
    found = changes_between(before, after)
    html = "".join(f"<p>{change.short_html(SHORT)}</p>" for change in found)
    if any(change.is_coarse for change in found):
        coarse = texts.gettext(
            "Parts are too long to compare word by word; they are shown as replaced."
        )
        html = f"<p>{escape(coarse)}</p>{html}"
    same = texts.gettext("Its title, text and files stayed as they were.")
    version = texts.gettext("Version %(number)s, with all that changed", number=after.number)
    return EventLine(
        after.seen,
        title_of(after.content),
        release_file(release.id),
        feed_language(after.content.language),
        who=plain(pages.catalog.source(release.source).name),
        text=Markup(allowed(html)) if found else Markup("<p>%s</p>") % same,  # noqa: S704 - short_html escapes
        more=((version, revision_file(release.id, after.number)),),
    )


def retraction_line(
    pages: PageRenderer, release: Release, at: dt.datetime, *, captured: bool
) -> EventLine:
    """The line of a retraction; ``captured`` is whether the answer is archived that showed it."""
    texts = pages.catalog.texts
    proof = (texts.gettext("What the publisher’s site answered"), capture_file(release.id))
    return EventLine(
        at,
        title_of(release.content),
        release_file(release.id),
        feed_language(release.content.language),
        who=plain(pages.catalog.source(release.source).name),
        more=(
            (texts.gettext("The copy kept"), release_file(release.id)),
            *((proof,) if captured else ()),
        ),
    )


def return_line(pages: PageRenderer, release: Release, back: Return) -> EventLine:
    """The line of a return."""
    texts = pages.catalog.texts
    day = texts.spoken(back.since.date().isoformat())
    return EventLine(
        back.until,
        title_of(release.content),
        release_file(release.id),
        feed_language(release.content.language),
        who=plain(pages.catalog.source(release.source).name),
        text=Markup("<p>%s</p>") % texts.gettext("Back online. Retracted on %(day)s.", day=day),
        more=((texts.gettext("The copy kept"), release_file(release.id)),),
    )


def health_line(pages: PageRenderer, event: HealthEvent) -> EventLine:
    """The line of a change in the health of a source."""
    source = Facet(source=event.source)
    name = plain(pages.catalog.source(event.source).name) if event.source else NETWORK
    reason = plain(event.reason) or "Its last visits went as they should."
    return EventLine(
        event.at,
        name,
        page_file(source) if source in pages.navigation.counts else "",
        what=HEALTH[event.condition],
        text=Markup("<p>%s</p>") % reason,
    )


def events_file(event: EventFeed, page: int) -> str:
    """The file of a page of events, or of the newest for 0: ``changes/page/3/index.html``.

    Those of health have a page of their own below that of how sources are.
    """
    stem = "health/changes" if event == "health" else event
    return f"{stem}/page/{page}/index.html" if page else f"{stem}/index.html"


def full_pages(count: int) -> int:
    """How many older pages so many events fill."""
    return max(count - SIZE, 0) // SIZE


def events_page(
    pages: PageRenderer,
    event: EventFeed,
    page: int,
    lines: Sequence[EventLine],
    *,
    of: int,
    total: int,
) -> bytes:
    """The page of some events, the newest first; ``of`` so many older pages and ``total`` events.

    ``page`` is 0 for the newest.
    """
    texts = pages.catalog.texts
    title, description = EVENT_FEEDS[event]
    return pages.render(
        "events.html",
        events_file(event, page),
        Facet(),
        title=texts.gettext(title),
        description=texts.gettext(description),
        feed=event_file(event, "atom"),
        alternates=[
            (FEED_TYPES[kind], f"{title} ({NAMES[kind]})", event_file(event, kind))
            for kind in FORMATS
        ],
        lines=lines,
        page=page,
        total=total,
        newest=events_file(event, 0),
        paging=paging_of(event, page, of),
    )


def paging_of(event: EventFeed, page: int, of: int) -> Paging:
    """Where a page of events leads to."""
    if not of:
        return ALONE
    if not page:
        return Paging(older=events_file(event, of), oldest=events_file(event, 1))
    return Paging(
        newest=events_file(event, 0),
        newer=events_file(event, page + 1 if page < of else 0),
        older=events_file(event, page - 1) if page > 1 else None,
        oldest=events_file(event, 1) if page > 1 else None,
    )
