"""A release as feeds show it: decided and cleaned once, for every format alike."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from html import unescape

from data.models import Content, Facet, Media, Release, Source
from data.text.clean import allowed, as_name, excerpt, plain
from data.text.html_text import paragraphs
from data.text.language_tags import feed_language
from data.text.urls import web_address
from feeds.catalog import Catalog, Person
from feeds.entries.body import REDACTION, body_of, is_long, summary_and_link, with_notes

UNTITLED = "Untitled"

MAX_SHORT_FILES, MAX_SHORT_LINKS = 20, 40
"""Maximum number of files, and of links, in an entry without its text."""

PROVENANCE = "http://www.w3.org/ns/prov#has_provenance"
"""The relation of a link to what says where something is from (PROV-AQ, section 3.1)."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an entry or a feed. ``rel`` is a registered name or a URI (RFC 8288)."""

    rel: str
    href: str
    type: str | None = None
    title: str | None = None
    hreflang: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A topic or a mark: ``term`` is stable, ``label`` is for people, ``scheme`` an address."""

    term: str
    label: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The feed of one source that an entry of a mixed feed was taken from."""

    id: str
    title: str
    page: str
    atom: str
    rss: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One release in a feed.

    All text is plain but ``html``; all addresses are absolute; all times are aware. ``published``
    keeps the offset of the source, and ``exact`` is whether its hour is known at all. What has no
    date is ``undated``: ``published`` is the day on which it came up, or None where it was there at
    the first visit. ``updated`` keeps its microseconds, so that entries found in one second differ.
    ``release`` is the id of the release and ``page`` its copy at our own site. ``also`` are the
    other publishers of the same story. ``edited`` is whether its publisher changed it. ``origin``
    is set in feeds that mix sources. ``body`` is the safe text alone, unless it is too long for
    feeds; ``html`` has our notes as well, and ``short_html`` has a summary and a link in place of
    the text. ``capture`` is the address of the page that says which records of the archive show
    it, None where none does. ``source`` is the id of its source and
    ``first_seen`` when it was found; an entry about the site itself has neither.
    """

    release: str
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
    categories: tuple[Category, ...]
    enclosures: tuple[Media, ...]
    also: tuple[Person, ...]
    links: tuple[Link, ...]
    origin: Origin | None
    revision: int
    edited: bool
    retracted: dt.datetime | None
    body: str = ""
    short_html: str = ""
    capture: str | None = None
    source: str = ""
    first_seen: dt.datetime | None = None

    @property
    def timed(self) -> bool:
        """Whether the hour of its day is known."""
        return self.exact and not self.undated and self.published is not None

    @property
    def is_withdrawn(self) -> bool:
        """Whether it stands for a release that is retracted; what tells of a retraction stays."""
        return self.retracted is not None and self.first_seen is not None

    @property
    def id(self) -> str:
        """The permanent id, the same in every format."""
        return f"urn:uuid:{plain(self.release)}"


def entry_of(
    release: Release, catalog: Catalog, *, mixed: bool, others: tuple[Release, ...] = ()
) -> Entry:
    """The entry of a release. ``others`` are the releases of its story that it stands for."""
    content = release.content
    source = catalog.source(release.source)
    page = catalog.release(release.id)
    url = web_address(release.url) or page
    language = feed_language(content.language)
    # A name is no place for markup: a reference in one was escaped once too often.
    name = as_name(unescape(content.publisher or source.name))
    publisher = Person(name or source.id, web_address(source.url))
    title = title_of(content)
    summary = excerpt(content.summary or "", 1000) or excerpt(content.body_text) or title
    if content.redacted:
        summary = REDACTION
    also = tuple(
        Person(plain(catalog.source(other.source).name), web_address(other.url)) for other in others
    )
    capture = catalog.capture(release.id) if release.capture else None
    body = "" if is_long(content) else body_of(release, url)
    short = summary_and_link(summary, page)
    shown_body = short if is_long(content) else body or paragraphs(allowed(summary))
    media = (web_media(media) for media in (*content.attachments, *content.images))
    enclosures = tuple({found.url: found for found in media if found}.values())
    return Entry(
        release=release.id,
        url=url,
        page=page,
        title=title,
        published=shown(release),
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
        links=(
            *links_of(url, page, language, others, enclosures),
            *capture_links(capture),
        ),
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


def shortened(entry: Entry) -> Entry:
    """An entry for a document that has no room for its text: a summary and a link to the whole."""
    return replace(
        entry,
        html=entry.short_html or summary_and_link(entry.summary, entry.page),
        body="",
        enclosures=entry.enclosures[:MAX_SHORT_FILES],
        links=entry.links[:MAX_SHORT_LINKS],
    )


def title_of(content: Content) -> str:
    """The title of a release; where it has none, how its text begins."""
    return as_name(content.title) or excerpt(content.body_text, 80) or UNTITLED


def shown(release: Release) -> dt.datetime | None:
    """When a release was published, at the offset of its source.

    The first sight stands in where the page's own date can't be true, as it does in the order; of
    what has no date, the day of it. None for what has no date since the first visit.
    """
    published = release.published
    if release.is_backlog:
        return None
    if release.order == published.at or published.precision == "none":
        return to_seconds(published.local)
    return to_seconds(release.order.astimezone(published.local.tzinfo))


def to_seconds(at: dt.datetime) -> dt.datetime:
    """Whole seconds; UTC where the offset has seconds (local mean time), as RFC 3339 has none."""
    offset = at.utcoffset() or dt.timedelta()
    return (at.astimezone(dt.UTC) if offset.seconds % 60 else at).replace(microsecond=0)


def categories_of(release: Release, catalog: Catalog) -> tuple[Category, ...]:
    """The topics of a release, its section, and its marks such as undated or corrected."""
    found = [
        Category(plain(topic) or "topic", catalog.topic(topic), f"{catalog.site}/topics/")
        for topic in release.content.topics
    ]
    section = as_name(release.content.section or "")
    if section:
        found.append(Category(section, section, catalog.page(Facet(source=release.source))))
    if release.published.precision == "none":
        found.append(Category("undated", "No date", f"{catalog.site}/marks/"))
    if release.edited > 1:
        found.append(Category("corrected", "Corrected", f"{catalog.site}/marks/"))
    if release.retracted:
        found.append(Category("retracted", "Retracted", f"{catalog.site}/marks/"))
    if release.content.redacted:
        found.append(Category("redacted", "Redacted", f"{catalog.site}/marks/"))
    return tuple(found)


def links_of(
    url: str,
    page: str,
    language: str | None,
    others: tuple[Release, ...],
    enclosures: tuple[Media, ...],
) -> tuple[Link, ...]:
    """All but the alternate: where it came from, our copy, the same story elsewhere, its files."""
    elsewhere = ((other, web_address(other.url)) for other in others)
    return (
        Link("via", url, "text/html", hreflang=language),
        Link("related", page, "text/html", "The copy kept, with all versions"),
        *(
            Link(
                "related",
                address,
                "text/html",
                as_name(other.content.title) or None,
                feed_language(other.content.language),
            )
            for other, address in elsewhere
            if address
        ),
        *(
            Link("enclosure", media.url, media.type, media.title, length=media.length)
            for media in enclosures
        ),
    )


def capture_links(capture: str | None) -> tuple[Link, ...]:
    """The link to the page of captures, where there is one."""
    return (Link(PROVENANCE, capture, "text/html", "What was served"),) if capture else ()


def origin_of(source: Source, catalog: Catalog) -> Origin:
    """The feed of a source, as the entries that are taken from it name it."""
    facet = Facet(source=source.id)
    return Origin(
        id=catalog.feed_id(facet),
        title=plain(source.name) or source.id,
        page=catalog.page(facet),
        atom=catalog.feed(facet, "atom"),
        rss=catalog.feed(facet, "rss"),
    )


MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


def web_media(media: Media) -> Media | None:
    """A file with a usable address and media type, or None where it has no usable address."""
    url = web_address(media.url)
    if url is None:
        return None
    kind = media.type.partition(";")[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(kind):
        kind = "application/octet-stream"
    length = media.length if media.length and media.length > 0 else None
    return Media(url, kind, length, as_name(media.title or "") or None)
