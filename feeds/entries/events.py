"""Entries of event feeds: edits, retractions, returns, daily digests and source health.

A return is a retracted release that is online again. The id of an event entry is derived from the
release (or source) and the event.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Final

from data.health.codes import CODES, DEGRADED
from data.models import DayDigest, Facet, HealthEvent, Release, Return, Revision
from data.revisions.stored_difference import changes_between, classes_between
from data.text.clean import excerpt, plain
from data.text.urls import web_address
from data.wording import counted
from feeds.catalog import Catalog, Person
from feeds.entries.body import anchor, difference, quoted
from feeds.entries.entry import Category, EntryLink, FeedEntry, capture_links, title_of, to_seconds
from feeds.urls import capture_file, href, revision_file

EVENT_LANGUAGE = "en"
"""The language of event entries, independent of the language of releases."""

HEALTH_PHRASES: Mapping[str, str] = {
    "failing": "stopped working",
    "blocked": "blocks our visits",
    "silent": "has gone silent",
    "degraded": DEGRADED,
    "ok": "works again",
}
"""Phrases for a source's condition (data.health.codes) in titles, after the name of the source."""

NETWORK_NAME: Final = "Our own network"
"""Name in the title of a health event that is about our network, not about a source."""


def edit_entry(catalog: Catalog, release: Release, before: Revision, after: Revision) -> FeedEntry:
    """Return the entry for an edit of a release, with deleted and inserted text.

    Its categories are the classes of the edit, and ``silent`` or ``announced``.
    """
    edit = classes_between(before, after)
    page = catalog.url(revision_file(release.id, after.number))
    captures = catalog.url(capture_file(release.id))
    backed = [one for one in (before, after) if one.capture]
    url = web_address(release.url) or page
    name = plain(catalog.source(release.source).name)
    title = anchor(url, title_of(after.content))
    note = f"<p>Classes: {', '.join(edit.words)}. Weight: {edit.weight:.2f}.</p>"
    note = note if edit.classes else ""
    html = (
        f"<p>{escape(name)} changed {quoted(title, after.content.language)}"
        f" (version {after.number}):</p>"
        f"{note}{quoted(difference(before, after), after.content.language, 'div')}"
    )
    if backed:
        copies = (
            anchor(f"{captures}#revision-{one.number}", f"version {one.number}") for one in backed
        )
        html += f"<p>Archived copies: {', '.join(copies)}.</p>"
    entry = release_event_entry(
        catalog,
        f"{release.id}/revisions/{after.number}",
        release,
        title=f"Corrected: {title_of(after.content)}",
        at=after.seen,
        page=page,
        html=html,
        mark="corrected",
        summary=excerpt(" ".join(one.text for one in changes_between(before, after))),
    )
    scheme = f"{catalog.site}/changes/"
    classes = (Category(word, word.capitalize(), scheme) for word in edit.words)
    entry = replace(entry, categories=(*entry.categories, *classes))
    return with_captures(entry, captures) if after.capture else entry


def retraction_entry(
    catalog: Catalog, release: Release, at: dt.datetime, *, captured: bool = False
) -> FeedEntry:
    """Return the entry for the retraction of a release, with a link to the archived copy.

    ``captured`` is true if the archive has the response that showed that the page is missing.
    """
    page = catalog.release(release.id)
    name, title = publisher_and_title(catalog, release)
    html = f"<p>{name} removed {title}. {anchor(page, 'The archived copy')} shows its text.</p>"
    entry = release_event_entry(
        catalog,
        f"{release.id}/retracted/{at.isoformat()}",
        release,
        title=f"Retracted: {title_of(release.content)}",
        at=at,
        page=page,
        html=html,
        mark="retracted",
    )
    entry = replace(entry, retracted=to_seconds(at.astimezone(dt.UTC)))
    return with_captures(entry, catalog.url(capture_file(release.id))) if captured else entry


