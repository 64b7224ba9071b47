"""A release, the draft that it is made of, its content and its revisions.

All instants are aware UTC. What a page said of a time is kept beside it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from data.clock import zone_of
from data.models.capture import Capture

Precision: TypeAlias = Literal["day", "second", "none"]

UNDATED_BEFORE: Final = dt.datetime(1001, 1, 1, tzinfo=dt.UTC)
"""What has no date and was there at the first visit sorts before this, in the order of its page:
after all that has a date, as no date before 1800 is believed."""


@dataclass(frozen=True, slots=True)
class Published:
    """When a release was published, as exactly as its page said.

    ``at`` is aware UTC. With precision ``day`` no hour is known and ``at`` is noon in ``zone``, so
    that the day is right for readers from UTC-8 to UTC+11. With precision ``none`` nothing is
    known, and ``at`` is noon of the day of first sight. ``zone`` is an IANA name, or a fixed
    offset such as ``+04:00`` that the page itself stated. ``raw`` is the page's own text and
    ``rule`` names the rule that found it (``json-ld``, ``meta:article:published_time``,
    ``undated`` …).
    """

    at: dt.datetime
    precision: Precision
    zone: str
    raw: str
    rule: str

    @property
    def local(self) -> dt.datetime:
        """The instant in the zone of the source, offset kept."""
        return self.at.astimezone(zone_of(self.zone))

    @property
    def day(self) -> dt.date:
        """The calendar day in the zone of the source; of what has no date, that of first sight."""
        return self.local.date()

    @property
    def iso(self) -> str:
        """An ISO date where the precision is ``day``, else an ISO datetime with its offset.

        Empty where no date is known.
        """
        if self.precision == "none":
            return ""
        if self.precision == "day":
            return self.day.isoformat()
        return self.local.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Media:
    """A file that belongs to a release: an image or an attachment.

    ``url`` is absolute, ``type`` a media type (``application/pdf``), ``length`` bytes or None where
    unknown, ``title`` plain text or None.
    """

    url: str
    type: str
    length: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link that a page makes to another release, as in a box of other news."""

    url: str
    title: str


REDACTED: Final = "[redacted]"
"""The title of what was taken out for a lawful order."""


@dataclass(frozen=True, slots=True)
class PublicationTime:
    """What is known of when a release came: ``published`` and ``first_seen`` are aware UTC.

    With precision ``day``, ``published`` is noon of that day; with ``none``, the first sight.
    """

    published: dt.datetime
    precision: Precision
    first_seen: dt.datetime


@dataclass(frozen=True, slots=True)
class Content:
    """What a release says: all that can be edited, and so all that a revision keeps.

    ``title`` is plain text, never empty; ``body_html`` is sanitized, with absolute URLs;
    ``body_text`` is NFC, paragraphs parted by a blank line. ``published`` is None only before the
    release was stored. ``topics`` are slugs, sorted. ``title_rule`` and ``body_rule`` name the
    rules that found them.
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
        """Whether this archive took out its title, text and files for a lawful order.

        A page that has this title itself names the rule that found it.
        """
        return self.title == REDACTED and not (self.body_text or self.title_rule)


@dataclass(frozen=True, slots=True)
class Validator:
    """What a server gave to ask with next time, whether a page changed (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A host asks not to be asked before ``until``; ``status`` is that of its answer."""

    until: dt.datetime
    status: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A release as one visit found it, before it is known whether it is new.

    ``url`` is the address that answered; ``aliases`` are other addresses that led to it (the link
    followed, redirects), ``canonical`` the one that the page claims for itself, which may be wrong.
    ``links`` are the other releases that the page names; ``editions`` are pairs of a language tag
    and the URL of that language's edition. ``digest`` is the SHA-256 of the bytes as served.
    ``skeleton`` is a sketch of what its page is built of, and ``reread`` says that only our reading
    or the site's design differs from what is stored.
    Only an import says since when it is ``retracted``, and at what address it was seen ``first``.
    ``zone`` is that of its source, for the day of first sight where it has no date. ``position``
    counts from the top of the listing what existed before the first visit; what appeared later has
    none. It counts only for a release that is not known yet. ``imported`` drafts tell of the past:
    nobody is alerted of an edit or a retraction in them.
    ``refused`` is the text of a date that the page states and that can be none of publication.
    ``capture`` is the record of the archive that holds the page; None where there is none.
    ``has_end`` is False if the page does not end as its format does, so that it may be cut.
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

    ``id`` is a UUID minted once. ``updated`` moves when readers would care, ``first_seen`` and
    ``content.published`` never do. ``revision`` counts from 1. ``story`` is the id shared by the
    same text at other institutions and by language editions, None where the release stands alone.
    ``order`` is the instant that feeds sort by: ``published``; the first sight where the page's
    date was in the future, or where there is none; before ``UNDATED_BEFORE`` for what had no date
    at the first visit. ``capture`` is the record of the archive that showed this revision first.
    The last ``reread`` revisions were made by nobody but us, who read the same page anew.
    A ``hidden`` one is kept, and shown to nobody. A redacted one is never ``retracted``: that is an
    act of its publisher.
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
        """The last revision that its publisher made; 1 where it was never edited."""
        return self.revision - self.reread

    @property
    def published(self) -> Published:
        """What is known of the date of publication; a stored release always says it."""
        if self.content.published is None:
            raise ValueError(f"release {self.id} was stored without saying what date it has")
        return self.content.published

    @property
    def is_backlog(self) -> bool:
        """Whether it has no date and was there at the first visit: it is nobody's news."""
        return self.order < UNDATED_BEFORE

    @property
    def day(self) -> str:
        """The day under which it is filed, as ISO writes it, or empty: it belongs to none."""
        return "" if self.is_backlog else self.published.day.isoformat()

    @property
    def instant(self) -> dt.datetime:
        """When it came up, to compare it with others: its order, or else its first sight."""
        return self.first_seen if self.is_backlog else self.order


@dataclass(frozen=True, slots=True)
class HiddenRelease:
    """A release that is shown to nobody, since when, and why."""

    release: str
    at: dt.datetime
    why: str


@dataclass(frozen=True, slots=True)
class Return:
    """The return of a release: it was retracted at ``since``, and is back online from ``until``."""

    release: str
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a release: its number from 1, when it was first seen, and all that it said.

    ``capture`` is the record of the archive that showed it first. Its ``reason`` is that the page
    was ``served`` so, or that we read by better rules what was served before (``reading``): that
    is no edit of its publisher. ``difference`` is the stored difference from the version before
    (data.revisions.stored_difference), empty if there is none.
    """

    release: str
    number: int
    seen: dt.datetime
    content: Content
    capture: Capture | None = None
    reason: Literal["served", "reading"] = "served"
    difference: str = field(default="", compare=False, repr=False)
