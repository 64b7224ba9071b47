"""Responses of the API, with the same public field names as the JSON of the command line.

msgspec validates responses against these classes and derives the schemas of the OpenAPI document
from them.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from data.health.codes import State
from data.models import EditClass, Media, ReleaseKind, Run
from data.models.release import Precision

Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""An ISO 8601 datetime with a UTC offset."""

Next = Annotated[
    str | None, Meta(description="The cursor of the next page; null on the last page.")
]

Classes = Annotated[
    tuple[EditClass, ...],
    Meta(description="What the edit changed. Empty if only our extraction changed."),
]
Weight = Annotated[float, Meta(ge=0, le=1, description="How much the edit matters.")]
Announced = Annotated[bool, Meta(description="Whether the page itself says that it changed.")]


class ResponseBody(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of all responses of the API."""


class Rule(ResponseBody, frozen=True):
    """The rule that extracted a field."""

    rule: str


class DateRule(ResponseBody, frozen=True):
    """A date as the page states it, the rule that found it, and its time zone."""

    raw: str
    rule: str
    zone: str


class CaptureRecord(ResponseBody, frozen=True):
    """The archive record that contains the captured page."""

    record_id: str
    file: str
    offset: int
    digest: str
    leaf: int


class Provenance(ResponseBody, frozen=True):
    """Where the fields of a release were extracted from."""

    published: DateRule
    title: Rule
    body: Rule
    capture: CaptureRecord | None


class ReleaseLinks(ResponseBody, frozen=True):
    """Addresses on this site that belong to a release."""

    page: Annotated[str, Meta(description="The page of the release.")]
    feed: Annotated[str, Meta(description="The Atom feed of its source.")]


class Release(ResponseBody, frozen=True):
    """One dated publication of an institution."""

    id: Annotated[str, Meta(description="The id, which never changes.")]
    source: Annotated[str, Meta(description="The id of its source.")]
    url: str
    aliases: Annotated[tuple[str, ...], Meta(description="All known addresses of the release.")]
    title: Annotated[str, Meta(description="Plain text.")]
    published: Annotated[
        str | None,
        Meta(
            description="An ISO date if `precision` is `day`, an ISO datetime with its offset if "
            "it is `second`, null if it is `none`."
        ),
    ]
    precision: Precision
    updated: Annotated[
        Instant,
        Meta(description="When its publisher last edited, retracted or restored it."),
    ]
    first_seen: Instant
    last_seen: Annotated[
        Instant,
        Meta(
            description="When a visit last found it. A change of this field alone keeps the ETag."
        ),
    ]
    language: Annotated[str | None, Meta(description="A language tag (BCP 47).")]
    section: Annotated[str | None, Meta(description="Its section on the publisher's site.")]
    topics: Annotated[tuple[str, ...], Meta(description="The slugs of its topics.")]
    publisher: str | None
    summary: str | None
    body_html: Annotated[str, Meta(description="Sanitized HTML, with absolute addresses.")]
    body_text: Annotated[
        str, Meta(description="The text as plain text; a blank line separates paragraphs.")
    ]
    images: tuple[Media, ...]
    attachments: tuple[Media, ...]
    revision: Annotated[int, Meta(ge=1, description="The number of its current version, from 1.")]
    story: Annotated[
        str | None,
        Meta(description="The id of its story: copies at other institutions, and translations."),
    ]
    retracted: Annotated[
        Instant | None, Meta(description="When its publisher took it down; null if it is online.")
    ]
    provenance: Provenance
    links: ReleaseLinks


class ReleasePage(ResponseBody, frozen=True):
    """Releases, newest first."""

    releases: tuple[Release, ...]
    total: Annotated[
        int | None,
        Meta(
            description="On the first page: the number of releases that match. Null on later "
            "pages, and if counting them would take too long.",
        ),
    ]
    next: Next


class FoundFile(ResponseBody, frozen=True):
    """The page of an attachment that matches."""

    url: str
    title: str | None
    kind: Annotated[str, Meta(description="The file type: `pdf`, `docx`, `xlsx`, … or `image`.")]
    page: Annotated[int, Meta(ge=1, description="The number of the page, slide or sheet.")]
    passage: Annotated[str, Meta(description="The part of the page that matches.")]


class FoundRelease(Release, frozen=True):
    """A search result: a release with the passage that matched."""

    passage: Annotated[
        str, Meta(description="The part of its text that matches: one line of plain text.")
    ]
    file: Annotated[
        FoundFile | None,
        Meta(description="The matching page of an attachment, if the release lacks a word."),
    ]


class Counts(ResponseBody, frozen=True):
    """Numbers of search results, in total and by facet. Values without results are omitted."""

    total: Annotated[int, Meta(ge=0)]
    more: Annotated[
        bool, Meta(description="Whether more than 10,000 match; then only the newest are counted.")
    ]
    sources: dict[str, int]
    topics: dict[str, int]
    languages: Annotated[dict[str, int], Meta(description="Results by language, without region.")]
    periods: Annotated[dict[str, int], Meta(description="Results by year and by month (2026-03).")]
    states: dict[str, int]


class FoundPage(ResponseBody, frozen=True):
    """A page of search results, the newest day first."""

    releases: tuple[FoundRelease, ...]
    counts: Annotated[
        Counts | None, Meta(description="Numbers of results; null except on the first page.")
    ]
    warnings: Annotated[
        tuple[str, ...],
        Meta(
            description="On the first page: parts of `q` with an unexpected meaning. "
            "For example, `or` is searched as a word."
        ),
    ]
    next: Next


class Revision(ResponseBody, frozen=True):
    """One version of a release."""

    revision: Annotated[
        int,
        Meta(
            ge=1,
            description="The number of the version, from 1. For a version that only a web archive "
            "captured, its time with 14 digits, such as 20180401123000.",
        ),
    ]
    seen: Annotated[Instant, Meta(description="When this version was first captured.")]
    reason: Annotated[
        str,
        Meta(
            description="`served`: its publisher changed the page; `reading`: Communique extracted "
            "the same page better."
        ),
    ]
    title: str
    body_html: str
    body_text: str
    attachments: tuple[Media, ...]
    classes: Classes
    weight: Weight
    announced: Announced


class Attachment(ResponseBody, frozen=True):
    """The text of an attachment."""

    url: str
    title: str | None
    digest: Annotated[str, Meta(description="SHA-256 of the file.")]
    kind: Annotated[
        str,
        Meta(description="`pdf`, `docx`, `xlsx`, `pptx`, `odt`, `ods`, `odp`, `rtf` or `image`."),
    ]
    pages: Annotated[
        tuple[str, ...], Meta(description="The text of each page, slide or sheet, in order.")
    ]
    cut: Annotated[
        str,
        Meta(
            description="Why text is missing: `pages`, `length`, `time`, `memory`, `unpacked`, "
            "`password`, `damaged`, `old`, `scan`, `kind`; empty if it is complete."
        ),
    ]
    tool: Annotated[str, Meta(description="The program that recognized a scan, or empty.")]


class Attachments(ResponseBody, frozen=True):
    """The attachments of a release whose text was extracted."""

    attachments: tuple[Attachment, ...]


class Revisions(ResponseBody, frozen=True):
    """The versions of a release, oldest first."""

    revisions: tuple[Revision, ...]
    next: Next


class Difference(ResponseBody, frozen=True):
    """What changed in one field between two versions."""

    field: str
    text: Annotated[str, Meta(description="The difference as text, with deleted and added words.")]
    coarse: Annotated[
        bool, Meta(description="Whether whole paragraphs are compared, because the text is long.")
    ]


class Edit(ResponseBody, frozen=True):
    """The difference between a version and the previous version."""

    revision: Annotated[int, Meta(ge=1, description="The later version.")]
    seen: Annotated[Instant, Meta(description="When this version was first captured.")]
    changes: tuple[Difference, ...]
    classes: Classes
    weight: Weight
    announced: Announced


class EditPage(ResponseBody, frozen=True):
    """The differences between the versions of a release, oldest first."""

    edits: tuple[Edit, ...]
    next: Next


class Source(ResponseBody, frozen=True):
    """An institution's press room."""

    id: str
    name: str
    url: str
    timezone: Annotated[str, Meta(description="An IANA zone.")]
    releases: Annotated[int, Meta(ge=0, description="Number of its releases on this site.")]
    removed: Annotated[
        Instant | None,
        Meta(description="When the operator stopped collecting it; null if it is collected."),
    ]


class SourcePage(ResponseBody, frozen=True):
    """A page of sources, sorted by id."""

    sources: tuple[Source, ...]
    next: Next


class Section(ResponseBody, frozen=True):
    """A section of a source's site."""

    slug: str
    label: Annotated[str, Meta(description="Its name on the source's site.")]
    releases: Annotated[int, Meta(ge=0)]


class SectionPage(ResponseBody, frozen=True):
    """A page of a source's sections, sorted by slug."""

    sections: tuple[Section, ...]
    next: Next


class Language(ResponseBody, frozen=True):
    """A language of releases."""

    language: Annotated[str, Meta(description="A language tag (BCP 47).")]
    releases: Annotated[int, Meta(ge=0)]


class LanguagePage(ResponseBody, frozen=True):
    """A page of languages, sorted by tag."""

    languages: tuple[Language, ...]
    next: Next


class Topic(ResponseBody, frozen=True):
    """A topic of releases."""

    slug: str
    label: str
    parent: Annotated[str | None, Meta(description="The slug of its parent topic.")]
    releases: Annotated[int, Meta(ge=0)]


class TopicPage(ResponseBody, frozen=True):
    """A page of topics, sorted by slug."""

    topics: tuple[Topic, ...]
    next: Next


class Day(ResponseBody, frozen=True):
    """A day with releases."""

    day: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    releases: Annotated[int, Meta(ge=0)]


class DayPage(ResponseBody, frozen=True):
    """A page of days, newest first."""

    days: tuple[Day, ...]
    next: Next


class Republished(ResponseBody, frozen=True):
    """A publisher that republished the first release of a story."""

    source: Annotated[str, Meta(description="The id of the source.")]
    release: Annotated[str, Meta(description="The id of the release.")]
    share: Annotated[
        float, Meta(ge=0, le=1, description="The share of the first release's text in this one.")
    ]


class Story(ResponseBody, frozen=True):
    """Releases with the same text at several institutions, and translations of one release."""

    id: str
    releases: Annotated[tuple[Release, ...], Meta(description="In order of publication.")]
    publishers: Annotated[
        tuple[Republished, ...],
        Meta(description="Other publishers of the first release, the largest share first."),
    ]
    next: Next


class Change(ResponseBody, frozen=True):
    """One event of a release."""

    kind: Annotated[
        ReleaseKind,
        Meta(
            description="`new`; `edit`: its publisher changed it; `reading`: Communique extracted "
            "the same page better; `retraction`: its publisher took it down; `return`: its "
            "publisher restored it; `redaction`: its content was deleted by legal order; "
            "`hidden`, `shown`: the operator of this site hid it, or shows it again; `update`: "
            "its address, source, story, topics or the name of its source changed."
        ),
    ]
    at: Annotated[Instant, Meta(description="When this site recorded the event.")]
    id: Annotated[str, Meta(description="The id of the release.")]
    revision: Annotated[int, Meta(ge=1, description="The release's version after the event.")]
    release: Annotated[
        Release | None,
        Meta(description="The release as it is now; null if it is hidden."),
    ]


class ChangePage(ResponseBody, frozen=True):
    """A page of events, oldest first."""

    changes: tuple[Change, ...]
    next: Annotated[
        str,
        Meta(
            description="The cursor for the next request. Save it in the same transaction as these "
            "changes. The last page has a cursor too."
        ),
    ]
    more: Annotated[bool, Meta(description="Whether the next page already has changes.")]


class SourceHealth(ResponseBody, frozen=True):
    """Whether visits to a source work, and whether it publishes as often as usual."""

    id: str
    state: State
    visiting: Annotated[bool, Meta(description="Whether a visit is running.")]
    degraded: Annotated[
        bool,
        Meta(description="Whether the source works but has a fault; see `code` and `reason`."),
    ]
    code: str
    last_release: str | None
    expected_by: str | None
    last_run: Instant | None
    reason: str
    acknowledged: bool
    muted_until: Instant | None
    paused: bool


class WriteResult(ResponseBody, frozen=True):
    """Result of a request that changes something."""

    changed: Annotated[
        bool, Meta(description="Whether anything changed, or would change without the dry run.")
    ]
    dry_run: bool
    message: Annotated[str, Meta(description="The effect of the request, in one sentence.")]


class Job(ResponseBody, frozen=True):
    """A request that takes longer than a few seconds, and its result."""

    job: Annotated[str, Meta(description="The id of the job: /api/jobs/{id}.")]
    operation: str
    target: Annotated[str, Meta(description="The id in the address of the request, or empty.")]
    state: Literal["running", "done", "failed"]
    progress: Annotated[str, Meta(description="The current step of the job.")]
    seconds: Annotated[float, Meta(ge=0, description="Seconds since the request.")]
    status: Annotated[
        int | None, Meta(description="The status of the response; null while the job is running.")
    ]
    result: Annotated[
        dict[str, Any] | None,
        Meta(description="The response, or the problem if the job failed; null while it runs."),
    ]


class HealthReport(ResponseBody, frozen=True):
    """The health of all sources, sorted by id."""

    sources: tuple[SourceHealth, ...]


class RunPage(ResponseBody, frozen=True):
    """A page of visits, newest first, as in `communique collect --json`."""

    runs: tuple[Run, ...]
    next: Next
