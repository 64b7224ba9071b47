"""Releases, drafts, contents, revisions, and the latency of new releases.

All times are aware UTC. Each date is stored with its original text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from data.clock import zone_of
from data.models.capture import Capture

Precision: TypeAlias = Literal["day", "second", "none"]

UNDATED_BEFORE: Final = dt.datetime(1001, 1, 1, tzinfo=dt.UTC)
"""Undated releases of the first visit sort before this time, in the order of their listing. They
come after all dated releases, since dates before 1800 are rejected."""


@dataclass(frozen=True, slots=True)
class Published:
    """The publication date of a release, as precise as on its page.

    ``at`` is aware UTC. With precision ``day`` the hour is unknown and ``at`` is noon in ``zone``,
    so that readers from UTC-8 to UTC+11 see the right day. With precision ``none`` the date is
    unknown, and ``at`` is noon on the day of first sight. ``zone`` is an IANA name, or a fixed
    offset from the page such as ``+04:00``. ``raw`` is the page's own text. ``rule`` is the rule
    that found the date (``json-ld``, ``meta:article:published_time``, ``undated`` …).
    """

    at: dt.datetime
    precision: Precision
    zone: str
    raw: str
    rule: str

    @property
    def local(self) -> dt.datetime:
        """The time in the time zone of the source."""
        return self.at.astimezone(zone_of(self.zone))

    @property
    def day(self) -> dt.date:
        """The calendar day in the source's time zone.

        For an undated release, this is the day of first sight.
        """
        return self.local.date()

    @property
    def iso(self) -> str:
        """The date: for precision ``day``, an ISO date, otherwise an ISO datetime with its offset.

        An undated release has an empty string.
        """
        if self.precision == "none":
            return ""
        if self.precision == "day":
            return self.day.isoformat()
        return self.local.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Media:
    """An image or attachment of a release.

    ``url`` is absolute, ``type`` a media type (``application/pdf``), ``length`` in bytes or None if
    unknown, ``title`` plain text or None.
    """

    url: str
    type: str
    length: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a page to another release, such as in a box of related news."""

    url: str
    title: str


REDACTED: Final = "[redacted]"
"""Title of a release whose content was redacted under a lawful order."""


