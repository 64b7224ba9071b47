"""The feeds about releases: what was edited, what was retracted, each day at a glance.

An entry here has an id of its own, made from the release and from what happened to it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Final

from data.health.codes import CODES, DEGRADED
from data.models import DayDigest, Facet, HealthEvent, Release, Return, Revision
from data.revisions.stored_difference import changes_between
from data.text.clean import excerpt, plain
from data.text.urls import web_address
from data.wording import counted
from feeds.catalog import Catalog, Person
from feeds.entries.body import anchor, difference, quoted
from feeds.entries.entry import Category, Entry, Link, capture_links, title_of, to_seconds
from feeds.urls import href

OURS = "en"
"""The language of what we say of releases, whatever theirs."""


def edit_entry(catalog: Catalog, release: Release, before: Revision, after: Revision) -> Entry:
    """The entry of an edit: what it took out and put in."""
    page = catalog.revision(release.id, after.number)
    captures = catalog.capture(release.id)
    backed = [one for one in (before, after) if one.capture]
    url = web_address(release.url) or page
    name = plain(catalog.source(release.source).name)
    title = anchor(url, title_of(after.content))
    html = (
        f"<p>{escape(name)} changed {quoted(title, after.content.language)}"
        f" (version {after.number}):</p>"
        + quoted(difference(before, after), after.content.language, "div")
    )
    if backed:
        served = (
            anchor(f"{captures}#revision-{one.number}", f"version {one.number}") for one in backed
        )
        html += f"<p>As served: {', '.join(served)}.</p>"
    entry = about(
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
    return with_captures(entry, captures) if after.capture else entry


def retraction_entry(
    catalog: Catalog, release: Release, at: dt.datetime, *, captured: bool = False
) -> Entry:
    """The entry of a retraction: what is gone, and where the copy is.

    ``captured`` is whether the answer is archived that said that it is gone.
    """
    page = catalog.release(release.id)
    name, title = who_and_what(catalog, release)
    html = f"<p>{name} took down {title}; {anchor(page, 'the copy kept')} shows what it said.</p>"
    entry = about(
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
    return with_captures(entry, catalog.capture(release.id)) if captured else entry


def return_entry(catalog: Catalog, release: Release, back: Return) -> Entry:
    """The entry of a return: since when a retracted release is back online."""
    page = catalog.release(release.id)
    name, title = who_and_what(catalog, release)
    html = (
        f"<p>{name} put {title} back online. It was"
        f" retracted on {back.since.day} {back.since:%B %Y};"
        f" {anchor(page, 'the copy kept')} has all versions.</p>"
    )
    return about(
        catalog,
        f"{release.id}/returned/{back.until.isoformat()}",
        release,
        title=f"Back online: {title_of(release.content)}",
        at=back.until,
        page=page,
        html=html,
        mark="returned",
    )


def who_and_what(catalog: Catalog, release: Release) -> tuple[str, str]:
    """The name of the source and the linked title of a release, as HTML."""
    url = web_address(release.url) or catalog.release(release.id)
    title = quoted(anchor(url, title_of(release.content)), release.content.language)
    return escape(plain(catalog.source(release.source).name)), title


def with_captures(entry: Entry, captures: str) -> Entry:
    """An entry that leads to the page of captures of its release."""
    return replace(entry, capture=captures, links=(*entry.links, *capture_links(captures)))


def about(
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
) -> Entry:
    """An entry about something that happened to a release; ``summary`` is its title if empty."""
    source = catalog.source(release.source)
    publisher = Person(plain(source.name) or source.id, web_address(source.url))
    return replace(
        event_entry(catalog, event, title=title, at=at, page=page, html=html),
        publisher=publisher,
        summary=summary or title,
        categories=(Category(mark, mark.capitalize(), f"{catalog.site}/marks/"),),
        links=(Link("related", catalog.release(release.id), "text/html"),),
    )


def digest_entry(catalog: Catalog, edition: DayDigest) -> Entry:
    """The entry of a day: all that was published on it."""
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


HEALTH: Mapping[str, str] = {
    "failing": "stopped working",
    "blocked": "keeps us out",
    "silent": "has gone silent",
    "degraded": DEGRADED,
    "ok": "works again",
}
"""What a title says of a condition (data.health.codes)."""

NETWORK: Final = "Our own network"
"""What a title calls what all sources depend on: events of it are of no source."""


def health_entry(catalog: Catalog, event: HealthEvent) -> Entry:
    """The entry of a change in the health of a source: since when it is well or not, and why."""
    name = plain(catalog.source(event.source).name) if event.source else NETWORK
    text = plain(event.reason) or "Its last visits went as they should."
    entry = event_entry(
        catalog,
        f"health/{href(catalog.first_id(event.source))}/{event.at.isoformat()}",
        title=f"{name}: {HEALTH[event.condition]}",
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
) -> Entry:
    """An entry about the site itself, or the part that all entries about events share."""
    return Entry(
        release=uuid_of(catalog, event),
        url=page,
        page=page,
        title=title,
        published=to_seconds(at.astimezone(dt.UTC)),
        exact=True,
        undated=False,
        updated=at.astimezone(dt.UTC),
        language=OURS,
        publisher=Person(catalog.title, f"{catalog.site}/"),
        summary=title,
        html=html,
        categories=(),
        enclosures=(),
        also=(),
        links=(),
        origin=None,
        revision=1,
        edited=False,
        retracted=None,
    )


def uuid_of(catalog: Catalog, event: str) -> str:
    """The id of an entry about an event."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{catalog.site}/{event}"))
