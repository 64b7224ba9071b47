"""What is answered, under the public names of all things (the same in JSON of the command line).

These declarations shape the answers and are the schemas of the OpenAPI document.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from data.health.codes import State
from data.models import LoggedKind, Media, Run
from data.models.release import Precision

Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""An ISO datetime with its offset."""

Next = Annotated[
    str | None, Meta(description="The cursor of the next page; null where there is none.")
]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What all answers share."""


class Rule(Answer, frozen=True):
    """By which rule a field was read."""

    rule: str


class DateRule(Answer, frozen=True):
    """What a page said of its date: its own text, the rule that found it, the zone it is in."""

    raw: str
    rule: str
    zone: str


class CaptureRecord(Answer, frozen=True):
    """The record of the archive that holds what was served."""

    record_id: str
    file: str
    offset: int
    digest: str
    leaf: int


class Provenance(Answer, frozen=True):
    """Where the fields of a release came from."""

    published: DateRule
    title: Rule
    body: Rule
    capture: CaptureRecord | None


class Release(Answer, frozen=True):
    """One dated publication of an institution."""

    id: Annotated[str, Meta(description="Minted once, and never another.")]
    source: Annotated[str, Meta(description="The id of its source.")]
    url: str
    aliases: Annotated[tuple[str, ...], Meta(description="All addresses at which it was seen.")]
    title: Annotated[str, Meta(description="Plain text.")]
    published: Annotated[
        str | None,
        Meta(
            description="An ISO date where `precision` is `day`, an ISO datetime with its offset "
            "where it is `second`, null where it is `none`."
        ),
    ]
    precision: Precision
    updated: Annotated[
        Instant, Meta(description="When it last changed as readers care: edited, gone, back.")
    ]
    first_seen: Instant
    last_seen: Annotated[
        Instant, Meta(description="The last visit that saw it. Alone, it makes no other ETag.")
    ]
    language: Annotated[str | None, Meta(description="A language tag (BCP 47).")]
    section: Annotated[str | None, Meta(description="Where its own site files it.")]
    topics: Annotated[tuple[str, ...], Meta(description="The slugs of its topics.")]
    publisher: str | None
    summary: str | None
    body_html: Annotated[str, Meta(description="Sanitized, with absolute addresses.")]
    body_text: Annotated[str, Meta(description="Plain text, paragraphs parted by a blank line.")]
    images: tuple[Media, ...]
    attachments: tuple[Media, ...]
    revision: Annotated[int, Meta(ge=1, description="Which version this is, from 1 on.")]
    story: Annotated[
        str | None, Meta(description="The id of what tells the same elsewhere, in other languages.")
    ]
    retracted: Annotated[
        Instant | None, Meta(description="Since when its publisher has taken it down.")
    ]
    provenance: Provenance


class ReleasePage(Answer, frozen=True):
    """Releases, newest first."""

    releases: tuple[Release, ...]
    next: Next


class FoundRelease(Release, frozen=True):
    """A release that a search found, and why."""

    passage: Annotated[
        str, Meta(description="The part of its text that shows why: one line of plain text.")
    ]


class Counts(Answer, frozen=True):
    """How many releases a search finds, in all and of what; what is not there has no count."""

    total: Annotated[int, Meta(ge=0)]
    more: Annotated[
        bool, Meta(description="Whether there are more than 10,000; the newest are counted.")
    ]
    sources: dict[str, int]
    topics: dict[str, int]
    languages: Annotated[dict[str, int], Meta(description="Without their regions.")]
    periods: Annotated[dict[str, int], Meta(description="Years and months: `2026`, `2026-03`.")]
    states: dict[str, int]


class FoundPage(Answer, frozen=True):
    """What a search found, the newest day first."""

    releases: tuple[FoundRelease, ...]
    counts: Annotated[Counts | None, Meta(description="On the first page; null on all others.")]
    warnings: Annotated[
        tuple[str, ...],
        Meta(
            description="On the first page: parts of `q` that are read in an unexpected way, such "
            "as OR, which is read as a word."
        ),
    ]
    next: Next


class Revision(Answer, frozen=True):
    """One version of a release."""

    revision: Annotated[int, Meta(ge=1)]
    seen: Annotated[Instant, Meta(description="When it was first seen.")]
    reason: Annotated[
        str,
        Meta(description="`served` so by its publisher, or `reading`: we read better what was."),
    ]
    title: str
    body_html: str
    body_text: str
    attachments: tuple[Media, ...]


class Revisions(Answer, frozen=True):
    """The versions of a release, oldest first."""

    revisions: tuple[Revision, ...]
    next: Next


class Source(Answer, frozen=True):
    """An institution's press room."""

    id: str
    name: str
    url: str
    timezone: Annotated[str, Meta(description="An IANA zone.")]
    releases: Annotated[int, Meta(ge=0, description="How many are shown of it.")]
    removed: Annotated[
        Instant | None, Meta(description="Since when it is collected no more, where that is so.")
    ]