@dataclass(frozen=True, slots=True)
class PublicationTime:
    """The publication time of a release and the time it was first seen, both aware UTC.

    With precision ``day``, ``published`` is noon of that day; with ``none``, the time first seen.
    """

    published: dt.datetime
    precision: Precision
    first_seen: dt.datetime


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a release: everything that can be edited, and that a revision keeps.

    ``title`` is plain text and never empty. ``body_html`` is sanitized, with absolute URLs.
    ``body_text`` is NFC, with a blank line between paragraphs. ``published`` is None only before
    the release is stored. ``topics`` are sorted slugs. ``title_rule`` and ``body_rule`` name the
    extraction rules that found them.
    """

    title: str
    published: Published | None = None
    language: str | None = None
    section: str | None = None
    topics: tuple[str, ...] = ()
    publisher: str | None = None
    author: str | None = None
    summary: str | None = None
    body_html: str = ""
    body_text: str = ""
    images: tuple[Media, ...] = ()
    attachments: tuple[Media, ...] = ()
    title_rule: str = ""
    body_rule: str = ""

    @property
    def redacted(self) -> bool:
        """Whether the title, text and files were redacted under a lawful order.

        A page that really has the title REDACTED also has a ``title_rule``.
        """
        return self.title == REDACTED and not (self.body_text or self.title_rule)


@dataclass(frozen=True, slots=True)
class Validator:
    """Validators of a response, for the next conditional request (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A host that must not receive requests before ``until``.

    ``status`` is the HTTP status of the response that caused the wait. ``requested`` is true if its
    Retry-After field set the time, and false if Communique chose the time.
    """

    until: dt.datetime
    status: int
    requested: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """A release as one visit found it, before the store decides whether it is new.

    ``url`` is the address of the response. ``aliases`` are other addresses that led there: the
    followed link and redirects. ``canonical`` is the address that the page declares, which may be
    wrong. ``links`` are other releases that the page links to. ``editions`` are pairs of a language
    tag and the URL of that edition. ``digest`` is the SHA-256 of the bytes as served. ``skeleton``
    is a sketch of the page's structure. ``reread`` is true if only our extraction or the site's
    design differs from the stored version.

    Only imports set ``retracted`` (the time of a retraction) and ``first`` (the first known
    address). ``zone`` is the time zone of the source, to find the day of first sight of an undated
    release. ``position`` is the place in the listing, from the top, of a release that existed
    before the first visit. For a later release, ``position`` is None; for a known one, it is
    ignored. ``imported`` drafts cause no alerts about edits and retractions. ``refused`` is the
    text of a date that was rejected. ``capture`` is the archive record of the page, or None.
    ``has_end`` is false if the page ends before its format does, so that it may be truncated.
    """

    source: str
    url: str
    content: Content
    aliases: tuple[str, ...] = ()
    canonical: str | None = None
    links: tuple[Link, ...] = ()
    editions: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    validator: Validator | None = None
    skeleton: bytes = b""
    reread: bool = False
    retracted: dt.datetime | None = None
    first: str | None = None
    zone: str = "UTC"
    position: int | None = None
    imported: bool = False
    refused: str = ""
    capture: Capture | None = None
    has_end: bool = True


@dataclass(frozen=True, slots=True)
class Release:
    """A stored release.

    ``id`` is a UUID that never changes. ``updated`` advances with each change that concerns
    readers. ``first_seen`` and ``content.published`` never change. ``revision`` counts from 1.
    ``story`` is the id shared by copies at other institutions and by translations, otherwise None.

    ``order`` is the time that feeds sort by: the publication time, or the time first seen if the
    page has no date or a future one. For releases that were undated at the first visit, ``order``
    is before ``UNDATED_BEFORE``.

    ``capture`` is the first archive record of this revision. The last ``reread`` revisions are our
    own re-extractions of the same page. A ``hidden`` release is stored but not shown. A redacted
    release is never ``retracted``, because only its publisher retracts a release.
    """

    id: str
    source: str
    url: str
    content: Content
    first_seen: dt.datetime
    last_seen: dt.datetime
    updated: dt.datetime
    order: dt.datetime
    aliases: tuple[str, ...] = ()
    revision: int = 1
    story: str | None = None
    retracted: dt.datetime | None = None
    digest: str = ""
    capture: Capture | None = None
    reread: int = 0
    hidden: bool = False

    @property
    def edited(self) -> int:
        """The number of the last revision by the publisher; 1 if there was no edit."""
        return self.revision - self.reread

    @property
    def published(self) -> Published:
        """The publication date, which every stored release has.

        Raises ValueError if it is missing.
        """
        if self.content.published is None:
            raise ValueError(f"release {self.id} was stored without the kind of its date")
        return self.content.published

    @property
    def is_backlog(self) -> bool:
        """Whether the release was undated at the first visit. Such releases cause no alerts."""
        return self.order < UNDATED_BEFORE

    @property
    def day(self) -> str:
        """The ISO day of publication under which lists show the release, or empty for backlog."""
        return "" if self.is_backlog else self.published.day.isoformat()

    @property
    def instant(self) -> dt.datetime:
        """Time for comparisons with other releases: ``order``, or for backlog, ``first_seen``."""
        return self.first_seen if self.is_backlog else self.order


@dataclass(frozen=True, slots=True)
class HiddenRelease:
    """A release that is not shown to readers, with the time and reason of the decision."""

    release: str
    at: dt.datetime
    why: str


@dataclass(frozen=True, slots=True)
class Return:
    """A return of a release that was retracted at ``since`` and online again from ``until``."""

    release: str
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a release: its number from 1, the time it was first seen, and its content.

    ``capture`` is its first archive record. ``reason`` is ``served`` for an edit of the page, and
    ``reading`` for a better extraction of the same page, which is not an edit. ``difference`` is
    the stored difference from the previous version (data.revisions.stored_difference), or empty.
    """

    release: str
    number: int
    seen: dt.datetime
    content: Content
    capture: Capture | None = None
    reason: Literal["served", "reading"] = "served"
    difference: str = field(default="", compare=False, repr=False)


Stage: TypeAlias = Literal["seen", "in_feed", "alerted"]
"""The stages of a new release, in order."""

STAGES: Final[Mapping[Stage, tuple[str, str]]] = {
    "seen": ("stated", "seen"),
    "in_feed": ("seen", "in_feed"),
    "alerted": ("seen", "alerted"),
}
"""Fields of ReleaseTimes with the start and the end of each stage."""


@dataclass(frozen=True, slots=True)
class ReleaseTimes:
    """The times of a new release, in seconds since 1970; None if unknown.

    ``stated`` is the time on its page, ``seen`` the first visit that found it, ``in_feed`` its
    first appearance in a feed, and ``alerted`` the delivery of its first alert.
    """

    stated: float | None
    seen: float
    in_feed: float | None = None
    alerted: float | None = None
