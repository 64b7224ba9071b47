"""One example request and response per operation, with invented releases of a harbour.

The responses are instances of the response classes. So an example can contain only fields that
really exist.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final, NamedTuple

from data.models import Media, Run
from feeds.server.api import change_handlers, schemas
from feeds.server.api.request_context import encode

EXAMPLE_RELEASE: Final = "7f3c9a52-4a41-5d0c-9b5e-3a1f1e0f6b11"
EXAMPLE_STORY: Final = "0c8d3a6e-52a7-5f0e-8f4e-6f2b8d1c9e77"
EXAMPLE_COPY: Final = "2b91f0c7-6d1e-5c55-a3a0-9d0e4b7a1f20"
EXAMPLE_SOURCE: Final = "lindmouth"

EXAMPLE_START: Final = dt.datetime(2026, 3, 9, 8, 30, tzinfo=dt.UTC)

FILE_URL: Final = "https://lindmouth.example/signals.pdf"

EXAMPLE_FIELDS: Final = {
    "id": EXAMPLE_RELEASE,
    "source": EXAMPLE_SOURCE,
    "url": "https://lindmouth.example/news/signal-station",
    "aliases": ("https://lindmouth.example/news/signal-station",),
    "title": "New signal station opened",
    "published": "2026-03-02T09:30:00+01:00",
    "precision": "second",
    "updated": "2026-03-02T08:41:07+00:00",
    "first_seen": "2026-03-02T08:32:11+00:00",
    "last_seen": "2026-03-09T08:30:02+00:00",
    "language": "en",
    "section": "Notices",
    "topics": ("transport",),
    "publisher": "Harbour Board of Lindmouth",
    "summary": None,
    "body_html": "<p>The Harbour Board opened its new signal station.</p>",
    "body_text": "The Harbour Board opened its new signal station.",
    "images": (),
    "attachments": (Media(FILE_URL, "application/pdf", 48_213, "Signals"),),
    "revision": 2,
    "story": EXAMPLE_STORY,
    "retracted": None,
    "provenance": schemas.Provenance(
        published=schemas.DateRule(raw="2026-03-02T09:30", rule="json-ld", zone="Europe/Oslo"),
        title=schemas.Rule(rule="json-ld"),
        body=schemas.Rule(rule="template"),
        capture=schemas.CaptureRecord(
            record_id="urn:uuid:5b2f2c0e-3f0a-4a57-9d3b-6f0c1f7a2d41",
            file="20260302083140-000001.warc.gz",
            offset=182_044,
            digest="sha256:9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d",
            leaf=4711,
        ),
    ),
    "links": schemas.ReleaseLinks(
        page=f"https://press.example/releases/{EXAMPLE_RELEASE}/",
        feed=f"https://press.example/feeds/source/{EXAMPLE_SOURCE}.atom",
    ),
}


class ApiExample(NamedTuple):
    """The query of an example request, and its response."""

    query: str
    answer: schemas.ResponseBody


def examples() -> Mapping[str, ApiExample]:
    """Return the example of each operation, by operation name."""
    release = schemas.Release(**EXAMPLE_FIELDS)  # type: ignore[arg-type]  # one dictionary, many types
    found = schemas.FoundRelease(**EXAMPLE_FIELDS, passage=EXAMPLE_FIELDS["body_text"], file=None)  # type: ignore[arg-type]  # as above
    source = schemas.Source(
        id=EXAMPLE_SOURCE,
        name="Harbour Board of Lindmouth",
        url="https://lindmouth.example/news",
        timezone="Europe/Oslo",
        releases=412,
        removed=None,
    )
    after = encode("an example", ("2026-03-02", EXAMPLE_RELEASE))
    change = schemas.Change(
        kind="edit",
        at="2026-03-02T08:41:07.213+00:00",
        id=EXAMPLE_RELEASE,
        revision=2,
        release=release,
    )
    counts = schemas.Counts(
        total=1,
        more=False,
        sources={EXAMPLE_SOURCE: 1},
        topics={"transport": 1},
        languages={"en": 1},
        periods={"2026": 1, "2026-03": 1},
        states={"corrected": 1},
    )
    health = schemas.SourceHealth(
        id=EXAMPLE_SOURCE,
        state="ok",
        visiting=False,
        degraded=False,
        code="ok",
        last_release="2026-03-02T09:30:00+01:00",
        expected_by="2026-03-16",
        last_run="2026-03-09T08:30:00+00:00",
        reason="it works",
        acknowledged=False,
        muted_until=None,
        paused=False,
    )
    revision = schemas.Revision(
        revision=1,
        seen="2026-03-02T08:32:11+00:00",
        reason="served",
        title="New signal station",
        body_html="<p>The Harbour Board opens its new signal station.</p>",
        body_text="The Harbour Board opens its new signal station.",
        attachments=(),
        classes=(),
        weight=0.0,
        announced=False,
    )
    copy = schemas.Republished(source="tidewire", release=EXAMPLE_COPY, share=0.83)
    attachment = schemas.Attachment(
        url=FILE_URL,
        title="Signals",
        digest="sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
        kind="pdf",
        pages=("Signals of the northern mole", "Lamps and horns"),
        cut="",
        tool="",
    )
    run = Run(EXAMPLE_SOURCE, EXAMPLE_START, 1.7, pages=3, found=12, new=1, unchanged=11)
    return {
        "releases": ApiExample(
            "limit=1", schemas.ReleasePage(releases=(release,), total=412, next=after)
        ),
        "release": ApiExample("", release),
        "revisions": ApiExample("limit=1", schemas.Revisions(revisions=(revision,), next=after)),
        "attachments": ApiExample("", schemas.Attachments(attachments=(attachment,))),
        "search": ApiExample(
            "q=harbour+signal*&limit=1",
            schemas.FoundPage(releases=(found,), counts=counts, warnings=(), next=None),
        ),
        "changes": ApiExample(
            "limit=1",
            schemas.ChangePage(
                changes=(change,), next=encode(change_handlers.CHANGES_CURSOR, (8, 7)), more=False
            ),
        ),
        "story": ApiExample(
            "", schemas.Story(id=EXAMPLE_STORY, publishers=(copy,), releases=(release,), next=None)
        ),
        "sources": ApiExample("limit=1", schemas.SourcePage(sources=(source,), next=after)),
        "source": ApiExample("", source),
        "sections": ApiExample(
            "limit=1",
            schemas.SectionPage(
                sections=(schemas.Section(slug="notices", label="Notices", releases=120),),
                next=after,
            ),
        ),
        "languages": ApiExample(
            "limit=1",
            schemas.LanguagePage(
                languages=(schemas.Language(language="en", releases=380),), next=after
            ),
        ),
        "topics": ApiExample(
            "limit=1",
            schemas.TopicPage(
                topics=(
                    schemas.Topic(slug="transport", label="Transport", parent=None, releases=96),
                ),
                next=after,
            ),
        ),
        "days": ApiExample(
            "limit=1",
            schemas.DayPage(days=(schemas.Day(day="2026-03-02", releases=3),), next=after),
        ),
        "health": ApiExample("", schemas.HealthReport(sources=(health,))),
        "runs": ApiExample("limit=1", schemas.RunPage(runs=(run,), next=after)),
    }
