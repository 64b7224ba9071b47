"""Releases, drafts, contents, revisions, and the times of new releases.

All times are aware UTC. Each date is stored with its original text.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from data.clock import zone_of
from data.models.capture import Capture

Precision: TypeAlias = Literal["day", "second", "none"]

UNDATED_BEFORE: Final = dt.datetime(1001, 1, 1, tzinfo=dt.UTC)
"""Upper limit of the sort times of undated releases from the first visit, which keep the order of
their listing. In feeds, these releases come after all dated ones, because dates before 1800 are
rejected."""

REDACTED: Final = "[redacted]"
"""Title of a release whose content was redacted under a legal order."""

Stage: TypeAlias = Literal["seen", "in_feed", "alerted"]
"""Stages of a new release, in chronological order."""

STAGES: Final[Mapping[Stage, tuple[str, str]]] = {
    "seen": ("stated", "seen"),
    "in_feed": ("seen", "in_feed"),
    "alerted": ("seen", "alerted"),
}
"""For each stage, the fields of ReleaseTimes with its start and its end."""


@dataclass(frozen=True, slots=True)
class Published:
    """The publication date of a release, as precise as on its page.

    ``at`` is aware UTC. With the precision ``day``, the hour is unknown and ``at`` is noon in
    ``zone``, so that readers from UTC-8 to UTC+11 see the right day. With the precision ``none``,
    the date is unknown, and ``at`` is noon on the day when the release was first seen. ``zone`` is
    an IANA name, or a fixed offset such as ``+04:00``. ``raw`` is the original text of the date.
    ``rule`` is the extraction rule that found it (``json-ld``, ``meta:article:published_time``,
    ``undated`` …).
    """

    at: dt.datetime
    precision: Precision
    zone: str
    raw: str
    rule: str

    @property
    def local(self) -> dt.datetime:
        """Return the publication time in the time zone of the source."""
        return self.at.astimezone(zone_of(self.zone))

    @property
    def day(self) -> dt.date:
        """Return the calendar day of publication in the source's time zone.

        For an undated release, this is the day when it was first seen.
        """
        return self.local.date()

    @property
    def iso(self) -> str:
        """Return an ISO date if only the day is known, or an ISO datetime with its offset.

        Returns an empty string for an undated release.
        """
        if self.precision == "none":
            return ""
        if self.precision == "day":
            return self.day.isoformat()
        return self.local.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Media:
    """An image or attachment of a release.

    ``url`` is absolute. ``type`` is a media type (``application/pdf``). ``length`` is in bytes, or
    None if unknown. ``title`` is plain text or None.
    """

    url: str
    type: str
    length: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a page to another release, for example in a box with related news."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class PublicationTime:
    """The publication time of a release, and the time when it was first seen, both aware UTC.

    With the precision ``day``, ``published`` is noon on that day. With ``none``, it is the time
    when the release was first seen.
    """

    published: dt.datetime
    precision: Precision
    first_seen: dt.datetime


@dataclass(frozen=True, slots=True)
class Content:
    """Content of a release: all fields that can be edited, as stored in each revision.

    ``title`` is plain text and never empty. ``body_html`` is sanitized, with absolute URLs.
    ``body_text`` is NFC, with a blank line between paragraphs. ``published`` is None only before
    the release is stored. ``topics`` are sorted slugs. ``title_rule`` and ``body_rule`` are the
    names of the extraction rules. ``file_digests`` contains the address and the digest of each
    attachment whose text was extracted.
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
    file_digests: tuple[tuple[str, str], ...] = ()

    @property
    def redacted(self) -> bool:
        """Return whether the title, text and files were redacted under a legal order.

        A page whose title happens to be REDACTED has a ``title_rule``, so it does not count.
        """
        return self.title == REDACTED and not (self.body_text or self.title_rule)