class SourcePage(Answer, frozen=True):
    """Sources, by id."""

    sources: tuple[Source, ...]
    next: Next


class Section(Answer, frozen=True):
    """Where a source files releases."""

    slug: str
    label: Annotated[str, Meta(description="What the source calls it.")]
    releases: Annotated[int, Meta(ge=0)]


class SectionPage(Answer, frozen=True):
    """The sections of a source, by slug."""

    sections: tuple[Section, ...]
    next: Next


class Language(Answer, frozen=True):
    """What releases are written in."""

    language: Annotated[str, Meta(description="A language tag (BCP 47).")]
    releases: Annotated[int, Meta(ge=0)]


class LanguagePage(Answer, frozen=True):
    """Languages, by tag."""

    languages: tuple[Language, ...]
    next: Next


class Topic(Answer, frozen=True):
    """What releases are about."""

    slug: str
    label: str
    parent: Annotated[str | None, Meta(description="The slug of the topic that it stands under.")]
    releases: Annotated[int, Meta(ge=0)]


class TopicPage(Answer, frozen=True):
    """Topics, by slug."""

    topics: tuple[Topic, ...]
    next: Next


class Day(Answer, frozen=True):
    """A day on which something was published."""

    day: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    releases: Annotated[int, Meta(ge=0)]


class DayPage(Answer, frozen=True):
    """Days, the last one first."""

    days: tuple[Day, ...]
    next: Next


class Story(Answer, frozen=True):
    """The same text at several institutions, and the language editions of one release."""

    id: str
    releases: Annotated[tuple[Release, ...], Meta(description="First published first.")]
    next: Next


class Change(Answer, frozen=True):
    """Something that happened to a release."""

    kind: Annotated[
        LoggedKind,
        Meta(
            description="`new`; `edit`: its publisher made another version; `reading`: we read "
            "better what was served before, no edit; `retraction`: its publisher took it down; "
            "`return`: it is back; `redaction`: what it said was taken out for a lawful order; "
            "`hidden`, `shown`: whoever runs this site took it out, or put it back; `update`: it "
            "has another address, source, story or topic."
        ),
    ]
    at: Annotated[Instant, Meta(description="When it was entered here.")]
    id: Annotated[str, Meta(description="The id of the release.")]
    revision: Annotated[int, Meta(ge=1, description="The version that the release had then.")]
    release: Annotated[
        Release | None,
        Meta(description="The release as it is now; null where it is hidden now."),
    ]


class ChangePage(Answer, frozen=True):
    """What happened, in the order in which it did."""

    changes: tuple[Change, ...]
    next: Annotated[
        str,
        Meta(
            description="The cursor to go on from: keep it together with what you made of these "
            "changes. The last page has one too."
        ),
    ]
    more: Annotated[bool, Meta(description="Whether there is more already.")]


class SourceHealth(Answer, frozen=True):
    """Whether a source works, and is heard of as often as it used to be."""

    id: str
    state: State
    visiting: Annotated[bool, Meta(description="Whether a visit to it is under way.")]
    degraded: Annotated[
        bool,
        Meta(description="Whether the source is ok, with a fault that `code` and `reason` name."),
    ]
    code: str
    last_release: str | None
    expected_by: str | None
    last_run: Instant | None
    reason: str
    acknowledged: bool
    muted_until: Instant | None
    paused: bool


class HealthReport(Answer, frozen=True):
    """The health of all sources, by id."""

    sources: tuple[SourceHealth, ...]


class RunPage(Answer, frozen=True):
    """Visits to sources, the last one first, as `communique collect --json` tells them."""

    runs: tuple[Run, ...]
    next: Next