def return_entry(catalog: Catalog, release: Release, back: Return) -> FeedEntry:
    """Return the entry for a retracted release that is back online."""
    page = catalog.release(release.id)
    name, title = publisher_and_title(catalog, release)
    html = (
        f"<p>{name} put {title} back online. It was"
        f" retracted on {back.since.day} {back.since:%B %Y}."
        f" {anchor(page, 'The archived copy')} has all versions.</p>"
    )
    return release_event_entry(
        catalog,
        f"{release.id}/returned/{back.until.isoformat()}",
        release,
        title=f"Back online: {title_of(release.content)}",
        at=back.until,
        page=page,
        html=html,
        mark="returned",
    )


def publisher_and_title(catalog: Catalog, release: Release) -> tuple[str, str]:
    """Return the source's name and the linked title of a release, as HTML."""
    url = web_address(release.url) or catalog.release(release.id)
    title = quoted(anchor(url, title_of(release.content)), release.content.language)
    return escape(plain(catalog.source(release.source).name)), title


def with_captures(entry: FeedEntry, captures: str) -> FeedEntry:
    """Add a link to the page of archived copies (``captures``) to an entry."""
    return replace(entry, capture=captures, links=(*entry.links, *capture_links(captures)))


def release_event_entry(
    catalog: Catalog,
    event: str,
    release: Release,
    *,
    title: str,
    at: dt.datetime,
    page: str,
    html: str,
    mark: str,
    summary: str = "",
) -> FeedEntry:
    """Return the entry for an event of a release.

    If ``summary`` is empty, the title is also the summary.
    """
    source = catalog.source(release.source)
    publisher = Person(plain(source.name) or source.id, web_address(source.url))
    return replace(
        event_entry(catalog, event, title=title, at=at, page=page, html=html),
        publisher=publisher,
        summary=summary or title,
        categories=(Category(mark, mark.capitalize(), f"{catalog.site}/marks/"),),
        links=(EntryLink("related", catalog.release(release.id), "text/html"),),
    )


def digest_entry(catalog: Catalog, edition: DayDigest) -> FeedEntry:
    """Return the entry for a finished day, which lists the day's releases."""
    page = catalog.page(Facet(period=edition.day))
    count = max(edition.total, len(edition.releases))
    lines = "".join(
        f"<li>{anchor(catalog.release(one), title)} ({escape(name)})</li>"
        for one, title, name in edition.releases
    )
    more = count - len(edition.releases)
    if more:
        lines += f"<li>{anchor(page, f'and {more} more')}</li>"
    name = catalog.name(Facet(period=edition.day))
    title = f"{name}: {counted(count, 'release')}"
    return event_entry(
        catalog,
        f"days/{edition.day}",
        title=title,
        at=edition.closed,
        page=page,
        html=f"<ul>{lines}</ul>",
    )


def health_entry(catalog: Catalog, event: HealthEvent) -> FeedEntry:
    """Return the entry for a change in the health of a source, with its time and reason."""
    name = plain(catalog.source(event.source).name) if event.source else NETWORK_NAME
    text = plain(event.reason) or "Its recent visits succeeded."
    entry = event_entry(
        catalog,
        f"health/{href(catalog.first_id(event.source))}/{event.at.isoformat()}",
        title=f"{name}: {HEALTH_PHRASES[event.condition]}",
        at=event.at,
        page=catalog.page(Facet(source=event.source)),
        html=f"<p>{escape(text)}</p>",
    )
    if not event.code:
        return entry
    code = Category(event.code, CODES[event.code].says, f"{catalog.site}/health/codes/")
    return replace(entry, categories=(code,))


def event_entry(
    catalog: Catalog, event: str, *, title: str, at: dt.datetime, page: str, html: str
) -> FeedEntry:
    """Return an entry for an event of the site. Other event entries extend it."""
    return FeedEntry(
        uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{catalog.site}/{event}")),
        kind="event",
        url=page,
        page=page,
        title=title,
        published=to_seconds(at.astimezone(dt.UTC)),
        exact=True,
        undated=False,
        updated=at.astimezone(dt.UTC),
        language=EVENT_LANGUAGE,
        publisher=Person(catalog.title, f"{catalog.site}/"),
        summary=title,
        html=html,
    )
