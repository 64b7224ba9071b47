"""Conversion of releases to feed entries, whose text is cleaned once for all formats.

A list of releases from several sources shows each story once. The entry of the release that
represents the story lists the story's other publishers.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from typing import Literal

from data.languages.tags import feed_language
from data.models import Content, Facet, Media, Release, Source
from data.store.core.store import Store
from data.text.clean import allowed, as_name, excerpt, plain
from data.text.html_text import paragraphs
from data.text.urls import web_address
from feeds.catalog import Catalog, Person
from feeds.entries.body import REDACTION_NOTE, body_of, is_long, summary_and_link, with_notes
from feeds.urls import capture_file

UNTITLED = "Untitled"

MAX_SHORT_FILES, MAX_SHORT_LINKS = 20, 40
"""Maximum numbers of files and of links in a shortened entry."""

PROVENANCE_RELATION = "http://www.w3.org/ns/prov#has_provenance"
"""Link relation of a page that documents provenance (PROV-AQ, section 3.1)."""

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class EntryLink:
    """A link in an entry or feed. ``rel`` is a registered relation or a URI (RFC 8288)."""

    rel: str
    href: str
    type: str | None = None
    title: str | None = None
    hreflang: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A topic or section of an entry, or a mark such as "corrected".

    ``term`` is a stable id, ``label`` a readable name, and ``scheme`` a URL.
    """

    term: str
    label: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The feed of a source, given as the origin of an entry in a feed of several sources."""

    id: str
    title: str
    page: str
    atom: str
    rss: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """Entry of a feed: a release, or an event of the site.

    Text is plain except in ``body``, ``html`` and ``short_html``. URLs are absolute, times aware.

    - ``uuid`` is the id of the release or event, and ``kind`` shows which of the two it is.
    - ``url`` is the original page of a release, ``page`` our copy.
    - ``published`` has the source's UTC offset; ``exact`` is true if its time of day is known.
    - If the page has no date, the entry is ``undated``. Then ``published`` is the day on which the
      release was found, or None if the first visit already found it in the listing.
    - ``updated`` keeps microseconds, so entries found in the same second differ.
    - ``edited`` is true if the publisher changed the release after publication.
    - ``also`` lists the other publishers of the same story.
    - ``origin`` is set only in feeds of several sources.
    - ``body`` is the safe HTML without our notes, empty if it is too long for feeds. ``html`` adds
      the notes, and ``short_html`` has a summary and a link instead of the text.
    - ``capture`` is the URL of the page that lists archived copies, or None without copies.
    - ``source`` and ``first_seen`` are the source's id and the time at which the release was found.
      For events, both are missing.
    """

    uuid: str
    url: str
    page: str
    title: str
    published: dt.datetime | None
    exact: bool
    undated: bool
    updated: dt.datetime
    language: str | None
    publisher: Person
    summary: str
    html: str
    categories: tuple[Category, ...] = ()
    enclosures: tuple[Media, ...] = ()
    also: tuple[Person, ...] = ()
    links: tuple[EntryLink, ...] = ()
    origin: Origin | None = None
    revision: int = 1
    edited: bool = False
    retracted: dt.datetime | None = None
    body: str = ""
    short_html: str = ""
    capture: str | None = None
    source: str = ""
    first_seen: dt.datetime | None = None
    kind: Literal["release", "event"] = "release"

    @property
    def timed(self) -> bool:
        """Whether the entry has a publication time, not only a day."""
        return self.exact and not self.undated and self.published is not None

    @property
    def day(self) -> str:
        """The ISO day under which the entry is listed, or an empty string if it has no day."""
        return self.published.date().isoformat() if self.published else ""

    @property
    def is_withdrawn(self) -> bool:
        """Whether the entry is a release that was retracted, not an event such as a retraction."""
        return self.kind == "release" and self.retracted is not None

    @property
    def id(self) -> str:
        """The permanent id of the entry, the same in every format."""
        return f"urn:uuid:{plain(self.uuid)}"


def entry_of(
    release: Release, catalog: Catalog, *, mixed: bool, others: tuple[Release, ...] = ()
) -> FeedEntry:
    """Convert a release to a feed entry.

    If ``mixed``, the entry contains its source as origin. ``others`` are the other releases of the
    story that this entry represents.
    """
    content = release.content
    source = catalog.source(release.source)
    page = catalog.release(release.id)
    url = web_address(release.url) or page
    language = feed_language(content.language)
    # Names of publishers contain no markup, so a character reference in a name was escaped twice.
    name = as_name(unescape(content.publisher or source.name))
    publisher = Person(name or source.id, web_address(source.url))
    title = title_of(content)
    summary = excerpt(content.summary or "", 1000) or excerpt(content.body_text) or title
    if content.redacted:
        summary = REDACTION_NOTE
    also = tuple(
        Person(plain(catalog.source(other.source).name), web_address(other.url)) for other in others
    )
    capture = catalog.url(capture_file(release.id)) if release.capture else None
    body = "" if is_long(content) else body_of(release, url)
    short = summary_and_link(summary, page)
    shown_body = short if is_long(content) else body or paragraphs(allowed(summary))
    media = (web_media(media) for media in (*content.attachments, *content.images))
    enclosures = tuple({found.url: found for found in media if found}.values())
    return FeedEntry(
        uuid=release.id,
        url=url,
        page=page,
        title=title,
        published=published_of(release),
        exact=release.published.precision == "second",
        undated=release.published.precision == "none",
        updated=max(release.updated, release.retracted or release.updated).astimezone(dt.UTC),
        language=language,
        publisher=publisher,
        summary=summary,
        html=with_notes(shown_body, release, url, page, also),
        categories=categories_of(release, catalog),
        enclosures=enclosures,
        also=also,
        links=(*links_of(url, page, language, others, enclosures), *capture_links(capture)),
        origin=origin_of(source, catalog) if mixed else None,
        revision=release.revision,
        edited=release.edited > 1,
        retracted=to_seconds(release.retracted) if release.retracted else None,
        body=body,
        short_html=with_notes(short, release, url, page, also),
        capture=capture,
        source=source.id,
        first_seen=to_seconds(release.first_seen),
    )


def shortened(entry: FeedEntry) -> FeedEntry:
    """Return a copy of an entry with a summary and a link instead of its text, to save space."""
    return replace(
        entry,
        html=entry.short_html or summary_and_link(entry.summary, entry.page),
        body="",
        enclosures=entry.enclosures[:MAX_SHORT_FILES],
        links=entry.links[:MAX_SHORT_LINKS],
    )


def title_of(content: Content) -> str:
    """Return the title of a release, otherwise the beginning of its text, otherwise "Untitled"."""
    return as_name(content.title) or excerpt(content.body_text, 80) or UNTITLED


def published_of(release: Release) -> dt.datetime | None:
    """Return the publication time of a release, with the UTC offset of its source.

    If the date on the page is impossible, the result is the time by which feeds sort the release.
    If the page has no date, the result is the day on which the release was found. It is None if the
    release was already listed at the first visit.
    """
    published = release.published
    if release.is_backlog:
        return None
    if release.order == published.at or published.precision == "none":
        return to_seconds(published.local)
    return to_seconds(release.order.astimezone(published.local.tzinfo))


def to_seconds(at: dt.datetime) -> dt.datetime:
    """Drop the microseconds of a time, and convert it to UTC if its offset contains seconds.

    RFC 3339 forbids offsets with seconds. They occur in local mean time, before time zones were
    standardized.
    """
    offset = at.utcoffset() or dt.timedelta()
    return (at.astimezone(dt.UTC) if offset.seconds % 60 else at).replace(microsecond=0)


def categories_of(release: Release, catalog: Catalog) -> tuple[Category, ...]:
    """Return the topics and section of a release, and marks such as "corrected", as categories."""
    found = [
        Category(plain(topic) or "topic", catalog.topic(topic), f"{catalog.site}/topics/")
        for topic in release.content.topics
    ]
    section = as_name(release.content.section or "")
    if section:
        found.append(Category(section, section, catalog.page(Facet(source=release.source))))
    marks = (
        ("undated", "No date", release.published.precision == "none"),
        ("corrected", "Corrected", release.edited > 1),
        ("retracted", "Retracted", release.retracted),
        ("redacted", "Redacted", release.content.redacted),
    )
    scheme = f"{catalog.site}/marks/"
    return (*found, *(Category(term, label, scheme) for term, label, has_it in marks if has_it))


def links_of(
    url: str,
    page: str,
    language: str | None,
    others: tuple[Release, ...],
    enclosures: tuple[Media, ...],
) -> tuple[EntryLink, ...]:
    """Return an entry's links: original, our copy, other publishers of the story, and files."""
    elsewhere = [
        (address, as_name(other.content.title) or None, feed_language(other.content.language))
        for other in others
        if (address := web_address(other.url))
    ]
    return (
        EntryLink("via", url, "text/html", hreflang=language),
        EntryLink("related", page, "text/html", "Archived copy with all versions"),
        *(
            EntryLink("related", address, "text/html", title, language)
            for address, title, language in elsewhere
        ),
        *(
            EntryLink("enclosure", media.url, media.type, media.title, length=media.length)
            for media in enclosures
        ),
    )