@dataclass(frozen=True, slots=True)
class Validator:
    """Validators of a response for the next conditional request (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A host to which no requests may be sent before ``until``.

    ``status`` is the HTTP status of the response that set this time (Retry-After).
    """

    until: dt.datetime
    status: int
    requested: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """A release as extracted in a visit, before the store decides whether it is new.

    - ``url`` is the address of the response, and ``aliases`` are the link and redirects to it.
    - ``canonical`` is the address that the page declares, which may be wrong.
    - ``links`` are other releases that the page links to.
    - ``editions`` are pairs of a language tag and the URL of the edition in that language.
    - ``digest`` is the SHA-256 of the bytes as received, ``capture`` their archive record or None.
    - ``skeleton`` is a fingerprint of the page's structure.
    - ``reread`` is true if only our extraction or the site's design has changed.
    - ``retracted`` (time of a retraction) and ``first`` (first known address) come from imports.
    - ``zone`` is the source's time zone, for the day when an undated release was first seen.
    - ``position`` is the position in the listing, from the top, of a release that existed before
      the first visit, or None. It is ignored for a known release.
    - ``imported`` drafts cause no alerts about edits and retractions.
    - ``refused`` is the text of a rejected date.
    - ``has_end`` is false if the page ends prematurely, so that it may be truncated.
    - ``is_page`` is true if the source is this single page, whose versions are compared.
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
    is_page: bool = False


@dataclass(frozen=True, slots=True)
class SeenDraft:
    """A draft to be stored, with data about its visit.

    ``seen`` is the time when the page was fetched, and ``since`` the start of the visit. ``front``
    contains addresses of the site that are not releases. ``labels`` maps topic slugs to labels.
    """

    draft: Draft
    seen: dt.datetime
    since: dt.datetime
    front: Collection[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


class SeenRelease(NamedTuple):
    """A stored release whose page was found unchanged.

    ``seen`` is the time when the page was fetched. ``capture`` is the archive record of the
    response.
    """

    release_id: str
    seen: dt.datetime
    capture: Capture | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A stored release.

    ``id`` is a UUID that never changes. ``updated`` advances with each change that matters to
    readers. ``first_seen`` and ``content.published`` never change. ``revision`` counts from 1.
    ``story`` is the id shared by copies at other institutions and by translations, otherwise None.

    ``order`` is the time by which feeds sort: the publication time, or the time when the release
    was first seen if its page has no date or a future date. For releases that were undated at the
    first visit, it is before ``UNDATED_BEFORE``.

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
        """Return the number of the last revision by the publisher, or 1 if there was no edit."""
        return self.revision - self.reread

    @property
    def states(self) -> tuple[str, ...]:
        """Return ``corrected`` for an edited release, and ``retracted`` for a retracted release."""
        is_retracted = self.retracted is not None and not self.content.redacted
        became = (("corrected", self.edited > 1), ("retracted", is_retracted))
        return tuple(state for state, holds in became if holds)

    @property
    def published(self) -> Published:
        """Return the publication date, which every stored release has.

        Raises ValueError if the date is missing.
        """
        if self.content.published is None:
            raise ValueError(f"release {self.id} was stored without a publication date")
        return self.content.published

    @property
    def is_backlog(self) -> bool:
        """Return whether the release is undated and was found at the first visit.

        Such a release may be old, so it causes no alerts.
        """
        return self.order < UNDATED_BEFORE

    @property
    def day(self) -> str:
        """Return the ISO day under which lists show the release, or an empty string for backlog."""
        return "" if self.is_backlog else self.published.day.isoformat()

    @property
    def instant(self) -> dt.datetime:
        """Return the time for comparisons with other releases.

        It is ``order``, or ``first_seen`` for backlog, whose ``order`` is not a real time.
        """
        return self.first_seen if self.is_backlog else self.order


@dataclass(frozen=True, slots=True)
class HiddenRelease:
    """A release that is hidden from readers, with the time and reason of this decision."""

    release: str
    at: dt.datetime
    why: str


@dataclass(frozen=True, slots=True)
class Return:
    """A release that was retracted at ``since`` and has been online again since ``until``."""

    release: str
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class ReplacedText:
    """The address of a replaced attachment, and the text of its old and its new file."""

    url: str
    before: str
    after: str


FIRST_TIME_NUMBER: Final = 10**13
"""Smallest version number that is a time. Such a number has 14 digits."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A version of a release: its number from 1, the time when it was first seen, and its content.

    The number of a version that only a web archive captured is its time (14 digits). ``capture`` is
    its first archive record. ``reason`` is ``served`` for an edit of the page, or ``reading`` for a
    better extraction of the same page, which is not an edit. ``difference`` is the encoded
    difference from the previous version (data.revisions.stored_difference), or empty. ``replaced``
    contains the texts of attachments replaced in this version.
    """

    release: str
    number: int
    seen: dt.datetime
    content: Content
    capture: Capture | None = None
    reason: Literal["served", "reading"] = "served"
    difference: str = field(default="", compare=False, repr=False)
    replaced: tuple[ReplacedText, ...] = field(default=(), compare=False, repr=False)

    @property
    def is_numbered(self) -> bool:
        """Return whether this version has a number, not only a time."""
        return self.number < FIRST_TIME_NUMBER

    @property
    def label(self) -> str:
        """Return the number of this version, or its time, such as ``2018-04-01 12:30 UTC``."""
        return str(self.number) if self.is_numbered else f"{self.seen:%Y-%m-%d %H:%M UTC}"


@dataclass(frozen=True, slots=True)
class ReleaseTimes:
    """Times of a new release in seconds since 1970, or None if unknown.

    ``stated`` is the time on the release's page, and ``seen`` the first visit that found it.
    ``in_feed`` is its first appearance in a feed, and ``alerted`` the delivery of its first alert.
    """

    stated: float | None
    seen: float
    in_feed: float | None = None
    alerted: float | None = None
