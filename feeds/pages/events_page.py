"""Pages that list events: corrections, retractions, and changes in the health of sources.

The first page shows the newest events. Older pages are at ``page/N/``, numbered from the oldest.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Final

from markupsafe import Markup

from data.languages.tags import feed_language
from data.models import (
    Content,
    EditClass,
    EditClasses,
    Facet,
    HealthEvent,
    Release,
    Return,
    Revision,
)
from data.models.event import weight_label
from data.revisions.stored_difference import changes_between, classes_between
from data.text.clean import allowed, plain
from data.wording import N_
from feeds.entries.entry import title_of
from feeds.entries.events import HEALTH_PHRASES, NETWORK_NAME
from feeds.pages.navigation import SINGLE_PAGE, Paging
from feeds.pages.renderer import FORMAT_NAMES, PageRenderer
from feeds.translations import Texts
from feeds.urls import (
    EVENT_FEEDS,
    FEED_TYPES,
    FORMATS,
    EventFeed,
    capture_file,
    event_file,
    event_page,
    page_file,
    release_file,
    revision_file,
)

PAGE_EVENTS = 20
"""Number of events per older page; the first page shows up to twice as many."""

MAX_DIFFERENCE_CHARACTERS = 600
"""Maximum length in characters of the difference shown for a changed field. The page of the version
shows the whole difference."""

CLASS_NAMES: Final[Mapping[EditClass, str]] = {
    "figure": N_("figure"),
    "date": N_("date"),
    "name": N_("name"),
    "negation": N_("negation or modality"),
    "sentence-added": N_("sentence added"),
    "sentence-removed": N_("sentence removed"),
    "link": N_("link"),
    "attachment": N_("file"),
    "title": N_("title"),
    "correction": N_("correction note"),
    "wording": N_("wording"),
    "letters": N_("spelling or formatting only"),
}


@dataclass(frozen=True, slots=True)
class EventLine:
    """Row for an event.

    - ``name`` is the title of a release or the name of a source, and ``language`` its language, if
      known.
    - ``file`` is the page of the release or source, or empty.
    - ``what`` is the text after the name, and ``who`` the publisher. ``classes`` are the classes of
      an edit. ``text`` has details as HTML.
    - ``more`` contains the labels and files of further pages.
    """

    at: dt.datetime
    name: str
    file: str
    language: str | None = None
    what: str = ""
    who: str = ""
    classes: str = ""
    text: Markup | None = None
    more: tuple[tuple[str, str], ...] = ()


def edit_line(
    pages: PageRenderer, release: Release, before: Revision, after: Revision
) -> EventLine:
    """Return the row for an edit, with a short difference."""
    texts = pages.catalog.texts
    found = changes_between(before, after)
    html = "".join(f"<p>{change.short_html(MAX_DIFFERENCE_CHARACTERS)}</p>" for change in found)
    if any(change.is_coarse for change in found):
        coarse = texts.gettext(
            "Some parts are too long to compare word by word and are shown as replaced."
        )
        html = f"<p>{escape(coarse)}</p>{html}"
    same = texts.gettext("The title, text and files are unchanged.")
    version = texts.gettext("Version %(number)s with all changes", number=after.number)
    return replace(
        release_line(pages, release, after.content, after.seen),
        classes=edit_words(classes_between(before, after), texts),
        text=Markup(allowed(html)) if found else Markup("<p>%s</p>") % same,  # noqa: S704 - short_html escapes
        more=((version, revision_file(release.id, after.number)),),
    )


def release_line(
    pages: PageRenderer, release: Release, content: Content, at: dt.datetime
) -> EventLine:
    """Return the row for an event of a release, with a link to its archived copy."""
    file = release_file(release.id)
    return EventLine(
        at,
        title_of(content),
        file,
        feed_language(content.language),
        who=plain(pages.catalog.source(release.source).name),
        more=((pages.catalog.texts.gettext("Archived copy"), file),),
    )


def retraction_line(
    pages: PageRenderer, release: Release, at: dt.datetime, *, captured: bool
) -> EventLine:
    """Return the row for a retraction.

    ``captured`` is true if the archive contains the response that reported the missing page.
    """
    line = release_line(pages, release, release.content, at)
    name = pages.catalog.texts.gettext("The response of the publisher’s site")
    proof = (name, capture_file(release.id))
    return replace(line, more=(*line.more, proof)) if captured else line


def return_line(pages: PageRenderer, release: Release, back: Return) -> EventLine:
    """Return the row for a retracted release that is back online."""
    texts = pages.catalog.texts
    day = texts.format_period(back.since.date().isoformat())
    text = Markup("<p>%s</p>") % texts.gettext("Back online. Retracted on %(day)s.", day=day)
    return replace(release_line(pages, release, release.content, back.until), text=text)


def health_line(pages: PageRenderer, event: HealthEvent) -> EventLine:
    """Return the row for a change in the health of a source."""
    source = Facet(source=event.source)
    name = plain(pages.catalog.source(event.source).name) if event.source else NETWORK_NAME
    reason = plain(event.reason) or "Its recent visits succeeded."
    return EventLine(
        event.at,
        name,
        page_file(source) if source in pages.navigation.counts else "",
        what=HEALTH_PHRASES[event.condition],
        text=Markup("<p>%s</p>") % reason,
    )


def events_file(event: EventFeed, page: int) -> str:
    """Return the path of a page of events, such as ``changes/page/3/index.html``.

    Page 0 is the newest. Pages of health events are in the folder ``health/changes``.
    """
    stem = "health/changes" if event == "health" else event
    return f"{stem}/page/{page}/index.html" if page else f"{stem}/index.html"


def full_pages(count: int) -> int:
    """Return the number of full pages of older events, given the number of all events."""
    return max(count - PAGE_EVENTS, 0) // PAGE_EVENTS


def events_page(
    pages: PageRenderer,
    event: EventFeed,
    page: int,
    lines: Sequence[EventLine],
    *,
    of: int,
    total: int,
) -> bytes:
    """Render a page of events, newest first.

    ``page`` is the number of the page, or 0 for the newest page. ``of`` is the number of older
    pages, and ``total`` the number of all events.
    """
    texts, newest = pages.catalog.texts, events_file(event, 0)
    title, description = EVENT_FEEDS[event]
    feeds = [event, *(one for one in EVENT_FEEDS if event_page(one) == newest and one != event)]
    return pages.render(
        "events.html",
        events_file(event, page),
        title=texts.gettext(title),
        description=texts.gettext(description),
        feed=event_file(event, "atom"),
        other_feeds=[
            (texts.gettext(EVENT_FEEDS[one][0]), event_file(one, "atom")) for one in feeds[1:]
        ],
        alternates=[
            (
                FEED_TYPES[kind],
                f"{EVENT_FEEDS[one][0]} ({FORMAT_NAMES[kind]})",
                event_file(one, kind),
            )
            for one in feeds
            for kind in FORMATS
        ],
        lines=lines,
        page=page,
        total=total,
        newest=newest,
        paging=paging_of(event, page, of),
    )


def paging_of(event: EventFeed, page: int, of: int) -> Paging:
    """Return the links from a page of events to the other pages."""
    if not of:
        return SINGLE_PAGE
    if not page:
        return Paging(older=events_file(event, of), oldest=events_file(event, 1))
    return Paging(
        newest=events_file(event, 0),
        newer=events_file(event, page + 1 if page < of else 0),
        older=events_file(event, page - 1) if page > 1 else None,
        oldest=events_file(event, 1) if page > 1 else None,
    )


def edit_words(edit: EditClasses, texts: Texts) -> str:
    """Return the classes of an edit, whether the page announces it, and its weight, as text.

    The text may be empty.
    """
    if not edit.classes:
        return ""
    names = ", ".join(texts.gettext(CLASS_NAMES[one]) for one in edit.classes)
    how = texts.gettext("announced on the page") if edit.announced else texts.gettext("silent")
    weight = texts.gettext("weight %(weight)s", weight=weight_label(edit.weight))
    return f"{names}; {how}; {weight}"