def capture_links(capture: str | None) -> tuple[EntryLink, ...]:
    """Return a link to the page that lists archived copies, or nothing if ``capture`` is None."""
    title = "Archived copies and their proofs"
    return (EntryLink(PROVENANCE_RELATION, capture, "text/html", title),) if capture else ()


def origin_of(source: Source, catalog: Catalog) -> Origin:
    """Return the feed of a source, which combined feeds name as the origin of its entries."""
    facet = Facet(source=source.id)
    return Origin(
        id=catalog.feed_id(facet),
        title=plain(source.name) or source.id,
        page=catalog.page(facet),
        atom=catalog.feed(facet, "atom"),
        rss=catalog.feed(facet, "rss"),
    )


def web_media(media: Media) -> Media | None:
    """Return a file with a cleaned URL and media type, or None if the URL can't be used."""
    url = web_address(media.url)
    if url is None:
        return None
    kind = media.type.partition(";")[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(kind):
        kind = "application/octet-stream"
    length = media.length if media.length and media.length > 0 else None
    return Media(url, kind, length, as_name(media.title or "") or None)


def stands_for(
    release: str, members: Iterable[Release], belongs: Callable[[Release], bool]
) -> tuple[Release, ...] | None:
    """Return the other members of a story if ``release`` represents the story, otherwise None.

    The first member for which ``belongs`` is true represents the story, even if it is retracted.
    ``members`` are in order of publication. An undated release that was listed at the first visit
    represents only itself and hides no other release.
    """
    found = tuple(members)
    undated = {one.id for one in found if one.is_backlog}
    first = next((one.id for one in found if one.id not in undated and belongs(one)), release)
    first = release if release in undated else first
    return tuple(one for one in found if one.id != first) if first == release else None


def folded(
    store: Store,
    releases: Iterable[Release],
    belongs: Callable[[Release], bool],
    seen: Callable[[Release], bool],
) -> Iterator[tuple[Release, tuple[Release, ...]]]:
    """Yield the releases that represent their stories, each with the other members of the story.

    Members for which ``seen`` is false are ignored. See `stands_for`.
    """
    # Many of these releases may belong to one story, so each story is read once.
    stories: dict[str, tuple[Release, ...]] = {}
    for release in releases:
        members: tuple[Release, ...] = ()
        if release.story:
            if release.story not in stories:
                stories[release.story] = tuple(filter(seen, store.story(release.story)))
            members = stories[release.story]
        others = stands_for(release.id, members, belongs)
        if others is not None:
            yield release, others
